"""Commands: loyalty, membership, member."""

from argparse import Namespace
from collections.abc import Iterator

import msgspec

from agent.cli.exits import MISUSED, Command, Stopped
from agent.cli.loyalty_grammar import WHY
from agent.cli.plain import plain
from agent.cli.talk import reach
from agent.cli.terms import contents
from agent.cli.views import Begun, Fields
from agent.cli.words import count, pairs, short, show, table, when


class Statement(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """A statement of loyalty."""

    statement: str
    with_: str
    state: str
    strength: str
    category: str
    until: str
    may_quote: bool
    reasons: tuple[Fields, ...] = ()
    conditions: tuple[str, ...] = ()
    why_retired: str | None = None


class Membership(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """A membership, with every balance."""

    with_: str
    programme: str
    member: str
    state: str
    balance: int
    history: tuple[Fields, ...]
    exit: Fields
    payout: Fields | None
    since: str
    thread_state: str | None


class Programme(msgspec.Struct, frozen=True):
    """What an org offers."""

    programme: Fields | None
    digest: str | None


async def loyalty(options: Namespace) -> int:
    """Statements of loyalty."""
    async with reach(options) as talk:
        if options.action == "declare":
            said = await talk.post("statements", peer=options.peer, **stated(options))
            return show(options, said, Begun, declared)
        if options.action == "retire":
            about = {"reason": options.reason, "text": options.text}
            return show(options, await talk.post("statements", options.statement, "retire", **about), Begun, retired)
        return show(options, await talk.get("statements"), tuple[Statement, ...], statements)


def stated(options: Namespace) -> Fields:
    """A statement as it was typed. Raises Stopped."""
    reasons = []
    for typed in options.because:
        code, equals, text = typed.partition("=")
        if code not in WHY:
            raise Stopped(f"{plain(code)} is no reason; nothing was said", f"Use one of {', '.join(WHY)}.", MISUSED)
        reasons.append({"code": code, "text": text} if equals else {"code": code})
    return {
        "strength": options.strength,
        "category": options.category,
        "until": options.until,
        "reasons": reasons,
        "conditions": options.conditions,
        "may_quote": options.may_quote,
        "since": options.since,
    }


def declared(begun: Begun) -> Iterator[str]:
    """After saying it."""
    yield f"Said to {plain(begun.to)}, signed, as you wrote it. To take it back: freerange loyalty retire"
    yield f"  {short(begun.thread)} --reason CODE"


def retired(begun: Begun) -> Iterator[str]:
    """After taking it back."""
    waits = begun.state == "waiting"
    yield "It has not arrived yet, and is taken back when it has." if waits else f"Taken back from {plain(begun.to)}."


def statements(found: tuple[Statement, ...]) -> Iterator[str]:
    """All statements."""
    if not found:
        yield 'Nothing was said of loyalty. To say it: freerange loyalty declare "PEER" WHAT --until DATE'
    for each in found:
        yield (
            f"{short(each.statement)}  {plain(each.with_)}: {plain(each.strength)} in {plain(each.category)},"
            f" {plain(each.state)}, until {plain(each.until)}"
        )
        yield from pairs([(plain(why.get("code")), why.get("text") or "yes") for why in each.reasons], "    ")
        yield from pairs([("if", each) for each in each.conditions], "    ")
        if each.why_retired:
            yield from pairs([("taken back", each.why_retired)], "    ")
        if each.may_quote:
            yield "    The words may be repeated to others."


async def membership(options: Namespace) -> int:
    """Programmes she is in."""
    async with reach(options) as talk:
        if options.action == "join":
            said = await talk.post("memberships", peer=options.peer, program=options.programme)
            return show(options, said, Begun, asked)
        if options.action == "redeem":
            about = {"membership": options.membership, "amount": options.amount, "reward": options.reward}
            return show(options, await talk.post("memberships", "redeem", **about), Membership, one)
        if options.action == "leave":
            about = {"membership": options.membership, "reason": options.reason}
            return show(options, await talk.post("memberships", "leave", **about), Membership, one)
        return show(options, await talk.get("memberships"), tuple[Membership, ...], every)


def asked(begun: Begun) -> Iterator[str]:
    """After asking for the rules."""
    yield f"Asked {plain(begun.to)} for the rules. They come as a question: freerange questions"


def every(found: tuple[Membership, ...]) -> Iterator[str]:
    """All memberships."""
    if not found:
        yield 'There are no memberships. To join a programme: freerange membership join "PEER"'
    for each in found:
        yield from one(each)


def one(found: Membership) -> Iterator[str]:
    """One membership, and how its balance came about."""
    yield f"{plain(found.programme)}, {plain(found.with_)}: {count(found.balance, 'point')}"
    state = found.state if found.thread_state in (None, "member", "left") else str(found.thread_state)
    said: list[tuple[str, object]] = [("number", found.member), ("state", state), ("since", when(found.since))]
    if found.payout:
        said.append(("paid out", f"{found.payout['amount']} {found.payout['currency']}"))
    elif found.state == "member":
        said.append(("on leaving", f"the balance is {found.exit.get('balance')}"))
    yield from pairs(said)
    rows = [
        (when(str(each["at"])), f"{each['change']:+}", str(each["balance"]), each["reason"], each.get("voucher"))
        for each in found.history
        if isinstance(each["change"], int)
    ]
    yield from table(rows, "    ")


async def member(options: Namespace) -> int:
    """An org's programme, and its members."""
    async with reach(options) as talk:
        match options.action:
            case "programme" if options.file:
                said = await talk.post("programme", **read(options.file))
                return show(options, said, Programme, offered)
            case "programme":
                return show(options, await talk.get("programme"), Programme, offered)
            case "invite":
                return show(options, await talk.post("memberships", peer=options.peer), Begun, invited)
            case "credit":
                about = {"member": options.member, "change": options.points, "reason": options.reason}
                return show(options, await talk.post("memberships", "credit", **about), Membership, one)
            case "close":
                about = {"member": options.member, "reason": options.reason, "by": options.by}
                return show(options, await talk.post("memberships", "close", **about), Membership, one)
        return show(options, await talk.get("memberships"), tuple[Membership, ...], members)


def read(file: str) -> Fields:
    """A programme in a file. Raises Stopped."""
    try:
        return msgspec.json.decode(contents(file), type=Fields)
    except msgspec.DecodeError as fault:
        raise Stopped(
            f"{file} is no JSON object ({fault}); nothing was set", "See: freerange member -h", MISUSED
        ) from fault


def offered(found: Programme) -> Iterator[str]:
    """A programme."""
    if found.programme is None:
        yield "You have no programme. To set one: freerange member programme FILE"
        return
    yield from pairs([(name.replace("_", " "), value) for name, value in found.programme.items()], size=12)
    yield from pairs([("rules are", found.digest)], size=12)


def invited(begun: Begun) -> Iterator[str]:
    """After inviting somebody."""
    yield f"Invited. What comes of it: freerange log {short(begun.thread)}"


def members(found: tuple[Membership, ...]) -> Iterator[str]:
    """All members, a line each."""
    if not found:
        yield "There are no members."
        return
    rows: list[tuple[object, ...]] = [("MEMBER", "KNOWN AS", "PROGRAMME", "STATE", "SINCE", "BALANCE")]
    rows += [
        (each.member, each.with_, each.programme, each.state, when(each.since), str(each.balance)) for each in found
    ]
    yield from table(rows)


COMMANDS: dict[str, Command] = {"loyalty": loyalty, "membership": membership, "member": member}
