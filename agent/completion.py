"""A deletion has been carried out: the answer that is owed for it is said, in the change that strikes it off."""

from collections.abc import Callable, Iterable

from agent import deletions, effects, owner
from agent.agent import Agent
from agent.deletions import Done
from agent.draft import Draft
from protocols.vrm.base import KeptItem
from wallet.needs import Lookup


def alone(draft: Draft) -> None:
    """Nothing else happens in that change."""


async def complete(
    agent: Agent,
    id: str,
    deleted: Iterable[str],
    kept: Iterable[KeptItem] = (),
    told: Iterable[str] = (),
    *,
    also: Callable[[Draft], None] = alone,
) -> str:
    """Settle a deletion. id: as in its event; deleted: pointers; told: whom the systems told. also: what else changes.

    Returns the name of what was said, if anything was. Raises NotFound if it was settled before, Misuse if something is
    neither deleted nor kept for a reason.
    """
    done = Done(tuple(deleted), tuple(kept), tuple(told))

    def decide(draft: Draft) -> Lookup[str]:
        owed = deletions.settle(draft, deletions.find(agent, id)[1], done)
        if owed is not None:
            effects.say(draft, owed)
        also(draft)
        yield from ()
        return owed.name if owed else ""

    peer, deletion = deletions.find(agent, id)
    return await owner.act(agent, peer, deletion.thid, decide)
