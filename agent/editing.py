"""An edit of her contact card that she has begun and not confirmed: it is kept, so that it outlives its page."""

from hashlib import sha256
from typing import Final

import msgspec

from agent.agent import Agent
from wallet.store.change import Change, Item
from wallet.strict_json import JsonObject, parse_object

KIND: Final = "edit-of-hers"
ID: Final = "contact"


def read(agent: Agent) -> JsonObject | None:
    """What she would change, if she has begun."""
    row = agent.store.item(KIND, ID)
    return (parse_object(row.record) or None) if row else None


def mark(edit: JsonObject) -> str:
    """What tells one edit from another, so that she confirms the one that she has seen."""
    return sha256(msgspec.json.encode(edit, order="sorted")).hexdigest()[:16]


async def keep(agent: Agent, edit: JsonObject) -> None:
    """Begin an edit, in place of any other."""
    await agent.store.apply(Change("", keep=(Item(KIND, ID, msgspec.json.encode(edit)),)))


async def forget(agent: Agent) -> None:
    """She does not want it."""
    await keep(agent, {})


def done(agent: Agent, edit: JsonObject) -> tuple[Item, ...]:
    """What is kept in the very change that carries an edit out, so that no edit is left which has been carried out."""
    return (Item(KIND, ID, b"{}"),) if read(agent) == edit else ()
