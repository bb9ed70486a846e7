"""What an org's own systems hear of what is said: events, in the same change as the turn that brings them about.

An event is a CloudEvent 1.0. Its subject is a name that only this org uses for the relationship, so that what its
systems hold can be joined with nobody else's. Every personal value in it stands beside its Label; a value without one
is left out. Source: vrm-protocols, section 6.
"""

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Final, cast

import msgspec
from msgspec import UNSET, UnsetType

from agent import identity
from agent.agent import Agent
from agent.draft import Draft
from protocols.machine import Message, Protocol
from protocols.messages import encode, values_of
from protocols.vrm.relationship import Hello, Welcome
from wallet.credentials.vcdm import timestamp
from wallet.errors import NotFound
from wallet.keys import new_id
from wallet.store import change
from wallet.store import events as rows

DELETE: Final = "vrm.label.delete.v1"
SUBJECT: Final = "subject"  # items that lead from such a name to the relationship
COUNTED: Final = ("ended", "reason", "bid")  # words of a protocol, or yes and no: nobody can be known by them
JSON: Final = "application/json"
SUBJECT_LETTERS: Final = 16  # hex digits after rel_: 64 random bits
PAGE: Final = 256


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event, in JSON structured mode. time: RFC 3339, when it came about; source: the org's DID.

    vrmrecord: Digest of the record it happened under; vrmthread: the thread in which it happened.
    """

    specversion: str = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: str
    datacontenttype: str = JSON
    vrmrecord: str | UnsetType = UNSET
    vrmthread: str | UnsetType = UNSET
    data: dict[str, object]


def read(record: bytes) -> CloudEvent:
    """The event in a row of the store."""
    return msgspec.json.decode(record, type=CloudEvent)


def publish(draft: Draft, event: str, message: Message, data: Mapping[str, object] | None = None) -> None:
    """Add an event of the thread's family to the change, if this agent has systems to tell: an org's.

    event: a word of the family's list. data: what to tell; None: see `told`.
    """
    if draft.agent.config.kind == "org":
        raise_event(draft, f"vrm.{family(draft.protocol)}.{event}.v1", told(draft, message) if data is None else data)


def family(protocol: Protocol) -> str:
    """The family of a table: data-rights of VRM/data-rights/1.0."""
    return protocol.id.split("/")[-2]


def raise_event(draft: Draft, type: str, data: Mapping[str, object]) -> str:
    """Add an event to the change. type: whole, or like `label.delete`. Returns its id; "" where no systems are told.

    A deletion also takes the values it is about out of the events that are kept here, told of or not.
    """
    me = identity.own(draft.agent)
    if draft.agent.config.kind != "org" or me is None:
        return ""
    name = type if type.startswith("vrm.") else f"vrm.{type}.v1"
    if name == DELETE:
        erase(draft, data)
    event = CloudEvent(
        id=new_id(),
        source=me.did,
        type=name.replace("-", "_"),
        subject=subject(draft),
        time=timestamp(draft.now),
        vrmrecord=record_of(draft, data),
        vrmthread=draft.thid or UNSET,
        data={**data},
    )
    draft.publish += (row_of(event, draft.now),)
    return event.id


def subject(draft: Draft) -> str:
    """What this org's own systems call the relationship: random, made when it is first needed, and for good."""
    if not draft.relationship.local:
        name = f"rel_{new_id()[:SUBJECT_LETTERS]}"
        draft.learn(local=name)
        draft.add_item(SUBJECT, name, b"{}")
    return draft.relationship.local


def peer_of(agent: Agent, subject: str) -> str:
    """The relationship an org's own systems call so. Raises NotFound."""
    row = agent.store.item(SUBJECT, subject)
    if row is None:
        raise NotFound(f"there is no relationship {subject[:64]}")
    return row.peer


def row_of(event: CloudEvent, at: int) -> change.Event:
    """An event as it is stored. at: Unix seconds."""
    return change.Event(event.id, event.subject, at, msgspec.json.encode(event))


def record_of(draft: Draft, data: Mapping[str, object]) -> str | UnsetType:
    """The record an event happened under: that of all its Labels, else that of its thread."""
    named = {str(label(item).get("record")) for item in items(data)}
    if len(named) == 1:
        return named.pop()
    return (draft.conversation and draft.thread.record) or UNSET


# -- what it tells ------------------------------------------------------------------------------------------------


