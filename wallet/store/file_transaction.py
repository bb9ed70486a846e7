"""A connection to a wallet file together with the vault its records are sealed by, and SQLite's faults in our words."""

import errno
import json
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Final

from wallet.errors import Corrupt
from wallet.store.transaction import Columns, Transaction, Value
from wallet.vault import Vault

FAULTS: Final = (sqlite3.Error, UnicodeDecodeError)  # the latter when a message quotes damaged bytes


class FileTransaction(Transaction):
    """Every statement is executed at once."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlite3.Connection, vault: Vault) -> None:
        super().__init__(vault)
        self._connection = connection

    def run(self, sql: str, **values: Value) -> int:
        """Execute one statement. Returns how many rows it altered."""
        try:
            return self._connection.execute(sql, values).rowcount
        except FAULTS as fault:
            raise spoken(fault) from fault

    def put(self, sql: str, **values: Value) -> None:
        """Execute one statement."""
        try:
            self._connection.execute(sql, values)
        except FAULTS as fault:
            raise spoken(fault) from fault

    def row(self, sql: str, **values: Value) -> Columns | None:
        """The first row of a query."""
        try:
            found: Columns | None = self._connection.execute(sql, values).fetchone()
        except FAULTS as fault:
            raise spoken(fault) from fault
        return found

    def rows(self, sql: str, **values: Value) -> list[Columns]:
        """All rows of a query."""
        try:
            return self._connection.execute(sql, values).fetchall()
        except FAULTS as fault:
            raise spoken(fault) from fault

    def each(self, sql: str, **values: Value) -> Iterator[Columns]:
        """All rows of a query, one at a time. A read stands open meanwhile: for snapshots (see `snapshot.py`)."""
        try:
            yield from self._connection.execute(sql, values)
        except FAULTS as fault:
            raise spoken(fault) from fault

    def flagged(self, column: str) -> str:
        """The condition that a flag is set, word for word as in the index."""
        return column

    def none_of(self, column: str, name: str, names: Iterable[bytes]) -> tuple[str, Value]:
        """The condition that a column has none of these values, and the value of its parameter `name`."""
        condition = f"hex({column}) NOT IN (SELECT value FROM json_each(:{name}))"
        return condition, json.dumps([each.hex().upper() for each in names])

    def version(self) -> int:
        """A number that is another one once something was written since, by another connection than this."""
        row = self.row("PRAGMA data_version")
        return int(row[0]) if row else 0

    def damage(self) -> tuple[str, ...]:
        """Pages that SQLite cannot read, and indexes that do not fit."""
        return tuple(said for (said,) in self.rows("PRAGMA integrity_check(10)") if said != "ok")


def spoken(fault: Exception) -> Exception:
    """A fault of SQLite in our words: OSError if the disk or another program is in the way, else Corrupt."""
    code = getattr(fault, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return OSError(errno.ENOSPC, "the disk is full; the change was not written. Free space and try again.")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return OSError(errno.EBUSY, "another program has kept the wallet locked for 5 s; the change was not written")
    if isinstance(fault, sqlite3.OperationalError):
        return OSError(errno.EIO, f"cannot use the wallet file: {fault}; the change was not written")
    return Corrupt(f"the wallet file is damaged: {fault}. Restore it from a back-up.")
