"""Calls: a system says that it has deleted what an event `vrm.label.delete.v1` named."""

import msgspec

from agent import deletions
from agent.bridges import Completion, Kept, deleting
from agent.rest.calls import Asked, Call
from protocols.vrm.base import KeptItem


class Deleted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """deleted: pointers, as the event named them; kept: what was not, why, and until when (a back-up, too); told: who
    else had the data and was told."""

    deleted: tuple[str, ...]
    kept: tuple[KeptItem, ...] = ()
    told: tuple[str, ...] = ()


class Completed(msgspec.Struct, frozen=True):
    """complete: every system that had the data has said so, and the answer that is owed for it is signed and said."""

    complete: bool


async def completion(asked: Asked) -> Completed:
    """The systems that hear by webhook have deleted. What was completed before is not found any more."""
    done: Deleted = asked.body
    id = asked.path["id"]
    deletions.find(asked.agent, id)
    kept = tuple(Kept(each.ptr, each.why, each.until) for each in done.kept)
    word = Completion(f"rest {id}", id, done.deleted, kept, done.told)
    return Completed(await deleting.say(asked.agent, deleting.REST, word))


CALLS = (
    Call(
        "POST",
        "/v1/deletions/{id}/completion",
        "A deletion is complete",
        "deletions",
        completion,
        Completed,
        Deleted,
        fails={404: "No such deletion is under way: it was completed, or never asked for."},
    ),
)
