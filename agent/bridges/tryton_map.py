"""What the Tryton bridge remembers, sealed in the wallet: which party is whose, which record there holds which of her
values under which Label, and what has been done there and must still be told.

An erased party keeps nothing by which to find it again, so this map is the only way from a relationship to its party.
"""

from collections.abc import Callable, Collection
from functools import partial
from typing import Any, TypeVar

import msgspec

from agent.agent import Agent
from agent.bridges import Completion, Inbound, Kept, Saying
from wallet.store import items
from wallet.store.change import Item
from wallet.store.transaction import Transaction

PARTY, OWED, CURSOR = "tryton-party", "tryton-owed", "tryton-cursor"
T = TypeVar("T")


class Label(msgspec.Struct, frozen=True):
    """For what a value may be used, until when, by which record."""

    purpose: str
    expires: str
    record: str

    def __str__(self) -> str:
        return f"{self.purpose} until {self.expires} (record {self.record})"


class Place(msgspec.Struct, frozen=True):
    """Where one value stands. id: of the record; value: as she said it, to be put back if a clerk's change was wrong;
    wrote: the fields that were written for it."""

    model: str
    id: int
    value: Any
    wrote: dict[str, Any]
    label: Label


class Party(msgspec.Struct, frozen=True, omit_defaults=True):
    """One relationship. party: its number; places: by JSON Pointer; notes: (thread, number) of each; rules: numbers of
    the categories for her rules; labels: the number of the note that lists the Labels."""

    party: int
    places: dict[str, Place] = {}
    notes: tuple[tuple[str, int], ...] = ()
    rules: tuple[int, ...] = ()
    labels: int = 0


class Owed(msgspec.Struct, frozen=True, omit_defaults=True):
    """What has been done there and must be told: a deletion, or a question to her about fields that a clerk changed."""

    key: str
    deletion: str = ""
    deleted: tuple[str, ...] = ()
    kept: tuple[Kept, ...] = ()
    subject: str = ""
    fields: tuple[str, ...] = ()

    def inbound(self) -> Inbound:
        """As the dispatcher takes it."""
        if self.deletion:
            return Completion(self.key, self.deletion, self.deleted, self.kept)
        return Saying(self.key, self.subject, "ask", {"fields": list(self.fields)}, family="profile")


class Cursor(msgspec.Struct, frozen=True):
    """How far the clerks' changes have been read. since: a moment of the server's; seen: changes not long before it."""

    since: str
    seen: tuple[str, ...] = ()


class Memory:
    """The rows of one bridge. name: its setting."""

    def __init__(self, agent: Agent, name: str) -> None:
        self.agent, self.name = agent, name

    def party(self, subject: str) -> Party | None:
        """The party of a relationship."""
        return self._one(PARTY, subject, Party)

    def parties(self) -> dict[str, Party]:
        """All of them, by relationship."""
        rows = self.agent.store.items(PARTY, tag=self.name)
        return {row.id.rpartition(" ")[2]: msgspec.json.decode(row.record, type=Party) for row in rows}

    async def keep(self, subject: str, party: Party) -> None:
        """Put a party down."""
        await self._write(partial(items.keep, row=self._row(PARTY, subject, party)))

    async def owe(self, owed: Owed, *, without: str = "") -> None:
        """Put down what must be told; without: a relationship whose party is no more."""

        def work(tx: Transaction) -> None:
            if without:
                items.claim(tx, kind=PARTY, id=f"{self.name} {without}")
            items.keep(tx, row=self._row(OWED, owed.key, owed))

        await self._write(work)

    def owed(self, limit: int) -> list[Owed]:
        """What must still be told, oldest first."""
        found = []
        for row in self.agent.store.items(OWED, tag=self.name):
            found.append(msgspec.json.decode(row.record, type=Owed))
            if len(found) == limit:
                break
        return found

    async def settle(self, key: str) -> None:
        """That has been told."""
        await self._write(partial(items.claim, kind=OWED, id=f"{self.name} {key}"))

    def cursor(self) -> Cursor | None:
        """How far the clerks' changes have been read; None: not at all."""
        return self._one(CURSOR, "", Cursor)

    async def move_on(self, cursor: Cursor, owed: Collection[Owed]) -> None:
        """Go on from there, and put down what must be told of what was read."""

        def work(tx: Transaction) -> None:
            items.keep(tx, row=self._row(CURSOR, "", cursor))
            for each in owed:
                items.keep(tx, row=self._row(OWED, each.key, each))

        await self._write(work)

    def _one(self, kind: str, id: str, shape: type[T]) -> T | None:
        row = self.agent.store.item(kind, f"{self.name} {id}")
        return msgspec.json.decode(row.record, type=shape) if row else None

    def _row(self, kind: str, id: str, record: object) -> Item:
        return Item(kind, f"{self.name} {id}", msgspec.json.encode(record), tag=self.name)

    async def _write(self, work: Callable[[Transaction], object]) -> None:
        await self.agent.store.write(work)
