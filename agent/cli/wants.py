"""Commands: want, bids, select, order, close."""

import sys
from argparse import Namespace
from collections.abc import Iterator

import msgspec

from agent import wording
from agent.cli.exits import FAILED, MISUSED, Command, Stopped
from agent.cli.fields import by_pointer
from agent.cli.meeting import seconds
from agent.cli.plain import plain
from agent.cli.talk import Talk, reach
from agent.cli.words import BOLD, coloured, count, pairs, short, show, table, tell, when


class Want(msgspec.Struct, frozen=True):
    """A want as it is listed."""

    id: str
    words: str
    kind: str
    state: str
    item: dict[str, object]
    region: str = ""
    by: str | None = None
    ceiling: str | None = None
    must: tuple[str, ...] = ()
    level: int = 0
    tally: dict[str, int] | None = None
    select_by: str | None = None


class Asked(msgspec.Struct, frozen=True):
    """Whom a cast would go to."""

    name: str
    known: bool


class Terms(msgspec.Struct, frozen=True):
    """Under which agreement."""

    id: str
    title: str | None


class Preview(msgspec.Struct, frozen=True):
    """What would be said to whom. shared: what is the same in all, by which they could tell that it is one want."""

    want: str
    to: tuple[Asked, ...]
    says: dict[str, object]
    level: int
    terms: Terms
    bid_by: str
    select_by: str
    shared: tuple[str, ...]


class Bid(msgspec.Struct, frozen=True):
    """An offer."""

    number: int
    by: str | None
    thread: str
    state: str
    domain: str = ""
    price: str | None = None
    currency: str | None = None
    delivery: str | None = None
    warranty: str | None = None
    conditions: str | None = None
    valid_until: str | None = None
    told: tuple[str, ...] = ()


class Question(msgspec.Struct, frozen=True):
    """What somebody asks about it."""

    by: str | None
    text: str


class Bids(msgspec.Struct, frozen=True):
    """The offers side by side."""

    want: str
    state: str
    tally: dict[str, int] | None
    bids: tuple[Bid, ...]
    questions: tuple[Question, ...]


class Closed(msgspec.Struct, frozen=True):
    """How many were told that it is over."""

    told: int
    reason: str


LEVELS = (
    "nothing about you",
    "nothing but proof that you are entitled, if they ask",
    "a coarse profile, if they ask",
    "who you are: you are known to them",
)


# -- keeping ------------------------------------------------------------------------------------------------------


async def want(options: Namespace) -> int:
    """Keep wants, and cast them."""
    async with reach(options) as talk:
        match options.action:
            case "list":
                return show(options, await talk.get("wants"), list[Want], listed)
            case "add":
                said = await talk.post(
                    "wants", words=options.words, kind="regret" if options.regret else "wish", **described(options)
                )
            case "edit":
                said = await talk.post("wants", options.want, "edit", words=options.words, **described(options))
            case "show":
                said = await talk.get("wants", options.want)
            case "cast":
                return await cast(talk, options)
            case _:
                return await smaller(talk, options)
    return show(options, said, Want, whole)


async def smaller(talk: Talk, options: Namespace) -> int:
    """Forget one, answer questions about it, join or leave a pool with it."""
    match options.action:
        case "drop":
            said, words = await talk.post("wants", options.want, "drop"), "Forgotten."
        case "answer":
            said = await talk.post("wants", options.want, "answer", text=options.text, bid=options.to)
            words = f"Answered {count(msgspec.json.decode(said)['answered'], 'question')}."
        case "join":
            said = await talk.post("wants", options.want, "join", broker=options.broker, pool=options.pool)
            words = "Asked to be counted in. To be out again before it is matched: freerange want leave WANT"
        case _:
            said = await talk.post("wants", options.want, "leave")
            words = f"Left {count(msgspec.json.decode(said)['left'], 'pool')}."
    return show(options, said, dict[str, object], lambda _: [words])


