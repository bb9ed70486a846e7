"""Messages on their way out, and the dead letters among them.

`due` says when a row is tried next, `held` that it waits because its last attempt failed, or that of an earlier one;
the other rows are fresh, or were delivered and wait to be acknowledged. Both only plan work and are not sealed.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from wallet.store.change import Outgoing
from wallet.store.transaction import Columns, Transaction, reader

_read = reader(tuple[str, str, str, bytes])
_read_dead = reader(tuple[str, str, str, int, str, bytes])
_ROW = "place, peer, id, due, until, held, sealed"


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
        "INSERT INTO outgoing (peer, id, due, until, held, sealed) VALUES (:peer, :id, :due, :until, :held, :sealed)"
        " ON CONFLICT (peer, id) DO UPDATE SET due = excluded.due, until = excluded.until, held = excluded.held,"
        " sealed = excluded.sealed"
    )
    tx.put(sql, peer=peer, id=id, due=row.due, until=row.until, held=int(row.held), sealed=sealed)


def fits(tx: Transaction, *, peer: bytes, most: int) -> bool:
    """Whether no more than `most` messages wait for one peer, or were given up. peer: blind."""
    sql = (
        "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM outgoing WHERE peer = :peer"
        " UNION ALL SELECT 1 FROM dead WHERE peer = :peer LIMIT 1 OFFSET :most)"
    )
    return most >= 0 and tx.guard(sql, peer=peer, most=most)


def retry(tx: Transaction, *, peer: str, id: str, due: int, record: bytes | None, held: bool) -> bool:
    """Try a message again at `due`, with another record if one is given. Returns False if it is not queued any more."""
    found = one(tx, peer=peer, id=id)
    if found is None:
        return False
    kept = found.record if record is None else record
    queue(tx, peer=tx.blind("peer", peer), name=peer, row=Outgoing(id, found.thid, due, found.until, kept, held))
    return True


def hold(tx: Transaction, *, peer: str, due: int, now: int, records: Sequence[tuple[str, bytes]]) -> None:
    """Let everything of one peer that is due, or held, wait until `due`. records: (id, record) of rows to put back."""
    for id, record in records:
        retry(tx, peer=peer, id=id, due=due, record=record, held=True)
    sql = "UPDATE outgoing SET due = :due, held = 1 WHERE peer = :peer AND (held = 1 OR due <= :now)"
    tx.run(sql, peer=tx.blind("peer", peer), due=due, now=now)


def wake(tx: Transaction, *, peer: str, at: int) -> int:
    """Make what is held for one peer due at `at`, if it would be later. Returns how many that moved."""
    sql = f"UPDATE outgoing SET due = :at WHERE peer = :peer AND {tx.flagged('held')} AND due > :at"
    return tx.run(sql, peer=tx.blind("peer", peer), at=at)


def holds(tx: Transaction, *, peer: str) -> bool:
    """Whether anything is held for this peer."""
    sql = f"SELECT 1 FROM outgoing WHERE peer = :peer AND {tx.flagged('held')} LIMIT 1"
    return tx.row(sql, peer=tx.blind("peer", peer)) is not None


def finish(tx: Transaction, *, peer: bytes, id: str) -> None:
    """Take a message out of the queue, if it is there. peer: blind."""
    sql = "DELETE FROM outgoing WHERE peer = :peer AND id = :id"
    tx.put(sql, peer=peer, id=tx.blind("outgoing.id", id))


def finish_all(tx: Transaction, *, messages: Iterable[tuple[str, str]]) -> None:
    """Take these out of the queue, (peer, id) each, as far as they are there."""
    for peer, id in messages:
        finish(tx, peer=tx.blind("peer", peer), id=id)


def hasten(tx: Transaction, *, now: int) -> int:
    """Hold everything, due at `now` at the latest: whoever was to try it may have gone. Returns how many rows."""
    return tx.run("UPDATE outgoing SET due = CASE WHEN due > :now THEN :now ELSE due END, held = 1", now=now)


def hasten_leased(tx: Transaction, *, now: int, within: int, after: int) -> int:
    """The same for what did not fail yet and is due later than in `after` seconds, in `within` at the latest."""
    sql = "UPDATE outgoing SET due = :now, held = 1 WHERE held = 0 AND due > :first AND due <= :last"
    return tx.run(sql, now=now, first=now + max(0, after), last=now + within)


def shift(tx: Transaction, *, by: int) -> int:
    """Move every plan by some seconds: the clock has jumped, and waits are as long as they were. Returns how many."""
    return tx.run("UPDATE outgoing SET due = CASE WHEN due + :by < 0 THEN 0 ELSE due + :by END", by=by)


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
        " ON CONFLICT (peer, id) DO UPDATE SET at = excluded.at, sealed = excluded.sealed"
    )
    tx.put(sql, peer=key, id=name, at=at, sealed=sealed)
    finish(tx, peer=key, id=id)
    return True


def revive(tx: Transaction, *, peer: str, row: Outgoing) -> bool:
    """Put a dead letter on its way again, as `row`. Returns False if it is not there."""
    if not discard(tx, peer=peer, id=row.id):
        return False
    queue(tx, peer=tx.blind("peer", peer), name=peer, row=row)
    return True


# -- reading ------------------------------------------------------------------------------------------------------


def one(tx: Transaction, *, peer: str, id: str) -> Outgoing | None:
    """A queued message."""
    sql = f"SELECT {_ROW} FROM outgoing WHERE peer = :peer AND id = :id"
    row = tx.row(sql, peer=tx.blind("peer", peer), id=tx.blind("outgoing.id", id))
    return _opened(tx, row)[1] if row else None


def due_peers(tx: Transaction, *, now: int, besides: Collection[str], limit: int) -> tuple[str, ...]:
    """Peers for whom something is due, besides these. limit: rows looked at."""
    apart, known = tx.none_of("peer", "known", (tx.blind("peer", peer) for peer in besides))
    sql = f"SELECT place, peer FROM outgoing WHERE due <= :now AND {apart} ORDER BY due, place LIMIT :limit"
    places: dict[bytes, int] = {}
    for place, peer in tx.rows(sql, now=now, known=known, limit=limit):
        places.setdefault(peer, place)
    found = (tx.row(f"SELECT {_ROW} FROM outgoing WHERE place = :place", place=place) for place in places.values())
    return tuple(_opened(tx, row)[0] for row in found if row)


def due(tx: Transaction, *, peer: str, now: int, after: int, limit: int) -> tuple[tuple[int, Outgoing], ...]:
    """What is due for one peer, in the order it was queued, with its places. after: the place to go on from."""
    sql = (
        f"SELECT {_ROW} FROM outgoing WHERE peer = :peer AND due <= :now AND place > :after ORDER BY place LIMIT :limit"
    )
    rows = tx.rows(sql, peer=tx.blind("peer", peer), now=now, after=after, limit=limit)
    return tuple((row[0], _opened(tx, row)[1]) for row in rows)


def expired(tx: Transaction, *, peer: str, now: int, limit: int) -> tuple[Outgoing, ...]:
    """What waits for one peer and need not be sent any more."""
    sql = f"SELECT {_ROW} FROM outgoing WHERE peer = :peer AND until <= :now ORDER BY place LIMIT :limit"
    return tuple(_opened(tx, row)[1] for row in tx.rows(sql, peer=tx.blind("peer", peer), now=now, limit=limit))


def waiting(tx: Transaction) -> Iterator[tuple[str, Outgoing]]:
    """Everything on its way out with its peer, in the order it was queued."""
    sql = f"SELECT {_ROW} FROM outgoing WHERE place > :after ORDER BY place LIMIT :page"
    return (_opened(tx, row) for row in tx.pages(sql, after=0))


def dead_letters(tx: Transaction) -> Iterator[DeadLetter]:
    """What was given up, oldest first."""
    sql = "SELECT place, peer, id, at, sealed FROM dead WHERE place > :after ORDER BY place LIMIT :page"
    return (_opened_dead(tx, row) for row in tx.pages(sql, after=0))


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
    _, peer, id, due, until, held, sealed = row
    name, real, thid, record = tx.unseal(_read, "outgoing", (peer, id), sealed, tags=(until,))
    return name, Outgoing(real, thid, due, until, record, bool(held))


def _opened_dead(tx: Transaction, row: Columns) -> DeadLetter:
    _, peer, id, at, sealed = row
    name, real, thid, until, why, record = tx.unseal(_read_dead, "dead", (peer, id), sealed, tags=(at,))
    return DeadLetter(name, Outgoing(real, thid, at, until, record), why, at)
