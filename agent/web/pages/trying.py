"""Page: demo vendors on this computer, to try a wallet with."""

from agent.relationship import Relationship
from agent.web.pages.keeper import Market, Stand
from agent.web.pages.page import Failed, Go, Page, Shown, Visit
from agent.web.relationships import known


def market(visit: Visit) -> Market:
    """The demo vendors. Raises Failed for a wallet that is meant."""
    if visit.keeper is None or not visit.agent.config.development:
        raise Failed(
            409, "Demo vendors are for a wallet that is being tried out, and this one is meant. Nothing was done."
        )
    return visit.keeper.market


def towards(visit: Visit, stand: Stand) -> Relationship | None:
    """Our relationship with a demo vendor, once we have met."""
    here = (each for each in known(visit.agent) if each.domain == stand.place and each.met)
    return next((each for each in here if not (each.ended or each.one_off)), None)


def stage(visit: Visit, stand: Stand) -> str:
    """How far it has come with one: new, met, or under terms."""
    who = towards(visit, stand)
    return "new" if who is None else "terms" if who.governing(visit.agent.now()) else "met"


async def show(visit: Visit) -> Shown:
    """Who is there, and what each can be made to do."""
    return Shown("trying", {"stands": [(each, stage(visit, each)) for each in market(visit).stands()]})


async def begin(visit: Visit) -> Go:
    """Let them come."""
    await market(visit).open()
    return Go("/try", "Three demo vendors are there. Meet one.")


async def meet(visit: Visit, folder: str) -> Go:
    """Meet one, as its invitation says."""
    await visit.post("/v1/invitations/accept", url=find(visit, folder).link)
    return Go("/try", "You are meeting. It takes a moment.")


async def agree(visit: Visit, folder: str) -> Go:
    """Offer one her own terms."""
    await visit.post("/v1/terms", peer=met(visit, folder).peer)
    return Go("/try", "Your terms are on the table. It takes a moment.")


async def act(visit: Visit, folder: str) -> Go:
    """Have one do what it does."""
    await market(visit).act(folder, met(visit, folder).our_did)
    return Go("/questions", "It asks you now: see what waits for you.")


def met(visit: Visit, folder: str) -> Relationship:
    """Our relationship with one. Raises Failed."""
    who = towards(visit, find(visit, folder))
    if who is None:
        raise Failed(409, "That vendor does not know you yet. Nothing was done; meet it first.")
    return who


def find(visit: Visit, folder: str) -> Stand:
    """One of them. Raises Failed."""
    found = next((each for each in market(visit).stands() if each.folder == folder), None)
    if found is None:
        raise Failed(404, "There is no such demo vendor.")
    return found


PAGES = (
    Page("GET", "/try", show, "person"),
    Page("POST", "/try", begin, "person"),
    Page("POST", "/try/{folder}/meet", meet, "person"),
    Page("POST", "/try/{folder}/terms", agree, "person"),
    Page("POST", "/try/{folder}/act", act, "person"),
)
