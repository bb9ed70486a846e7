"""What was heard, so that nothing is heard twice, and what was said by either side, in order."""

from collections.abc import Iterator
from hmac import compare_digest
from typing import Final

from wallet.store import peers
from wallet.store.change import Entry, Heard, Outcome
from wallet.store.transaction import Columns, Transaction, Value, reader
from wallet.vault import BLIND

_read = reader(tuple[str, str, bytes])
CHECK: Final = 8  # bytes
_ROW = "peer, thid, ours, id, at, sealed"


def hear(tx: Transaction, *, peer: bytes, name: str, row: Heard) -> Outcome:
    """Mark a message as heard, once. peer: blind. name: the same, as it is.

    APPLIED, or, with nothing written, DUPLICATE or EQUIVOCATION. Ids are unique per peer, never across peers; they are
    compared without case.
    """
    for former in tx.vault.former:  # only in a wallet that was restored not long ago
        known_as, called, said = former.blind(name, row.id.lower(), row.digest)
        before = tx.row("SELECT digest FROM heard WHERE peer = :peer AND id = :id", peer=known_as, id=called)
        if before is not None:
            return Outcome.DUPLICATE if compare_digest(before[0][:BLIND], said) else Outcome.EQUIVOCATION
    id, digest = tx.blind("heard.id", row.id.lower()), tx.blind("heard.digest", row.digest)
    if mark(tx, peer=peer, id=id, digest=digest, forget_at=row.forget_at):
        return Outcome.APPLIED
    known = tx.row("SELECT digest FROM heard WHERE peer = :peer AND id = :id", peer=peer, id=id)
    same = known is not None and compare_digest(known[0][:BLIND], digest)
    return Outcome.DUPLICATE if same else Outcome.EQUIVOCATION


def mark(tx: Transaction, *, peer: bytes, id: bytes, digest: bytes, forget_at: int) -> bool:
    """Write a mark, all blind, with a check of it behind the digest. Returns False if this message has one."""
    sql = "INSERT INTO heard VALUES (:peer, :id, :digest, :forget_at) ON CONFLICT DO NOTHING"
    checked = digest + check_of(tx, peer, id, digest, forget_at)
    return tx.run(sql, peer=peer, id=id, digest=checked, forget_at=forget_at) == 1


def check_of(tx: Transaction, peer: bytes, id: bytes, digest: bytes, forget_at: int) -> bytes:
    """By which a damaged mark is told: 8 bytes. Marks of the first release have none."""
    return tx.blind("heard.check", peer + id + digest + forget_at.to_bytes(8, "big", signed=True))[:CHECK]


def damaged_marks(tx: Transaction) -> int:
    """How many marks are not as they were written."""
    found = 0
    for peer, id, digest, forget_at in tx.each("SELECT peer, id, digest, forget_at FROM heard"):
        said, check = digest[:BLIND], digest[BLIND:]
        found += len(digest) != BLIND and check != check_of(tx, peer, id, said, forget_at)
    return found


def seen(tx: Transaction, *, peer: str, id: str) -> bool:
    """Whether a message of this peer was heard, and is not forgotten yet."""
    names = [(tx.blind("peer", peer), tx.blind("heard.id", id.lower()))]
    names += [each.blind(peer, id.lower(), b"")[:2] for each in tx.vault.former]
    sql = "SELECT 1 FROM heard WHERE peer = :peer AND id = :id"
    return any(tx.row(sql, peer=key, id=called) is not None for key, called in names)


def forget(tx: Transaction, *, now: int) -> int:
    """Drop the marks whose time is over. Returns how many."""
    return tx.run("DELETE FROM heard WHERE forget_at <= :now", now=now)


def add(tx: Transaction, *, peer: bytes, row: Entry) -> bool:
    """Add one line to the end of its thread, once. peer: blind. Returns False if it was there before."""
    thid, id, ours = tx.blind("thid", row.thid), tx.blind("log.id", row.id), int(row.ours)
    sealed = tx.seal("log", (peer, thid, ours, id), (row.thid, row.id, row.record), tags=(row.at,))
    sql = (
        "INSERT INTO log (peer, thid, ours, id, at, sealed) VALUES (:peer, :thid, :ours, :id, :at, :sealed)"
        " ON CONFLICT DO NOTHING"
    )
    return tx.run(sql, peer=peer, thid=thid, ours=ours, id=id, at=row.at, sealed=sealed) == 1


def purge(tx: Transaction, *, peer: bytes, thid: str) -> int:
    """Delete what the other side said in a thread. peer: blind. Returns how many lines."""
    sql = "DELETE FROM log WHERE peer = :peer AND thid = :thid AND ours = 0"
    return tx.run(sql, peer=peer, thid=tx.blind("thid", thid))


