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

_MEDIATION: Final = (
    "CREATE TABLE account (peer BLOB PRIMARY KEY, closed INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE route (did BLOB PRIMARY KEY, account BLOB NOT NULL, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE INDEX route_by_account ON route (account)",
    "CREATE TABLE held (place INTEGER PRIMARY KEY AUTOINCREMENT, account BLOB NOT NULL, recipient BLOB NOT NULL,"
    " id BLOB NOT NULL, sender BLOB, size INTEGER NOT NULL, arrived INTEGER NOT NULL, due INTEGER NOT NULL,"
    " expires INTEGER NOT NULL, sealed BLOB NOT NULL, UNIQUE (account, id)) STRICT",
    "CREATE INDEX held_by_account ON held (account)",
    "CREATE INDEX held_by_recipient ON held (account, recipient)",
    "CREATE INDEX held_by_sender ON held (account, recipient, sender) WHERE sender IS NOT NULL",
    "CREATE INDEX held_by_expiry ON held (expires, account, recipient, size)",
    "CREATE INDEX held_for_later ON held (account, recipient, due) WHERE due > arrived",
    "CREATE TABLE queue (account BLOB, recipient BLOB, messages INTEGER NOT NULL, bytes INTEGER NOT NULL,"
    " PRIMARY KEY (account, recipient)) STRICT, WITHOUT ROWID",
    "CREATE TRIGGER held_more AFTER INSERT ON held BEGIN INSERT INTO queue VALUES"
    " (new.account, new.recipient, 1, new.size), (new.account, x'', 1, new.size), (x'', x'', 1, new.size)"
    " ON CONFLICT DO UPDATE SET messages = messages + 1, bytes = bytes + excluded.bytes; END",
    "CREATE TRIGGER held_less AFTER DELETE ON held BEGIN"
    " UPDATE queue SET messages = messages - 1, bytes = bytes - old.size"
    " WHERE account = old.account AND recipient IN (old.recipient, x'');"
    " UPDATE queue SET messages = messages - 1, bytes = bytes - old.size WHERE account = x'' AND recipient = x'';"
    " DELETE FROM queue WHERE account = old.account AND recipient IN (old.recipient, x'') AND messages = 0; END",
)


def _first(database: "Database") -> None:
    for statement in _FIRST:
        # failpoint: schema.statement
        database.execute(statement)
    database.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _mediation(database: "Database") -> None:
    for statement in _MEDIATION:
        database.execute(statement)


_QUEUES: Final = (
    "ALTER TABLE outgoing ADD COLUMN held INTEGER NOT NULL DEFAULT 0",
    "DROP INDEX outgoing_by_time",
    "CREATE INDEX outgoing_by_time ON outgoing (due, peer)",
    "CREATE INDEX outgoing_held ON outgoing (peer) WHERE held",
    "CREATE TABLE quarantine (place INTEGER PRIMARY KEY, mark BLOB NOT NULL UNIQUE, size INTEGER NOT NULL,"
    " at INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT",
)


def _queues(database: "Database") -> None:
    for statement in _QUEUES:
        # failpoint: schema.queues
        database.execute(statement)


_EVENTS: Final = (
    "CREATE TABLE event (place INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, subject BLOB NOT NULL,"
    " at INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT",
    "CREATE INDEX event_by_subject ON event (subject, place)",
    "CREATE INDEX event_by_time ON event (at)",
)


def _events(database: "Database") -> None:
    for statement in _EVENTS:
        database.execute(statement)


_CAMPAIGNS: Final = (
    "CREATE TABLE campaign (campaign BLOB PRIMARY KEY, version INTEGER NOT NULL, running INTEGER NOT NULL,"
    " at INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE recipient (campaign BLOB, thread BLOB, state BLOB NOT NULL, at INTEGER, chosen INTEGER NOT NULL,"
    " revision INTEGER NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (campaign, thread)) STRICT, WITHOUT ROWID",
    "CREATE INDEX recipient_by_state ON recipient (campaign, state, thread)",
    "CREATE INDEX recipient_by_time ON recipient (campaign, at, thread) WHERE at IS NOT NULL",
    "CREATE UNIQUE INDEX recipient_chosen ON recipient (campaign) WHERE chosen",
)


