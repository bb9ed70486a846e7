"""What every function of a subject works on: the statements of one transaction, and the vault that seals its records.

There are two kinds, one for each kind of store; a subject is written once, in the SQL that both understand. Where they
differ in a word, the transaction says it.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeAlias, TypeVar

import msgspec

from wallet.errors import Corrupt, Malformed
from wallet.store.packing import packed, unpacked
from wallet.vault import Vault

T = TypeVar("T")
Value: TypeAlias = int | str | bytes | list[bytes] | None
Columns: TypeAlias = tuple[Any, ...]  # what is in them is for the statement to say, which no checker reads

MOST_RECORD: Final = 64 * 1024 * 1024  # bytes; an export carries it in a line, in base64
PAGE: Final = 256  # rows read at a time, so that no read stands open while its caller does something else

_encode = msgspec.msgpack.Encoder().encode


class Transaction:
    """See the module. Names go in blind, contents sealed; both raise Locked while the vault is locked.

    held: what a row is read with that is written next, so that nobody else alters it between.
    by_time: whether marks of messages heard are found by their time, too.
    """

    __slots__ = ("vault",)

    held = ""
    by_time = False

    def __init__(self, vault: Vault) -> None:
        self.vault = vault

    def run(self, sql: str, **values: Value) -> int:
        """Execute one statement. Returns how many rows it altered."""
        raise NotImplementedError

    def guard(self, sql: str, **values: Value) -> bool:
        """Whether one statement writes a row, or finds one. Where many write at once it is taken for granted, and if it
        turns out otherwise all is undone and done again."""
        if sql.startswith("SELECT "):
            return self.row(sql, **values) is not None
        return self.run(sql, **values) == 1

    def put(self, sql: str, **values: Value) -> None:
        """Execute one statement, now or before the next one that could tell the difference, and at once with others."""
        raise NotImplementedError

    def row(self, sql: str, **values: Value) -> Columns | None:
        """The first row of a query."""
        raise NotImplementedError

    def rows(self, sql: str, **values: Value) -> list[Columns]:
        """All rows of a query."""
        raise NotImplementedError

    def pages(self, sql: str, **values: Value) -> Iterator[Columns]:
        """All rows of a query, a page at a time. It orders by its first column, asks for more than :after of it,
        and ends in LIMIT :page."""
        while page := self.rows(sql, page=PAGE, **values):
            yield from page
            if len(page) < PAGE:
                return
            values["after"] = page[-1][0]

    def each(self, sql: str, **values: Value) -> Iterator[Columns]:
        """All rows of a query, one at a time. A read stands open meanwhile: for snapshots."""
        raise NotImplementedError

    def flagged(self, column: str) -> str:
        """The condition that a flag is set, as an index of flagged rows has it."""
        raise NotImplementedError

    def none_of(self, column: str, name: str, names: Iterable[bytes]) -> tuple[str, Value]:
        """The condition that a column has none of these values, and the value of its parameter `name`."""
        raise NotImplementedError

    def version(self) -> int:
        """A number that is another one once something was written since."""
        raise NotImplementedError

    def damage(self) -> tuple[str, ...]:
        """What the database itself finds wrong with how it is stored, in its words."""
        raise NotImplementedError

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
        return self.vault.seal(table, _encode(key), revision, _encode(tags), packed(table, plaintext))

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
        return read(unpacked(self.vault.unseal(table, _encode(key), revision, _encode(tags), sealed)))


def reader(shape: type[T]) -> Callable[[bytes], T]:
    """What turns the plaintext of a record back into its fields."""
    return msgspec.msgpack.Decoder(shape).decode
