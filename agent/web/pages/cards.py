"""Her cards: what others have given her to show, and what each of them says."""

from agent import cards
from agent.web import cards as kept
from agent.web.pages.page import Page, Shown, Visit


async def listed(visit: Visit) -> Shown:
    """All of them, the newest first."""
    part = visit.slice(range(visit.agent.store.count_items(cards.KEPT)))
    first = part.items[0] if part.items else 0
    rows = visit.agent.store.newest_items(cards.KEPT, first, len(part.items))
    return Shown("cards", {"cards": [kept.shown(cards.read(each)) for each in rows], "part": part})


async def one(visit: Visit, id: str) -> Shown:
    """One, with everything on it."""
    return Shown("card", {"card": await visit.get("/v1/credentials", id)})


PAGES = (
    Page("GET", "/cards", listed, "person"),
    Page("GET", "/cards/{id}", one, "person"),
)
