"""What waits for the owner."""

from wallet.store.change import Question
from wallet.store.transaction import Columns, Transaction, reader

_read = reader(tuple[str, str, str, bytes])


def question(tx: Transaction, *, id: str) -> tuple[str, Question] | None:
    """One open question, and the peer it came up with."""
    row = tx.row("SELECT peer, id, at, sealed FROM question WHERE id = :id", id=tx.blind("question.id", id))
    return _opened(tx, row) if row else None


def questions(tx: Transaction) -> tuple[tuple[str, Question], ...]:
    """All open questions with their peers, oldest first."""
    return tuple(_opened(tx, row) for row in tx.rows("SELECT peer, id, at, sealed FROM question ORDER BY at, id"))


def count(tx: Transaction) -> int:
    """How many are open."""
    row = tx.row("SELECT count(*) FROM question")
    return int(row[0]) if row else 0


def ask(tx: Transaction, *, peer: bytes, name: str, row: Question) -> None:
    """Put a question; the same id again replaces it. peer: blind. name: the same, as it is."""
    id = tx.blind("question.id", row.id)
    sealed = tx.seal("question", (peer, id), (name, row.id, row.thid, row.record), tags=(row.at,))
    sql = (
        "INSERT INTO question (peer, id, at, sealed) VALUES (:peer, :id, :at, :sealed)"
        " ON CONFLICT (peer, id) DO UPDATE SET at = excluded.at, sealed = excluded.sealed"
    )
    tx.put(sql, peer=peer, id=id, at=row.at, sealed=sealed)


def settle(tx: Transaction, *, peer: bytes, id: str) -> bool:
    """Close a question. peer: blind. Returns False if it is not open."""
    sql = "DELETE FROM question WHERE peer = :peer AND id = :id"
    return tx.guard(sql, peer=peer, id=tx.blind("question.id", id))


def _opened(tx: Transaction, row: Columns) -> tuple[str, Question]:
    peer, id, at, sealed = row
    name, real, thid, record = tx.unseal(_read, "question", (peer, id), sealed, tags=(at,))
    return name, Question(real, thid, at, record)
