"""A wallet with something of everything, and a way for it from one store to another."""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from wallet.store import file
from wallet.store.transfer.in_file import FileSide
from wallet.store.transfer.in_server import ServerSide
from wallet.store.transfer.move import move
from wallet.store.transfer.places import OnServer, opened
from wallet.store.transfer.tables import DERIVED, KEYS, Progress, Row

ROWS = 40  # in each table; pages are made smaller than that
FLAGS = {"ours", "open", "closed", "running", "held"}
Side: TypeAlias = FileSide | ServerSide
Content: TypeAlias = dict[str, list[Row]]


class Killed(Exception):
    """What a test has happen at a moment of its choice."""


@dataclass
class Way:
    """From where to where."""

    source: Side
    target: Side

    async def go(self, told: Callable[[Progress], None] = lambda _: None, *, to: str = "there", now: int = 1) -> bool:
        """Move the wallet, or go on. Returns whether there was anything to do."""
        return await move(self.source, self.target, to=to, now=now, told=told) is not None

    async def same(self) -> bool:
        """Whether both have the same rows, and some."""
        here, there = await content(self.source), await content(self.target)
        return here == there and all(here.values())


def empty_file(path: Path) -> Path:
    """A wallet file with every table, and nothing in any."""
    file.create(path, lambda _: None)
    return path


def filled_file(path: Path, seed: int = 7) -> Path:
    """Rows in every table: of all sizes, with nothing in them, and with what is not there."""
    source = random.Random(seed)
    with closing(file.connect(empty_file(path), writes=True)) as connection:
        connection.execute("BEGIN")
        for table in KEYS:
            described = connection.execute(f"PRAGMA table_info({table})").fetchall()
            for number in range(ROWS):
                values: list[object] = [some(source, *each) for each in described]
                if table == "meta":
                    values = [f"name {number}", source.randbytes(30)]
                if table == "did":
                    values[1] = source.choice(connection.execute("SELECT peer FROM peer").fetchall())[0]
                connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)
        connection.execute("DELETE FROM held WHERE place = (SELECT max(place) FROM held)")
        connection.execute("COMMIT")
    return path


def some(
    source: random.Random, _: int, name: str, kind: str, required: int, default: object, key: int
) -> int | bytes | None:
    """A value for a column."""
    if not required and not key and source.random() < 0.5:
        return None
    if name == "chosen":  # by one at most
        return 0
    if name in FLAGS:
        return source.randrange(2)
    if kind == "INTEGER":
        return source.randrange(1, 2**62) if key else source.choice((0, source.randrange(2**40), 2**50))
    return source.randbytes(16) + bytes(source.choice((0, 0, 3000)))


async def content(side: Side) -> Content:
    """Everything in a store but what it says of itself."""
    found = {}
    for table in KEYS:
        async with aclosing(side.rows(table, sorted(await side.columns(table)), None)) as rows:
            found[table] = [row async for row in rows]
    for table in DERIVED:
        sql = f"SELECT account, recipient, messages, bytes FROM {table} ORDER BY 1, 2"
        rows_ = side._connection.execute(sql) if isinstance(side, FileSide) else await side._fetch(sql)
        found[table] = [tuple(row) for row in rows_]
    return found


async def run(side: Side, sql: str) -> None:
    """Somebody alters something behind our back."""
    if isinstance(side, FileSide):
        side._connection.execute(sql)
    else:
        await side._fetch(sql)


@asynccontextmanager
async def in_file(path: Path) -> AsyncIterator[FileSide]:
    """A side in a file."""
    with closing(file.connect(path, writes=True)) as connection:
        yield FileSide(connection)


@asynccontextmanager
async def on_server(url: str, tenant: str = "shop") -> AsyncIterator[ServerSide]:
    """A side in a database, whose tables are made if they are not there."""
    async with opened(OnServer(url, tenant), new=True) as side:
        assert isinstance(side, ServerSide)
        yield side


def killing(after: int) -> Callable[[Progress], None]:
    """Dies after so many pages."""
    left = [after]

    def told(_: Progress) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Killed

    return told
