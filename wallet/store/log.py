"""What was heard, so that nothing is heard twice, and what was said by either side, in order."""

from collections.abc import Iterator
from hmac import compare_digest
from typing import Final, TypeAlias

from wallet.store import peers
from wallet.store.change import Entry, Heard, Outcome
from wallet.store.transaction import Columns, Transaction, Value, reader
from wallet.vault import BLIND

_read = reader(tuple[str, str, bytes])
CHECK: Final = 8  # bytes
Mark: TypeAlias = tuple[bytes, bytes]
FIRST: Final[Mark] = (b"", b"")  # before all marks, which are in the order of their blind peers and ids, or of time
AT_ONCE: Final = 5000  # marks looked at in one change, so that what else is to be written never waits for long
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
    sql = (
        "INSERT INTO heard (peer, id, digest, forget_at) VALUES (:peer, :id, :digest, :forget_at)"
        " ON CONFLICT (peer, id) DO NOTHING"
    )
    checked = digest + check_of(tx, peer, id, digest, forget_at)
    return tx.guard(sql, peer=peer, id=id, digest=checked, forget_at=forget_at)


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


def forget(tx: Transaction, *, now: int, after: Mark, most: int = AT_ONCE) -> tuple[int, Mark | None]:
    """Drop those of the next `most` marks whose time is over. after: where the last call ended; `FIRST` to begin with.

    Returns how many it were, and where to go on; None once it has gone past all of them.
    """
    if tx.by_time:
        return _forget_oldest(tx, now, after, most)
    begin = dict(zip(("peer", "id"), after))
    sql = "SELECT peer, id FROM heard WHERE (peer, id) > (:peer, :id) ORDER BY peer, id LIMIT 1 OFFSET :skip"
    last = tx.row(sql, skip=most - 1, **begin)
    sql = "DELETE FROM heard WHERE (peer, id) > (:peer, :id) AND forget_at <= :now"
    if last is None:
        return tx.run(sql, now=now, **begin), None
    dropped = tx.run(
        f"{sql} AND (peer, id) <= (:last_peer, :last_id)", now=now, last_peer=last[0], last_id=last[1], **begin
    )
    return dropped, (last[0], last[1])


def _forget_oldest(tx: Transaction, now: int, after: Mark, most: int) -> tuple[int, Mark | None]:
    """Likewise, looking at none but those: up to so many, and whatever was to be kept until the same second. The next
    call goes on after that second, for what was dropped stays in an index for a while."""
    since = int.from_bytes(after[0], "big", signed=True) if after != FIRST else -(2**63)
    sql = "SELECT forget_at FROM heard WHERE forget_at > :since AND forget_at <= :now ORDER BY forget_at"
    last = tx.row(f"{sql} LIMIT 1 OFFSET :skip", since=since, now=now, skip=most - 1)
    until = last[0] if last else now
    dropped = tx.run("DELETE FROM heard WHERE forget_at > :since AND forget_at <= :until", since=since, until=until)
    return dropped, (until.to_bytes(8, "big", signed=True), b"") if last else None


def add(tx: Transaction, *, peer: bytes, row: Entry) -> None:
    """Add one line to the end of its thread, once. peer: blind. Nothing is written if it was there before."""
    thid, id, ours = tx.blind("thid", row.thid), tx.blind("log.id", row.id), int(row.ours)
    sealed = tx.seal("log", (peer, thid, ours, id), (row.thid, row.id, row.record), tags=(row.at,))
    sql = (
        "INSERT INTO log (peer, thid, ours, id, at, sealed) VALUES (:peer, :thid, :ours, :id, :at, :sealed)"
        " ON CONFLICT (peer, thid, ours, id) DO NOTHING"
    )
    tx.put(sql, peer=peer, thid=thid, ours=ours, id=id, at=row.at, sealed=sealed)


def purge(tx: Transaction, *, peer: bytes, thid: str) -> None:
    """Delete what the other side said in a thread. peer: blind."""
    sql = "DELETE FROM log WHERE peer = :peer AND thid = :thid AND ours = 0"
    tx.put(sql, peer=peer, thid=tx.blind("thid", thid))


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
    """When the last line that is here of this peer was said or heard; 0 if there is none. Unix seconds.

    In a file, all that was heard of this peer is looked at.
    """
    sql, key = "SELECT max(at) FROM log WHERE peer = :peer AND ours = ", tx.blind("peer", peer)
    sides = (tx.row(f"{sql}{ours}", peer=key) for ours in (0, 1))
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
