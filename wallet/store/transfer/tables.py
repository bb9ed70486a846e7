"""What is carried: every table, in an order in which each row finds what it refers to; and how its rows are ordered.

Both kinds of store have the same tables with the same columns, and compare bytes alike, so rows in the order of their
keys are in the same order on both sides.
"""

from collections.abc import AsyncGenerator, Sequence
from typing import Any, Final, Protocol, TypeAlias

import msgspec

from wallet.errors import Locked

Row: TypeAlias = tuple[int | str | bytes | None, ...]

KEYS: Final = {
    "meta": ("name",),
    "peer": ("peer",),
    "did": ("did",),
    "heard": ("peer", "id"),
    "thread": ("peer", "thid"),
    "log": ("peer", "thid", "ours", "id"),
    "item": ("kind", "id"),
    "question": ("peer", "id"),
    "timer": ("peer", "thid", "name"),
    "outgoing": ("peer", "id"),
    "dead": ("peer", "id"),
    "signed": ("peer", "digest"),
    "account": ("peer",),
    "route": ("did",),
    "held": ("account", "id"),
    "quarantine": ("mark",),
    "event": ("id",),
    "campaign": ("campaign",),
    "recipient": ("campaign", "thread"),
}
"""The tables in their order, each with a key that no two rows share."""

DERIVED: Final = {"queue": "counts the rows of `held`; both stores keep it by themselves"}
"""Tables that are not carried, and why."""

OWN: Final = ("program", "moved", "arriving")
"""Rows of `meta` that say something of one store, not of the wallet in it."""

OTHERS: Final = "name NOT IN (" + ", ".join(f"'{name}'" for name in OWN) + ")"
"""The condition that a row of `meta` is none of these."""


class Progress(msgspec.Struct, frozen=True):
    """How far a move has come; kept in the target by the change that takes it there.

    move: the id of the move. table, last: the table that is being carried, and the key of the last row that arrived, in
    MessagePack; b"" before the first. rows: how many have arrived. whole: nothing is missing.
    """

    move: str
    table: str = next(iter(KEYS))
    last: bytes = b""
    rows: int = 0
    whole: bool = False

    @property
    def after(self) -> Row | None:
        """The key of the last row that arrived; None before the first."""
        return msgspec.msgpack.decode(self.last, type=tuple[Any, ...]) if self.last else None

    def with_page(self, key: Row, rows: int) -> "Progress":
        """The same, a page later. key: of the last row of it."""
        return msgspec.structs.replace(self, last=msgspec.msgpack.encode(key), rows=self.rows + rows)

    def at(self, table: str) -> "Progress":
        """The same, where it comes to a table."""
        return self if table == self.table else msgspec.structs.replace(self, table=table, last=b"")


class Moved(msgspec.Struct, frozen=True):
    """Kept in the source: where the wallet in it was taken, in words without a password. whole: it has arrived there,
    and that copy is the wallet from now on; else it is still on its way, and belongs to neither side."""

    move: str
    to: str
    at: int
    whole: bool = False

    def words(self, what: str) -> str:
        """Why `what` cannot be opened."""
        if self.whole:
            return (
                f"{what} was moved to {self.to}, and goes on there; nothing was opened. To go on here"
                " instead, and never there: freerange store keep"
            )
        return (
            f"{what} is being moved to {self.to}; nothing was opened. Finish that with: freerange store"
            " migrate; or give it up with: freerange store keep"
        )


def check_here(moved: bytes | None, arriving: bytes | None, what: str) -> None:
    """Raise Locked unless a wallet may be opened here. moved, arriving: these rows of its `meta`; what: in words."""
    if arriving is not None:
        raise Locked(
            f"{what} is being moved here, and has not arrived; nothing was opened. Finish that from where it comes:"
            " freerange store migrate"
        )
    if moved is not None:
        raise Locked(msgspec.json.decode(moved, type=Moved).words(what))


class Side(Protocol):
    """One store, as rows. Nobody else has it open."""

    async def columns(self, table: str) -> Sequence[str]:
        """The columns of a table, in any order."""

    def rows(self, table: str, columns: Sequence[str], after: Row | None) -> AsyncGenerator[Row, None]:
        """The rows of a table in the order of its key, those of OWN left out. after: only those with a greater key."""

    async def put(self, table: str, columns: Sequence[str], rows: Sequence[Row], progress: Progress) -> None:
        """Add rows and say how far that goes, in one durable change."""

    async def progress(self) -> Progress | None:
        """How far a move to here has come; None if there is none, or what is here never moved."""

    async def highest(self) -> dict[str, int]:
        """The highest place that each table has ever given, where places are never given twice."""

    async def raise_to(self, highest: dict[str, int]) -> None:
        """Give places above these from now on."""
