"""Carries rows from one store to another, a page a change, and compares the two in the end.

A page and the note of how far it goes are one change of the target, so whoever is killed goes on where it stopped, and
no row arrives twice.
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from hashlib import sha256
from typing import Final, NamedTuple

import msgspec

from wallet.errors import Corrupt, Unsupported
from wallet.store.transfer.tables import KEYS, Progress, Row, Side

PAGE_ROWS: Final = 1000
PAGE_BYTES: Final = 4 * 1024 * 1024  # of sealed content; a page has a row at least
_encode = msgspec.msgpack.encode


class Digest(NamedTuple):
    """What a table holds: how many rows, and SHA-256 over them in the order of their keys."""

    rows: int
    sha256: str


async def carry(source: Side, target: Side, progress: Progress, told: Callable[[Progress], None]) -> Progress:
    """Bring everything over that has not arrived yet. told: hears of each page. Raises Unsupported if the two stores do
    not have the same tables."""
    names = list(KEYS)
    for table in names[names.index(progress.table) :]:
        columns = await common(source, target, table)
        key = [columns.index(name) for name in KEYS[table]]
        progress = progress.at(table)
        async with aclosing(pages(source.rows(table, columns, progress.after))) as found:
            async for page in found:
                progress = progress.with_page(tuple(page[-1][at] for at in key), len(page))
                # failpoint: transfer.before-page
                await target.put(table, columns, page, progress)
                # failpoint: transfer.after-page
                told(progress)
    await target.raise_to(await source.highest())
    return progress


async def pages(rows: AsyncGenerator[Row, None]) -> AsyncGenerator[list[Row], None]:
    """Rows, as many at a time as one change may add."""
    page: list[Row] = []
    size = 0
    async with aclosing(rows):
        async for row in rows:
            page.append(row)
            size += sum(len(value) for value in row if isinstance(value, bytes))
            if len(page) == PAGE_ROWS or size >= PAGE_BYTES:
                yield page
                page, size = [], 0
    if page:
        yield page


async def compare(source: Side, target: Side) -> dict[str, Digest]:
    """Read both sides whole. Returns what each table holds; raises Corrupt, naming the tables, where they differ."""
    found, differing = {}, []
    for table in KEYS:
        columns = await common(source, target, table)
        ours, theirs = await digest(source, table, columns), await digest(target, table, columns)
        found[table] = ours
        if ours != theirs:
            differing.append(f"{table} ({ours.rows} rows here, {theirs.rows} there)")
    if differing:
        raise Corrupt(f"what arrived is not what was there: {', '.join(differing)}")
    return found


async def digest(side: Side, table: str, columns: Sequence[str]) -> Digest:
    """What a table of one side holds, these columns in this order."""
    hashing, count = sha256(), 0
    async with aclosing(side.rows(table, columns, None)) as found:
        async for row in found:
            hashing.update(_encode(row))
            count += 1
    return Digest(count, hashing.hexdigest())


async def common(source: Side, target: Side, table: str) -> list[str]:
    """The columns of a table, in one order for both. Raises Unsupported if it has others there."""
    ours, theirs = sorted(await source.columns(table)), sorted(await target.columns(table))
    if ours != theirs:
        raise Unsupported(
            f"table {table} has columns {', '.join(ours)} here and {', '.join(theirs)} there; nothing was moved."
            " Bring both stores to the same version of freerange first: start an agent on each."
        )
    return ours
