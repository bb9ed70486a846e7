"""What an org's own systems are to hear, in the order in which it came about, until it has been told and is old.

Rows are told of by their place, which only grows; a row that is published again under its id is replaced where it is.
"""

from collections.abc import Iterator

from wallet.store.change import Event
from wallet.store.transaction import Columns, Transaction, reader

_read = reader(tuple[str, str, bytes])
_ROW = "place, id, subject, at, sealed"


def publish(tx: Transaction, *, row: Event) -> None:
    """Add an event, or replace the one with this id where it stands."""
    id, subject = tx.blind("event.id", row.id), tx.blind("event.subject", row.subject)
    sealed = tx.seal("event", (id,), (row.id, row.subject, row.record), tags=(subject, row.at))
    sql = (
        "INSERT INTO event (id, subject, at, sealed) VALUES (:id, :subject, :at, :sealed)"
        " ON CONFLICT (id) DO UPDATE SET subject = excluded.subject, at = excluded.at, sealed = excluded.sealed"
    )
    tx.put(sql, id=id, subject=subject, at=row.at, sealed=sealed)


def place_of(tx: Transaction, *, id: str) -> int:
    """Where an event stands; 0, before all others, if it is not there."""
    row = tx.row("SELECT place FROM event WHERE id = :id", id=tx.blind("event.id", id))
    return int(row[0]) if row else 0


def last(tx: Transaction) -> int:
    """The place of the newest event; 0 if there is none."""
    row = tx.row("SELECT max(place) FROM event")
    return int(row[0] or 0) if row else 0


def event(tx: Transaction, *, id: str) -> Event | None:
    """One event."""
    row = tx.row(f"SELECT {_ROW} FROM event WHERE id = :id", id=tx.blind("event.id", id))
    return _opened(tx, row)[1] if row else None


def after(tx: Transaction, *, place: int, limit: int) -> tuple[tuple[int, Event], ...]:
    """The next events after a place, with theirs."""
    sql = f"SELECT {_ROW} FROM event WHERE place > :place ORDER BY place LIMIT :limit"
    return tuple(_opened(tx, row) for row in tx.rows(sql, place=place, limit=limit))


def of(tx: Transaction, *, subject: str, place: int, limit: int) -> tuple[tuple[int, Event], ...]:
    """The next events of one subject at a place or after it, with theirs."""
    sql = f"SELECT {_ROW} FROM event WHERE subject = :subject AND place >= :place ORDER BY place LIMIT :limit"
    rows = tx.rows(sql, subject=tx.blind("event.subject", subject), place=place, limit=limit)
    return tuple(_opened(tx, row) for row in rows)


def newest(tx: Transaction, *, limit: int) -> tuple[tuple[int, Event], ...]:
    """The newest events with their places, newest first."""
    sql = f"SELECT {_ROW} FROM event ORDER BY place DESC LIMIT :limit"
    return tuple(_opened(tx, row) for row in tx.rows(sql, limit=limit))


def since(tx: Transaction, *, at: int) -> int:
    """The place of the first event of a moment or later; that after the newest one if there is none. at: Unix seconds.

    Events are added as they come about, so that their times grow with their places but for a clock that was set back.
    """
    row = tx.row("SELECT min(place) FROM event WHERE at >= :at", at=at)
    return int(row[0]) if row and row[0] is not None else last(tx) + 1


def count(tx: Transaction, *, place: int = 0) -> int:
    """How many events there are after a place."""
    row = tx.row("SELECT count(*) FROM event WHERE place > :place", place=place)
    return int(row[0]) if row else 0


def every(tx: Transaction) -> Iterator[Event]:
    """All events, oldest first."""
    sql = f"SELECT {_ROW} FROM event WHERE place > :after ORDER BY place LIMIT :page"
    return (_opened(tx, row)[1] for row in tx.pages(sql, after=0))


def forget(tx: Transaction, *, before: int, at: int, limit: int) -> int:
    """Drop the oldest events that stand before a place and are older than `at`. Returns how many."""
    sql = (
        "DELETE FROM event WHERE place IN"
        " (SELECT place FROM event WHERE place < :before AND at < :at ORDER BY place LIMIT :limit)"
    )
    return tx.run(sql, before=before, at=at, limit=limit)


def _opened(tx: Transaction, row: Columns) -> tuple[int, Event]:
    place, id, subject, at, sealed = row
    real, name, record = tx.unseal(_read, "event", (id,), sealed, tags=(subject, at))
    return place, Event(real, name, at, record)
