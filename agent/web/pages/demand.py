"""What people ask an organisation for without saying who they are: all of it, one of them, and what is answered."""

from typing import Any, Final

from agent import wording
from agent.over_asking import notices
from agent.web.pages import market
from agent.web.pages.page import Failed, Go, Page, Shown, Slice, Visit
from agent.web.parts import SIZE

STATES: Final = {
    "open": "waits for your offer",
    "sealed": "your offer is deposited, sealed",
    "bid": "has your offer",
    "selected": "picked your offer",
    "reserved": "you hold your offer",
    "recalled": "you asked to be let off",
    "ordered": "ordered: to be carried out",
    "completed": "ordered, and carried out",
    "closed": "over: being forgotten",
}
WAITING: Final = ("open", "selected", "ordered")  # on us
LEVELS: Final = (
    "You learn nothing about who asks, before there is an order.",
    "You learn nothing about who asks, before there is an order. You may ask for a proof of being entitled.",
    "You learn roughly who asks, if you ask for it and the customer agrees.",
    "You know who asks: somebody who has met you asks as themselves.",
)
ENDS: Final = {"lost": market.CLOSED, "declined": market.DECLINE, "released": market.CLOSED}
HOLDS: Final = (
    ("0", "Ask somebody here first"), ("86400", "Hold it for a day, without asking"),
    ("259200", "Hold it for 3 days, without asking"), ("604800", "Hold it for a week, without asking"),
)  # fmt: skip
STANDS: Final = (("86400", "a day"), ("259200", "3 days"), ("604800", "a week"), ("2592000", "30 days"))


