"""What a person has told whom: every value, what for, until when, under which terms. Her own copy; nobody erases it.

Source: vrm-protocols 5.3 ("Kept"), and F47 ("what have I told X, under which terms, until when").
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

import msgspec

from agent.agent import Agent
from agent.draft import Draft
from protocols import machine
from protocols.messages import unix
from protocols.vrm.base import Label
from wallet.keys import new_id

TOLD = "told"
AT_ONCE = 5000  # values that are read together


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """One value that was sent. at: Unix seconds; agreement, terms: id and record of the terms it was sent under."""

    ptr: str
    value: object
    label: Label
    schema: str
    thid: str
    at: int
    agreement: str = ""
    terms: str = ""


def note(draft: Draft, values: Mapping[str, object], labels: Iterable[tuple[str, Label]], schema: str = "") -> None:
    """Remember what goes out in this change."""
    governing = draft.relationship.governing(draft.now)
    under = (governing.id, governing.record) if governing else ("", "")
    for ptr, label in labels:
        if ptr in values:
            told = Told(ptr, values[ptr], label, schema, draft.thid, draft.now, *under)
            draft.add_item(TOLD, new_id(), msgspec.json.encode(told), tag=label.record)


def of(agent: Agent, peer: str) -> list[Told]:
    """All that was told to one peer, oldest first."""
    found = (msgspec.json.decode(item.record, type=Told) for item in agent.store.items(TOLD, peer=peer))
    return sorted(found, key=lambda each: (each.at, each.ptr))


def to_each(agent: Agent) -> Callable[[str], list[Told]]:
    """The same, for whoever looks at all peers in turn: read together, unless they would fill the memory."""
    if agent.store.count_items(TOLD) > AT_ONCE:
        return partial(of, agent)
    found: dict[str, list[Told]] = {}
    for item in agent.store.items(TOLD):
        found.setdefault(item.peer, []).append(msgspec.json.decode(item.record, type=Told))
    return lambda peer: sorted(found.get(peer, ()), key=lambda each: (each.at, each.ptr))


OVER = frozenset({
    "withdrawing", "withdrawn", "stopped", "cancelled", "declined", "released", "purged", "left", "retracted",
    "retired", machine.LAPSED, machine.ABANDONED,
})  # fmt: skip
"""States of a thread in which nothing that was told in it may be used. An order that is completed is not one."""


def standing(agent: Agent, peer: str, told: Told) -> str:
    """What has become of the leave to use it: `in force`, `expired`, or the state in which its thread ended it."""
    conversation, _ = agent.conversation(peer, told.thid)
    if conversation is not None and conversation.thread.state in OVER:
        return conversation.thread.state
    return "in force" if agent.now() < unix(told.label.expires) else "expired"
