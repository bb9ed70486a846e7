"""Two ways to offer cards beyond one customer at a time: a link with the offer behind it, and a list of many."""

from typing import Final

from agent import card_types
from agent.web.pages.card_types import about, blank, values
from agent.web.pages.page import File, Go, Page, Shown, Visit

LASTING: Final = (("0", "until you end it"), ("1", "for a day"), ("7", "for a week"), ("30", "for a month"))
DAY: Final = 86400
STATES: Final = (
    ("queued", "waiting to be sent"),
    ("unsaid", "not sent"),
    ("sent", "on the way"),
    ("delivered", "arrived"),
    ("offered", "arrived"),
    ("requested", "being made"),
    ("issued", "handed over"),
    ("done", "with the customer"),
    ("silent", "without an answer"),
    ("abandoned", "not wanted"),
    ("lapsed", "not answered in time"),
    ("skipped", "could not be sent"),
)
"""How far offers of a list have come, in words."""


def lasts(visit: Visit) -> int:
    """For how many seconds a link is to be good, as it was chosen."""
    days = visit.text("days", "0")
    return int(days) * DAY if days.isascii() and days.isdecimal() and len(days) < 4 else 0


# -- a link -------------------------------------------------------------------------------------------------------


async def linking(visit: Visit, id: str) -> Shown:
    """A form: what stands on the card of whoever takes the link up."""
    found = await visit.get("/v1/card-types", id)
    shown = {"kind": found, "face": blank(found), "name": found["name"], "lasting": LASTING}
    return Shown("card_link_new", shown | about(visit.agent))


async def make_link(visit: Visit, id: str) -> Go:
    """A link more."""
    claims = values(visit, card_types.find(visit.agent, id))
    once = bool(visit.chosen("once"))
    made = await visit.post(f"/v1/card-types/{id}/links", claims=claims, once=once, lasts=lasts(visit))
    return Go(f"/card-types/{id}/links/{made['link']}", "The link is made. Show the code, or give the link.")


async def link(visit: Visit, id: str, link: str) -> Shown:
    """One link, as a code."""
    kind, found = await visit.get("/v1/card-types", id), await visit.get("/v1/card-links", link)
    shown = {"each": found, "face": list(found["claims"].items()), "name": kind["name"], "back": f"/card-types/{id}"}
    return Shown("card_link", shown | about(visit.agent))


async def end_link(visit: Visit, id: str, link: str) -> Go:
    """Let nobody take it up any more."""
    await visit.post("/v1/card-links/end", link=link)
    return Go(f"/card-types/{id}", "The link is ended. Whoever took it up keeps the card.")


# -- a list -------------------------------------------------------------------------------------------------------


async def listing(visit: Visit, id: str) -> Shown:
    """A form for a file, and what has to stand in it."""
    return Shown("card_list_new", {"kind": await visit.get("/v1/card-types", id)})


async def sample(visit: Visit, id: str) -> File:
    """A file to begin with: the names of the columns."""
    found = await visit.get("/v1/card-types", id)
    columns = ",".join(("customer", *(each["name"] for each in found["fields"])))
    return File("customers.csv", "text/csv", f"{columns}\r\n".encode())


async def look(visit: Visit, id: str) -> Shown:
    """What a list would do, before it does."""
    text, name = chosen(visit)
    found = await visit.post(f"/v1/card-types/{id}/lists", list=text, name=name, preview=True)
    kind = await visit.get("/v1/card-types", id)
    first = [(each["to"], list(each["claims"].items())) for each in found["first"]]
    shown = {"kind": kind, "name": kind["name"], "text": text, "file": name, "found": found, "first": first}
    return Shown("card_list_look", shown | about(visit.agent))


def chosen(visit: Visit) -> tuple[str, str]:
    """The text of a list and what its file is called: a file that was chosen, or what was typed."""
    return visit.text("file") or visit.text("list"), visit.text("name", "list")


async def send(visit: Visit, id: str) -> Go:
    """Offer the card to all that the list names."""
    text, name = chosen(visit)
    done = await visit.post(f"/v1/card-types/{id}/lists", list=text, name=name)
    return Go(f"/card-types/{id}/lists/{done['list']}", f"{counted(done['offers'])} being offered.")


def counted(cards: int) -> str:
    """So many cards, as a sentence begins."""
    return "One card is" if cards == 1 else f"{cards} cards are"


async def one(visit: Visit, id: str, list: str) -> Shown:
    """How far a list has come."""
    found = await visit.get(f"/v1/card-types/{id}/lists", list)
    counts: dict[str, int] = {}
    for state, words in STATES:
        counts[words] = counts.get(words, 0) + found["counts"].get(state, 0)
    kind = await visit.get("/v1/card-types", id)
    some = found["counts"].get("skipped")
    skipped = [each for each in await visit.get("/v1/campaigns", list, "recipients") if each["why"]] if some else []
    unread = visit.slice(found["unread"])
    return Shown("card_list", {"each": found, "kind": kind, "counts": counts, "unread": unread, "skipped": skipped})


async def to_mend(visit: Visit, id: str, list: str) -> File:
    """The lines that could not be read, to be mended and sent again."""
    found = await visit.get(f"/v1/card-types/{id}/lists", list)
    return File("to-mend.csv", "text/csv", found["to_mend"].encode())


async def hold(visit: Visit, id: str, list: str) -> Go:
    """Send no more for now."""
    await visit.post(f"/v1/campaigns/{list}/pause")
    return Go(f"/card-types/{id}/lists/{list}", "Nothing more is sent until you go on.")


async def go_on(visit: Visit, id: str, list: str) -> Go:
    """Send the rest."""
    await visit.post(f"/v1/campaigns/{list}/resume")
    return Go(f"/card-types/{id}/lists/{list}", "The rest is being sent.")


async def cancel(visit: Visit, id: str, list: str) -> Go:
    """Send no more for good."""
    done = await visit.post(f"/v1/campaigns/{list}/cancel")
    return Go(f"/card-types/{id}/lists/{list}", f"{counted(done['unsaid'])} not offered any more.")


PAGES = (
    Page("GET", "/card-types/{id}/link", linking, "org"),
    Page("POST", "/card-types/{id}/link", make_link, "org"),
    Page("GET", "/card-types/{id}/links/{link}", link, "org"),
    Page("POST", "/card-types/{id}/links/{link}/end", end_link, "org"),
    Page("GET", "/card-types/{id}/list", listing, "org"),
    Page("GET", "/card-types/{id}/list/sample", sample, "org"),
    Page("POST", "/card-types/{id}/list/look", look, "org"),
    Page("POST", "/card-types/{id}/list", send, "org"),
    Page("GET", "/card-types/{id}/lists/{list}", one, "org"),
    Page("GET", "/card-types/{id}/lists/{list}/to-mend", to_mend, "org"),
    Page("POST", "/card-types/{id}/lists/{list}/pause", hold, "org"),
    Page("POST", "/card-types/{id}/lists/{list}/resume", go_on, "org"),
    Page("POST", "/card-types/{id}/lists/{list}/cancel", cancel, "org"),
)