def log(tx: Transaction, *, peer: str, thid: str) -> tuple[Entry, ...]:
    """The lines of a thread, oldest first."""
    sql = f"SELECT {_ROW} FROM log WHERE peer = :peer AND thid = :thid ORDER BY place"
    return tuple(_opened(tx, row) for row in tx.rows(sql, peer=tx.blind("peer", peer), thid=tx.blind("thid", thid)))


def newest(tx: Transaction, *, peer: str, thid: str, most: int) -> tuple[tuple[int, Entry], ...]:
    """The last lines of a thread, the newest first, each with its place among all lines of all threads."""
    sql = f"SELECT place, {_ROW} FROM log WHERE peer = :peer AND thid = :thid ORDER BY place DESC LIMIT :most"
    rows = tx.rows(sql, peer=tx.blind("peer", peer), thid=tx.blind("thid", thid), most=most)
    return tuple((place, _opened(tx, tuple(row))) for place, *row in rows)


def count(tx: Transaction, *, peer: str, thid: str) -> int:
    """How many lines a thread has."""
    sql = "SELECT count(*) FROM log WHERE peer = :peer AND thid = :thid"
    row = tx.row(sql, peer=tx.blind("peer", peer), thid=tx.blind("thid", thid))
    return int(row[0]) if row else 0


def last(tx: Transaction, *, peer: str) -> int:
    """When the last line that is here of this peer was said or heard; 0 if there is none. Unix seconds."""
    sql, key = "SELECT max(at) FROM log WHERE peer = :peer AND ours = :ours", tx.blind("peer", peer)
    sides = (tx.row(sql, peer=key, ours=ours) for ours in (0, 1))
    return max(int(row[0] or 0) for row in sides if row)


def said(
    tx: Transaction, *, peer: str | None, since: int, until: int, start: int, most: int
) -> tuple[tuple[str, Entry], ...]:
    """What we said from one moment to before another, the newest first, with whom: to one peer, or to all.

    start: how many lines are left out before those.
    """
    where, values = _ours(tx, peer, since, until)
    sql = f"SELECT {_ROW} FROM log WHERE {where} ORDER BY at DESC, place DESC LIMIT :most OFFSET :start"
    rows = tx.rows(sql, start=start, most=most, **values)
    names = {key: peers.name_of(tx, key=key) or "" for key in {row[0] for row in rows}}
    return tuple((names[row[0]], _opened(tx, row)) for row in rows)


def count_said(tx: Transaction, *, peer: str | None, since: int, until: int) -> int:
    """How many lines that is."""
    where, values = _ours(tx, peer, since, until)
    row = tx.row(f"SELECT count(*) FROM log WHERE {where}", **values)
    return int(row[0]) if row else 0


def first_said(tx: Transaction) -> int:
    """When we first said anything that is here; 0 if we never did. Unix seconds."""
    row = tx.row("SELECT min(at) FROM log WHERE ours = 1")
    return int(row[0] or 0) if row else 0


def _ours(tx: Transaction, peer: str | None, since: int, until: int) -> tuple[str, dict[str, Value]]:
    """Which lines are meant, in SQL."""
    values: dict[str, Value] = {"since": since, "until": until}
    if peer is None:
        return "ours = 1 AND at >= :since AND at < :until", values
    return "peer = :peer AND ours = 1 AND at >= :since AND at < :until", values | {"peer": tx.blind("peer", peer)}


def line(tx: Transaction, *, peer: str, thid: str, ours: bool, id: str) -> Entry | None:
    """One line of a thread."""
    sql = f"SELECT {_ROW} FROM log WHERE peer = :peer AND thid = :thid AND ours = :ours AND id = :id"
    keys = {"peer": tx.blind("peer", peer), "thid": tx.blind("thid", thid), "id": tx.blind("log.id", id)}
    row = tx.row(sql, ours=int(ours), **keys)
    return _opened(tx, row) if row else None


def every(tx: Transaction) -> Iterator[tuple[bytes, Entry]]:
    """All lines with their blind peers, oldest first, for a snapshot."""
    return ((row[0], _opened(tx, row)) for row in tx.each(f"SELECT {_ROW} FROM log ORDER BY place"))


def _opened(tx: Transaction, row: Columns) -> Entry:
    peer, thid, ours, id, at, sealed = row
    real, name, record = tx.unseal(_read, "log", (peer, thid, ours, id), sealed, tags=(at,))
    return Entry(real, name, bool(ours), at, record)
