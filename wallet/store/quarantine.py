"""Messages that failed three times through a fault of ours, kept whole so that nothing is lost and nothing is retried.

Bounded: what no longer fits is refused by whoever wanted to keep it. Nothing is thrown out to make room.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from wallet.store.transaction import Columns, Transaction, reader

MOST_ROWS: Final = 1000
MOST_BYTES: Final = 64 * 1024 * 1024  # as they lie in the file

_read = reader(tuple[str, str, str, bytes])
_SIZE = "CAST(coalesce(sum(size), 0) AS BIGINT)"
_ROW = "place, mark, size, at, sealed"


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One message. sender: canonical DID, or "" if it failed before that was known; id: the message's own, or "".

    mark: see `mark_of`. packed: the envelope as it came. why: in words of ours. at: Unix seconds.
    """

    mark: bytes
    sender: str
    id: str
    packed: bytes
    why: str
    at: int


def mark_of(tx: Transaction, *, sender: str, id: str | bytes) -> bytes:
    """What a message is known by here, 16 bytes: blind, of its sender and its id (or, if unknown, of its bytes)."""
    name = id.lower().encode() if isinstance(id, str) else id
    return tx.blind("quarantine", len(sender).to_bytes(4, "big") + sender.encode() + name)


def keep(tx: Transaction, *, row: Quarantined) -> bool:
    """Keep one message; one with the same mark is replaced. Returns False if there is no room."""
    sealed = tx.seal("quarantine", (row.mark,), (row.sender, row.id, row.why, row.packed), tags=(row.at,))
    known = tx.row(f"SELECT count(*), {_SIZE} FROM quarantine WHERE mark <> :mark", mark=row.mark) or (0, 0)
    if known[0] >= MOST_ROWS or known[1] + len(sealed) > MOST_BYTES:
        return False
    sql = (
        "INSERT INTO quarantine (mark, size, at, sealed) VALUES (:mark, :size, :at, :sealed)"
        " ON CONFLICT (mark) DO UPDATE SET size = excluded.size, at = excluded.at, sealed = excluded.sealed"
    )
    tx.put(sql, mark=row.mark, size=len(sealed), at=row.at, sealed=sealed)
    return True


def marks(tx: Transaction) -> frozenset[bytes]:
    """The marks of everything in quarantine."""
    return frozenset(mark for (mark,) in tx.rows("SELECT mark FROM quarantine"))


def filled(tx: Transaction) -> tuple[int, int]:
    """How many messages there are, and bytes."""
    row = tx.row(f"SELECT count(*), {_SIZE} FROM quarantine")
    return (row[0], row[1]) if row else (0, 0)


def rows(tx: Transaction) -> Iterator[Quarantined]:
    """Everything in quarantine, oldest first."""
    sql = f"SELECT {_ROW} FROM quarantine WHERE place > :after ORDER BY place LIMIT :page"
    return (_opened(tx, row) for row in tx.pages(sql, after=0))


def one(tx: Transaction, *, mark: bytes) -> Quarantined | None:
    """One message."""
    row = tx.row(f"SELECT {_ROW} FROM quarantine WHERE mark = :mark", mark=mark)
    return _opened(tx, row) if row else None


def drop(tx: Transaction, *, mark: bytes) -> bool:
    """Let go of one message. Returns False if it is not there."""
    return tx.run("DELETE FROM quarantine WHERE mark = :mark", mark=mark) == 1


def _opened(tx: Transaction, row: Columns) -> Quarantined:
    _, mark, _, at, sealed = row
    sender, id, why, packed = tx.unseal(_read, "quarantine", (mark,), sealed, tags=(at,))
    return Quarantined(mark, sender, id, packed, why, at)
