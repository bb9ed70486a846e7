"""Which of several processes has a live line to a peer: a row for each, good as long as the process lives.

worker: the number under which it holds a lock in the database for as long as it lives, so that a row left by one that
was killed is known for what it is. Only a database on a server has such rows.
"""

from collections.abc import Iterable
from typing import NamedTuple

from wallet.store.transaction import Transaction


def come(tx: Transaction, *, peer: str, worker: int, since: int) -> None:
    """There is a line to this peer now. since: Unix seconds."""
    sql = (
        "INSERT INTO line (peer, worker, since) VALUES (:peer, :worker, :since)"
        " ON CONFLICT (peer, worker) DO UPDATE SET since = excluded.since"
    )
    tx.put(sql, peer=tx.blind("peer", peer), worker=worker, since=since)


def gone(tx: Transaction, *, peers: Iterable[str], worker: int) -> None:
    """There is no line to these any more."""
    for peer in peers:
        sql = "DELETE FROM line WHERE peer = :peer AND worker = :worker"
        tx.put(sql, peer=tx.blind("peer", peer), worker=worker)


def sweep(tx: Transaction) -> int:
    """Remove what those have left who are gone. Returns how many rows."""
    return tx.run("DELETE FROM line WHERE pg_try_advisory_xact_lock_shared(worker)")


class Look(NamedTuple):
    """What a process has to know before it says something to a peer. elsewhere: the process, another one than this,
    that has had a line to it most recently; held: whether anything for it waits because an attempt failed; version: of
    the relationship, 0 if there is none."""

    elsewhere: int | None
    held: bool
    version: int


def look(tx: Transaction, *, peer: str, worker: int) -> Look:
    """All of that at one moment."""
    sql = (
        "SELECT (SELECT worker FROM line WHERE peer = :peer AND worker <> :worker"
        " AND NOT pg_try_advisory_xact_lock_shared(worker) ORDER BY since DESC LIMIT 1) AS elsewhere,"
        f" EXISTS (SELECT 1 FROM outgoing WHERE peer = :peer AND {tx.flagged('held')}) AS held,"
        " (SELECT version FROM peer WHERE peer = :peer) AS version"
    )
    row = tx.row(sql, peer=tx.blind("peer", peer), worker=worker)
    assert row is not None, "it has no condition"
    return Look(row[0], bool(row[1]), row[2] or 0)
