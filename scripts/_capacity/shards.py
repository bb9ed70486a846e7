"""Which tables can be spread by the peer, as the schema itself says: those whose key begins with it."""

import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from wallet.store import file

ELSEWHERE = {
    "did": "by the DID: the way from a DID to its peer, whose name is the first of its DIDs",
    "item": "by kind and id; what belongs to a relationship has its peer beside it, and an index by it",
    "event": "by id: the feed of an org's own systems, read in order",
    "campaign": "by campaign: one act of the owner",
    "recipient": "by campaign and thread: read by whoever carries the campaign on",
    "route": "by the DID: a mediator's way from a DID to its account",
    "held": "by account: a mediator's peers",
    "queue": "by account",
    "quarantine": "by a mark of the envelope, which may come from nobody known",
    "meta": "the header, the inventory and the instance: one of each",
}


@dataclass(frozen=True, slots=True)
class Table:
    """One table. key: its columns by which a row is unique, in their order; crossing: indexes that begin otherwise."""

    name: str
    key: tuple[str, ...]
    crossing: tuple[str, ...]

    @property
    def by_peer(self) -> bool:
        """Whether all that belongs to one peer lies together."""
        return self.key[:1] == ("peer",)


def tables() -> tuple[Table, ...]:
    """The tables of a new store."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "wallet"
        file.create(path, lambda _: None)
        with closing(sqlite3.connect(path)) as connection:
            names = connection.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
            )
            return tuple(_table(connection, name) for (name,) in names.fetchall())


def _table(connection: sqlite3.Connection, name: str) -> Table:
    indexes = connection.execute('SELECT name, "unique" FROM pragma_index_list(?)', (name,)).fetchall()
    columns = {index: _columns(connection, index) for index, _ in indexes}
    unique = [columns[index] for index, single in indexes if single and "chosen" not in index]
    primary = connection.execute("SELECT name FROM pragma_table_info(?) WHERE pk ORDER BY pk", (name,)).fetchall()
    key = min(unique, key=lambda each: each[:1] != ("peer",)) if unique else tuple(each for (each,) in primary)
    others = sorted(index for index, each in columns.items() if each[:1] != key[:1])
    return Table(name, key, tuple(others))


def _columns(connection: sqlite3.Connection, index: str) -> tuple[str, ...]:
    return tuple(
        each for (each,) in connection.execute("SELECT name FROM pragma_index_info(?) ORDER BY seqno", (index,))
    )
