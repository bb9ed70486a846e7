"""Commands: audit, timeline, evidence."""

import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import msgspec

from agent import wording
from agent.cli.exits import Command, Stopped
from agent.cli.plain import plain
from agent.cli.talk import Talk, reach
from agent.cli.terms import verify
from agent.cli.views import Agreement, Begun, Fields
from agent.cli.words import count, letters, quoted, short, show, table, tell, when, wrapped

STATES = {
    "same": "both sides hold the same",
    "differs": "the two sides do NOT hold the same",
    "being mended": "something was missing, and is being sent again",
    "never compared": "never compared yet; it is done every week once there is an agreement",
}
QUESTIONS = {
    "challenged": "waits for an answer",
    "unanswered": "was NOT answered in time",
    "answered": "was answered",
    "declined": "was turned down",
    "disputed": "waits for the other position",
    "stated": "both positions are there",
}


class Known(msgspec.Struct, frozen=True):
    """One value the other side has, or that is held of it."""

    what: str
    value: object
    purpose: str
    until: str
    record: str
    told: str | None = None
    terms: str | None = None
    standing: str | None = None


class Compared(msgspec.Struct, frozen=True):
    """How the comparison of both chains stands."""

    state: str
    last: str | None
    next: str | None
    missing: tuple[int, ...]
    unseen: tuple[int, ...]


class Question(msgspec.Struct, frozen=True):
    """A challenge or a dispute."""

    thread: str
    kind: str
    ours: bool
    asked: str
    says: Fields
    state: str
    answer: Fields | None


class Shown(msgspec.Struct, frozen=True):
    """What was seen of cards, once."""

    claims: Fields
    why: str
    at: str
    thread: str


