"""A wallet file as one side of a move."""

import sqlite3
from collections.abc import AsyncGenerator, Sequence

import msgspec

from wallet.store.file_transaction import FAULTS, spoken
from wallet.store.transfer.marked import Marked
from wallet.store.transfer.tables import KEYS, OTHERS, Progress, Row


def begin(connection: sqlite3.Connection) -> None:
    """Say of a file that was made just now that a wallet is to arrive in it."""
    connection.execute("INSERT INTO meta VALUES ('arriving', ?)", (msgspec.json.encode(Progress("")),))


class FileSide(Marked):
    """See `Side`. connection: to the wallet file, or to the one that is to become it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def columns(self, table: str) -> Sequence[str]:
        """The columns of a table."""
        return [name for _, name, *_ in self._run(f"PRAGMA table_info({table})")]

    async def rows(self, table: str, columns: Sequence[str], after: Row | None) -> AsyncGenerator[Row, None]:
        """The rows of a table in the order of its key."""
        key = ", ".join(KEYS[table])
        wanted = [OTHERS] if table == "meta" else []
        if after is not None:
            wanted.append(f"({key}) > ({', '.join('?' * len(after))})")
        where = f" WHERE {' AND '.join(wanted)}" if wanted else ""
        try:
            for row in self._run(f"SELECT {', '.join(columns)} FROM {table}{where} ORDER BY {key}", after or ()):
                yield row
        except FAULTS as fault:
            raise spoken(fault) from fault

    async def put(self, table: str, columns: Sequence[str], rows: Sequence[Row], progress: Progress) -> None:
        """Add rows and say how far that goes."""
        marks = ", ".join("?" * len(columns))
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)
            await self.set_progress(progress)
            # failpoint: transfer.before-file-commit
            self._connection.execute("COMMIT")
        except FAULTS as fault:
            raise spoken(fault) from fault
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    async def highest(self) -> dict[str, int]:
        """The highest place that each table has ever given, where none is given twice."""
        return {str(name): int(seq) for name, seq in self._run("SELECT name, seq FROM sqlite_sequence")}

    async def empty(self) -> bool:
        """Whether there is no wallet in here, nor a part of one."""
        return self._run("SELECT 1 FROM meta WHERE name != 'program'").fetchone() is None

    async def clear(self) -> None:
        """Remove every row of a wallet that has not arrived."""
        self._run("BEGIN IMMEDIATE")
        for table in reversed(KEYS):
            self._run(f"DELETE FROM {table}" + (f" WHERE {OTHERS}" if table == "meta" else ""))
        self._run("COMMIT")

    async def raise_to(self, highest: dict[str, int]) -> None:
        """Give places above these from now on."""
        tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'"
        never_twice = {str(name) for (name,) in self._run(tables)}
        for name, place in highest.items():
            if name not in never_twice:
                continue
            self._run("DELETE FROM sqlite_sequence WHERE name = ?", (name,))
            self._run("INSERT INTO sqlite_sequence VALUES (?, ?)", (name, place))

    async def noted(self, name: str) -> bytes | None:
        """See `Marked`."""
        found = self._run("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return bytes(found[0]) if found else None

    async def note(self, name: str, value: bytes | None) -> None:
        """See `Marked`."""
        if value is None:
            self._run("DELETE FROM meta WHERE name = ?", (name,))
        else:
            self._run("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def _run(self, sql: str, values: Row = ()) -> sqlite3.Cursor:
        try:
            return self._connection.execute(sql, values)
        except FAULTS as fault:
            raise spoken(fault) from fault
