"""How far something that takes a while has come: a bar on a terminal, a line for each step elsewhere."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from time import monotonic

import msgspec

from agent.cli.plain import plain
from agent.cli.words import width

WIDTH = 24
LOOKS = 0.25  # seconds between looks


class Campaign(msgspec.Struct, frozen=True):
    """How far a campaign has come. said: to how many; answered: by how many; counts: recipients by state."""

    campaign: str
    kind: str
    title: str
    state: str
    begun: str
    size: int
    said: int
    answered: int
    counts: dict[str, int]

    @property
    def settled(self) -> bool:
        """Whether nothing more is to be seen soon: all that will be said is said, and those who will answer did."""
        waiting = sum(self.counts.get(each, 0) for each in ("sent", "delivered"))
        return self.state in ("cancelled", "paused") or (self.state == "said" and not waiting)


class Started(msgspec.Struct, frozen=True):
    """A campaign that was begun; empty if it concerns nobody."""

    campaign: str
    told: int


WORDS = {
    "queued": "to be told",
    "unsaid": "not told",
    "sent": "on the way",
    "delivered": "delivered",
    "silent": "silent",
    "skipped": "left out",
    "purged": "closed",
}
"""States in words; those that are not here are their own."""


def tally(found: Campaign) -> str:
    """The counts in a line."""
    return ", ".join(f"{plain(WORDS.get(state, state))} {count}" for state, count in found.counts.items() if count)


def line(found: Campaign) -> str:
    """The bar and the counts."""
    full = round(WIDTH * (found.said + found.answered) / (2 * found.size)) if found.size else WIDTH
    return f"[{'#' * full}{'.' * (WIDTH - full)}] {found.said}/{found.size}  {tally(found)}"


async def watch(look: Callable[[], Awaitable[Campaign]], *, seconds: float) -> Campaign:
    """Show how it comes along, on standard error, until it is settled or time is up."""
    began, last = monotonic(), ""
    on_terminal = sys.stderr.isatty()
    try:
        while True:
            found = await look()
            text = line(found)[: width() - 1] if on_terminal else f"  {found.said}/{found.size}  {tally(found)}"
            if text != last:
                print(
                    f"\r\033[K{text}" if on_terminal else text,
                    end="" if on_terminal else "\n",
                    file=sys.stderr,
                    flush=True,
                )
                last = text
            if found.settled or monotonic() - began >= seconds:
                return found
            await asyncio.sleep(min(LOOKS, seconds))
    finally:
        if on_terminal and last:
            print(file=sys.stderr)
