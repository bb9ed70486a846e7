"""Kinds of card that an organisation issues, or asks to see: what each is called, and the fields that are named on it.

A kind is kept in the wallet. What is written on a card of it is checked field by field before anything is offered, and
what was offered to whom is noted, so that it can be looked at what became of it.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final, Literal, TypeAlias

import msgspec

from agent import cards
from agent.agent import Agent
from agent.config import Config
from agent.draft import Draft
from protocols.problems import Misuse
from protocols.standard.issue_credential import SD_JWT, OfferCredential
from wallet.errors import NotFound
from wallet.keys import new_id
from wallet.store.change import Change, Item
from wallet.strict_json import Json, JsonObject

KIND: Final = "card-type"
OFFERED: Final = "card-offered"
MOST_FIELDS: Final = 40
MOST_NAME: Final = 80  # characters of a name, of a card or of a field
MOST_TEXT: Final = 1000  # characters of a value
Holds: TypeAlias = Literal["text", "day", "yes-no", "number"]
Way: TypeAlias = Literal["one", "link", "list"]
YES: Final = frozenset({"yes", "true", "y", "1"})
NO: Final = frozenset({"no", "false", "n", "0"})


class Field(msgspec.Struct, frozen=True):
    """A named field. name: as programs know it; label: as people do; holds: what may stand there."""

    name: str
    label: str
    holds: Holds = "text"


class CardType(msgspec.Struct, frozen=True, omit_defaults=True):
    """A kind of card. type: what it is, for programs; issuer: the domain of whoever issues it, if that is not us."""

    id: str
    name: str
    type: str
    fields: tuple[Field, ...]
    since: int
    issuer: str = ""

    def field(self, named: str) -> Field | None:
        """The field that is meant by its name or its label, whatever its case."""
        wanted = " ".join(named.split()).casefold()
        return next((each for each in self.fields if wanted in (each.name, each.label.casefold())), None)


class Offered(msgspec.Struct, frozen=True):
    """That a card was offered. how: to one, by a link, or by a list."""

    peer: str
    thid: str
    at: int
    how: Way


# -- what there is ------------------------------------------------------------------------------------------------


def every(agent: Agent) -> Iterator[CardType]:
    """All kinds, oldest first."""
    return (msgspec.json.decode(row.record, type=CardType) for row in agent.store.items(KIND))


def find(agent: Agent, named: str) -> CardType:
    """The one of this id or name. Raises NotFound."""
    row = agent.store.item(KIND, named)
    if row is not None:
        return msgspec.json.decode(row.record, type=CardType)
    found = [each for each in every(agent) if each.name.casefold() == named.casefold()]
    if not found:
        raise NotFound(f'there is no kind of card called "{named[:MOST_NAME]}"')
    return found[0]


async def define(
    agent: Agent,
    name: str,
    labels: Sequence[tuple[str, Holds]],
    *,
    type: str = "",
    issuer: str = "",
) -> CardType:
    """A kind more. labels: of each field, with what it holds; type: made from the name, if it is not given.

    Raises Misuse, having kept nothing.
    """
    called = named(name)
    if any(each.name.casefold() == called.casefold() for each in every(agent)):
        raise Misuse(f'there is a kind of card called "{called}" already; nothing was kept')
    id = new_id()
    made = CardType(
        id=id,
        name=called,
        type=type.strip() or type_of(agent.config, issuer, called, id),
        fields=fields_of(labels),
        since=agent.now(),
        issuer=issuer.strip().casefold(),
    )
    await agent.store.apply(Change("", keep=(Item(KIND, made.id, msgspec.json.encode(made)),)))
    return made


async def drop(agent: Agent, kind: CardType) -> None:
    """Have this kind no more. Cards that were issued stay with those who have them."""
    await agent.store.apply(Change("", claim=((KIND, kind.id),)))


def named(name: str) -> str:
    """A name in order. Raises Misuse."""
    found = " ".join(name.split())
    if not 0 < len(found) <= MOST_NAME or not found.isprintable():
        raise Misuse(f"a name has 1 to {MOST_NAME} characters that can be seen; nothing was kept")
    return found


def type_of(config: Config, issuer: str, name: str, id: str) -> str:
    """What a kind is for programs: an address below the domain of whoever issues it."""
    return f"https://{issuer or config.domain}/cards/{slug(name).replace('_', '-') or id[:8]}"


def fields_of(labels: Sequence[tuple[str, Holds]]) -> tuple[Field, ...]:
    """The fields that are meant, each with a name for programs. Raises Misuse."""
    found: dict[str, Field] = {}
    for label, holds in labels:
        called = named(label)
        name = slug(called) or f"field_{len(found) + 1}"
        name = f"{name}_on_card" if name in cards.NEVER_HIDDEN or name in ("id", "type") else name
        if name in found:
            raise Misuse(f'two fields are called "{called}"; nothing was kept')
        found[name] = Field(name, called, holds)
    if not 0 < len(found) <= MOST_FIELDS:
        raise Misuse(f"a card has 1 to {MOST_FIELDS} fields; nothing was kept")
    return tuple(found.values())


def slug(label: str) -> str:
    """A name for programs: `Date of birth` as `date_of_birth`; empty if there are no letters for it."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:60]


