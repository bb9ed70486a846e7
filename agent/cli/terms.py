"""Commands: terms, ledger, verify."""

import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import msgspec

from agent import wording
from agent.cli.exits import FAILED, MISUSED, NO_ANSWER, Command, Stopped
from agent.cli.plain import plain
from agent.cli.talk import Talk, reach
from agent.cli.views import Begun, Evidence, Ledger, Terms, Text, Thread
from agent.cli.waiting import over
from agent.cli.words import GREEN, RED, coloured, count, letters, pairs, short, show, table, when


async def terms(options: Namespace) -> int:
    """Agreements: listed, read, proffered, proved."""
    if options.action == "proffer":
        return await proffer(options)
    async with reach(options) as talk:
        if options.action == "show":
            return show(options, await talk.get("terms", options.subject), Text, text)
        if options.action == "evidence":
            bundle = await talk.get("records", await record(talk, options.subject), "evidence")
            print(msgspec.json.format(bundle, indent=1).decode())
            return 0
        return show(options, await talk.get("terms"), Terms, listed)


def listed(found: Terms) -> Iterator[str]:
    """What is in force, and what could be proffered."""
    if not found.in_force:
        yield 'No terms are in force. To proffer yours: freerange terms proffer "PEER"'
    for each in found.in_force:
        ends = f", until {when(each.ends)}" if each.ends else ""
        yield f"With {plain(each.with_)}: {plain(each.agreement)} {plain(each.version)}, since {when(each.since)}{ends}"
        yield f"  record {plain(each.record)}, which both sides hold"
    yield ""
    yield "Texts this agent knows (freerange terms show ID):"
    yield from table([(each.id, each.title) for each in found.known], "  ")


def text(found: Text) -> Iterator[str]:
    """The words of an agreement."""
    yield from (plain(line, 1000) for line in found.text.splitlines())
    yield ""
    yield f"id {plain(found.id)}, digest {plain(found.digest)}"


async def record(talk: Talk, typed: str) -> str:
    """The record whose id begins with what was typed, else that itself."""
    known = msgspec.json.decode(await talk.get("terms"), type=Terms)
    found = {each.record for each in known.in_force if each.record.startswith(typed)}
    return found.pop() if len(found) == 1 else typed


async def proffer(options: Namespace) -> int:
    """Put our terms on the table; wait for the answer."""
    asked = {"agreement": options.agreement, "also": options.also, "lasts": options.lasts}
    async with reach(options, listen=not options.no_wait) as talk:
        said = await talk.post("terms", peer=options.peer, **asked)
        begun = msgspec.json.decode(said, type=Begun)
        id = begun.thread or ""
        if options.no_wait:
            return show(options, said, Begun, lambda _: [f"Proffered to {plain(begun.to)}: freerange log {short(id)}"])
        thread = await over(talk, id, seconds=options.timeout, waiting_for="their answer")
        said = await talk.get("threads", id)
    if thread is None:
        raise Stopped("They have not answered yet.", f"Look later: freerange log {short(id)}", NO_ANSWER)
    if not thread.bound:
        raise Stopped(f"there is no agreement: {thread.state}", f"See: freerange log {short(id)}")
    return show(options, said, Thread, agreed)


def agreed(thread: Thread) -> Iterator[str]:
    """An agreement that has just come into force."""
    yield f"Agreed with {plain(thread.with_)}. Both sides signed, and both hold record"
    yield f"  {plain(thread.record)}"
    yield f"To prove it to anybody: freerange terms evidence {plain(thread.record)} > record.json"


# -- what was signed ----------------------------------------------------------------------------------------------


async def ledger(options: Namespace) -> int:
    """Everything signed by either side of one relationship."""
    async with reach(options) as talk:
        said = await talk.get("ledgers", options.peer)
    return show(options, said, Ledger, signed)


def signed(found: Ledger) -> Iterator[str]:
    """A ledger, a line each."""
    yield f"Signed between you and {plain(found.with_)}: {count(len(found.objects), 'object')}"
    rows = [("SIGNED", "BY", "NO.", "WHAT", "THREAD", "RECORD")]
    rows += [
        (
            when(each.signed),
            "you" if each.ours else "them",
            str(each.seq),
            wording.deed(each.type),
            short(each.thread),
            letters(each.digest),
        )
        for each in found.objects
    ]
    yield from table(rows, "  ")


def contents(file: str) -> bytes:
    """What is in a file, or on standard input for `-`. Raises Stopped."""
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as fault:
        raise Stopped(
            f"{file} cannot be read: {fault.strerror}", "Name a file that is there and can be read.", MISUSED
        ) from fault


async def verify(options: Namespace) -> int:
    """Check a bundle of evidence, with nothing but the bundle."""
    raw = contents(options.file)
    from protocols.vrm.base import VRM
    from wallet.verify import as_json, check

    verdict = check(raw, VRM)
    show(options, as_json(verdict), Evidence, examined)
    return 0 if verdict.verified else FAILED


def examined(found: Evidence) -> Iterator[str]:
    """Every check, who signed what, and what a careful reader should also know."""
    yield from table([("ok  " if each.ok else "FAIL", each.name, each.detail) for each in found.checks], "  ")
    for each in found.objects:
        yield f"  {when(each.at)}  {wording.deed(plain(each.type))}, signed by {brief(each.issuer)}"
    yield from pairs([("note", " ".join(map(brief, each.split(" ")))) for each in found.notes], size=4)
    if found.verified:
        yield coloured("Verified, with no network and no wallet.", GREEN)
    else:
        yield coloured("Not verified.", RED)


def brief(did: str) -> str:
    """A DID: an organisation by its domain, anybody else by the first letters; what is none as it is."""
    return plain(wording.organisation(did))


COMMANDS: dict[str, Command] = {"terms": terms, "ledger": ledger, "verify": verify}
