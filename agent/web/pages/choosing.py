"""Choosing among offers: one of them in full, picking it, ordering, letting it go; telling the others; answering."""

from typing import Any, Final

from agent import contact, offers, wording
from agent.web.pages import market
from agent.web.pages.page import Failed, Go, Page, Shown, Visit
from agent.web.pages.wants import HELD
from wallet.strict_json import Json

KEPT: Final = (("P30D", "30 days"), ("P90D", "90 days"), ("P1Y", "a year"), ("P2Y", "2 years"))
REASONS: Final = (
    ("chose-another", "I chose another offer"),
    ("too-dear", "It was too dear"),
    ("too-late", "It would have come too late"),
    ("changed-mind", "I changed my mind"),
    ("cancelled", "I do not need it any more"),
    ("other", "Another reason"),
)
STILL: Final = ("waiting", "silent", "offered", "sealed", "asking")  # of the tally: who has no word yet
NEEDED: Final = (("name", "Your name"), ("address", "Where it is delivered"))
"""What an order has to say, in the words of the card."""


def meant(rows: list[dict[str, Any]], thread: str) -> dict[str, Any]:
    """One of the offers that stand. Raises Failed."""
    row = next((each for each in rows if each["thread"] == thread), None)
    if row is None:
        raise Failed(404, "This offer is not there any more, or was never made.")
    return dict(row)


async def offer(visit: Visit, name: str, thread: str) -> Shown:
    """One offer in full, and what its vendor learns if it is picked."""
    want, rows = await visit.get("/v1/wants", name), (await visit.get("/v1/wants", name, "bids"))["bids"]
    row, chosen = meant(rows, thread), any(each["state"] in HELD for each in rows)
    terms = await visit.get("/v1/terms", row["terms"])
    return Shown("want_offer", {"want": want, "row": row, "facts": list(market.offer(row)), "terms": terms,
                                 "chosen": chosen})  # fmt: skip


async def pick(visit: Visit, name: str, thread: str) -> Go:
    """Pick it, and have its vendor say whether it still stands."""
    row = await visit.post("/v1/wants", name, "select", bid=thread)
    return Go(f"/wants/{name}", f"{row['by']} is asked whether {row['price']} {row['currency']} still stands."
                                " It does not know who asks.")  # fmt: skip


# -- ordering -----------------------------------------------------------------------------------------------------


async def order_form(visit: Visit, name: str) -> Shown:
    """What is ordered, and what the vendor learns by it, each value with where it comes from."""
    want, row = await visit.get("/v1/wants", name), await chosen(visit, name)
    card = (await visit.get("/v1/contact"))["fields"]
    usual = offers.card_values(visit.agent)
    values = [{**each, "words": wording.value(each["value"]), "on": each["ptr"] in usual} for each in card]
    missing = [(word, label) for word, label in NEEDED if not any(each["ptr"].startswith(place(word)) for each in card)]
    return Shown("want_order", {
        "want": want,
        "row": row,
        "facts": list(market.offer(row)),
        "values": values,
        "missing": missing,
        "kept": KEPT,
        "usual": offers.KEPT_FOR,
        "purpose": wording.purpose(offers.PURPOSE),
        "terms": await visit.get("/v1/terms", row["terms"]),
    })  # fmt: skip


def place(word: str) -> str:
    """Where on the card something of that name stands."""
    return wording.WORDS[word][0]


async def chosen(visit: Visit, name: str) -> dict[str, Any]:
    """The offer she has picked, which can be ordered. Raises Failed."""
    rows = (await visit.get("/v1/wants", name, "bids"))["bids"]
    row = next((each for each in rows if each["state"] in ("selected", "reserved", "recalled")), None)
    if row is None:
        raise Failed(409, "No offer is picked, or it is not held any more. Nothing was ordered.")
    return dict(row)


async def order(visit: Visit, name: str) -> Go:
    """Order it, and say who she is."""
    row = await visit.post("/v1/wants", name, "order", values=told(visit), kept_for=visit.text("kept", offers.KEPT_FOR))
    if row["state"] == "selected":
        return Go(f"/wants/{name}", "It is decided. The order goes out as soon as the offer is held for you.")
    return Go(f"/wants/{name}", f"It is ordered from {row['by']}, who now knows what you chose to tell.")


def told(visit: Visit) -> dict[str, Json]:
    """The values that she tells: those ticked on her card, and those typed. Raises Failed."""
    card = contact.read(visit.agent)
    values = {ptr: value for ptr in visit.chosen("tell") if (value := contact.value_at(card, ptr)) is not None}
    typed = {contact.pointer(word): contact.typed(word, visit.text(word)) for word, _ in NEEDED if visit.text(word)}
    if not (values | typed):
        raise Failed(
            400, "An order says who you are and where it goes. Tick or fill in what you tell. Nothing was said."
        )
    return values | typed


async def release(visit: Visit, name: str) -> Go:
    """Let go of the offer that is held."""
    row = await chosen(visit, name)
    await visit.post("/v1/threads", row["thread"], "say", message="release", body={"reason": "changed-mind"})
    return Go(f"/wants/{name}", f"{row['by']} is let off its offer, and never learned who asked.")


# -- the others ---------------------------------------------------------------------------------------------------


async def close_form(visit: Visit, name: str) -> Shown:
    """What the others would learn: why, and not who."""
    want, shown = await visit.get("/v1/wants", name), await visit.get("/v1/wants", name, "bids")
    ordered = any(each["state"] in ("ordered", "completed") for each in shown["bids"])
    tally = shown["tally"] or {}
    waiting = sum(tally.get(each, 0) for each in STILL) - sum(tally.get(each, 0) for each in HELD)
    return Shown("want_close", {"want": want, "reasons": REASONS, "ordered": ordered, "waiting": waiting})


async def close(visit: Visit, name: str) -> Go:
    """Tell them."""
    reason, band = visit.text("reason"), bool(visit.chosen("band"))
    done = await visit.post("/v1/wants", name, "close", reason=reason, band=band)
    if not done["told"]:
        return Go(f"/wants/{name}", "Nobody waited for it any more; nothing was said.")
    who = "1 vendor was" if done["told"] == 1 else f"{done['told']} vendors were"
    return Go(f"/wants/{name}/asked", f"{who} told why it is over. Each deletes what you asked, and signs so.")


async def answer(visit: Visit, name: str) -> Go:
    """Answer the question of one of them, or of all who asked alike."""
    to = "" if visit.chosen("all") else visit.text("to")
    done = await visit.post("/v1/wants", name, "answer", text=visit.text("text"), bid=to)
    return Go(f"/wants/{name}", "Answered." if done["answered"] == 1 else f"Answered {done['answered']} of them.")


PAGES = (
    Page("GET", "/wants/{name}/offers/{thread}", offer, "person"),
    Page("POST", "/wants/{name}/offers/{thread}", pick, "person"),
    Page("GET", "/wants/{name}/order", order_form, "person"),
    Page("POST", "/wants/{name}/order", order, "person"),
    Page("POST", "/wants/{name}/release", release, "person"),
    Page("GET", "/wants/{name}/close", close_form, "person"),
    Page("POST", "/wants/{name}/close", close, "person"),
    Page("POST", "/wants/{name}/answer", answer, "person"),
)
