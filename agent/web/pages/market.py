"""The market in words: what is wanted, what is offered, where each stands, and why; and what a form says of money.

For her pages and an organisation's alike, so that a thing has one name on both.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from agent import wording
from agent.web.pages.page import Failed
from agent.web.pages.render import day, moment

Fact = tuple[str, object]

LEVELS: Final = (
    (0, "Nothing about you"),
    (1, "Nothing but a proof that you are entitled, if they ask for one and you agree"),
    (2, "Roughly who you are, if they ask and you agree"),
    (3, "Who you are: you are asking those who know you, as yourself"),
)
STATES: Final = {
    "queued": "not told yet",
    "sent": "on its way",
    "delivered": "has it, and has not answered",
    "silent": "has it, and stays silent",
    "skipped": "could not be told",
    "asking": "asks a question",
    "sealed": "has made an offer, sealed until all are in",
    "offered": "makes an offer",
    "selected": "is asked whether its offer still stands",
    "reserved": "holds its offer for you",
    "recalled": "holds its offer, and asks to be let off",
    "ordered": "has your order",
    "completed": "carries out your order",
    "declined": "makes no offer",
    "released": "was let off",
    "closed": "was told that it is over",
    "purged": "has deleted what you asked, and signed so",
    "lapsed": "did not answer in time",
    "abandoned": "broke off",
}
DECLINED: Final = {
    "not-us": "it does not sell this",
    "area": "it does not deliver there",
    "price": "it cannot do it for that price",
    "stock": "it has none",
    "sold-out": "it has none left",
    "terms": "it does not take these terms",
    "eligibility": "it wants proof that was not given",
    "quota": "it has enough to do",
    "later": "not now, perhaps later",
    "expired": "the time was over",
    "other": "it gave no reason",
}
DECLINE: Final = {
    "not-us": "we do not sell this",
    "area": "we do not deliver there",
    "price": "we cannot do it for that price",
    "stock": "we have none",
    "sold-out": "we have none left",
    "terms": "we do not take these terms",
    "eligibility": "we want proof that was not given",
    "quota": "we have enough to do",
    "later": "not now, perhaps later",
    "expired": "the time was over",
    "other": "another reason",
}
"""Why there is no offer, to whoever makes none; DECLINED: to who asked."""
CLOSED: Final = {
    "chose-another": "another offer was chosen",
    "too-dear": "it was too dear",
    "too-late": "it would have come too late",
    "changed-mind": "the customer changed her mind",
    "cancelled": "it was called off",
    "expired": "the time to choose was over",
    "quota": "enough offers were in already",
    "breach": "an agreement was not kept",
    "not-needed": "it is not needed any more",
    "moving-on": "she moves on",
    "other": "another reason",
}
WAITS: Final = (
    ("3600", "an hour"), ("21600", "6 hours"), ("86400", "a day"), ("259200", "3 days"), ("604800", "a week"),
    ("1209600", "2 weeks"),
)  # fmt: skip


def wanted(demand: Mapping[str, Any], must: object = ()) -> Iterator[Fact]:
    """What is wanted, line by line. demand: as it is told to others."""
    item, most = demand.get("itemOffered") or {}, demand.get("priceSpecification")
    yield from described(item)
    yield "Where", demand.get("eligibleRegion") or ""
    if most:
        yield "At most", f"{most['maxPrice']} {most['priceCurrency']}, for all of it"
    if demand.get("availabilityEnds"):
        yield "By", day(demand["availabilityEnds"])
    if must:
        yield "It must", must


def described(item: Mapping[str, Any]) -> Iterator[Fact]:
    """A product, line by line."""
    named = (
        ("category", "What"),
        ("name", "Product"),
        ("brand", "Brand"),
        ("model", "Model"),
        ("gtin", "Article number"),
    )
    yield from ((label, item[name]) for name, label in named if item.get(name))
    if item.get("amount"):
        yield "How many", item["amount"]
    if item.get("description"):
        yield "More of it", item["description"]
    yield from (item.get("more") or {}).items()


HERS: Final = ("It may ask", "It may offer until", "You choose until")
OURS: Final = ("You may ask", "You may offer until", "The customer chooses until")
"""The last lines of what is asked, to who asks and to who is asked."""


def cast(says: Mapping[str, Any], words: tuple[str, str, str]) -> Iterator[Fact]:
    """All that an organisation is told when it is asked for an offer, line by line. words: HERS or OURS."""
    questions = says.get("questions", 0)
    yield from wanted(says["demand"], says.get("must"))
    yield "Offers", "sealed: nobody sees one before all are in" if says.get("seal") else "open, as they come"
    yield words[0], "1 question" if questions == 1 else f"{questions} questions"
    yield words[1], moment(says["bid_by"])
    yield words[2], moment(says["select_by"])


def offer(row: Mapping[str, Any]) -> Iterator[Fact]:
    """An offer, line by line. row: as the agent lists it."""
    total = f"{row['price']} {row['currency']}"
    if row.get("each"):
        yield "Price", f"{row['each']} {row['currency']} each"
        yield "Total", f"{total} for {row['amount']}"
    else:
        yield "Total", total
    yield from described(row.get("item") or {})
    yield "Delivery", f"in {wording.lasting(row['delivery'])}" if row.get("delivery") else "not said"
    yield "Warranty", wording.lasting(row["warranty"]) if row.get("warranty") else "not said"
    if row.get("description"):
        yield "In its words", row["description"]
    yield "Conditions", row.get("conditions") or "none"


# -- what a form says ---------------------------------------------------------------------------------------------


def money(typed: str, currency: str) -> tuple[str, str]:
    """An amount as it is sent, with its currency; two empty texts if nothing was typed. Raises Failed."""
    plain = re.sub(r"[\s'_]", "", typed)
    if not plain:
        return "", ""
    if re.fullmatch(r"\d+,\d{1,2}", plain):
        plain = plain.replace(",", ".")
    if not re.fullmatch(r"\d{1,15}(\.\d{1,6})?", plain):
        raise Failed(400, f'"{typed[:40]}" is no amount of money. Write it like 350.00. Nothing was done.')
    code = currency.strip().upper()
    if not re.fullmatch(r"[A-Z]{3}", code):
        raise Failed(400, f'"{currency[:40]}" is no currency. Write its three letters, like EUR. Nothing was done.')
    return plain, code


def number(typed: str, usual: int, *, most: int, what: str, least: int = 0) -> int:
    """A whole number from a form. what: is counted, for people. Raises Failed."""
    if not typed:
        return usual
    if not (typed.isascii() and typed.isdecimal() and len(typed) < 10 and least <= int(typed) <= most):
        raise Failed(400, f"{what} is a number from {least} to {most}. Nothing was done.")
    return int(typed)


def lasting(typed: str, unit: str, what: str) -> str | None:
    """A length of time as it is sent, from a number. unit: D for days, M for months. Raises Failed."""
    count = number(typed, 0, most=9999, what=what)
    return f"P{count}{unit}" if typed else None


def lines(typed: str) -> list[str]:
    """What stands on each line, without the empty ones."""
    return [each.strip() for each in typed.splitlines() if each.strip()]
