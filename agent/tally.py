"""What an organisation's agent did in a day, counted: whom it met, who took its terms, what it issued and checked.

A mark for each is kept in the change that brings it about, without saying of whom; they are dropped after a month.
"""

from datetime import UTC, datetime
from itertools import islice, takewhile
from typing import Final, Literal, get_args

from agent.agent import DAY, Agent
from agent.draft import Draft
from wallet.keys import new_id
from wallet.store.change import Change, Item

KIND: Final = "tally"
DAYS: Final = 31  # that marks are kept
BATCH: Final = 256

Deed = Literal["met", "agreed", "issued", "verified", "failed"]
DEEDS: Final[tuple[Deed, ...]] = get_args(Deed)


def mark(draft: Draft, deed: Deed) -> None:
    """One more of these today, if this agent is an organisation's."""
    if draft.agent.config.kind == "org":
        draft.keep += (Item(KIND, new_id(), day(draft.now).encode(), tag=f"{deed} {day(draft.now)}"),)


def of_day(agent: Agent, at: int) -> dict[Deed, int]:
    """How many of each there were on a day. at: Unix seconds within it; days are those of UTC."""
    return {deed: agent.store.count_items(KIND, tag=f"{deed} {day(at)}") for deed in DEEDS}


def day(at: int) -> str:
    """The day of a moment."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()


async def forget(agent: Agent) -> int:
    """Drop the marks of days that nobody looks at any more. Returns how many."""
    before = day(agent.now() - DAYS * DAY).encode()
    total = 0
    while True:
        old = tuple(
            (KIND, each.id)
            for each in takewhile(lambda item: item.record < before, islice(agent.store.items(KIND, peer=""), BATCH))
        )
        if not old:
            return total
        await agent.store.apply(Change(peer="", claim=old))
        total += len(old)
