"""Messages on their way out, and the dead letters among them."""

from collections.abc import Iterable
from dataclasses import dataclass

from wallet.store.change import Outgoing
from wallet.store.transaction import Columns, Transaction, reader

_read = reader(tuple[str, str, str, bytes])
_read_dead = reader(tuple[str, str, str, int, str, bytes])
_ROW = "place, peer, id, due, until, sealed"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message given up. why: in words for the owner. at: when."""

    peer: str
    message: Outgoing
    why: str
    at: int


def queue(tx: Transaction, *, peer: bytes, name: str, row: Outgoing) -> None:
    """Put a message on its way; one with the same id is replaced. peer: blind. name: the same, as it is."""
    id = tx.blind("outgoing.id", row.id)
    sealed = tx.seal("outgoing", (peer, id), (name, row.id, row.thid, row.record), tags=(row.until,))
    sql = (
        "INSERT INTO outgoing (peer, id, due, until, sealed) VALUES (:peer, :id, :due, :until, :sealed)"
        " ON CONFLICT (peer, id) DO UPDATE SET due = :due, until = :until, sealed = :sealed"
    )
    tx.run(sql, peer=peer, id=id, due=row.due, until=row.until, sealed=sealed)


def retry(tx: Transaction, *, peer: str, id: str, due: int, record: bytes | None) -> bool:
    """Try a message again at `due`, with another record if one is given. Returns False if it is not queued any more."""
    found = one(tx, peer=peer, id=id)
    if found is None:
        return False
    kept = found.record if record is None else record
    queue(tx, peer=tx.blind("peer", peer), name=peer, row=Outgoing(id, found.thid, due, found.until, kept))
    return True


def finish(tx: Transaction, *, peer: bytes, id: str) -> bool:
    """Take a message out of the queue. peer: blind. Returns False if it was not there."""
    sql = "DELETE FROM outgoing WHERE peer = :peer AND id = :id"
    return tx.run(sql, peer=peer, id=tx.blind("outgoing.id", id)) == 1


def finish_all(tx: Transaction, *, messages: Iterable[tuple[str, str]]) -> None:
    """Take these out of the queue, (peer, id) each, as far as they are there."""
    for peer, id in messages:
        finish(tx, peer=tx.blind("peer", peer), id=id)


def hasten(tx: Transaction, *, now: int) -> int:
    """Make everything due at `now` at the latest. Returns how many that moved."""
    return tx.run("UPDATE outgoing SET due = :now WHERE due > :now", now=now)


def bury(tx: Transaction, *, peer: str, id: str, why: str, at: int) -> bool:
    """Give a message up, and keep it for inspection. Returns False if it is not queued any more."""
    found, key = one(tx, peer=peer, id=id), tx.blind("peer", peer)
    if found is None:
        return False
    name = tx.blind("outgoing.id", id)
    record = (peer, id, found.thid, found.until, why, found.record)
    sealed = tx.seal("dead", (key, name), record, tags=(at,))
    sql = (
        "INSERT INTO dead (peer, id, at, sealed) VALUES (:peer, :id, :at, :sealed)"
        " ON CONFLICT (peer, id) DO UPDATE SET at = :at, sealed = :sealed"
    )
    tx.run(sql, peer=key, id=name, at=at, sealed=sealed)
    return finish(tx, peer=key, id=id)


def one(tx: Transaction, *, peer: str, id: str) -> Outgoing | None:
    """A queued message."""
    sql = f"SELECT {_ROW} FROM outgoing WHERE peer = :peer AND id = :id"
    row = tx.row(sql, peer=tx.blind("peer", peer), id=tx.blind("outgoing.id", id))
    return _opened(tx, row)[1] if row else None


def due(tx: Transaction, *, now: int, limit: int) -> tuple[tuple[str, Outgoing], ...]:
    """What is due, with its peers, earliest first; of equals, what was queued first."""
    sql = f"SELECT {_ROW} FROM outgoing WHERE due <= :now ORDER BY due, place LIMIT :limit"
    return tuple(_opened(tx, row) for row in tx.rows(sql, now=now, limit=limit))


def dead_letters(tx: Transaction) -> tuple[DeadLetter, ...]:
    """What was given up, oldest first."""
    sql = "SELECT place, peer, id, at, sealed FROM dead ORDER BY place"
    return tuple(_opened_dead(tx, row) for row in tx.rows(sql))


def dead_letter(tx: Transaction, *, peer: str, id: str) -> DeadLetter | None:
    """One that was given up."""
    sql = "SELECT place, peer, id, at, sealed FROM dead WHERE peer = :peer AND id = :id"
    row = tx.row(sql, peer=tx.blind("peer", peer), id=tx.blind("outgoing.id", id))
    return _opened_dead(tx, row) if row else None


def discard(tx: Transaction, *, peer: str, id: str) -> bool:
    """Throw a dead letter away. Returns False if it is not there."""
    sql = "DELETE FROM dead WHERE peer = :peer AND id = :id"
    return tx.run(sql, peer=tx.blind("peer", peer), id=tx.blind("outgoing.id", id)) == 1


def _opened(tx: Transaction, row: Columns) -> tuple[str, Outgoing]:
    _, peer, id, due, until, sealed = row
    name, real, thid, record = tx.unseal(_read, "outgoing", (peer, id), sealed, tags=(until,))
    return name, Outgoing(real, thid, due, until, record)


def _opened_dead(tx: Transaction, row: Columns) -> DeadLetter:
    _, peer, id, at, sealed = row
    name, real, thid, until, why, record = tx.unseal(_read_dead, "dead", (peer, id), sealed, tags=(at,))
    return DeadLetter(name, Outgoing(real, thid, at, until, record), why, at)
