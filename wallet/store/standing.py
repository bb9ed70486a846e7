"""How much waits, counted no further than anybody needs to know: looking at a queue of millions holds up nobody."""

from dataclasses import dataclass
from typing import Final

from wallet.store import held
from wallet.store.transaction import Transaction, Value

MOST: Final = 50_000  # rows of one table that are counted; one more stands for any number beyond
QUEUES: Final = ("outgoing", "dead", "quarantine", "question", "timer", "held", "event")
ROWS: Final = 4000  # of each table at one step round the peers; several times what may wait for one of them


def counted(tx: Transaction, *, table: str, most: int = MOST) -> int:
    """How many rows a table has; `most` + 1 if they are more than that."""
    row = tx.row(f"SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT :most + 1) AS known", most=most)
    return int(row[0]) if row else 0


def queues(tx: Transaction) -> dict[str, int]:
    """How much waits, by table. What a mediator holds is counted by the database itself, as it comes and goes."""
    return {table: held.in_all(tx)[0] if table == "held" else counted(tx, table=table) for table in QUEUES}


def in_words(count: int) -> str:
    """A count as people read it."""
    return f"more than {MOST:,}" if count > MOST else str(count)


def first_due(tx: Transaction) -> int | None:
    """When the first of the messages on their way out is due, Unix seconds; None if there are none."""
    row = tx.row("SELECT min(due) FROM outgoing")
    return row[0] if row else None


# -- for one peer --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Crowd:
    """For how many messages at most one peer is waited for, as far as was looked: a round goes past every peer.

    after: the blind peer at which the last step ended. so_far: the most in this round; before: in the last whole one.
    """

    after: bytes = b""
    so_far: int = 0
    before: int = 0

    @property
    def most(self) -> int:
        """The most that is known of: what has gone since the last round may be in it."""
        return max(self.so_far, self.before)


def step(tx: Transaction, *, known: Crowd, rows: int = ROWS) -> Crowd:
    """The next step round the peers for whom messages wait, or were given up; small queues are gone round in one."""
    waits: dict[bytes, int] = {}
    ends: list[bytes] = []  # where there are more than one step reads: that peer may have more than was seen
    for table in ("outgoing", "dead"):
        found = _some(tx, table, known.after, rows)
        for peer, count in found:
            waits[peer] = waits.get(peer, 0) + count
        if sum(count for _, count in found) == rows:
            ends.append(found[-1][0])
    if not ends:
        return Crowd(before=max(known.so_far, *waits.values(), 0))
    whole = {peer: count for peer, count in waits.items() if peer < min(ends)} or {min(ends): waits[min(ends)]}
    return Crowd(max(whole), max(known.so_far, *whole.values()), known.before)


def _some(tx: Transaction, table: str, after: bytes, rows: int) -> list[tuple[bytes, int]]:
    """How many of the next rows of a table each peer has, in order of the peers."""
    sql = (
        f"SELECT peer, count(*) FROM (SELECT peer FROM {table} WHERE peer > :after ORDER BY peer LIMIT :rows) AS known"
        " GROUP BY peer ORDER BY peer"
    )
    values: dict[str, Value] = {"after": after, "rows": rows}
    return [(bytes(peer), int(count)) for peer, count in tx.rows(sql, **values)]
