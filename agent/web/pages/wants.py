"""Her wants: those she keeps, one of them with all that came of it, keeping another, changing and forgetting one."""

from decimal import Decimal
from typing import Any, Final

from agent import wording
from agent.web.pages import market
from agent.web.pages.market import Fact
from agent.web.pages.page import Go, Page, Shown, Visit
from agent.web.pages.render import day, moment

STANDING: Final = {"kept": "For yourself", "cast": "Asking", "ordered": "Ordered", "over": "Over"}
TALLY: Final = {
    "waiting": "not told yet",
    "delivered": "have been told",
    "offered": "make an offer",
    "sealed": "have made an offer, still sealed",
    "asking": "ask you something",
    "declined": "make no offer",
    "silent": "say nothing so far",
    "left out": "could not be told",
}
HELD: Final = ("selected", "reserved", "recalled", "ordered", "completed")
KINDS: Final = (("wish", "I would like to have it"), ("regret", "I had it, and regret it: a note to myself"))
MOST_QUESTIONS, MOST_OFFERS, MOST_PIECES = 5, 1000, 1_000_000


async def listed(visit: Visit) -> Shown:
    """All of them, the newest first."""
    found = await visit.get("/v1/wants")
    part = visit.slice([{**each, **standing(each)} for each in reversed(found)])
    return Shown("wants", {"part": part})


def standing(want: dict[str, Any]) -> dict[str, str]:
    """How far one has come: a word for it, and a few more."""
    word = "A regret" if want["kind"] == "regret" else STANDING[want["state"]]
    tally = want["tally"] or {}
    said = [f"{tally[name]} {words}" for name, words in TALLY.items() if name != "delivered" and tally.get(name)]
    return {"word": word, "came": ", ".join(said) if want["state"] == "cast" else ""}


async def begin(visit: Visit) -> Shown:
    """The form for another one."""
    blank = {"item": {}, "kind": "wish", "level": 0, "questions": 2, "bids": 25}
    return Shown("want_form", {"want": blank, **choices()})


def choices() -> dict[str, object]:
    """What can be chosen in the form."""
    return {"levels": market.LEVELS, "kinds": KINDS}


async def keep(visit: Visit) -> Go:
    """Keep another one."""
    made = await visit.post("/v1/wants", **described(visit))
    return Go(f"/wants/{made['id']}", "It is kept, for you alone. Nobody has been told.")


def described(visit: Visit) -> dict[str, object]:
    """What the form says of a want; what was left empty is empty. Raises Failed."""
    most, currency = market.money(visit.text("most"), visit.text("currency"))
    names = ("category", "name", "brand", "model", "description")
    pieces = market.number(visit.text("amount"), 0, most=MOST_PIECES, what="How many")
    by = visit.text("by")
    return {
        "words": visit.text("words"),
        "kind": visit.text("kind", "wish"),
        "item": {**{name: visit.text(name) or None for name in names}, "amount": pieces or None},
        "region": visit.text("region"),
        "by": f"{by}T00:00:00Z" if by else "",
        "most": most,
        "currency": currency,
        "must": market.lines(visit.text("must")),
        "level": market.number(visit.text("level"), 0, most=3, what="What they may learn"),
        "seal": bool(visit.chosen("seal")),
        "questions": market.number(visit.text("questions"), 2, most=MOST_QUESTIONS, what="How many questions"),
        "bids": market.number(visit.text("bids"), 25, least=1, most=MOST_OFFERS, what="How many offers"),
    }


async def edit_form(visit: Visit, name: str) -> Shown:
    """The form for one that is kept."""
    return Shown("want_form", {"want": filled(await visit.get("/v1/wants", name)), **choices()})


def filled(want: dict[str, Any]) -> dict[str, Any]:
    """A want with everything that the form shows, said or not."""
    return {
        "level": 0,
        "questions": 2,
        "bids": 25,
        **want,
        "item": {name: each for name, each in want["item"].items() if each},
    }


async def edit(visit: Visit, name: str) -> Go:
    """Change one."""
    await visit.post("/v1/wants", name, "edit", **described(visit))
    return Go(f"/wants/{name}", "It is changed. Nobody has been told.")


async def drop_form(visit: Visit, name: str) -> Shown:
    """What forgetting it means."""
    return Shown("want_drop", {"want": await visit.get("/v1/wants", name)})


async def drop(visit: Visit, name: str) -> Go:
    """Forget one."""
    gone = await visit.post("/v1/wants", name, "drop")
    return Go("/wants", f"Forgotten: {gone['dropped'][:80]}.")


# -- one of them --------------------------------------------------------------------------------------------------


async def one(visit: Visit, name: str) -> Shown:
    """What is wanted; who offers what, side by side; what she has chosen; who asks her something."""
    want = await visit.get("/v1/wants", name)
    asked = bool(want.get("campaign"))
    found = await visit.get("/v1/wants", name, "bids") if asked else {"bids": [], "questions": []}
    rows = [compared(want, each) for each in found["bids"]]
    pools = await visit.get("/v1/wants", name, "pools")
    return Shown("want", {
        "want": want,
        "standing": standing(want),
        "facts": facts(want),
        "tally": [(words, (want["tally"] or {}).get(key, 0)) for key, words in TALLY.items()],
        "offers": visit.slice(rows),
        "currencies": len({each["currency"] for each in rows}),
        "chosen": next((each for each in rows if each["state"] in HELD), None),
        "questions": found["questions"],
        "pools": pools,
        "states": market.STATES,
    })  # fmt: skip


def facts(want: dict[str, Any]) -> list[Fact]:
    """What she keeps of it, line by line."""
    told = [*market.described(want["item"])]
    told += [("Where", want["region"])] if want.get("region") else []
    told += [("At most", f"{want['ceiling']}, for all of it")] if want["ceiling"] else []
    told += [("By", day(want["by"]))] if want.get("by") else []
    told += [("It must", want["must"])] if want.get("must") else []
    told += [("They may learn", market.LEVELS[want.get("level", 0)][1])] if want["kind"] == "wish" else []
    told += [("Offers", "sealed until all are in")] if want.get("seal") else []
    told += [("You choose until", moment(want["select_by"]))] if want["select_by"] else []
    return told


def compared(want: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """An offer with what the table says of it."""
    same = row["currency"] == want.get("currency")
    above = bool(want.get("most")) and same and Decimal(row["price"]) > Decimal(want["most"])
    return {
        **row,
        "delivery": f"in {wording.lasting(row['delivery'])}" if row["delivery"] else "",
        "warranty": wording.lasting(row["warranty"]) if row["warranty"] else "",
        "above": above,
    }


PAGES = (
    Page("GET", "/wants", listed, "person"),
    Page("GET", "/wants/new", begin, "person"),
    Page("POST", "/wants/new", keep, "person"),
    Page("GET", "/wants/{name}", one, "person"),
    Page("GET", "/wants/{name}/edit", edit_form, "person"),
    Page("POST", "/wants/{name}/edit", edit, "person"),
    Page("GET", "/wants/{name}/drop", drop_form, "person"),
    Page("POST", "/wants/{name}/drop", drop, "person"),
)
