"""A disk that is full: nothing is lost, nothing is half, and the agent goes on by itself when there is space again.

Source: docs/security.md, promise P11, row SR-08.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.judging import Verdict
from tests.faults.lives import Life, Place
from tests.faults.load import Load
from tests.faults.test_kill import come_to_rest, look
from tests.faults.volumes import Volume, volume
from tests.promises import Promise
from wallet.store import file, schema
from wallet.store.sqlite import FileStore
from wallet.vault import Vault

if TYPE_CHECKING:
    from sqlite_utils import Database

GATHER = 0.7  # seconds of load
REFUSALS = {503, 507}
SIZES = (24, 40, 64)  # MiB
ALLOWED = {202, *REFUSALS}


@asynccontextmanager
async def under_load(
    folder: Path, place: Place, *, failpoints: str = "", plant: str = "", under: tuple[str, ...] = ()
) -> AsyncIterator[tuple[Life, Load]]:
    """An agent and its load; both end with the block."""
    load = Load(await place.org(), folder / "ledger", seed=5)
    await load.open()
    life = await place.start(failpoints=failpoints, plant=plant, under=under)
    loading = asyncio.create_task(load.run())
    try:
        await asyncio.sleep(GATHER)
        yield life, load
    finally:
        loading.cancel()
        await load.rest()
        await life.stop()
        await load.close()


async def accepted_again(load: Load, patience: float = 60.0) -> None:
    """Return once something new is answered 202."""
    load.news.clear()
    async with asyncio.timeout(patience):
        await load.news.wait()


async def refused_again(load: Load, patience: float = 60.0) -> None:
    """Return once something is answered that it cannot be taken now."""
    before = refusals(load)
    async with asyncio.timeout(patience):
        while refusals(load) == before:  # noqa: ASYNC110 - nobody is told of a refusal
            await asyncio.sleep(0.02)


def refusals(load: Load) -> int:
    """How often it was answered so."""
    return sum(count for status, count in answers(load).items() if status in REFUSALS)


def answers(load: Load) -> Counter[int]:
    """Every status there was, and how often."""
    return Counter(status for each in load.sent.values() for status in each.answers)


@pytest.mark.parametrize("cycles", [2, pytest.param(20, marks=pytest.mark.full)])
async def test_a_disk_that_fills_up_and_is_freed_costs_nothing_but_time(
    tmp_path: Path, cycles: int, promise: Promise
) -> None:
    source, found, died = random.Random(cycles), Verdict(), 0
    for number in range(min(cycles, len(SIZES))):
        with volume(tmp_path / f"disk{number}", mib=SIZES[number]) as disk:
            place = await Place.make(disk.folder)
            async with under_load(tmp_path, place, failpoints=disk.failpoints) as (life, load):
                for _ in range(len(range(number, cycles, len(SIZES)))):
                    await fill_and_free(disk, load, source)
                died += life.dead
            found.add(look(place, load, everywhere=True))
            await load.open()
            found.add(await come_to_rest(place, load))
            await load.close()
        assert answers(load).keys() <= ALLOWED
        assert answers(load).keys() & REFUSALS

    assert died == 0
    assert found == Verdict()
    promise(
        "P11",
        what="file systems of 24, 40 and 64 MiB, filled at random moments under load and freed again",
        size=cycles,
        result="0 crashed, 0 lost, all went on by themselves",
        control="202 before the commit",
    )


async def fill_and_free(disk: Volume, load: Load, source: random.Random) -> None:
    """One time without space."""
    await asyncio.sleep(source.random() * GATHER)
    disk.fill()
    await refused_again(load)
    await asyncio.sleep(source.random() * GATHER)
    disk.free()
    await accepted_again(load)


async def test_202_before_the_commit_is_caught_on_a_full_disk(tmp_path: Path) -> None:
    with volume(tmp_path / "disk", mib=24) as disk:
        place = await Place.make(disk.folder)
        async with under_load(tmp_path, place, failpoints=disk.failpoints, plant="early-202") as (_, load):
            disk.fill()
            await accepted_again(load)
            await asyncio.sleep(GATHER)
            disk.free()
        found = look(place, load)

    assert found.lost


def test_a_migration_without_space_leaves_the_wallet_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with volume(tmp_path / "disk", mib=8) as disk:
        if not disk.mounted:
            pytest.skip("part of a later release: disks that are full without being mounted")
        path = disk.folder / "wallet.db"
        FileStore.create(path, Vault.create(bytes(32))).close()
        before = FileStore.open(path)
        version = len(schema.MIGRATIONS)
        before.close()

        def grow(database: "Database") -> None:
            database.execute("CREATE TABLE more (content BLOB)")
            database.execute("INSERT INTO more VALUES (zeroblob(2000000))")

        monkeypatch.setattr(file, "MIGRATIONS", (*schema.MIGRATIONS, grow))
        for space in (0, 300_000):  # without the copy of what it was, and with it
            disk.fill()
            leave(disk, space)
            with pytest.raises(OSError):
                FileStore.open(path)
        disk.free()
        store = FileStore.open(path)
        store.vault.unlock(bytes(32))
        wrong = store.verify()
        store.close()

        assert wrong == ()
        assert path.with_name(f"wallet.db.schema-{version}").is_file()


def leave(disk: Volume, size: int) -> None:
    """Give so many bytes back."""
    with disk.filler.open("r+b") as filler:
        filler.truncate(disk.filler.stat().st_size - size)
