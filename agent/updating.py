"""Changing her contact card, and telling it to each org that holds what changed: one edit, N minimal patches.

Source: vrm-protocols 5.5 and 3.8.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from agent import holdings
from agent.agent import Agent
from agent.draft import Draft
from agent.many import Kind, Order, opening
from agent.relationship import Relationship
from protocols.problems import Misuse
from protocols.vrm.base import Date
from protocols.vrm.profile import profile
from wallet.needs import Lookup

WARNING = (
    "Whoever holds the same value as another can find out, by comparing notes, that both know the same person. What"
    " several of them are told alike is listed as shared. Where less will do, give less from the start: a country or a"
    " region in place of an address, a month in place of a day."
)
SHOWN = 50  # recipients that a preview names; the others are counted


class Change(msgspec.Struct, frozen=True):
    """What a campaign of this kind tells: which fields changed, from when on, and why. Values are the card's own."""

    fields: tuple[str, ...]
    effective: Date
    reason: str | None = None


def tell(draft: Draft, order: Order) -> Lookup[None]:
    """Tell one org what it holds of the fields that changed."""
    change = msgspec.convert(order.content, Change)
    if draft.relationship.ended:
        raise Misuse("the relationship has ended")
    named = holdings.fields(draft.agent, draft.peer, change.fields)
    if not named:
        raise Misuse("it holds nothing of this any more")
    opening(draft, profile, holdings.update(draft, named, change.effective, change.reason))
    yield from ()


KIND = Kind(
    "profile",
    tell,
    reminder="Some days ago I sent you a change of my details, and you have not said yet what you did with it.",
)


@dataclass
class Preview:
    """What a change would tell to whom. told: how many orgs; each: so many of them, with the fields; shared: fields
    that more than one of them gets, which they could find each other by."""

    told: int = 0
    each: list[tuple[Relationship, tuple[str, ...]]] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)


def preview(agent: Agent, changes: Collection[str], among: Iterable[Relationship]) -> Preview:
    """What would be said; nothing is."""
    found, counts = Preview(), dict.fromkeys(changes, 0)
    for who, named in concerned(agent, changes, among):
        found.told += 1
        if len(found.each) < SHOWN:
            found.each.append((who, named))
        for ptr in named:
            counts[ptr] = counts.get(ptr, 0) + 1
    found.shared = sorted(ptr for ptr, count in counts.items() if count > 1)
    return found


def concerned(
    agent: Agent, changes: Collection[str], among: Iterable[Relationship]
) -> Iterator[tuple[Relationship, tuple[str, ...]]]:
    """Who of these holds some of what changed, and which fields each is told."""
    for who in among:
        if not who.ended and (named := holdings.fields(agent, who.peer, changes)):
            yield who, named