def _campaigns(database: "Database") -> None:
    for statement in _CAMPAIGNS:
        database.execute(statement)


_LATEST: Final = (
    "CREATE INDEX signed_by_peer ON signed (peer)",
    "CREATE INDEX signed_by_side ON signed (ours)",
    "CREATE INDEX item_by_kind ON item (kind)",
    "CREATE INDEX log_by_side ON log (ours, at)",
    "CREATE INDEX log_by_peer ON log (peer, ours, at)",
)


def _latest(database: "Database") -> None:
    for statement in _LATEST:
        database.execute(statement)


_SHALLOW: Final = (
    "CREATE TABLE peer_new (peer BLOB NOT NULL PRIMARY KEY, version INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT",
    "CREATE TABLE did_new (did BLOB NOT NULL PRIMARY KEY, peer BLOB NOT NULL REFERENCES peer_new,"
    " sealed BLOB NOT NULL) STRICT",
    "CREATE TABLE thread_new (peer BLOB NOT NULL, thid BLOB NOT NULL, version INTEGER NOT NULL, open INTEGER NOT NULL,"
    " sealed BLOB NOT NULL, PRIMARY KEY (peer, thid)) STRICT",
    "CREATE TABLE account_new (peer BLOB NOT NULL PRIMARY KEY, closed INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT",
    "CREATE TABLE route_new (did BLOB NOT NULL PRIMARY KEY, account BLOB NOT NULL, sealed BLOB NOT NULL) STRICT",
    *(f"INSERT INTO {table}_new SELECT * FROM {table}" for table in ("peer", "did", "thread", "account", "route")),
    *(f"DROP TABLE {table}" for table in ("did", "peer", "thread", "account", "route")),
    *(f"ALTER TABLE {table}_new RENAME TO {table}" for table in ("peer", "did", "thread", "account", "route")),
    "CREATE INDEX did_by_peer ON did (peer)",
    "CREATE INDEX thread_by_thid ON thread (thid)",
    "CREATE INDEX route_by_account ON route (account)",
    "DROP INDEX outgoing_by_time",  # by which many that are due at one moment, as after a start, had to be sorted
    "CREATE INDEX outgoing_by_time ON outgoing (due, place, peer)",
)


def _shallow(database: "Database") -> None:
    """WITHOUT ROWID keeps rows in the branches of the tree too: with 800 bytes each, a page branches four ways, and a
    million rows lie ten pages deep. Beside an index of bare names they lie three deep, and need no page of their own.
    """
    for statement in _SHALLOW:
        # failpoint: schema.shallow
        database.execute(statement)


_SAID: Final = (
    "DROP INDEX log_by_side",
    "DROP INDEX log_by_peer",
    "CREATE INDEX log_by_side ON log (at) WHERE ours = 1",
    "CREATE INDEX log_by_peer ON log (peer, at) WHERE ours = 1",
)


def _said(database: "Database") -> None:
    """What was heard is found by its thread. Nobody looks for it by its time, and each index of it costs a message that
    arrives a page of its own."""
    for statement in _SAID:
        # failpoint: schema.said
        database.execute(statement)


MIGRATIONS: tuple[Callable[["Database"], None], ...] = (
    _first,
    _mediation,
    _queues,
    _events,
    _campaigns,
    _latest,
    _shallow,
    _said,
)
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
    "quarantine": (("mark",), "0", ("at",)),
    "event": (("id",), "0", ("subject", "at")),
    "campaign": (("campaign",), "version", ("running", "at")),
    "recipient": (("campaign", "thread"), "revision", ("state", "at", "chosen")),
    "signed": (("peer", "digest"), "0", ("object", "ours", "seq", "at")),
    "account": (("peer",), "0", ("closed",)),
    "route": (("did",), "0", ("account",)),
    "held": (("account", "id"), "0", ("recipient", "sender", "size", "arrived", "due", "expires")),
}
"""What each record is bound to: its table's key, the revision (a column or a constant), the other columns."""
