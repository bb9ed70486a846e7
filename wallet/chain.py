"""The chain of a relationship: who signed what towards whom, and in which order.

Each side numbers its signed objects towards one counterpart and names the one before; across all threads, and through
rotation. It is evidence, not a gate: a gap is noted and closed by audit, and only contradiction is refused.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush
from typing import Final

from wallet.errors import Malformed, NotFound
from wallet.signed_form import SignedObject

MAX_RECORD: Final = 1_000
"""Objects of one record."""


class Place(StrEnum):
    """Where an object stands in its author's chain towards one counterpart."""

    NEXT = "next"
    SAME = "same"
    GAP = "gap"
    LATE = "late"
    EQUIVOCATION = "equivocation"


@dataclass(frozen=True, slots=True)
class Head:
    """The last object of a chain: its number and its Digest."""

    seq: int
    digest: str


def place(signed: SignedObject, *, head: Head | None, at_seq: str | None = None, at_id: str | None = None) -> Place:
    """Where a proved object stands in the chain of (issuer, audience), given what is held of that chain (section 3.5).

    head: the last one held. at_seq, at_id: the Digest of the object held with this `seq`, and with this `id`.
    GAP: applied all the same, and closed by audit. LATE: it fills an earlier gap. EQUIVOCATION: refused, kept, shown.
    """
    for held in (at_seq, at_id):
        if held is not None and held != signed.digest:
            return Place.EQUIVOCATION
    if at_seq is not None or at_id is not None:
        return Place.SAME
    last = head.seq if head else 0
    if signed.seq <= last:
        return Place.LATE
    if signed.seq > last + 1:
        return Place.GAP
    if head is not None and signed.prev != head.digest:
        return Place.EQUIVOCATION  # it says that another object bears the number before
    return Place.NEXT


def ordered(objects: Iterable[SignedObject]) -> list[SignedObject]:
    """Objects in the one order that everybody finds: what answers or follows another comes after it; else by signing
    time, which a person rounds to the minute, then by signer, then by Digest. Raises Malformed if there is none.
    """
    by_digest = {signed.digest: signed for signed in objects}
    waiting: TopologicalSorter[str] = TopologicalSorter()
    for signed in by_digest.values():
        waiting.add(signed.digest, *(each for each in (signed.prev, signed.re) if each in by_digest))
    try:
        waiting.prepare()
    except CycleError as fault:
        raise Malformed("objects that follow each other in a circle") from fault
    found: list[SignedObject] = []
    ready: list[tuple[str, str, str]] = []
    while waiting.is_active():
        for name in waiting.get_ready():
            heappush(ready, (by_digest[name].valid_from, by_digest[name].issuer, name))
        *_, name = heappop(ready)
        found.append(by_digest[name])
        waiting.done(name)
    return found


def record(binding: str, held: Mapping[str, SignedObject]) -> tuple[SignedObject, ...]:
    """The record whose id is the Digest `binding`: what `re` leads to from there, the oldest first (section 3.5).

    held: objects by Digest. Raises NotFound if one is missing, Malformed if there is no end to it.
    """
    found: list[SignedObject] = []
    wanted: str | None = binding
    while wanted is not None:
        if wanted not in held:
            raise NotFound(f"the object {wanted} of the record {binding} is not held")
        if len(found) >= MAX_RECORD:
            raise Malformed(f"the record {binding} has more than {MAX_RECORD} objects")
        found.append(held[wanted])
        wanted = held[wanted].re
    return tuple(reversed(found))
