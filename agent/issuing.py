"""Offering a card to many by a list: lines of which each names a customer and what her card is to say.

The first line names the columns: one of them is `customer`, the others are fields of the card. A line that cannot be
read is kept with its number and why, so that it can be mended. The others go out one by one, as every campaign does
(agent/campaigns.py): a program that ends in between goes on where it was, and nobody is offered it twice.
"""

import csv
from collections.abc import Iterator
from typing import Final

import msgspec

from agent import card_types
from agent import relationship as relationships
from agent.agent import Agent
from agent.card_types import CardType
from agent.draft import Draft
from agent.json_values import as_json
from agent.many import Kind, Order, To, opening
from agent.names import spellings
from agent.relationship import Relationship
from protocols.problems import Misuse
from protocols.standard.issue_credential import issue_credential
from wallet.errors import NotFound
from wallet.needs import Lookup
from wallet.store.change import Item

LIST: Final = "card-list"
CUSTOMER: Final = "customer"
MOST_LINES: Final = 10_000
MOST_SHOWN: Final = 300  # characters of a line that is kept because it cannot be read


class Unread(msgspec.Struct, frozen=True):
    """A line that cannot be read. number: in the file, from 1, the line of column names counted."""

    number: int
    line: str
    why: str


class CardList(msgspec.Struct, frozen=True):
    """What was read of a file. to: who is offered the card, with what it says."""

    columns: tuple[str, ...]
    to: tuple[To, ...]
    unread: tuple[Unread, ...]


class Kept(msgspec.Struct, frozen=True):
    """What is kept of a list beside its campaign. mark: of the list; file: what it was called."""

    mark: str
    file: str
    columns: tuple[str, ...]
    unread: tuple[Unread, ...]


# -- reading ------------------------------------------------------------------------------------------------------


def read(agent: Agent, kind: CardType, text: str) -> CardList:
    """What a file says. Raises Misuse if its columns cannot be read."""
    lines = text.lstrip("\ufeff").splitlines()
    apart = separator(lines[0] if lines else "")
    columns = columns_of(kind, next(csv.reader(lines[:1], delimiter=apart), []))
    if len(lines) > MOST_LINES + 1:
        raise Misuse(f"a list has at most {MOST_LINES} lines, and this one has {len(lines)}; nothing was offered")
    known, seen = book(agent), dict[str, int]()
    to, unread = list[To](), list[Unread]()
    for number, line in enumerate(lines[1:], 2):
        if not line.strip(f"{apart} \t"):
            continue
        try:
            cells = next(csv.reader([line], delimiter=apart, strict=True), [])
            each = one(kind, known, columns, cells)
            if each.to in seen:
                raise Misuse(f"this customer stands in line {seen[each.to]} already")
            seen[each.to] = number
            to.append(each)
        except (Misuse, csv.Error) as fault:
            unread.append(Unread(number, line[:MOST_SHOWN], reason(fault)))
    return CardList(columns, tuple(to), tuple(unread))


def reason(fault: Exception) -> str:
    """Why a line cannot be read, in a sentence about that line alone."""
    words = str(fault).removesuffix("nothing was offered").removesuffix("Nothing was offered.").strip(" ;.")
    return f"{words[:1].upper()}{words[1:]}."


def separator(line: str) -> str:
    """What stands between two columns: a comma, or what spreadsheets of some countries write."""
    return max(",;\t", key=line.count)


def columns_of(kind: CardType, cells: list[str]) -> tuple[str, ...]:
    """For each column the name of its field, or `customer`. Raises Misuse."""
    found = []
    for cell in cells:
        field = kind.field(cell)
        if " ".join(cell.split()).casefold() == CUSTOMER:
            found.append(CUSTOMER)
        elif field is not None:
            found.append(field.name)
        else:
            there = ", ".join(each.label for each in kind.fields)
            raise Misuse(f'there is a column "{cell[:40]}", and the card has {there}; nothing was offered')
    if found.count(CUSTOMER) != 1 or len(set(found)) != len(found) or len(found) < 2:
        raise Misuse("the first line names the columns, each once; one is called customer. Nothing was offered.")
    return tuple(found)


def book(agent: Agent) -> dict[str, list[Relationship]]:
    """Everybody we know, by all that means exactly one of them."""
    found: dict[str, list[Relationship]] = {}
    for row in agent.store.peers():
        who = relationships.read(row)
        for each in set(spellings(who)):
            found.setdefault(each, []).append(who)
    return found


def one(kind: CardType, known: dict[str, list[Relationship]], columns: tuple[str, ...], cells: list[str]) -> To:
    """Who is meant by a line, and what her card is to say. Raises Misuse."""
    if len(cells) != len(columns):
        raise Misuse(f"it has {len(cells)} columns, and the first line has {len(columns)}")
    values = dict(zip(columns, cells))
    typed = values.pop(CUSTOMER).strip()
    meant = known.get(typed.casefold(), [])
    if len(meant) != 1:
        raise Misuse(f'"{typed[:40]}" could be {len(meant)} customers' if meant else f'no customer is called "{typed}"')
    if meant[0].ended or meant[0].closing:
        raise Misuse("the relationship with this customer is over")
    return To(meant[0].peer, {**card_types.written(kind, values)})


def mended(kept: Kept) -> str:
    """The lines that could not be read, as a file of their own below the names of the columns."""
    return "".join(f"{line}\r\n" for line in (",".join(kept.columns), *(each.line for each in kept.unread)))


# -- what is kept of a list ---------------------------------------------------------------------------------------


def item(kind: CardType, kept: Kept) -> Item:
    """A list as it is kept."""
    return Item(LIST, kept.mark, msgspec.json.encode(kept), tag=kind.id)


def kept(agent: Agent, mark: str) -> Kept:
    """What is kept of a list. Raises NotFound."""
    row = agent.store.item(LIST, mark)
    if row is None:
        raise NotFound("there is no such list")
    return msgspec.json.decode(row.record, type=Kept)


def of(agent: Agent, kind: CardType) -> Iterator[Kept]:
    """The lists by which cards of a kind were offered, oldest first."""
    return (msgspec.json.decode(row.record, type=Kept) for row in agent.store.items(LIST, tag=kind.id))


# -- offering, one by one -----------------------------------------------------------------------------------------


def tell(draft: Draft, order: Order) -> Lookup[None]:
    """Offer one customer her card."""
    if draft.relationship.ended:
        raise Misuse("the relationship is over")
    kind = card_types.find(draft.agent, str(order.content["card"]))
    opening(draft, issue_credential, card_types.offer(draft, kind, as_json(order.given), "list"))
    yield from ()


KIND: Final = Kind("card", tell)