def described(options: Namespace) -> dict[str, object]:
    """What is said of a want; what is not named stays out."""
    item = {"category": options.what, "brand": options.brand, "model": options.model, "amount": options.amount}
    most, currency = ceiling(options.most) if options.most else (None, None)
    found: dict[str, object] = {
        "item": {name: value for name, value in item.items() if value is not None} or None,
        "region": options.where,
        "by": f"{options.by}T00:00:00Z" if options.by else None,
        "most": most,
        "currency": currency,
        "must": options.must,
        "level": options.level,
        "seal": options.sealed or None,
        "questions": options.questions,
        "bids": options.bids,
    }
    return {name: value for name, value in found.items() if value is not None}


def ceiling(text: str) -> tuple[str, str]:
    """An amount and its currency. Raises Stopped."""
    amount, _, currency = text.strip().partition(" ")
    if not currency:
        raise Stopped(f"--most is {text!r}; nothing was done", 'Name a currency, like "350.00 GBP".', MISUSED)
    return amount, currency.strip().upper()


def listed(found: list[Want]) -> Iterator[str]:
    """All of them, a line each."""
    if not found:
        yield 'Nothing is kept. To keep something: freerange want add "WORDS" --what CATEGORY --where REGION'
    yield from table([(short(each.id), each.words, standing(each)) for each in found])


def standing(want: Want) -> str:
    """How far it has come, in a few words."""
    if want.tally:
        return f"{want.state}: {spread(want.tally)}"
    return {"kept": "for yourself" if want.kind == "wish" else "a regret, for yourself"}.get(want.state, want.state)


def spread(tally: dict[str, int]) -> str:
    """The live tally."""
    named = [f"{number} {name}" for name, number in tally.items() if number or name in ("delivered", "offered")]
    return ", ".join(named)


def whole(want: Want) -> Iterator[str]:
    """One, with everything that is kept of it."""
    yield coloured(f"{plain(want.words)} ({short(want.id)})", BOLD)
    facts: list[tuple[str, object]] = [("what", ", ".join(str(each) for each in want.item.values()))]
    facts += [("where", want.region), ("by", want.by and wording.day(want.by)), ("at most", want.ceiling)]
    facts += [("must", ", ".join(want.must)), ("they learn", LEVELS[want.level]), ("standing", standing(want))]
    facts += [("choose by", when(want.select_by) if want.select_by else None)]
    yield from pairs([(name, value) for name, value in facts if value])
    if want.state == "kept" and want.kind == "wish":
        yield f"To ask for offers: freerange want cast {short(want.id)} --to WHO..."


# -- casting ------------------------------------------------------------------------------------------------------


async def cast(talk: Talk, options: Namespace) -> int:
    """Ask many at once, after one look at what will be said."""
    asked = {
        "to": options.to,
        "terms": options.terms,
        "bid_within": seconds(options.bid_within),
        "select_within": seconds(options.choose_within),
    }
    said = await talk.post("wants", options.want, "preview", **asked)
    found = msgspec.json.decode(said, type=Preview)
    if options.preview:
        return show(options, said, Preview, preview)
    if not options.yes:
        tell(preview(found))
        agree(f"Ask {count(len(found.to), 'organisation')}?")
    jitter = max(0, round(options.spread * 60))
    return show(options, await talk.post("wants", options.want, "cast", jitter=jitter, **asked), Want, begun)


def preview(found: Preview) -> Iterator[str]:
    """Who is told what, why, until when, and under which terms."""
    yield coloured(f"{plain(found.want)}: {count(len(found.to), 'organisation')} would be asked", BOLD)
    names = ", ".join(each.name for each in found.to)
    yield from pairs([
        ("who", names),
        ("what", "; ".join(said(found.says))),
        ("about you", LEVELS[found.level]),
        ("until", f"they bid by {when(found.bid_by)}; you choose by {when(found.select_by)}"),
        ("terms", found.terms.title or found.terms.id),
    ])  # fmt: skip
    if found.shared:
        yield "If they compare notes, they can tell by this that it is one want:"
        yield from pairs([("", each) for each in found.shared], size=0)


