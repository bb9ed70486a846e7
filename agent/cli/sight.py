"""What `top` shows: lines of at most 80 characters, 23 of them, each with the colour it is in."""

from collections.abc import Iterator
from typing import Final

from agent.cli.looks import Sight, Taken
from agent.cli.plain import plain
from agent.cli.words import BOLD, DIM, RED, count
from wallet.store.standing import MOST

Line = tuple[str, str]

WIDTH: Final = 80
STAGES: Final = {
    "open": "open the envelope",
    "look_up": "  look up, of that",
    "turn": "wait for its turn",
    "decide": "decide",
    "commit": "commit",
    "answered": "MESSAGE IN, whole",
    "seal": "seal",
    "deliver": "MESSAGE OUT, whole",
    "commit_seconds": "one commit",
    "loop_lag_seconds": "loop is late by",
}
QUEUES: Final = {
    "outgoing": "to be sent",
    "dead": "given up",
    "quarantine": "kept apart",
    "question": "questions",
    "timer": "timers",
}


def lines(sight: Sight, clock: str) -> Iterator[Line]:
    """All of it. clock: the time of day."""
    kind = {"person": "a person", "org": "an organisation"}.get(sight.kind, sight.kind)
    title, since = f"freerange top  {plain(sight.name)}, {kind}", f"  up {lasting(sight.up)}  {clock}"
    room = WIDTH - len(since)
    yield f"{title:<{room}.{room}}{since}", BOLD
    yield "", ""
    yield from rates(sight)
    yield "", ""
    yield from times(sight)
    yield "", ""
    yield from standing(sight)


def rates(sight: Sight) -> Iterator[Line]:
    """How much a second."""
    came, went = sight.received, sight.deliveries
    dropped = came.get("dropped", 0) + came.get("malformed", 0)
    yield (
        f"IN   {each_second(came.get('kept', 0))} messages/s, put off {each_second(came.get('put off', 0))}/s,"
        f" dropped {each_second(dropped)}/s, refused {each_second(sight.refused)}/s",
        "",
    )
    failed = went.get("unreachable", 0) + went.get("refused", 0)
    yield (
        f"OUT  {each_second(went.get('taken', 0))} messages/s, failed  {each_second(failed)}/s,"
        f" to {count(sight.sending, 'peer')} at this moment",
        "",
    )
    again = f"{count(sight.held_up, 'peer')} to be tried again, {count(sight.resting, 'destination')} at rest"
    yield f"     {again}", RED if sight.resting else ""


def times(sight: Sight) -> Iterator[Line]:
    """How long everything takes: lately, and since the agent was started."""
    lately = f"--- in the last {sight.seconds:.0f} s ---"
    yield f"{'':<20}{lately:>30}  {'-- since the start --':>26}", DIM
    yield f"{'STAGE':<20}{'/s':>10}{'p50':>10}{'p99':>10}  {'count':>8}{'p50':>9}{'p99':>9}", DIM
    for stage, words in STAGES.items():
        if stage in sight.lately:
            yield row(words, sight.lately[stage], sight.since_start[stage]), BOLD if "whole" in words else ""


def row(words: str, lately: Taken, ever: Taken) -> str:
    """One stage."""
    now = f"{each_second(lately.per_second):>10}{span(lately.p50):>10}{span(lately.p99):>10}"
    return f"{words:<20}{now}  {ever.count:>8}{span(ever.p50):>9}{span(ever.p99):>9}"


def standing(sight: Sight) -> Iterator[Line]:
    """What waits, what the process uses, and whether it can do its work."""
    queued = ", ".join(f"{some(sight.waiting.get(queue, 0))} {words}" for queue, words in QUEUES.items())
    yield f"WAITING  {queued}", ""
    batch = "" if sight.changes is None else f", {sight.changes:.1f} changes in a commit"
    yield f"USES     {sight.memory / 2**20:.0f} MiB, {sight.cpu:.0%} of a core{batch}", ""
    if sight.unready:
        yield f"NOT WELL {', '.join(sight.unready)}: see freerange doctor", RED
    else:
        yield "WELL     every condition of its work holds", ""


def some(waiting: int) -> str:
    """How many wait, counted as far as they are."""
    return f"{MOST}+" if waiting > MOST else str(waiting)


def each_second(rate: float) -> str:
    """How often a second."""
    return f"{rate:.1f}" if rate < 1000 else f"{rate:.0f}"


def span(seconds: float | None) -> str:
    """A short time in milliseconds, a long one in seconds."""
    if seconds is None:
        return "-"
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1000:.{2 if seconds < 0.01 else 1 if seconds < 0.1 else 0}f} ms"


def lasting(seconds: float) -> str:
    """How long something has been, in its two largest units."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
