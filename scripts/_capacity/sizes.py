"""What a file of the store consists of: every table and index, counted in pages by SQLite itself (dbstat)."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from wallet.store.store import Store
from wallet.store.transaction import Transaction

RELATIONSHIP: Final = frozenset({"peer", "did"})
"""The tables that say who somebody is and what was agreed: the others hold what was said, proved and kept."""


class Tree(msgspec.Struct, frozen=True):
    """One table or index. table: whose it is; depth: pages from its root to a row; unused: bytes within its pages."""

    name: str
    table: str
    bytes: int
    unused: int
    depth: int


def trees(path: Path) -> tuple[Tree, ...]:
    """All tables and indexes of a file that nobody writes to. Reads every page."""
    sql = (
        "SELECT s.name, m.tbl_name, sum(s.pgsize), sum(s.unused),"
        " max(iif(s.pagetype = 'overflow', 0, length(s.path) - length(replace(s.path, '/', ''))))"
        " FROM dbstat AS s JOIN sqlite_schema AS m ON m.name = s.name GROUP BY s.name ORDER BY 3 DESC"
    )
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return tuple(Tree(*row) for row in connection.execute(sql))


def length(path: Path) -> int:
    """Bytes of a file."""
    return path.stat().st_size


def by_table(found: tuple[Tree, ...], less: tuple[Tree, ...], count: int) -> dict[str, float]:
    """Bytes a relationship in each table, its indexes included. less: what an empty store has; count: relationships."""
    tables = {tree.table for tree in found}
    total = {table: sum(tree.bytes for tree in found if tree.table == table) for table in tables}
    empty = {table: sum(tree.bytes for tree in less if tree.table == table) for table in tables}
    share = {table: round((total[table] - empty[table]) / count, 1) for table in tables}
    return {table: size for table, size in sorted(share.items(), key=lambda each: -each[1]) if size >= 0.05}


def rows(store: Store, count: int) -> dict[str, float]:
    """Rows a relationship in each table."""
    return {table: round(number / count, 3) for table, number in store.counts().items() if number > 1}


def key_share(store: Store) -> float:
    """How much of what items take is private keys, by their bytes: 0 to 1."""

    def share(tx: Transaction) -> float:
        size = "coalesce(sum(length(sealed) + 64), 0)"  # four blind names of 16 bytes beside what is sealed
        of_keys = tx.row(f"SELECT {size} FROM item WHERE kind = :kind", kind=tx.blind("item.kind", "key"))
        of_all = tx.row(f"SELECT {size} FROM item")
        return float(of_keys[0] / of_all[0]) if of_keys and of_all and of_all[0] else 0.0

    return store.read(share)
