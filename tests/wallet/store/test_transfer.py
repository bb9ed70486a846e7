"""A wallet moves from one kind of store to the other: whole, as it is, and so that at most one of them opens."""

import random
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.wallet.store.ways import (
    ROWS,
    Killed,
    Side,
    Way,
    content,
    empty_file,
    filled_file,
    in_file,
    killing,
    on_server,
    run,
)
from wallet.errors import Corrupt, Locked, Unsupported
from wallet.store.sqlite import FileStore
from wallet.store.transfer import carrying
from wallet.store.transfer.in_file import FileSide
from wallet.store.transfer.move import keep
from wallet.store.transfer.tables import DERIVED, KEYS, Moved, Progress


@pytest.fixture(params=["to a server", "to a file"])
async def way(request: pytest.FixtureRequest, tmp_path: Path, database: str) -> AsyncIterator[Way]:
    """A wallet with something of everything, and an empty store of the other kind."""
    async with in_file(filled_file(tmp_path / "wallet.db")) as here, on_server(database) as there:
        if request.param == "to a server":
            yield Way(here, there)
        else:
            await Way(here, there).go()
            async with in_file(empty_file(tmp_path / "target.db")) as back:
                yield Way(there, back)


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "PAGE_ROWS", 7)
    monkeypatch.setattr(carrying, "PAGE_BYTES", 10_000)


# -- what comes of it ---------------------------------------------------------------------------------------------


def test_every_table_is_carried_or_said_not_to_be(tmp_path: Path) -> None:
    with closing(sqlite3.connect(empty_file(tmp_path / "wallet.db"))) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        found = {str(name) for (name,) in tables}
        keys = {table: unique(connection, table) for table in found & set(KEYS)}

    assert found == set(KEYS) | set(DERIVED)
    assert all(KEYS[table] in keys[table] for table in KEYS)


def unique(connection: sqlite3.Connection, table: str) -> set[tuple[str, ...]]:
    """The keys of a table that no two rows share."""
    found = connection.execute(f"PRAGMA index_list({table})").fetchall()
    names = {name for _, name, one, *_ in found if one}
    return {tuple(column for _, _, column in connection.execute(f"PRAGMA index_info({name})")) for name in names}


async def test_everything_arrives_as_it_is(way: Way) -> None:
    told: list[int] = []

    assert await way.go(lambda progress: told.append(progress.rows))

    assert await way.same()
    assert told[-1] == ROWS * len(KEYS) - 1
    given = await way.target.highest()
    assert all(given[table] >= place for table, place in (await way.source.highest()).items() if table in given)


async def test_places_go_on_above_those_that_arrived(way: Way) -> None:
    await way.go()
    empty = "x''" if isinstance(way.target, FileSide) else "''::bytea"

    await run(way.target, f"INSERT INTO event (id, subject, at, sealed) VALUES ({empty}, {empty}, 1, {empty})")

    place = sorted(await way.target.columns("event")).index("place")
    new, *rest = [row[place] for row in (await content(way.target))["event"]]
    assert isinstance(new, int)
    assert all(isinstance(each, int) and new > each for each in rest)


async def test_only_the_target_can_be_opened_afterwards(way: Way) -> None:
    await way.go()
    moved = await way.source.moved()

    assert moved is not None
    assert (moved.to, moved.whole) == ("there", True)
    assert await way.target.moved() is None
    assert await way.target.progress() is None


async def test_killed_after_any_page_it_goes_on_where_it_was(way: Way) -> None:
    lives, pages = random.Random(3), 0
    told: list[int] = []

    def counting(progress: Progress) -> None:
        nonlocal pages
        told.append(progress.rows)
        pages -= 1
        if pages < 0:
            raise Killed

    for _ in range(1000):
        pages = lives.randrange(20)
        try:
            await way.go(counting)
        except Killed:
            assert await way.target.progress() is not None
            assert await way.source.moved() is not None
        else:
            break

    assert await way.target.progress() is None
    assert told == sorted(set(told))  # no page came twice
    assert await way.same()


@pytest.mark.parametrize("table", ["log", "item", "held", "meta"])
async def test_a_row_that_changed_on_the_way_is_noticed(way: Way, table: str) -> None:
    def late(progress: Progress) -> None:
        if progress.table == "quarantine":
            raise Killed

    with pytest.raises(Killed):
        await way.go(late)
    column, key = ("value", "name") if table == "meta" else ("sealed", KEYS[table][-1])
    middle = f"(SELECT {key} FROM {table} WHERE {key} NOT IN ('moved', 'program') LIMIT 1 OFFSET 3)"
    if table != "meta":
        middle = middle.replace(f" WHERE {key} NOT IN ('moved', 'program')", "")
    other = f"(SELECT {column} FROM {table} WHERE {key} != {middle} LIMIT 1)"
    await run(way.source, f"UPDATE {table} SET {column} = {other} WHERE {key} = {middle}")

    with pytest.raises(Corrupt, match=table):
        await way.go()

    assert await way.source.moved() is None  # she can go on with what she has
    assert await way.target.progress() is not None  # and nobody with what arrived
    assert await way.go()
    assert await way.same()