# -- what stands on one -------------------------------------------------------------------------------------------


def written(kind: CardType, values: Mapping[str, object]) -> JsonObject:
    """What a card will say, from what was typed by field name; a field left empty is not on it. Raises Misuse."""
    found: JsonObject = {}
    for each in kind.fields:
        value = values.get(each.name)
        if isinstance(value, bool) or (isinstance(value, int) and each.holds == "number"):
            value = str(value).lower()
        typed = value.strip() if isinstance(value, str) else ""
        if typed:
            found[each.name] = meant(each, typed)
    strange = set(values) - {each.name for each in kind.fields}
    if strange:
        raise Misuse(f'{kind.name} has no field "{min(strange)[:MOST_NAME]}"; nothing was offered')
    if not found:
        raise Misuse("nothing would stand on this card; nothing was offered")
    return found


def meant(field: Field, typed: str) -> Json:
    """The value that was typed. Raises Misuse."""
    match field.holds:
        case "yes-no" if typed.casefold() in YES | NO:
            return typed.casefold() in YES
        case "yes-no":
            raise Misuse(f'{field.label}: "{typed[:40]}" is neither yes nor no; nothing was offered')
        case "number" if re.fullmatch(r"-?[0-9]{1,15}", typed):
            return int(typed)
        case "number":
            raise Misuse(f'{field.label}: "{typed[:40]}" is no whole number; nothing was offered')
        case "day":
            return a_day(field, typed)
    if len(typed) > MOST_TEXT:
        raise Misuse(f"{field.label}: at most {MOST_TEXT} characters; nothing was offered")
    return typed


def a_day(field: Field, typed: str) -> str:
    """A day as cards have it: 2027-03-01. Raises Misuse."""
    try:
        return date.fromisoformat(typed).isoformat()
    except ValueError:
        raise Misuse(
            f'{field.label}: "{typed[:40]}" is no day; write year, month and day, with hyphens between them.'
            " Nothing was offered."
        ) from None


# -- offering -----------------------------------------------------------------------------------------------------


def offer(draft: Draft, kind: CardType, claims: JsonObject, how: Way, thid: str = "") -> OfferCredential:
    """The offer of a card, noted in this draft. thid: of the thread it begins, if that is not this one."""
    if kind.issuer:
        raise Misuse(f"{kind.name} is issued by {kind.issuer}, not by us; nothing was offered")
    thid = thid or draft.thid
    noted = Offered(draft.peer, thid, draft.now, how)
    draft.add_item(OFFERED, f"{draft.peer} {thid}", msgspec.json.encode(noted), tag=kind.id)
    return cards.offer(draft, format=SD_JWT, type=kind.type, name=kind.name, claims=claims)
