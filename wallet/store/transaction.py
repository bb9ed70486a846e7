"""A connection together with the vault its records are sealed by: what every function of a subject works on."""

import errno
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias, TypeVar

import msgspec

from wallet.errors import Corrupt, Malformed
from wallet.vault import Vault

T = TypeVar("T")
Value: TypeAlias = int | str | bytes | None
Columns: TypeAlias = tuple[Any, ...]  # what is in them is for the statement to say, which no checker reads

FAULTS: Final = (sqlite3.Error, UnicodeDecodeError)  # the latter when a message quotes damaged bytes
MOST_RECORD: Final = 64 * 1024 * 1024  # bytes; an export carries it in a line, in base64
PAGE: Final = 256  # rows read at a time, so that no read stands open while its caller does something else

_encode = msgspec.msgpack.Encoder().encode


class Transaction:
    """See the module. Names go in blind, contents sealed; both raise Locked while the vault is locked."""

    __slots__ = ("_connection", "vault")

    def __init__(self, connection: sqlite3.Connection, vault: Vault) -> None:
        self._connection = connection
        self.vault = vault

    def run(self, sql: str, **values: Value) -> int:
        """Execute one statement. Returns how many rows it altered."""
        try:
            return self._connection.execute(sql, values).rowcount
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

    def pages(self, sql: str, **values: Value) -> Iterator[Columns]:
        """All rows of a query, a page at a time. It orders by its first column, asks for more than :after of it,
        and ends in LIMIT :page."""
        while page := self.rows(sql, page=PAGE, **values):
            yield from page
            if len(page) < PAGE:
                return
            values["after"] = page[-1][0]

    def each(self, sql: str, **values: Value) -> Iterator[Columns]:
        """All rows of a query, one at a time. A read stands open meanwhile: for snapshots (see `snapshot.py`)."""
        try:
            yield from self._connection.execute(sql, values)
        except FAULTS as fault:
            raise spoken(fault) from fault

    def blind(self, tag: str, value: str | bytes) -> bytes:
        """The blind form of a name, 16 bytes. Peers and threads have the same one in every table."""
        return self.vault.blind("store", tag, value)

    def blinding_key(self, tag: str) -> bytes:
        """The key by which `blind` does it."""
        return self.vault.blinding_key("store", tag)

    def seal(
        self, table: str, key: tuple[Value, ...], record: object, *, revision: int = 0, tags: tuple[Value, ...] = ()
    ) -> bytes:
        """A record, sealed to its row: the row's key and every column in `tags`, as `schema.SEALED` lists them.

        Raises Malformed for a record above 64 MiB.
        """
        plaintext = _encode(record)
        if len(plaintext) > MOST_RECORD:
            raise Malformed(f"too large: a record of {len(plaintext)} bytes, and at most {MOST_RECORD} are kept")
        return self.vault.seal(table, _encode(key), revision, _encode(tags), plaintext)

    def unseal(
        self,
        read: Callable[[bytes], T],
        table: str,
        key: tuple[Value, ...],
        sealed: object,
        *,
        revision: object = 0,
        tags: tuple[Value, ...] = (),
    ) -> T:
        """The record of a row. Raises Corrupt if row or record were altered."""
        if (
            not isinstance(sealed, bytes) or not isinstance(revision, int) or revision < 0
        ):  # a damaged page gives anything
            raise Corrupt(f"a row of table {table!r} is damaged. Restore the wallet from a back-up.")
        return read(self.vault.unseal(table, _encode(key), revision, _encode(tags), sealed))


def reader(shape: type[T]) -> Callable[[bytes], T]:
    """What turns the plaintext of a record back into its fields."""
    return msgspec.msgpack.Decoder(shape).decode


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
