"""One tenant's wallet in a PostgreSQL database as one side of a move."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from wallet.errors import Unsupported
from wallet.store.server_schema import LATER, TABLES
from wallet.store.server_session import AS_IT_IS, FAULTS, Session, spoken
from wallet.store.server_sql import Statement
from wallet.store.transfer.marked import Marked
from wallet.store.transfer.tables import KEYS, OTHERS, Progress, Row

_AT_ONCE: Final = 200  # rows asked for in one round trip
_REMOVED_AT_ONCE: Final = 5_000
_THERE_ALREADY: Final = "23505"  # unique_violation
_NOTE: Final = (
    "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (tenant, name) DO UPDATE SET value = excluded.value"
)
_COLUMNS: Final = (
    "SELECT column_name::text, data_type::text FROM information_schema.columns"
    " WHERE table_schema = current_schema AND table_name = $1 AND column_name <> 'tenant' ORDER BY 1"
)
_NUMBERED: Final = (
    "SELECT table_name::text, pg_get_serial_sequence(table_name, column_name) FROM information_schema.columns"
    " WHERE table_schema = current_schema AND column_name = 'place' ORDER BY 1"
)


class ServerSide(Marked):
    """See `Side`. session: made for one tenant, of whom the database shows it every row and no other."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def columns(self, table: str) -> Sequence[str]:
        """The columns of a table but for the one that says whose a row is."""
        return [name for name, _ in await self._fetch(_COLUMNS, table)]

    async def rows(self, table: str, columns: Sequence[str], after: Row | None) -> AsyncGenerator[Row, None]:
        """The rows of a table in the order of its key, all as they are at one moment."""
        key = _key(table)
        wanted = [OTHERS] if table == "meta" else []
        if after is not None:
            wanted.append(f"({key}) > ({_marks(len(after))})")
        where = f" WHERE {' AND '.join(wanted)}" if wanted else ""
        statement, values = _statement(
            f"SELECT {', '.join(columns)} FROM {table}{where} ORDER BY {key}", *(after or ())
        )
        async with self._change(AS_IT_IS):
            cursor = await self._session.cursor(statement, values)
            while some := await cursor.fetch(_AT_ONCE):
                for row in some:
                    yield tuple(row)

    async def put(self, table: str, columns: Sequence[str], rows: Sequence[Row], progress: Progress) -> None:
        """Add rows and say how far that goes.

        Raises Unsupported if another tenant has them: blind names are a wallet's own, so it has a copy of this one.
        """
        types = dict(await self._fetch(_COLUMNS, table))
        arrays = ", ".join(f"${number}::{types[name]}[]" for number, name in enumerate(columns, 1))
        named = ", ".join(columns)
        as_it_is = " OVERRIDING SYSTEM VALUE" if "place" in columns else ""
        sql = f"INSERT INTO {table} ({named}){as_it_is} SELECT * FROM unnest({arrays})"
        try:
            async with self._change("BEGIN"):
                await self._session.arrays(sql, [list(column) for column in zip(*rows, strict=True)])
                await self.set_progress(progress)
                # failpoint: transfer.before-server-commit
        except OSError as fault:
            if getattr(fault.__cause__, "sqlstate", "") != _THERE_ALREADY:
                raise
            raise Unsupported(
                "another tenant of that database has this wallet already, and two copies of one must never both be"
                " used; it was not moved. Go on here with: freerange store keep; or remove the other one first:"
                " freerange store drop"
            ) from fault

    async def highest(self) -> dict[str, int]:
        """The highest place that each table has ever given, to whichever tenant."""
        sequences = await self._fetch(_NUMBERED)
        return {table: await self._given(sequence) for table, sequence in sequences}

    async def raise_to(self, highest: dict[str, int]) -> None:
        """Give places above these, and above those of every row that arrived, from now on."""
        for table, sequence in await self._fetch(_NUMBERED):
            [(arrived,)] = await self._fetch(f"SELECT coalesce(max(place), 0) FROM {table}")
            needed = max(highest.get(table, 0), arrived)
            async with self._change(f"BEGIN; LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"):  # none is given now
                if needed > await self._given(sequence):
                    await self._fetch("SELECT setval($1::text::regclass, $2)", sequence, needed)

    async def _given(self, sequence: str) -> int:
        [(last, called)] = await self._fetch(f"SELECT last_value, is_called FROM {sequence}")
        return int(last) if called else 0

    async def empty(self) -> bool:
        """Whether there is no wallet in here, nor a part of one."""
        return not await self._fetch("SELECT 1 FROM meta WHERE name <> 'program' LIMIT 1")

    async def clear(self) -> None:
        """Remove every row of a wallet that has not arrived."""
        async with self._change("BEGIN"):
            for table in reversed(KEYS):
                await self._removed(table, f" WHERE {OTHERS}" if table == "meta" else "")

    async def drop(self) -> int:
        """Remove what is in here for good, whole or not at all, and the tenant with it. Returns how many rows."""
        rows = 0
        async with self._change("BEGIN"):
            for table in ("queue", *(each for each in (*TABLES, *LATER) if each != "queue")):  # counts the rows of one
                rows += await self._removed(table)
            await self._fetch("DELETE FROM tenant")
        return rows

    async def _removed(self, table: str, where: str = "") -> int:
        """Remove rows of a table, all or some, in statements that are each soon answered. Returns how many."""
        rows = 0
        cursor = await self._session.cursor(Statement(f"SELECT ctid FROM {table}{where}", ()), {})
        while some := await cursor.fetch(_REMOVED_AT_ONCE):
            await self._session.arrays(f"DELETE FROM {table} WHERE ctid = ANY($1)", ([row[0] for row in some],))
            rows += len(some)
        return rows

    async def noted(self, name: str) -> bytes | None:
        """See `Marked`."""
        found = await self._fetch("SELECT value FROM meta WHERE name = $1", name)
        return bytes(found[0][0]) if found else None

    async def note(self, name: str, value: bytes | None) -> None:
        """See `Marked`."""
        if value is None:
            await self._fetch("DELETE FROM meta WHERE name = $1", name)
        else:
            await self._fetch(_NOTE, name, value)

    async def _fetch(self, sql: str, *values: int | str | bytes | None) -> list[Any]:
        try:
            return await self._session.fetch(*_statement(sql, *values))
        except FAULTS as fault:
            raise spoken(fault) from fault

    @asynccontextmanager
    async def _change(self, begin: str) -> AsyncIterator[None]:
        """One transaction; undone if anything fails in it."""
        try:
            await self._session.execute(begin)
            try:
                yield
            except BaseException as fault:
                if not self._session.spent(fault):
                    await self._session.execute("ROLLBACK")
                raise
            await self._session.execute("COMMIT")
        except FAULTS as fault:
            raise spoken(fault) from fault


def _statement(sql: str, *values: int | str | bytes | None) -> tuple[Statement, dict[str, Any]]:
    """A statement with $1, $2 ..., and their values."""
    names = tuple(f"p{number}" for number in range(len(values)))
    return Statement(sql, names), dict(zip(names, values, strict=True))


def _marks(count: int) -> str:
    return ", ".join(f"${number}" for number in range(1, count + 1))


def _key(table: str) -> str:
    """The key of a table, in the order of its bytes."""
    return ", ".join(f'{name} COLLATE "C"' if table == "meta" else name for name in KEYS[table])
