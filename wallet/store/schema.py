"""The tables, as numbered migrations.

Plain columns hold only times, versions, flags, numbers in a sequence and places; every name is blind and every content
sealed. Whatever belongs to one peer has that peer first in its key, so that the same tables can be spread by it.
Tables whose rows are large or only ever added have a `place`, which is also their order.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # 80 ms, needed only when there is something to migrate
    from sqlite_utils import Database

APPLICATION_ID: Final = 0x46524547  # "FREG": tells a wallet from any other SQLite file

_FIRST: Final = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE peer (peer BLOB PRIMARY KEY, version INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE did (did BLOB PRIMARY KEY, peer BLOB NOT NULL REFERENCES peer, sealed BLOB NOT NULL)"
    " STRICT, WITHOUT ROWID",
    "CREATE INDEX did_by_peer ON did (peer)",
    "CREATE TABLE heard (peer BLOB, id BLOB, digest BLOB NOT NULL, forget_at INTEGER NOT NULL,"
    " PRIMARY KEY (peer, id)) STRICT, WITHOUT ROWID",
    "CREATE TABLE thread (peer BLOB, thid BLOB, version INTEGER NOT NULL, open INTEGER NOT NULL, sealed BLOB NOT NULL,"
    " PRIMARY KEY (peer, thid)) STRICT, WITHOUT ROWID",
    "CREATE INDEX thread_by_thid ON thread (thid)",
    "CREATE TABLE log (place INTEGER PRIMARY KEY, peer BLOB NOT NULL, thid BLOB NOT NULL, ours INTEGER NOT NULL,"
    " id BLOB NOT NULL, at INTEGER NOT NULL, sealed BLOB NOT NULL, UNIQUE (peer, thid, ours, id)) STRICT",
    "CREATE TABLE item (place INTEGER PRIMARY KEY, kind BLOB NOT NULL, id BLOB NOT NULL, peer BLOB NOT NULL,"
    " tag BLOB NOT NULL, revision INTEGER NOT NULL, sealed BLOB NOT NULL, UNIQUE (kind, id)) STRICT",
    "CREATE INDEX item_by_peer ON item (peer, kind)",
    "CREATE INDEX item_by_tag ON item (kind, tag)",
    "CREATE TABLE question (peer BLOB, id BLOB, at INTEGER NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (peer, id))"
    " STRICT, WITHOUT ROWID",
    "CREATE INDEX question_by_id ON question (id)",
    "CREATE TABLE timer (peer BLOB, thid BLOB, name BLOB, at INTEGER NOT NULL, sealed BLOB NOT NULL,"
    " PRIMARY KEY (peer, thid, name)) STRICT, WITHOUT ROWID",
    "CREATE INDEX timer_by_time ON timer (at)",
    "CREATE TABLE outgoing (place INTEGER PRIMARY KEY, peer BLOB NOT NULL, id BLOB NOT NULL, due INTEGER NOT NULL,"
    " until INTEGER NOT NULL, sealed BLOB NOT NULL, UNIQUE (peer, id)) STRICT",
    "CREATE INDEX outgoing_by_time ON outgoing (due)",
    "CREATE TABLE dead (place INTEGER PRIMARY KEY, peer BLOB NOT NULL, id BLOB NOT NULL, at INTEGER NOT NULL,"
    " sealed BLOB NOT NULL, UNIQUE (peer, id)) STRICT",
    "CREATE TABLE signed (place INTEGER PRIMARY KEY, peer BLOB NOT NULL, digest BLOB NOT NULL, object BLOB NOT NULL,"
    " ours INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, sealed BLOB NOT NULL, UNIQUE (peer, digest))"
    " STRICT",
    "CREATE INDEX signed_by_number ON signed (peer, ours, seq)",
    "CREATE INDEX signed_by_object ON signed (peer, object)",
)


def _first(database: "Database") -> None:
    for statement in _FIRST:
        # failpoint: schema.statement
        database.execute(statement)
    database.execute(f"PRAGMA application_id = {APPLICATION_ID}")


MIGRATIONS: tuple[Callable[["Database"], None], ...] = (_first,)
"""Migration n brings a file from schema n - 1 to n. Never edited once released; each runs in one transaction."""

SEALED: Final = {
    "peer": (("peer",), "version", ()),
    "did": (("did",), "0", ("peer",)),
    "thread": (("peer", "thid"), "version", ("open",)),
    "log": (("peer", "thid", "ours", "id"), "0", ("at",)),
    "item": (("kind", "id"), "revision", ("peer", "tag")),
    "question": (("peer", "id"), "0", ("at",)),
    "timer": (("peer", "thid", "name"), "0", ("at",)),
    "outgoing": (("peer", "id"), "0", ("until",)),
    "dead": (("peer", "id"), "0", ("at",)),
    "signed": (("peer", "digest"), "0", ("object", "ours", "seq", "at")),
}
"""What each record is bound to: its table's key, the revision (a column or a constant), the other columns."""
