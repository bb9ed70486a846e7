"""Commands of organisations: demand, bid."""

from argparse import Namespace
from collections.abc import Iterator
from typing import Any

import msgspec

from agent.cli.exits import MISUSED, Command, Stopped
from agent.cli.meeting import seconds
from agent.cli.plain import plain
from agent.cli.talk import Talk, reach
from agent.cli.terms import contents
from agent.cli.words import BOLD, coloured, pairs, short, show, table, when


class Cast(msgspec.Struct, frozen=True):
    """What somebody asks for."""

    thread: str
    state: str
    wants: tuple[str, ...]
    terms: str | None
    bid_by: str | None
    bid: str | None
    answer: str | None


class Counters(msgspec.Struct, frozen=True):
    """Counts, which are about nobody."""

    received: int
    bid: int
    won: int
    lost: int
    declined: int
    released: int
    won_of_bids: str | None
    why: dict[str, dict[str, int]]


class Made(msgspec.Struct, frozen=True):
    """A bid that was made, or sealed."""

    said: str
    price: str
    currency: str
    valid: str


class Rule(msgspec.Struct, frozen=True):
    """A price rule."""

    name: str
    category: str
    price: str
    currency: str
    stock: int | None = None


class Rules(msgspec.Struct, frozen=True):
    """All price rules."""

    rules: tuple[Rule, ...] = ()
    otherwise: str = "ask"


class Pool(msgspec.Struct, frozen=True):
    """A pool of this broker."""

    name: str
    about: str = ""
    until: str = ""
    wanted: dict[str, int] = {}


async def demand(options: Namespace) -> int:
    """See what is asked for, and what came of it."""
    async with reach(options) as talk:
        match options.action:
            case "list":
                return show(options, await talk.get("demand"), list[Cast], listed)
            case "counters":
                return show(options, await talk.get("demand", "counters"), Counters, counted)
            case "prices":
                said = await (talk.post("demand", "prices", rules=read(options.file)) if options.file else prices(talk))
                return show(options, said, Rules, priced)
            case "outcome":
                asked = {"thread": options.thread, "order": options.order, "delivery": options.delivery or None}
                said = await talk.post("demand", "outcome", **asked)
                return show(options, said, dict[str, object], lambda _: ["Told; the receipt is offered as a card."])
            case "pools":
                return show(options, await talk.get("demand", "pools"), list[Pool], pools)
            case "pool":
                until = f"{options.until}T00:00:00Z" if options.until else None
                said = await talk.post("demand", "pools", name=options.name, about=options.about, until=until)
                return show(options, said, Pool, lambda each: [f"Pool {plain(each.name)} is open."])
            case _:
                said = await talk.post("demand", "pools", options.name, "match", bids=read(options.file))
                return show(options, said, dict[str, object], lambda _: ["Everybody in the pool has the bids."])


async def prices(talk: Talk) -> bytes:
    """The price rules as they are."""
    return await talk.get("demand", "prices")


def read(file: str) -> Any:
    """What is in a JSON file. Raises Stopped."""
    try:
        return msgspec.json.decode(contents(file))
    except msgspec.DecodeError as fault:
        raise Stopped(f"{file} is no JSON: {fault}", "Nothing was done.", MISUSED) from fault


def listed(found: list[Cast]) -> Iterator[str]:
    """What is asked for, each with what can be done about it."""
    if not found:
        yield "Nothing is asked for now. Prices that are bid by themselves: freerange demand prices FILE"
    for each in found:
        yield coloured(f"{short(each.thread)}  {plain(each.wants[0]) if each.wants else each.state}", BOLD)
        facts: list[tuple[str, object]] = [("" if at else "asks", line) for at, line in enumerate(each.wants[1:])]
        facts += [("terms", each.terms), ("she says", each.answer), ("your bid", each.bid), ("state", each.state)]
        yield from pairs([(name, value) for name, value in facts if value])
        if not each.bid and each.state == "open":
            yield f"  To bid, by {when(each.bid_by)}: freerange bid {short(each.thread)} AMOUNT CURRENCY"


def counted(found: Counters) -> Iterator[str]:
    """How many asked, how many bought, and why others did not."""
    yield from pairs([
        ("asked", found.received),
        ("bid", found.bid),
        ("won", f"{found.won}{f', {found.won_of_bids} of the bids' if found.won_of_bids else ''}"),
        ("lost", reasons(found.lost, found.why.get("lost", {}))),
        ("declined", reasons(found.declined, found.why.get("declined", {}))),
        ("let off", reasons(found.released, found.why.get("released", {}))),
    ])  # fmt: skip


def reasons(number: int, why: dict[str, int]) -> str:
    """A count with what it is made of."""
    named = ", ".join(f"{count} {reason}" for reason, count in sorted(why.items()))
    return f"{number} ({named})" if named else str(number)


def priced(found: Rules) -> Iterator[str]:
    """The price rules."""
    rows = [("NAME", "CATEGORY", "PRICE", "STOCK")]
    rows += [(each.name, each.category, f"{each.price} {each.currency}", left(each.stock)) for each in found.rules]
    if found.rules:
        yield from table(rows)
    else:
        yield "There are no price rules. To set them: freerange demand prices FILE"
    yield f"What no rule is about: {'is declined' if found.otherwise == 'decline' else 'is asked about'}."


def left(stock: int | None) -> str:
    """What is left of something."""
    return "enough" if stock is None else str(stock)


def pools(found: list[Pool]) -> Iterator[str]:
    """What is wanted in each pool, and by how many."""
    if not found:
        yield "You keep no pool. To keep one: freerange demand pool NAME"
    for each in found:
        yield coloured(f"{plain(each.name)}  {plain(each.about)}", BOLD)
        yield from table([(f"{number} of", what) for what, number in each.wanted.items()], "  ")


async def bid(options: Namespace) -> int:
    """Make an offer."""
    asked: dict[str, object] = {
        "thread": options.thread,
        "price": options.price,
        "currency": options.currency.upper(),
        "delivery": options.delivery or None,
        "warranty": options.warranty or None,
        "description": options.describe or None,
        "conditions": options.conditions or None,
        "hold": seconds(options.hold),
    }
    async with reach(options) as talk:
        return show(options, await talk.post("demand", "bid", **asked), Made, made)


def made(bid: Made) -> Iterator[str]:
    """What was said."""
    sealed = (
        "Sealed: its digest is deposited, and it is opened when no more bids are taken." if bid.said == "seal" else ""
    )
    yield f"You bid {bid.price} {bid.currency}; it stands until {when(bid.valid)}."
    if sealed:
        yield sealed


COMMANDS: dict[str, Command] = {"demand": demand, "bid": bid}
