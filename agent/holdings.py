"""What each org holds of her contact card, as her own store has it, and the smallest change that brings it up to date.

An org is sent nothing but what it holds under a Label that is in force; where it holds only a part of what changed, it
is sent only that part. Source: vrm-protocols 5.5 and 3.7.
"""

from collections.abc import Collection, Mapping
from typing import Final, cast

import msgspec

from agent import contact, told
from agent.agent import Agent
from agent.draft import Draft
from agent.told import Told
from protocols.messages import Values
from protocols.vrm.profile import Update
from wallet.keys import new_id
from wallet.strict_json import Json

SCHEMA: Final = "jscontact"
REVISION: Final = "profile-revision"


def live(agent: Agent, peer: str, schema: str = SCHEMA) -> list[Told]:
    """What one org holds of the card, or by another schema, by leave that is in force; of each value under each record,
    the latest. schema: empty for all."""
    return in_force(agent, peer, told.of(agent, peer), schema)


def in_force(agent: Agent, peer: str, known: Collection[Told], schema: str = SCHEMA) -> list[Told]:
    """Of what one org was told, oldest first, what it holds by leave that is in force."""
    latest = {(each.ptr, each.label): each for each in known if schema in ("", each.schema)}
    return [
        each for each in latest.values() if each.value is not None and told.standing(agent, peer, each) == "in force"
    ]


def fields(agent: Agent, peer: str, changed: Collection[str]) -> tuple[str, ...]:
    """Which fields one org is told if these of the card have changed: the smaller of what it holds and what changed."""
    return among(live(agent, peer), changed)


def among(known: Collection[Told], changed: Collection[str]) -> tuple[str, ...]:
    """The smaller of what is held and what changed."""
    found = {pair for each in known for ptr in changed if (pair := smaller(each.ptr, ptr))}
    return tuple(sorted(each for each in found if not any(each.startswith(f"{other}/") for other in found)))


def smaller(one: str, other: str) -> str:
    """The deeper of two pointers if it is in the other, else nothing."""
    deep, high = (one, other) if len(one) > len(other) else (other, one)
    return deep if deep == high or deep.startswith(f"{high}/") else ""


def differing(agent: Agent, peer: str, asked: Collection[str]) -> tuple[str, ...]:
    """Which of these fields an org holds otherwise than the card has them now."""
    card = contact.read(agent)
    known = {each.ptr: each.value for each in live(agent, peer)}
    return tuple(
        sorted(each for each in fields(agent, peer, asked) if contact.value_at(card, each) != known_at(known, each))
    )


def known_at(known: Mapping[str, object], ptr: str) -> Json:
    """What is held at a pointer, by itself or inside of something larger."""
    for held, value in known.items():
        if ptr == held:
            return cast(Json, value)
        if ptr.startswith(f"{held}/"):
            return contact.value_at({"held": cast(Json, value)}, f"/held{ptr.removeprefix(held)}")
    return None


def update(draft: Draft, named: tuple[str, ...], effective: str, reason: str | None) -> Update:
    """The change of these fields, at the next revision, with what the card says of them."""
    card = contact.read(draft.agent)
    values = {each[1:]: contact.value_at(card, each) for each in named}
    return Update(
        revision=revision(draft.agent, draft.peer) + 1,
        schema="jscontact",
        fields=named,
        effective=effective,
        reason=msgspec.convert(reason, Update.__annotations__["reason"]) if reason else None,
        values=cast(Values, values),
    )


def revision(agent: Agent, peer: str) -> int:
    """The highest revision this org was told."""
    row = agent.store.item(REVISION, peer)
    return msgspec.json.decode(row.record, type=int) if row else 0


def noted(draft: Draft, message: Update) -> None:
    """Remember what this update tells them, under the Labels of what it replaces."""
    draft.add_item(REVISION, draft.peer, msgspec.json.encode(message.revision))
    for each in live(draft.agent, draft.peer):
        value, moved = cast(Json, each.value), False
        for ptr in message.fields:
            if deeper := smaller(each.ptr, ptr):
                new = cast(Json, message.values[ptr[1:]])
                value = (
                    new
                    if deeper == each.ptr
                    else contact.patched({"held": value}, {inside(each.ptr, ptr): new})["held"]
                )
                moved = True
        if moved:
            again = msgspec.structs.replace(each, value=value, at=draft.now)
            draft.add_item(told.TOLD, new_id(), msgspec.json.encode(again), tag=each.label.record)


def inside(held: str, ptr: str) -> str:
    """A pointer below something that is held, from there on."""
    return f"/held{ptr.removeprefix(held)}"
