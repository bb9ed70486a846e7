"""Command: queue. What waits, for whom, since when and why; and what can be done about it."""

from argparse import Namespace
from collections.abc import Iterator

import msgspec

from agent.cli.exits import DONE, Command
from agent.cli.plain import plain
from agent.cli.talk import Talk, reach
from agent.cli.views import Fields
from agent.cli.words import BOLD, coloured, count, pairs, short, show, table, when

KINDS = {
    "out": "On the way out",
    "early": "Come too early: each waits for what was said before it",
    "dead": "Given up",
    "quarantine": "Kept apart: this agent failed to take them three times",
}


class Waiting(msgspec.Struct, frozen=True):
    """One message that waits. Source: agent/web/queue.py."""

    id: str
    where: str
    who: str
    what: str
    thread: str | None
    since: str | None
    state: str
    tries: int
    why: str
    next: str | None
    until: str | None


class Whole(Waiting, frozen=True):
    """One message that waits, and what it says."""

    message: Fields | None = None


class Queue(msgspec.Struct, frozen=True):
    """All that waits: how many, by peer, and the oldest of each kind."""

    counts: dict[str, int]
    peers: tuple[dict[str, str | int], ...]
    out: tuple[Waiting, ...]
    early: tuple[Waiting, ...]
    dead: tuple[Waiting, ...]
    quarantine: tuple[Waiting, ...]


class Outcome(msgspec.Struct, frozen=True):
    """What came of it, message by message."""

    id: str
    who: str
    came: str


class Outcomes(msgspec.Struct, frozen=True):
    """What came of all of them."""

    done: tuple[Outcome, ...]


async def queue(options: Namespace) -> int:
    """Show what waits, or do something about it."""
    async with reach(options) as talk:
        match options.action:
            case "inspect":
                return show(options, await talk.get("queue", options.message), Whole, whole)
            case "retry":
                return show(options, await retried(talk, options), Outcomes, outcomes)
            case "discard":
                said = await talk.post("queue", options.message, "discard")
                return show(options, said, Outcomes, outcomes)
        return show(options, await talk.get("queue"), Queue, listed) or DONE


async def retried(talk: Talk, options: Namespace) -> bytes:
    """What came of trying again."""
    if options.all:
        return await talk.post("queue", "retry")
    return await talk.post("queue", options.message, "retry")


def listed(found: Queue) -> Iterator[str]:
    """What waits, by kind; peers first if there are many."""
    if not any(found.counts.values()):
        yield "Nothing waits."
        return
    yield from by_peer(found)
    for where, title in KINDS.items():
        waiting: tuple[Waiting, ...] = getattr(found, where)
        if waiting:
            yield ""
            yield coloured(f"{title} ({found.counts[where]})", BOLD)
            yield from table(rows(waiting), indent="  ")
        if len(waiting) < found.counts[where]:
            yield f"  and {found.counts[where] - len(waiting)} more"
    if found.dead or found.quarantine or any(each.state == "waits" for each in found.out):
        yield ""
        yield "See one: freerange queue inspect ID. Try again: freerange queue retry ID, or --all."


def by_peer(found: Queue) -> Iterator[str]:
    """How much waits for each peer."""
    if len(found.peers) > 1:
        header = ("WITH", "OUT", "EARLY", "GIVEN UP", "KEPT APART")
        yield from table([header, *([each["who"], *(each[kind] for kind in KINDS)] for each in found.peers)])


def rows(waiting: tuple[Waiting, ...]) -> Iterator[tuple[object, ...]]:
    """A line for each message."""
    yield ("ID", "WITH", "WHAT", "SINCE", "STATE", "TRIES", "NEXT", "WHY")
    for each in waiting:
        next = when(each.next) if each.next else "-"
        yield (short(each.id), each.who, each.what, when(each.since), each.state, each.tries or "-", next, each.why)


def whole(found: Whole) -> Iterator[str]:
    """One message with everything."""
    facts = [
        ("message", found.id),
        ("with", found.who),
        ("what", found.what),
        ("thread", found.thread),
        ("where", KINDS.get(found.where, found.where)),
        ("state", found.state),
        ("since", when(found.since)),
        ("tries", found.tries or None),
        ("why", found.why),
        ("next try", when(found.next) if found.next else None),
        ("given up", when(found.until) if found.until else None),
    ]
    yield from pairs([(title, value) for title, value in facts if value], indent="")
    if found.message is not None:
        text = msgspec.json.format(msgspec.json.encode(found.message)).decode()
        yield from ("  " + plain(line, 4000) for line in text.splitlines())


def outcomes(found: Outcomes) -> Iterator[str]:
    """What came of it."""
    for each in found.done:
        yield f"{short(each.id)} ({plain(each.who)}) {plain(each.came, 200)}."
    if not found.done:
        yield "Nothing waits to be tried again."
    elif len(found.done) > 1:
        yield f"{count(len(found.done), 'message')} in all."


COMMANDS: dict[str, Command] = {"queue": queue}
