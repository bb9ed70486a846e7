"""Commands: rights. Rights over data, exercised with one or many, by agent or by letter, and their clock."""

import base64
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import msgspec

from agent import wording
from agent.cli.exits import MISUSED, Command, Stopped
from agent.cli.fields import by_pointer, pointers
from agent.cli.plain import plain
from agent.cli.talk import Talk, reach
from agent.cli.words import RED, coloured, pairs, short, show, table, when

LAWS = {
    "gdpr": "the GDPR",
    "ccpa": "the CCPA",
    "agreement": "your agreement",
    "voluntary": "none: a request",
}


class Case(msgspec.Struct, frozen=True, rename={"with_": "with"}):
    """One case. delivered: what came with it; text, pdf: of a letter; pdf in base64."""

    case: str
    by: str
    with_: str
    right: str
    regime: str
    scope: tuple[str, ...]
    state: str
    asked: str
    received: str | None
    due: str | None
    overdue: bool
    expected: str | None
    outcome: tuple[str, ...]
    delivered: tuple[dict[str, object], ...] = ()
    text: str = ""
    pdf: str = ""


class Begun(msgspec.Struct, frozen=True):
    """What came of doing something about a case, or about many."""

    case: str = ""
    to: str = ""
    campaign: str = ""
    said: str = ""
    waits: str = ""


STATES = {
    "asked": "sent; they have not said that it came",
    "open": "they have it",
    "fulfilled": "done",
    "denied": "denied",
    "cancelling": "taken back",
    "cancelled": "taken back",
    "closed": "answered",
    "drafted": "written, not sent yet",
    "sent": "sent",
    "received": "they have it",
}


async def rights(options: Namespace) -> int:
    """Cases: listed, shown, begun, answered."""
    async with reach(options) as talk:
        match options.action:
            case "list" | None:
                return show(options, await talk.get("rights"), list[Case], listed)
            case "show":
                return show(options, await talk.get("rights", options.case), Case, shown)
            case "exercise":
                return show(options, await exercised(talk, options), Begun, begun)
            case "letter":
                return show(options, await written(talk, options), Case, lambda found: letter(found, options.pdf))
            case "enter":
                entry = {"step": options.step, "on": options.on, "note": options.note}
                return show(options, await talk.post("letters", options.case, "enter", **entry), Case, shown)
        said = await talk.post("rights", options.case, options.action, **body(options))
    return show(options, said, Begun, done)


async def exercised(talk: Talk, options: Namespace) -> bytes:
    """Exercise a right. Raises Stopped."""
    if [bool(options.peers), options.all, bool(options.among)].count(True) != 1:
        raise Stopped(
            "name organisations, or --among a group, or say --all; nothing was said", "See: freerange peers", MISUSED
        )
    return await talk.post(
        "rights",
        right=options.right,
        peers=options.peers,
        all=options.all,
        among=options.among,
        regime=options.regime,
        scope=pointers(options.scope),
        corrections=by_pointer(options.correct),
    )


async def written(talk: Talk, options: Namespace) -> bytes:
    """Write a letter, and its pages into a file if one is named. Raises Stopped."""
    said = await talk.post(
        "letters",
        to=options.to,
        address=options.address,
        me=options.me.replace("\\n", "\n"),
        right=options.right,
        regime=options.regime,
        about=options.about,
    )
    if options.pdf:
        save(Path(options.pdf), base64.b64decode(msgspec.json.decode(said, type=Case).pdf))
    return said


def save(path: Path, pages: bytes) -> None:
    """Write a file. Raises Stopped."""
    try:
        path.write_bytes(pages)
    except OSError as fault:
        again = "The case is kept, and its text too: freerange rights show ID"
        raise Stopped(f"{path} cannot be written: {fault.strerror}", again) from fault


def body(options: Namespace) -> dict[str, object]:
    """What an answer to a case says besides which case."""
    match options.action:
        case "progress":
            return {"by": options.by, "details": options.details}
        case "deny":
            return {"reason": options.reason, "appeal": address(options.appeal), "text": options.text}
        case "fulfil":
            return {"told": options.told}
    return {}


def address(typed: str) -> str:
    """Where to appeal, as the agent takes it. Raises Stopped."""
    if "@" in typed and ":" not in typed:
        return f"mailto:{typed}"
    if ":" not in typed:
        raise Stopped(
            f'"{typed}" is no address; nothing was said', "Name an e-mail address, or a URL like https://...", MISUSED
        )
    return typed


def listed(found: list[Case]) -> Iterator[str]:
    """Every case, the first due first."""
    if not found:
        yield "No case is open or closed. To exercise a right: freerange rights exercise access NAME"
        return
    rows = [("CASE", "WITH", "RIGHT", "BY", "STATE", "DUE")]
    for each in found:
        due = f"{each.due} OVERDUE" if each.overdue else each.due or "-"
        rows.append((short(each.case), each.with_, each.right, each.by, STATES.get(each.state, each.state), due))
    yield from table(rows)


def shown(found: Case) -> Iterator[str]:
    """One case with everything in it."""
    yield f"{plain(found.right)} with {plain(found.with_)}, by {plain(found.by)} [{short(found.case)}]"
    facts: list[tuple[str, object]] = [
        ("state", STATES.get(found.state, found.state)),
        ("about", ", ".join(map(wording.field, found.scope)) or "everything"),
        ("law", LAWS.get(found.regime, found.regime)),
        ("asked", when(found.asked)),
        ("due", found.due or "once it is sent"),
    ]
    yield from pairs(facts)
    if found.overdue:
        yield coloured("  OVERDUE: the day is past, and no answer came.", RED)
    yield from (f"  {plain(line, 400)}" for line in found.outcome)
    for part in found.delivered:
        items = part.get("items")
        rows = items if isinstance(items, list) else []
        yield from table(
            [(wording.field(str(each.get("ptr"))), wording.value(each.get("value"))) for each in rows], "    "
        )
    if found.text:
        yield ""
        yield from (plain(line, 1000) for line in found.text.splitlines())


def begun(found: Begun) -> Iterator[str]:
    """A right is exercised."""
    if found.campaign:
        yield f"Exercised with {plain(found.to)}, one after the other: freerange campaign {short(found.campaign)}"
    else:
        yield f"Exercised with {plain(found.to)}. The clock runs: freerange rights show {short(found.case)}"


def letter(found: Case, file: str | None) -> Iterator[str]:
    """A letter is written."""
    if file:
        yield f"Written to {plain(file)}: print it, sign it, send it."
    else:
        yield from (plain(line, 1000) for line in found.text.splitlines())
        yield ""
    yield f"Once it is sent: freerange rights enter {short(found.case)} sent"


def done(found: Begun) -> Iterator[str]:
    """Something was said in a case, or waits to be."""
    if found.waits:
        yield f"Nothing is said yet: it waits {plain(found.waits)}. See: freerange deletions"
    elif found.to:
        yield f"Appealed to {plain(found.to)}: freerange rights show {short(found.case)}"
    else:
        yield f"Said: {plain(found.said)}. See: freerange rights show {short(found.case)}"


COMMANDS: dict[str, Command] = {"rights": rights}
