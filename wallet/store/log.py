"""What was heard, so that nothing is heard twice, and what was said by either side, in order."""

from hmac import compare_digest

from wallet.store.change import Entry, Heard, Outcome
from wallet.store.transaction import Transaction, reader

_read = reader(tuple[str, str, bytes])


def hear(tx: Transaction, *, peer: bytes, row: Heard) -> Outcome:
    """Mark a message as heard, once. peer: blind. APPLIED, or, with nothing written, DUPLICATE or EQUIVOCATION.

    Ids are unique per peer, never across peers; they are compared without case.
    """
    id, digest = tx.blind("heard.id", row.id.lower()), tx.blind("heard.digest", row.digest)
    sql = "INSERT INTO heard VALUES (:peer, :id, :digest, :forget_at) ON CONFLICT DO NOTHING"
    if tx.run(sql, peer=peer, id=id, digest=digest, forget_at=row.forget_at):
        return Outcome.APPLIED
    known = tx.row("SELECT digest FROM heard WHERE peer = :peer AND id = :id", peer=peer, id=id)
    same = known is not None and compare_digest(known[0], digest)
    return Outcome.DUPLICATE if same else Outcome.EQUIVOCATION


def seen(tx: Transaction, *, peer: str, id: str) -> bool:
    """Whether a message of this peer was heard, and is not forgotten yet."""
    sql = "SELECT 1 FROM heard WHERE peer = :peer AND id = :id"
    return tx.row(sql, peer=tx.blind("peer", peer), id=tx.blind("heard.id", id.lower())) is not None


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


def log(tx: Transaction, *, peer: str, thid: str) -> tuple[Entry, ...]:
    """The lines of a thread, oldest first."""
    key, conversation = tx.blind("peer", peer), tx.blind("thid", thid)
    sql = "SELECT ours, id, at, sealed FROM log WHERE peer = :peer AND thid = :thid ORDER BY place"
    entries = []
    for ours, id, at, sealed in tx.rows(sql, peer=key, thid=conversation):
        real, name, record = tx.unseal(_read, "log", (key, conversation, ours, id), sealed, tags=(at,))
        entries.append(Entry(real, name, bool(ours), at, record))
    return tuple(entries)