def told(draft: Draft, message: Message) -> dict[str, object]:
    """What an event tells of a message: its fields, and if it is a receipt, those of what was received above them.

    Of a first meeting it is by which invitation it came about.
    """
    config = type(message).__struct_config__
    if isinstance(message, Hello | Welcome):
        return {"since": timestamp(draft.now), "invitation": draft.relationship.invitation}
    if config.tag_field != "of":
        return fields(message)
    received = [entry.body for entry in draft.thread.said if entry.name == config.tag]
    about: dict[str, object] = msgspec.json.decode(received[-1]) if received else {}
    return {**about, "receipt": fields(message)}


def fields(message: Message) -> dict[str, object]:
    """What a message says, as its event tells it: its fields, its values with their Labels, and what is attached
    (which is in the thread)."""
    body, attached = encode(message)
    labels, record = cast(list[dict[str, object]], body.pop("labels", [])), body.get("record")
    values = values_of(message) or {}
    labelled = [each for each in labels if each.get("ptr") in values]
    if labelled:
        body["items"] = [
            {"ptr": each["ptr"], "value": values[str(each["ptr"])], "label": label_of(each, record)}
            for each in labelled
        ]
    if attached:
        named = (cast(dict[str, object], each) for each in attached)
        body["attachments"] = [{key: each[key] for key in each if key != "data"} for each in named]
    return body


def label_of(named: Mapping[str, object], record: object) -> dict[str, object]:
    """The Label of one value. named: a member of a message's `labels`."""
    return {"purpose": named.get("purpose"), "expires": named.get("expires"), "record": named.get("record", record)}


def items(data: Mapping[str, object]) -> list[dict[str, object]]:
    """The values an event carries: `{ptr, value, label}` each."""
    found = data.get("items")
    listed = found if isinstance(found, list | tuple) else ()
    return [
        each for each in listed if isinstance(each, dict) and "value" in each and isinstance(each.get("label"), dict)
    ]


def label(item: Mapping[str, object]) -> Mapping[str, object]:
    """The Label of a value."""
    return cast(Mapping[str, object], item["label"])


# -- what is deleted ----------------------------------------------------------------------------------------------


def erase(draft: Draft, deletion: Mapping[str, object]) -> None:
    """Take the values that a deletion is about out of the events of this relationship; they keep their places.

    If it is everything (the pointer ""), what was said in its thread goes, too, whatever it says (a want that is
    closed, an experience that is retracted); and if it is of no record, all that was ever said in the relationship.
    """
    if not draft.relationship.local:
        return
    record, ptrs = deletion.get("record"), cast(Collection[str], deletion.get("ptrs") or ())
    for at, event in of_relationship(draft):
        whole = "" in ptrs and (not record or event.vrmthread == draft.thid)
        left = blank(event) if whole else erased(event, record, ptrs)
        if left is not event:
            draft.publish += (row_of(left, at),)


def of_relationship(draft: Draft) -> Iterator[tuple[int, CloudEvent]]:
    """The events of a draft's relationship that are stored, with their times, oldest first."""
    place = 0
    while found := draft.agent.store.read(
        partial(rows.of, subject=draft.relationship.local, place=place + 1, limit=PAGE)
    ):
        yield from ((row.at, read(row.record)) for _, row in found)
        place = found[-1][0]


def blank(event: CloudEvent) -> CloudEvent:
    """An event that says no more than that it was, and by which of our own words it ended: that may be counted."""
    kept = {name: event.data[name] for name in COUNTED if name in event.data}
    return event if event.type == DELETE else msgspec.structs.replace(event, data={"erased": True, **kept})


def erased(event: CloudEvent, record: object, ptrs: Collection[str]) -> CloudEvent:
    """An event without the values of a record at these places; the same one if it has none."""
    gone = [each for each in items(event.data) if label(each).get("record") == record and within(each["ptr"], ptrs)]
    return without(event, gone) if gone else event


def without(event: CloudEvent, gone: Collection[dict[str, object]]) -> CloudEvent:
    """An event that says of some items only that they were there."""
    kept = [
        {"ptr": each["ptr"], "erased": True} if each in gone else each
        for each in cast(list[dict[str, object]], event.data["items"])
    ]
    return msgspec.structs.replace(event, data={**event.data, "items": kept})


def within(ptr: object, ptrs: Collection[str]) -> bool:
    """Whether a JSON Pointer is one of these, or below or above one of them; "" is the whole."""
    name = str(ptr)
    return any(name == each or name.startswith(f"{each}/") or each.startswith(f"{name}/") for each in ptrs)
