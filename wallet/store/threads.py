"""Conversations."""

from collections.abc import Iterator

from wallet.store.change import Thread
from wallet.store.transaction import Columns, Transaction, reader

_read = reader(tuple[str, str, bytes])


def thread(tx: Transaction, *, peer: str, thid: str) -> Thread | None:
    """One thread."""
    sql = "SELECT thid, peer, version, open, sealed FROM thread WHERE peer = :peer AND thid = :thid"
    row = tx.row(sql, peer=tx.blind("peer", peer), thid=tx.blind("thid", thid))
    return _opened(tx, row)[1] if row else None


def threads(tx: Transaction, *, peer: str | None, only_open: bool) -> Iterator[tuple[str, Thread]]:
    """The threads with one peer, or with all, each with its peer; in no order."""
    sql = (
        "SELECT thid, peer, version, open, sealed FROM thread WHERE peer = :peer AND thid > :after AND open >= :least"
        " ORDER BY thid LIMIT :page"
    )
    keys = tx.rows("SELECT DISTINCT peer FROM thread") if peer is None else [(tx.blind("peer", peer),)]
    for (key,) in keys:
        for row in tx.pages(sql, peer=key, least=int(only_open), after=b""):
            yield _opened(tx, row)


def every(tx: Transaction) -> Iterator[tuple[str, Thread]]:
    """All threads with their peers, for a snapshot."""
    return (_opened(tx, row) for row in tx.each("SELECT thid, peer, version, open, sealed FROM thread"))


_SPOKEN = (
    "SELECT peer, thid, max(place) AS last"
    " FROM (SELECT peer, thid, place FROM log ORDER BY place DESC LIMIT :lines) AS lines GROUP BY peer, thid"
)


def newest(tx: Transaction, *, lines: int, start: int, most: int) -> tuple[tuple[str, Thread], ...]:
    """The threads of which the newest lines of the log tell, with their peers; where something was said last, first.

    lines: how many are looked at, so that it costs the same however long the log is. start: threads left out before.
    """
    sql = (
        "SELECT thread.thid, thread.peer, version, open, sealed"
        f" FROM ({_SPOKEN}) AS spoken JOIN thread ON thread.peer = spoken.peer AND thread.thid = spoken.thid"
        " ORDER BY last DESC LIMIT :most OFFSET :start"
    )
    return tuple(_opened(tx, row) for row in tx.rows(sql, lines=lines, start=start, most=most))


def newest_count(tx: Transaction, *, lines: int) -> int:
    """How many threads the newest lines of the log tell of."""
    row = tx.row(f"SELECT count(*) FROM ({_SPOKEN}) AS spoken", lines=lines)
    return int(row[0]) if row else 0


def with_thid(tx: Transaction, *, thid: str) -> tuple[tuple[str, Thread], ...]:
    """The threads of this id, with their peers: ids are unique per peer, so there may be several."""
    sql = "SELECT thid, peer, version, open, sealed FROM thread WHERE thid = :thid"
    return tuple(_opened(tx, row) for row in tx.rows(sql, thid=tx.blind("thid", thid)))


def write(tx: Transaction, *, peer: bytes, name: str, row: Thread) -> bool:
    """Store a thread at version + 1. peer: blind. name: the same, as it is.

    Returns False, having written nothing, if it is not at `version` now.
    """
    thid = tx.blind("thid", row.thid)
    record = (name, row.thid, row.record)
    sealed = tx.seal("thread", (peer, thid), record, revision=row.version + 1, tags=(int(row.open),))
    if row.version == 0:
        sql = (
            "INSERT INTO thread (peer, thid, version, open, sealed) VALUES (:peer, :thid, :version + 1, :open, :sealed)"
            " ON CONFLICT (peer, thid) DO NOTHING"
        )
    else:
        sql = (
            "UPDATE thread SET version = version + 1, open = :open, sealed = :sealed"
            " WHERE peer = :peer AND thid = :thid AND version = :version"
        )
    return tx.guard(sql, peer=peer, thid=thid, version=row.version, open=int(row.open), sealed=sealed)


def _opened(tx: Transaction, row: Columns) -> tuple[str, Thread]:
    thid, peer, version, still_open, sealed = row
    name, real, record = tx.unseal(_read, "thread", (peer, thid), sealed, revision=version, tags=(still_open,))
    return name, Thread(real, version, bool(still_open), record)