def said(says: dict[str, object]) -> Iterator[str]:
    """A cast in words."""
    demand = says.get("demand")
    if isinstance(demand, dict):
        yield wording.demand(demand)
    must = says.get("must")
    if isinstance(must, list) and must:
        yield f"it must: {', '.join(str(each) for each in must)}"


def begun(want: Want) -> Iterator[str]:
    """It is on its way."""
    yield f"{plain(want.words)}: {standing(want)}"
    yield f"To see what comes of it: freerange bids {short(want.id)}"


def agree(question: str) -> None:
    """Ask whether to go on. Raises Stopped if the answer is not yes."""
    if not sys.stdin.isatty():
        raise Stopped("nobody is here to confirm this; nothing was said", "Look at it, then add --yes.", MISUSED)
    print(f"{question} [yes/no] ", end="", flush=True)
    if sys.stdin.readline().strip().casefold() != "yes":
        raise Stopped("Nothing was said to anybody.", "To do it, answer: yes", FAILED)


# -- choosing -----------------------------------------------------------------------------------------------------


async def bids(options: Namespace) -> int:
    """Compare the offers."""
    async with reach(options) as talk:
        return show(options, await talk.get("wants", options.want, "bids"), Bids, compared)


def compared(found: Bids) -> Iterator[str]:
    """The offers side by side, the cheapest first."""
    yield coloured(f"{plain(found.want)}: {found.state}", BOLD)
    if found.tally:
        yield f"  {spread(found.tally)}"
    if found.bids:
        yield from table(
            [
                ("NO.", "PRICE", "WHO", "DELIVERY", "WARRANTY", "STANDS UNTIL", "STATE", "CONDITIONS"),
                *map(row, found.bids),
            ]
        )
    else:
        yield "No offers yet."
    for each in found.questions:
        yield f'{plain(each.by or "Somebody")} asks: "{plain(each.text, 400)}"'


def row(bid: Bid) -> tuple[object, ...]:
    """One offer."""
    price = f"{bid.price} {bid.currency}"
    until = bid.valid_until and when(bid.valid_until)
    delivery, warranty = (each and wording.lasting(each) for each in (bid.delivery, bid.warranty))
    return (bid.number, price, bid.by or bid.domain, delivery, warranty, until, bid.state, bid.conditions)


async def select(options: Namespace) -> int:
    """Pick an offer."""
    async with reach(options) as talk:
        said = await talk.post("wants", options.want, "select", bid=options.bid)
    return show(options, said, Bid, picked)


def picked(bid: Bid) -> Iterator[str]:
    """It is asked whether it still stands."""
    yield f"{plain(bid.by or '')} is asked whether {bid.price} {bid.currency} still stands; it does not know who asks."
    yield "To order, now or once it is held for you: freerange order WANT"


async def order(options: Namespace) -> int:
    """Order, and say who one is."""
    values = by_pointer(options.tell)
    if not options.yes:
        agree("Order it? They then know what your card, or --tell, says.")
    async with reach(options) as talk:
        said = await talk.post("wants", options.want, "order", values=values, kept_for=options.keep_for)
    return show(options, said, Bid, ordered)


def ordered(bid: Bid) -> Iterator[str]:
    """What was told, or will be."""
    will = "They will be told, once the bid is held for you" if bid.state == "selected" else "They were told"
    yield f"{will}: {', '.join(wording.field(each) for each in bid.told)}"
    yield f"{plain(bid.by or '')}, {bid.price} {bid.currency}: {bid.state}"


async def close(options: Namespace) -> int:
    """Tell those who wait that it is over."""
    asked = {"reason": options.reason, "bid": options.to, "band": options.band}
    async with reach(options) as talk:
        return show(options, await talk.post("wants", options.want, "close", **asked), Closed, over)


def over(found: Closed) -> Iterator[str]:
    """How many were told."""
    if not found.told:
        yield "Nobody waits for it any more; nothing was said."
        return
    each = "It deletes" if found.told == 1 else "Each deletes"
    yield f"{count(found.told, 'organisation')} told: {found.reason}. {each} what you asked, and signs so."


COMMANDS: dict[str, Command] = {"want": want, "bids": bids, "select": select, "order": order, "close": close}
