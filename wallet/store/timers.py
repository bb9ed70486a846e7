"""Moments at which a thread is looked at again."""

from collections.abc import Iterator

from wallet.store.change import Timer
from wallet.store.transaction import Columns, Transaction, reader

_read = reader(tuple[str, str, str])


def set(tx: Transaction, *, peer: bytes, name: str, row: Timer) -> None:
    """Set or move a timer. peer: blind. name: the same, as it is."""
    thid, timer = tx.blind("thid", row.thid), tx.blind("timer.name", row.name)
    sealed = tx.seal("timer", (peer, thid, timer), (name, row.thid, row.name), tags=(row.at,))
    sql = (
        "INSERT INTO timer (peer, thid, name, at, sealed) VALUES (:peer, :thid, :name, :at, :sealed)"
        " ON CONFLICT (peer, thid, name) DO UPDATE SET at = excluded.at, sealed = excluded.sealed"
    )
    tx.put(sql, peer=peer, thid=thid, name=timer, at=row.at, sealed=sealed)


def cancel(tx: Transaction, *, peer: bytes, thid: str, name: str) -> None:
    """Take a timer away, if it is there. peer: blind."""
    sql = "DELETE FROM timer WHERE peer = :peer AND thid = :thid AND name = :name"
    tx.put(sql, peer=peer, thid=tx.blind("thid", thid), name=tx.blind("timer.name", name))


def every(tx: Transaction) -> Iterator[tuple[str, Timer]]:
    """All timers with their peers, for a snapshot."""
    return (_opened(tx, row) for row in tx.each("SELECT peer, thid, name, at, sealed FROM timer"))


def one(tx: Transaction, *, peer: str, thid: str, name: str) -> Timer | None:
    """One timer."""
    sql = "SELECT peer, thid, name, at, sealed FROM timer WHERE peer = :peer AND thid = :thid AND name = :name"
    keys = {"peer": tx.blind("peer", peer), "thid": tx.blind("thid", thid), "name": tx.blind("timer.name", name)}
    row = tx.row(sql, **keys)
    return _opened(tx, row)[1] if row else None


def named(tx: Transaction, *, name: str, start: int, most: int) -> tuple[tuple[str, Timer], ...]:
    """Timers of one name, with their peers, earliest first. start: how many are left out before them."""
    sql = (
        "SELECT peer, thid, name, at, sealed FROM timer WHERE name = :name ORDER BY at, thid LIMIT :most OFFSET :start"
    )
    return tuple(_opened(tx, row) for row in tx.rows(sql, name=tx.blind("timer.name", name), most=most, start=start))


def count(tx: Transaction, *, name: str) -> int:
    """How many timers have one name; none is opened."""
    row = tx.row("SELECT count(*) FROM timer WHERE name = :name", name=tx.blind("timer.name", name))
    return int(row[0]) if row else 0


def due(tx: Transaction, *, now: int, limit: int) -> tuple[tuple[str, Timer], ...]:
    """Timers whose moment has come, with their peers, earliest first."""
    sql = "SELECT peer, thid, name, at, sealed FROM timer WHERE at <= :now ORDER BY at LIMIT :limit"
    return tuple(_opened(tx, row) for row in tx.rows(sql, now=now, limit=limit))


def _opened(tx: Transaction, row: Columns) -> tuple[str, Timer]:
    peer, thid, timer, at, sealed = row
    of, real, name = tx.unseal(_read, "timer", (peer, thid, timer), sealed, tags=(at,))
    return of, Timer(real, name, at)