async def test_a_place_with_a_wallet_is_left_alone(way: Way, tmp_path: Path) -> None:
    async with in_file(filled_file(tmp_path / "other.db", 8)) as other:
        await Way(other, way.target).go()
        before = await content(way.target)

        with pytest.raises(Unsupported, match="there is a wallet in there already"):
            await way.go()

        assert await content(way.target) == before
        assert await way.source.moved() is None


async def test_a_move_that_was_given_up_begins_anew(way: Way) -> None:
    with pytest.raises(Killed):
        await way.go(killing(20))
    given_up = await keep(way.source)
    await run(way.source, "UPDATE peer SET version = version + 1")

    await way.go()

    assert given_up is not None
    assert not given_up.whole
    assert await way.same()


async def test_a_wallet_moves_once(way: Way) -> None:
    await way.go()

    assert not await way.go()
    with pytest.raises(Unsupported, match="was moved to there"):
        await way.go(to="elsewhere")


class Interrupted:
    """A side whose user is killed when marks have been written so many times, on either side."""

    def __init__(self, side: Side, left: list[int]) -> None:
        self._side, self._left = side, left

    def __getattr__(self, name: str) -> object:
        if name in ("put", "set_moved", "set_progress"):
            if self._left[0] == 0:
                raise Killed
            self._left[0] -= 1
        return getattr(self._side, name)


@pytest.mark.parametrize("marks", [0, 1, 2, -4, -3, -2, -1])
async def test_at_no_moment_can_both_be_opened(way: Way, marks: int) -> None:
    """marks: how many are written before the end comes; below 0, how many are missing."""
    pages: list[Progress] = []
    if marks < 0:
        await way.go(pages.append)
        await way.source.set_moved(None)
        await way.target.set_progress(Progress("given up"))
        marks += len(pages) + 5  # the mark of both sides at the beginning, and three in the end
    left = [marks]
    interrupted = Way(Interrupted(way.source, left), Interrupted(way.target, left))  # type: ignore[arg-type]  # they are

    with pytest.raises(Killed):
        await interrupted.go()

    assert await way.source.moved() is not None or not await arrived(way.target)
    assert await way.go()
    assert await way.same()


async def arrived(side: Side) -> bool:
    """Whether somebody could take it for a wallet."""
    return await side.progress() is None and not await side.empty()


async def test_two_tenants_of_one_database_do_not_see_each_other(database: str, tmp_path: Path) -> None:
    async with (
        in_file(filled_file(tmp_path / "one.db", 1)) as one,
        in_file(filled_file(tmp_path / "two.db", 2)) as two,
        on_server(database, "one") as first,
        on_server(database, "two") as second,
    ):
        await Way(one, first).go()
        with pytest.raises(Killed):
            await Way(two, second).go(killing(90))
        await keep(two)
        await second.clear()
        await Way(two, second).go()

        assert await Way(one, first).same()
        assert await Way(two, second).same()


async def test_a_wallet_that_left_or_has_not_arrived_is_not_opened(tmp_path: Path) -> None:
    async with (
        in_file(filled_file(tmp_path / "source.db")) as source,
        in_file(empty_file(tmp_path / "target.db")) as target,
    ):
        way = Way(source, target)
        with pytest.raises(Killed):
            await way.go(killing(3))
        with pytest.raises(Locked, match="is being moved to there; nothing was opened"):
            FileStore.open(tmp_path / "source.db")
        with pytest.raises(Locked, match="has not arrived"):
            FileStore.open(tmp_path / "target.db")

        await way.go()

        with pytest.raises(Locked, match="goes on there; nothing was opened"):
            FileStore.open(tmp_path / "source.db")
        with pytest.raises(Corrupt, match="header"):  # it would be opened, but for what these rows are
            FileStore.open(tmp_path / "target.db")


def test_what_a_mark_says_names_the_way_on() -> None:
    assert "goes on there" in Moved("m", "postgresql://db/freerange", 1, whole=True).words("it")
    assert "freerange store keep" in Moved("m", "postgresql://db/freerange", 1).words("it")