class About(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """What somebody knows, and how matters stand."""

    with_: str
    knows: tuple[Known, ...]
    shown: tuple[Shown, ...]
    terms: tuple[Agreement, ...]
    rules: Fields | None
    signed: dict[str, int]
    compared: Compared
    questions: tuple[Question, ...]


class Standing(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """How comparisons and questions stand with one."""

    with_: str
    compared: Compared
    questions: tuple[Question, ...]


class Entry(msgspec.Struct, frozen=True):
    """One line of a timeline."""

    digest: str
    type: str
    by: str
    signed: str
    thread: str


class Timeline(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """Everything both sides signed. we: which side is ours."""

    with_: str
    we: str
    entries: tuple[Entry, ...]


async def audit(options: Namespace) -> int:
    """See what somebody knows, and ask."""
    async with reach(options) as talk:
        match options.action:
            case "challenge" | "dispute" | "answer" | "attest":
                said = await asked(talk, options)
            case "compare":
                said = await talk.post("audits", "compare", peer=options.peer)
                return show(options, said, Begun, comparing)
            case _ if getattr(options, "peer", None):
                return show(options, await talk.get("audits", options.peer), About, about)
            case _:
                return show(options, await talk.get("audits"), list[Standing], standing)
    return show(options, said, Begun, lambda begun: [f"Said to {plain(begun.to)}: freerange log {short(begun.thread)}"])


async def asked(talk: Talk, options: Namespace) -> bytes:
    """Say one of those things that somebody must answer, or an answer."""
    if options.action == "challenge":
        named = {"use": options.use, "record": options.record, "message": options.message}
        about = {name: value for name, value in named.items() if value}
        by = at(options.by)
        return await talk.post(
            "audits", "challenge", peer=options.peer, question=options.question, about=about, answer_by=by
        )
    if options.action == "dispute":
        return await talk.post(
            "audits", "dispute", peer=options.peer, text=options.text, want=options.want, evidence=options.record
        )
    if options.action == "answer":
        return await talk.post(
            "audits", "answer", thread=options.thread, text=options.text, want=options.want, records=options.record
        )
    said = {"scope": options.scope, "standard": options.standard, "from": options.since, "to": options.until}
    statement = said | ({"auditor": options.auditor} if options.auditor else {})
    return await talk.post("audits", "attest", peer=options.peer, statement=statement)


def at(date: str) -> str:
    """A day as the time at which it begins; a time as it is."""
    return date if "T" in date else f"{date}T00:00:00Z"


def comparing(begun: Begun) -> Iterator[str]:
    """What came of asking for a comparison."""
    if begun.thread:
        yield f"Asked {plain(begun.to)}. See: freerange audit {quoted(begun.to)}"
    else:
        yield f"Something is on its way to {plain(begun.to)} still; it is compared in ten minutes."


def about(found: About) -> Iterator[str]:
    """What somebody knows, under which terms, until when."""
    name = plain(found.with_)
    yield f"What {name} knows of you:" if found.knows else f"{name} knows nothing that you told it for a purpose."
    for value in found.knows:
        yield from wrapped(f"{plain(wording.field(value.what))}: {plain(wording.value(value.value))}", "  ")
        under = f"under {plain(value.terms)}" if value.terms else "under no terms"
        said = f"{plain(wording.purpose(value.purpose))}, until {plain(value.until[:10])}, {under}"
        yield from wrapped(f"{plain(value.standing or 'held')}: {said}", "    ")
    for seen in found.shown:
        claims = ", ".join(f"{name}: {wording.value(value)}" for name, value in seen.claims.items())
        yield f"On {when(seen.at)} you showed it of your cards: {plain(claims, 400)}. It asked: {plain(seen.why)}"
    yield ""
    yield "Agreements:" if found.terms else "There was never an agreement."
    for each in found.terms:
        ends = f", until {when(each.ends)}" if each.ends else ""
        yield f"  {plain(each.agreement)} {plain(each.version)}, since {when(each.since)}{ends}"
    yield ""
    yield from compared(found.compared)
    yield from questions(found.questions)


def compared(found: Compared) -> Iterator[str]:
    """How a comparison stands."""
    last = f" (last compared {when(found.last)})" if found.last else ""
    yield f"What you two signed: {STATES.get(found.state, found.state)}{last}."
    if found.missing:
        yield f"  They lack of yours: numbers {', '.join(map(str, found.missing))}"
    if found.unseen:
        yield f"  You lack of theirs: numbers {', '.join(map(str, found.unseen))}"


def questions(found: tuple[Question, ...]) -> Iterator[str]:
    """Challenges and disputes."""
    for each in found:
        who = "You asked" if each.ours else "They asked"
        words = plain(str(each.says.get("question") or each.says.get("text")), 300)
        yield f'{who} {when(each.asked)}: "{words}": it {QUESTIONS.get(each.state, each.state)} ({short(each.thread)})'
        if each.answer:
            reply = plain(str(each.answer.get("text") or each.answer.get("reason") or "records alone"), 300)
            yield f'  answer: "{reply}"'


def standing(found: list[Standing]) -> Iterator[str]:
    """How it stands with everybody."""
    met: set[str] = set()
    for each in found:
        if each.with_ in met and each.compared.state == "never compared" and not each.questions:
            continue  # the same organisation, met under another DID for one want or thing; nothing is to be said of it
        met.add(each.with_)
        open_ = sum(1 for one in each.questions if one.state in ("challenged", "disputed"))
        late = sum(1 for one in each.questions if one.state == "unanswered")
        words = [count(open_, "open question")] * bool(open_) + [f"{late} unanswered"] * bool(late)
        yield f"{plain(each.with_)}: {'; '.join([STATES.get(each.compared.state, each.compared.state), *words])}"
    if not found:
        yield "You know nobody yet."


async def timeline(options: Namespace) -> int:
    """Everything signed by either side, in the order both sides have."""
    async with reach(options) as talk:
        said = await talk.get("timelines", options.peer)
    return show(options, said, Timeline, entries)


def entries(found: Timeline) -> Iterator[str]:
    """A timeline, a line each."""
    yield f"Between you and {plain(found.with_)}: {count(len(found.entries), 'signed statement')}"
    rows: list[tuple[object, ...]] = [("SIGNED", "BY", "WHAT", "THREAD", "RECORD")]
    for each in found.entries:
        by = "you" if each.by == found.we else "them"
        rows.append((when(each.signed), by, wording.deed(each.type), short(each.thread), letters(each.digest)))
    yield from table(rows, "  ")


async def evidence(options: Namespace) -> int:
    """Put a file of evidence together, or check one."""
    if options.action == "verify":
        return await verify(options)
    async with reach(options) as talk:
        said = await talk.post(
            "evidence",
            peers=options.peer,
            records=options.record,
            threads=options.thread,
            objects=options.object,
            data=options.data,
        )
    made = msgspec.json.decode(said, type=Fields)
    raw = str(made["file"])
    if options.file == "-":
        sys.stdout.write(raw)
        return 0
    write(Path(options.file), raw)
    tell([f"Written to {options.file}. Anybody can check it: freerange evidence verify {options.file}"])
    return 0


def write(file: Path, raw: str) -> None:
    """Write a file. Raises Stopped."""
    try:
        file.write_text(raw)
    except OSError as fault:
        raise Stopped(f"{file} cannot be written: {fault.strerror}", "Name another file.") from fault


COMMANDS: dict[str, Command] = {"audit": audit, "timeline": timeline, "evidence": evidence}
