"""Page: through whom others reach her, and moving to another."""

from agent.web.pages.page import Go, Page, Shown, Visit


async def standing(visit: Visit) -> Shown:
    """The mediator there is, and how far each relationship has followed."""
    found = await visit.get("/v1/mediator")
    return Shown("mediator", {**found, "listed": visit.slice(found["relationships"])})


async def take(visit: Visit) -> Go:
    """Be reached through a mediator, or through another than now."""
    now = (await visit.get("/v1/mediator"))["mediator"]
    await visit.post("/v1/mediator", link=visit.text("link"), instead=now is not None)
    return Go("/mediator", "Everybody you know is being told. You can go on meanwhile.")


async def leave(visit: Visit) -> Go:
    """Go without one."""
    await visit.post("/v1/mediator/leave")
    return Go("/mediator", "You go without a mediator. Everybody you know is being told.")


PAGES = (
    Page("GET", "/mediator", standing, "person"),
    Page("POST", "/mediator", take, "person"),
    Page("POST", "/mediator/leave", leave, "person"),
)
