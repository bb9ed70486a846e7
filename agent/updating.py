"""Changing her contact card, and telling it to each org that holds what changed: one edit, N minimal patches.

Source: vrm-protocols 5.5 and 3.8.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

import msgspec

from agent import groups, holdings, told
from agent import relationship as relationships
from agent.agent import Agent
from agent.draft import Draft
from agent.many import Kind, Order, opening
from agent.relationship import Relationship
from agent.told import Told
from protocols.problems import Misuse
from protocols.vrm.base import Date
from protocols.vrm.profile import profile
from wallet.needs import Lookup

WARNING = (
    "Whoever holds the same value as another can find out, by comparing notes, that both know the same person. What"
    " several of them are told alike is listed as shared. Where less will do, give less from the start: a country or a"
    " region in place of an address, a month in place of a day."
)
SHOWN = 50  # of each kind that a preview names at a time; the others are counted


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


ENDED, NOT_MEANT, OVER, NOTHING = "ended", "not-meant", "over", "nothing"
"""Why somebody is told nothing: the relationship has ended; not among those she chose; what it was given of this is
over; it was given nothing of this."""


@dataclass
class Preview:
    """What a change would tell to whom. told: how many orgs; each: so many of them, with the fields; shared: fields
    that more than one of them gets, which they could find each other by.

    untold: how many are told nothing, by the reason; left: so many of them, with the reason.
    """

    told: int = 0
    each: list[tuple[Relationship, tuple[str, ...]]] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)
    untold: dict[str, int] = field(default_factory=dict)
    left: list[tuple[Relationship, str]] = field(default_factory=list)


def preview(agent: Agent, changes: Collection[str], rule: str, *, start: int = 0, skip: int = 0) -> Preview:
    """What would be said; nothing is. rule: of a group. start, skip: how many of those who are told, and of those who
    are not, are left out before what is named. Raises Misuse."""
    found, counts = Preview(), dict.fromkeys(changes, 0)
    for who, named, why in sorted_out(agent, changes, rule):
        if why:
            place = sum(found.untold.values())
            found.untold[why] = found.untold.get(why, 0) + 1
            found.left += [(who, why)] if skip <= place < skip + SHOWN else []
            continue
        found.each += [(who, named)] if start <= found.told < start + SHOWN else []
        found.told += 1
        for ptr in named:
            counts[ptr] = counts.get(ptr, 0) + 1
    found.shared = sorted(ptr for ptr, count in counts.items() if count > 1)
    return found


def sorted_out(
    agent: Agent, changes: Collection[str], rule: str
) -> Iterator[tuple[Relationship, tuple[str, ...], str]]:
    """Everybody she knows, with the fields each is told, or why it is told nothing. Raises Misuse at once."""
    belongs = groups.reading(agent, rule)
    everybody, was_told = (relationships.read(row) for row in agent.store.peers()), told.to_each(agent)
    return ((who, *judged(agent, who, changes, belongs, was_told)) for who in everybody if not who.one_off)


def judged(
    agent: Agent,
    who: Relationship,
    changes: Collection[str],
    belongs: groups.Test,
    was_told: Callable[[str], list[Told]],
) -> tuple[tuple[str, ...], str]:
    """The fields that one org is told, or why it is told nothing."""
    if who.ended or not belongs(who):
        return (), ENDED if who.ended else NOT_MEANT
    known = was_told(who.peer)
    if not any(holdings.smaller(each.ptr, ptr) for each in known for ptr in changes):
        return (), NOTHING
    named = holdings.among(holdings.in_force(agent, who.peer, known), changes)
    return named, "" if named else OVER


def concerned(agent: Agent, changes: Collection[str], rule: str) -> Iterator[tuple[Relationship, tuple[str, ...]]]:
    """Who holds some of what changed, and which fields each is told. Raises Misuse at once."""
    return ((who, named) for who, named, why in sorted_out(agent, changes, rule) if not why)