async def listed(visit: Visit) -> Shown:
    """What is asked for, and what came of all there was, in numbers about nobody."""
    number = visit.part()
    found = await visit.get("/v1/demand/newest", str((number - 1) * SIZE))
    parts = max(1, -(-found["total"] // SIZE))
    if number > parts:
        found, number = await visit.get("/v1/demand/newest", str((parts - 1) * SIZE)), parts
    rows = [{**each, **seen(each)} for each in found["items"]]
    counters = await visit.get("/v1/demand/counters")
    return Shown("demand", {
        "part": Slice(rows, number, parts, found["total"]),
        "counters": counters,
        "why": {name: reasons(name, why) for name, why in counters["why"].items()},
    })  # fmt: skip


def seen(lead: dict[str, Any]) -> dict[str, object]:
    """What a lead is called in a list: what is wanted, and where it stands."""
    lines = dict(market.wanted(lead["says"]["demand"])) if lead["says"] else {}
    what = lines.get("What") or lines.get("Product") or "Something that is forgotten already"
    told = (("Where", ""), ("At most", "at most "), ("By", "by "))
    more = [f"{before}{lines[name]}" for name, before in told if lines.get(name)]
    state = STATES.get(lead["state"], lead["state"])
    return {"what": what, "more": ", ".join(more), "word": state, "ours": lead["state"] in WAITING}


def reasons(name: str, why: dict[str, int]) -> list[tuple[int, str]]:
    """Why casts ended so, the most frequent first."""
    words = ENDS[name]
    return sorted(((count, words.get(reason, reason)) for reason, count in why.items()), reverse=True)


async def found(visit: Visit, thread: str) -> dict[str, Any]:
    """A lead. Raises Failed."""
    try:
        return dict(await visit.get("/v1/demand/casts", thread))
    except Failed as fault:
        words = "This is not asked of you any more, or never was. What is over is deleted here."
        raise Failed(fault.status, words) if fault.status == 404 else fault from fault


async def one(visit: Visit, thread: str) -> Shown:
    """One of them: what is wanted, how far it may be used, and what can be answered."""
    lead = await found(visit, thread)
    says, given = lead["says"], lead["offer"]
    terms = await visit.get("/v1/terms", lead["agreement"]) if lead["terms"] else None
    return Shown("lead", {
        "lead": {**lead, **seen(lead)},
        "facts": list(market.cast(says, market.OURS)) if says else [],
        "knows": LEVELS[lead["level"]] if says else "",
        "bid": list(market.offer(offered(given))) if given else [],
        "currency": ((says or {}).get("demand", {}).get("priceSpecification") or {}).get("priceCurrency", ""),
        "amount": says["demand"]["itemOffered"].get("amount") if says else None,
        "may_ask": bool(says) and lead["questions"] < says.get("questions", 0) and lead["state"] == "open",
        "terms": terms,
        "holds": HOLDS,
        "stands": STANDS,
        "reasons": tuple(market.DECLINE.items()),
        "told": [{**each, "words": wording.field(each["ptr"])} for each in lead["told"]],
    })  # fmt: skip


def offered(given: dict[str, Any]) -> dict[str, Any]:
    """Our bid in the words of the table of offers."""
    return {
        "price": given["price"],
        "currency": given["priceCurrency"],
        "item": given.get("itemOffered"),
        "delivery": given.get("deliveryLeadTime"),
        "warranty": given.get("warranty"),
        "description": given.get("description"),
        "conditions": given.get("conditions"),
    }


# -- answering ----------------------------------------------------------------------------------------------------


async def bid(visit: Visit, thread: str) -> Go:
    """Make an offer."""
    price, currency = market.money(visit.text("price"), visit.text("currency"))
    if not price:
        raise Failed(400, "An offer needs a price. Nothing was said.")
    done = await visit.post(
        "/v1/demand/bid",
        thread=thread,
        price=price,
        currency=currency,
        delivery=market.lasting(visit.text("delivery"), "D", "Delivery"),
        warranty=market.lasting(visit.text("warranty"), "M", "Warranty"),
        description=visit.text("description") or None,
        conditions=visit.text("conditions") or None,
        valid=market.number(visit.text("valid"), 86400, most=365 * 86400, what="How long it stands"),
        hold=market.number(visit.text("hold"), 0, most=30 * 86400, what="How long it is held"),
    )
    sealed = " It is sealed: nobody can read it before all are in." if done["said"] == "seal" else ""
    return Go(f"/demand/{thread}", f"Your offer of {done['price']} {done['currency']} is made.{sealed}")


async def ask(visit: Visit, thread: str) -> Go:
    """Ask the customer something."""
    text = visit.text("text")
    if not text:
        raise Failed(400, "Write what you would like to know. Nothing was said.")
    await visit.post("/v1/threads", thread, "say", message="question", body={"text": text})
    return Go(f"/demand/{thread}", "Asked. The answer appears here.")


async def prove(visit: Visit, thread: str) -> Go:
    """Ask for a proof before an offer is made."""
    type, claims, purpose = visit.text("type"), market.lines(visit.text("claims")), visit.text("purpose")
    if not type or not purpose:
        raise Failed(400, "Say which kind of card you need to see, and why. Nothing was said.")
    too_much = notices(claims, purpose)
    if too_much and not visit.chosen("anyway"):
        raise Failed(409, f"{' '.join(too_much)} Nothing was said. To ask for it all the same, tick that you mean it.")
    await visit.post("/v1/demand/proof", thread=thread, type=type, claims=claims, purpose=purpose)
    return Go(f"/demand/{thread}", "Asked. The customer decides what is shown.")


async def decline(visit: Visit, thread: str) -> Go:
    """Make no offer, or take it back before it is held."""
    body = {"reason": visit.text("reason", "other")}
    await visit.post("/v1/threads", thread, "say", message="decline", body=body)
    return Go("/demand", "Said no. What was asked is being forgotten here, and the customer is told why.")


async def stand(visit: Visit, thread: str) -> Go:
    """Say whether an offer that was picked still stands."""
    lead = await found(visit, thread)
    if not lead["question"]:
        raise Failed(409, "This was answered already. Nothing was said.")
    yes = visit.text("answer") == "yes"
    await visit.post("/v1/questions", lead["question"], "answer", answer="yes" if yes else "no")
    if yes:
        return Go(f"/demand/{thread}", "You hold your offer for this customer now.")
    return Go("/demand", "Said that there is none left.")


async def carry_out(visit: Visit, thread: str) -> Go:
    """Say under which number an order is carried out."""
    order, day = visit.text("order"), visit.text("delivery")
    if not order:
        raise Failed(400, "Say the number of the order. Nothing was said.")
    await visit.post("/v1/demand/outcome", thread=thread, order=order, delivery=day or None)
    return Go(f"/demand/{thread}", "Told. The receipt is offered to the customer as a card.")


async def let_off(visit: Visit, thread: str) -> Go:
    """Ask to be let off an offer that is held."""
    text = visit.text("text") or "We can no longer keep this offer."
    await visit.post("/v1/threads", thread, "say", message="ask-release", body={"text": text})
    return Go(f"/demand/{thread}", "Asked. You are bound until the customer lets you off.")


PAGES = (
    Page("GET", "/demand", listed, "org"),
    Page("GET", "/demand/{thread}", one, "org"),
    Page("POST", "/demand/{thread}/bid", bid, "org"),
    Page("POST", "/demand/{thread}/ask", ask, "org"),
    Page("POST", "/demand/{thread}/prove", prove, "org"),
    Page("POST", "/demand/{thread}/decline", decline, "org"),
    Page("POST", "/demand/{thread}/stand", stand, "org"),
    Page("POST", "/demand/{thread}/outcome", carry_out, "org"),
    Page("POST", "/demand/{thread}/release", let_off, "org"),
)
