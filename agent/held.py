"""What an org holds about people: each value only with its Label, which says what for, until when, by what record.

A value without a Label is not kept. It is used for the purpose of its Label, and what that contains, until the day of
the Label, and for nothing else. When a Label ends, a reminder rings and the value is deleted (`deletions.py`).
Source: vrm-protocols 3.7 and 6.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec

from agent.agent import Agent
from agent.agreements import purposes
from agent.draft import Draft
from agent.errors import AgentError
from protocols.messages import unix
from protocols.problems import InvalidMessage
from protocols.vrm.base import ItemLabel, Label

VALUE, EXPIRED = "value", "label-expired"


class NotAllowed(AgentError):
    """A value was asked for by a use that its Label does not allow. The text never holds the value."""


class Held(msgspec.Struct, frozen=True, omit_defaults=True):
    """One value. ptr: where it is in a document of that schema; thid: the thread that brought its Label.

    revision: of a profile, where it came by one. restricted: she has had its use restricted; it is only stored.
    """

    ptr: str
    value: object
    label: Label
    schema: str
    thid: str
    revision: int = 0
    restricted: bool = False

    @property
    def id(self) -> str:
        """Its name among what is kept. A record belongs to one person, so no two hold the same."""
        return f"{self.label.record} {self.label.purpose} {self.ptr}"

    @property
    def until(self) -> int:
        """Unix seconds at which its Label ends."""
        return unix(self.label.expires)


def labels_of(labels: Iterable[ItemLabel], record: str) -> tuple[tuple[str, Label], ...]:
    """Labels as a message names them, with the record they belong to: (pointer, Label) each."""
    return tuple((each.ptr, Label(each.purpose, each.expires, record)) for each in labels)


def keep(
    draft: Draft,
    schema: str,
    values: Mapping[str, object],
    labels: Iterable[tuple[str, Label]],
    revision: int = 0,
    thid: str = "",
) -> None:
    """Keep values, each under the Label for its pointer; the day it ends is set down.

    thid: the thread that brought the Labels, if that is another. Raises InvalidMessage if a value has no Label.
    """
    labels = tuple(labels)
    bare = sorted(set(values) - {ptr for ptr, _ in labels})
    if bare:
        raise InvalidMessage("data", f"{bare[0]} has no label")
    kept = [
        Held(ptr, values[ptr], label, schema, thid or draft.thid, revision) for ptr, label in labels if ptr in values
    ]
    for each in kept:
        put(draft, each)
    watch(draft, thid or draft.thid, [each.until for each in kept])


def put(draft: Draft, value: Held) -> None:
    """Keep one value, in the place of what it was before."""
    draft.add_item(VALUE, value.id, msgspec.json.encode(value), tag=value.label.record)


def watch(draft: Draft, thid: str, moments: Iterable[int]) -> None:
    """Let the thread be looked at when the first of its Labels ends. moments: Unix seconds, of fresh ones."""
    before = [each.until for each in of(draft.agent, draft.peer) if each.thid == thid and each.until > draft.now]
    if found := [*before, *moments]:
        draft.remind(EXPIRED, min(found), thid)


def of(agent: Agent, peer: str) -> list[Held]:
    """All that is held of one person, by record and pointer."""
    found = (msgspec.json.decode(item.record, type=Held) for item in agent.store.items(VALUE, peer=peer))
    return sorted(found, key=lambda each: (each.label.record, each.ptr, each.label.purpose))


def use(agent: Agent, peer: str, ptr: str, *, purpose: str) -> Held:
    """The value at a pointer, for a purpose, a DPV term. Raises NotAllowed if no Label allows that now."""
    found = [each for each in of(agent, peer) if each.ptr == ptr]
    if not found:
        raise NotAllowed(f"nothing is held at {ptr}; nothing was used")
    timely = [each for each in found if agent.now() < each.until and not each.restricted]
    if not timely:
        why = "its use is restricted" if any(each.restricted for each in found) else "its label has expired"
        raise NotAllowed(f"{ptr} may not be used: {why}; nothing was used")
    fitting = [each for each in timely if purposes.contains(each.label.purpose, purpose)]
    if not fitting:
        allowed = ", ".join(sorted({each.label.purpose for each in timely}))
        raise NotAllowed(f"{ptr} may not be used for {purpose}; it was given for {allowed}. Nothing was used.")
    return max(fitting, key=lambda each: (each.revision, each.until))


def restrict(draft: Draft, values: Collection[Held]) -> None:
    """Store these, and use them no more (GDPR, article 18)."""
    for each in values:
        put(draft, msgspec.structs.replace(each, restricted=True))


def within(ptr: str, ptrs: Collection[str]) -> bool:
    """Whether a pointer is one of these, or below one; the empty pointer is everything."""
    return any(not each or ptr == each or ptr.startswith(f"{each}/") for each in ptrs)


def drop(draft: Draft, values: Iterable[Held]) -> None:
    """Delete our own copies."""
    fresh = {item.id for item in draft.keep if item.kind == VALUE}
    gone = {each.id for each in values}
    draft.keep = tuple(item for item in draft.keep if item.kind != VALUE or item.id not in gone)
    draft.claim += tuple((VALUE, id) for id in sorted(gone) if id not in fresh or is_stored(draft, id))


def is_stored(draft: Draft, id: str) -> bool:
    """Whether a value is in the store already."""
    return draft.agent.store.item(VALUE, id) is not None


def expired(agent: Agent, peer: str, thid: str) -> Iterator[Held]:
    """What came by Labels of this thread that have ended."""
    return (each for each in of(agent, peer) if each.thid == thid and each.until <= agent.now())
