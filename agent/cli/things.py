"""Command: things. What one owns; and an org's papers of things and warnings about them."""

from argparse import Namespace
from collections.abc import Iterator

import msgspec

from agent.cli.exits import FAILED, MISUSED, Command, Stopped
from agent.cli.plain import plain
from agent.cli.talk import Talk, reach
from agent.cli.views import Begun, Fields, Invited
from agent.cli.words import GREEN, RED, coloured, count, pairs, quoted, short, show, table, when


class Paper(msgspec.Struct, frozen=True):
    """A paper of a thing, as it is listed."""

    kind: str
    says: str
    issued_by: str


class Alerted(msgspec.Struct, frozen=True):
    """A recall, or another warning."""

    kind: str
    text: str
    at: str
    by: str
    remedy: str = ""


class Thing(msgspec.Struct, frozen=True):
    """One thing."""

    thing: str
    name: str
    gtin: str | None
    serial: str | None
    acquired: str | None
    state: str
    papers: tuple[Paper, ...]
    self_asserted: bool
    registered: bool
    warranty_until: str | None
    support_until: str | None
    alerts: tuple[Alerted, ...]
    handed_on: int
    claimed: bool
    note: str
    says: tuple[Fields, ...] = ()
    history: tuple[Fields, ...] = ()


class Checked(msgspec.Struct, frozen=True):
    """One paper, with what holds of it."""

    kind: str
    issued_by: str
    verified: bool
    checks: tuple[Fields, ...]
    note: str | None


class Verification(msgspec.Struct, frozen=True):
    """What holds of a thing's papers."""

    thing: str
    verified: bool
    papers: tuple[Checked, ...]
    yours: bool
    why: str
    missing: int = 0


class Asset(msgspec.Struct, frozen=True):
    """What somebody registered with us."""

    thid: str
    thing: Fields
    since: str
    alerts: int = 0
    arrived: int = 0
    state: str = "live"


class Registered(msgspec.Struct, frozen=True):
    """All that is registered, and the proofs of ownership that were issued."""

    registered: tuple[Asset, ...]
    titles: tuple[Fields, ...]


async def things(options: Namespace) -> int:
    """What one owns; and an org's papers and warnings."""
    async with reach(options) as talk:
        match options.action:
            case None | "list":
                return show(options, await talk.get("things"), tuple[Thing, ...], listed)
            case "show":
                return show(options, await talk.get("things", options.thing), Thing, whole)
            case "verify":
                said = await talk.get("things", options.thing, "verification")
                show(options, said, Verification, examined)
                return 0 if msgspec.json.decode(said, type=Verification).verified else FAILED
            case "registered":
                return show(options, await talk.get("assets"), Registered, registered)
        return await act(options, talk)


async def act(options: Namespace, talk: Talk) -> int:
    """Do something with a thing."""
    match options.action:
        case "add":
            known = described(options) | ({"url": options.url} if options.url else {})
            said = await talk.post("things", thing=known, acquired=options.acquired, note=options.note)
            return show(options, said, Thing, whole)
        case "transfer":
            said = await talk.post("things", "transfer", thing=options.thing, price=money(options.price))
            return show(options, said, Invited, link)
        case "take":
            said = await talk.post("things", "take", url=options.url)
            return show(options, said, Begun, knocked)
        case "alert":
            known = {name: value for name, value in described(options).items() if name != "name"}
            body = {"kind": options.kind, "text": options.text, "remedy": options.remedy, **known}
            return show(options, await talk.post("things", "alert", **body), Fields, warned)
        case "issue":
            paper = {"kind": options.kind, "on": options.on, "until": options.until, "price": money(options.price)}
            said = await talk.post("things", "issue", peer=options.peer, thing=described(options), **paper)
        case "release":
            said = await talk.post("things", "release", thing=options.thing, reason=options.reason)
        case "claim":
            said = await talk.post("things", "claim", thing=options.thing)
        case "problem":
            body = {"text": options.text, "want": options.want, "since": options.since, "tried": options.tried}
            said = await talk.post("things", "problem", **toward(options), **body)
        case _:
            said = await talk.post("things", "register", **toward(options))
    return show(options, said, Begun, told)


def toward(options: Namespace) -> Fields:
    """Which thing, to whom, and what is not shown."""
    return {"thing": options.thing, "org": options.org, "without": options.without}


def described(options: Namespace) -> Fields:
    """What a thing is known by, as far as it was typed."""
    named = {"name": getattr(options, "name", None), "gtin": options.gtin, "serial": options.serial}
    return {name: value for name, value in named.items() if value}


def money(typed: str | None) -> Fields | None:
    """An amount like `100.00 EUR`. Raises Stopped."""
    if typed is None:
        return None
    amount, _, currency = typed.partition(" ")
    if not currency.strip():
        raise Stopped(f"{quoted(typed)} is no amount; nothing was done", 'Write it like "100.00 EUR".', MISUSED)
    return {"amount": amount, "currency": currency.strip().upper()}


