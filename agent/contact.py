"""Her contact card: one, kept by her, of which each org gets the fields it holds. Source: RFC 9553 (JSContact).

The card is a JSContact object in her wallet and is never sent whole; its `uid` is never sent at all. Fields are named
by JSON Pointers, or by the words in `agent/wording.py`, with a label of hers after a dot: `address`, `email.work`. A
change is a PatchObject (RFC 9553, section 1.4.4): what it does not name stays, and `null` removes.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from agent.agent import Agent
from agent.wording import WORDS
from protocols.problems import Misuse
from wallet.keys import new_id
from wallet.store.change import Change, Item
from wallet.strict_json import Json, JsonObject, parse, parse_object

KIND: Final = "card-of-hers"
ID: Final = "contact"
MOST: Final = 65536  # characters of a card
OTHERS: Final = frozenset({
    "anniversaries", "calendars", "cryptoKeys", "directories", "keywords", "language", "media", "notes",
    "onlineServices", "personalInfo", "preferredLanguages", "relatedTo", "schedulingAddresses", "speakToAs", "titles",
})  # fmt: skip
"""The other properties of a Card that may be named by a pointer. Source: RFC 9553, section 2."""

_NAMED = frozenset(place.strip("/") for place, _, _ in WORDS.values())
_COUNTRY = re.compile(r".*,\s*([A-Z]{2})")


def read(agent: Agent) -> JsonObject:
    """The card; one that says nothing if she has not begun it."""
    row = agent.store.item(KIND, ID)
    return parse_object(row.record) if row else {"@type": "Card", "version": "1.0"}


async def edit(agent: Agent, changes: Mapping[str, Json]) -> JsonObject:
    """Change the card. changes: by pointer; None removes. Returns it as it is then. Raises Misuse, nothing changed."""
    card, item = edited(agent, changes)
    await agent.store.apply(Change("", keep=(item,)))
    return card


def edited(agent: Agent, changes: Mapping[str, Json]) -> tuple[JsonObject, Item]:
    """The card with changes, and how it is kept. Raises Misuse."""
    card = patched(read(agent), changes)
    card.setdefault("uid", f"urn:freerange:{new_id()}")
    record = msgspec.json.encode(card)
    if len(record) > MOST:
        raise Misuse(f"the card would have {len(record)} bytes, and at most {MOST} are kept; nothing was changed")
    return card, Item(KIND, ID, record)


def pointer(field: str) -> str:
    """The pointer meant by a field as a person names it. Raises Misuse."""
    if field.startswith("/"):
        top = field.split("/")[1]
        if top not in _NAMED | OTHERS or not re.fullmatch(r"(/([^/~]|~[01])+)+", field):
            raise Misuse(f'"{field[:80]}" names nothing on a contact card (RFC 9553)')
        return field
    word, _, label = field.partition(".")
    known = WORDS.get(word)
    if known is None or (label and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", label)):
        raise Misuse(
            f'no field "{field[:80]}" is known; known are {", ".join(WORDS)}, or a JSON Pointer like /notes/n1'
        )
    place, usual, _ = known
    return f"{place}/{label or usual}" if usual else place


def typed(field: str, text: str) -> Json:
    """What stands in a field after she typed this: `{...}` is taken as JSON, anything else as the words' plain value.

    The country code at the end of an address (`..., PT`) is told apart, as it is what orgs need first.
    """
    if not text.strip():
        raise Misuse(
            f"nothing was typed for {field[:80]}; nothing was changed. To take it off: freerange contact remove"
        )
    if text.lstrip().startswith(("{", "[")):
        return parse(text.encode(), floats=False)
    if field.startswith("/"):
        return text
    name = field.partition(".")[0]
    member = WORDS[name][2] if name in WORDS else "value"
    value: JsonObject = {member: text}
    if name == "address" and (country := _COUNTRY.fullmatch(text)):
        value["countryCode"] = country[1]
    return value


def value_at(card: JsonObject, ptr: str) -> Json:
    """The value at a pointer; None if there is none."""
    at: Json = card
    for step in steps(ptr):
        if not isinstance(at, dict) or step not in at:
            return None
        at = at[step]
    return at


def patched(card: JsonObject, changes: Mapping[str, Json]) -> JsonObject:
    """A card with other values at some pointers. Raises Misuse if one leads through what is no object.

    What a pointer leads through is made if it is not there, so that a first address needs no patch of its own.
    """
    new: JsonObject = msgspec.json.decode(msgspec.json.encode(card))
    for ptr, value in changes.items():
        *way, last = steps(ptr)
        at = new
        for step in way:
            below = at.setdefault(step, {})
            if not isinstance(below, dict):
                raise Misuse(f"{ptr} leads through something that has no fields; nothing was changed")
            at = below
        if value is None:
            at.pop(last, None)
        else:
            at[last] = value
    return {name: value for name, value in new.items() if value != {}}


def steps(ptr: str) -> list[str]:
    """The names a pointer goes through (RFC 6901). Raises Misuse for one that is none, or that means the whole card."""
    if not ptr.startswith("/") or not ptr.strip("/"):
        raise Misuse(f'"{ptr[:80]}" is no field')
    return [each.replace("~1", "/").replace("~0", "~") for each in ptr[1:].split("/")]