def listed(found: tuple[Thing, ...]) -> Iterator[str]:
    """All things, a line each."""
    if not found:
        yield "Nothing is entered. Papers that you are given enter a thing by themselves; or: freerange things add NAME"
        return
    rows: list[tuple[object, ...]] = [("LETTERS", "THING", "SERIAL", "PAPERS", "WARRANTY", "STATE")]
    rows += [
        (
            short(each.thing),
            each.name,
            each.serial,
            "your own word" if each.self_asserted else ", ".join(paper.kind for paper in each.papers),
            each.warranty_until,
            standing(each),
        )
        for each in found
    ]
    yield from table(rows)
    for each in found:
        yield from alerts(each)


def standing(thing: Thing) -> str:
    """Where a thing stands, in a word or two."""
    if thing.state != "mine":
        return f"{thing.state}, registered still" if thing.registered else thing.state
    return "registered" if thing.registered else "claim it" if thing.handed_on and not thing.claimed else "yours"


def alerts(thing: Thing) -> Iterator[str]:
    """The warnings about a thing."""
    for each in thing.alerts:
        remedy = f" {plain(each.remedy)}" if each.remedy else ""
        yield coloured(f"{plain(each.kind).upper()}: {plain(thing.name)}. {plain(each.text, 2000)}{remedy}", RED)
        yield f"  said by {plain(each.by)}, {when(each.at)}"


def whole(thing: Thing) -> Iterator[str]:
    """One thing."""
    yield f"{plain(thing.name)} ({short(thing.thing)}): {plain(standing(thing))}"
    said: list[tuple[str, object]] = [
        ("GTIN", thing.gtin),
        ("serial", thing.serial),
        ("since", thing.acquired),
        ("warranty", thing.warranty_until),
        ("support", thing.support_until),
        ("note", thing.note),
    ]
    said += [(plain(each.says), f"issued by {each.issued_by}") for each in thing.papers]
    yield from pairs([(name, value) for name, value in said if value], size=18)
    if thing.self_asserted:
        yield "  There are no papers: that it is yours is your own word."
    if thing.handed_on:
        yield f"  It was handed on {count(thing.handed_on, 'time')} since its papers were issued."
    if thing.registered and thing.state != "mine":
        yield "  You are still warned of it, as if it were yours. To end that:"
        yield f"  freerange things release {short(thing.thing)} --reason {plain(thing.state)}"
    yield from alerts(thing)


def examined(found: Verification) -> Iterator[str]:
    """Every check of every paper."""
    for each in found.papers:
        mark = coloured("ok  ", GREEN) if each.verified else coloured("FAIL", RED)
        yield f"{mark}  {plain(each.kind)}, issued by {plain(each.issued_by)}"
        yield from table([("ok" if it["ok"] else "FAIL", it["name"], it["detail"]) for it in each.checks], "      ")
        if each.note:
            yield f"      note: {plain(each.note)}"
    yield f"{plain(found.thing)} is {'yours' if found.yours else 'not shown to be yours'}: {plain(found.why)}."
    if found.missing:
        yield f"{count(found.missing, 'paper')} that was promised did not come along."
    yield "No network was used."


def link(made: Invited) -> Iterator[str]:
    """What to give to whoever takes it over."""
    yield f"{plain(made.goal)}. Give this link to one person, who learns nothing of you from it:"
    yield ""
    yield f"  {plain(made.url, 20000)}"
    yield ""
    yield f"It can be taken up once, until {when(made.until)}. You are asked before anything is handed over."


def knocked(begun: Begun) -> Iterator[str]:
    """After taking up a link."""
    yield "You knocked, and said nothing of yourself. What is offered is a question soon: freerange questions"


def told(begun: Begun) -> Iterator[str]:
    """Something was said to an org."""
    if not begun.thread:
        yield "Noted here. Nobody knew of the thing, so nobody was told."
        return
    yield f"Said to {plain(begun.to)}. What comes of it: freerange log {short(begun.thread)}"


def warned(said: Fields) -> Iterator[str]:
    """How many were warned."""
    yield f"Said to {said['warned']} who registered such a thing. It is sent until it arrives."
    yield "Whom it reached: freerange things registered"


def registered(found: Registered) -> Iterator[str]:
    """What is registered."""
    rows: list[tuple[object, ...]] = [("THREAD", "THING", "SERIAL", "SINCE", "STATE", "WARNED", "ARRIVED")]
    for each in found.registered:
        reached = (str(each.alerts), str(each.arrived))
        known = (each.thing.get("name"), each.thing.get("serial"))
        rows.append((short(each.thid), *known, when(each.since), each.state, *reached))
    yield from table(rows)
    states = [str(each["state"]) for each in found.titles]
    yield f"Proofs of ownership issued: {len(states)}, of which {states.count('live')} count."


COMMANDS: dict[str, Command] = {"things": things}
