"""A mediator that is killed while it takes, hands over and lets go: what it accepted is delivered, and let go once.

Source: docs/security.md, promise P22, rows MD-10 and MD-16.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import msgspec
import pytest

from agent import config as configs
from tests.faults.lives import Place
from tests.faults.office import Visitor
from tests.faults.points import MEDIATE
from tests.promises import Promise
from wallet.store import held

LONGEST = 0.6  # seconds of load before a random kill
REACHED = 120.0  # seconds of load in which any failpoint is reached, however slow the machine is
LIVES = 25  # in which a planted fault shows itself


@asynccontextmanager
async def office(folder: Path) -> AsyncIterator[tuple[Place, Visitor]]:
    """A mediator's wallet, and a client."""
    place = await Place.make(folder, name="Post")
    configs.write(place.folder, msgspec.structs.replace(place.config, mediates=True))
    async with aiohttp.ClientSession() as session:
        yield place, Visitor.of(await place.org(), session)


async def begun(place: Place, ada: Visitor, letters: int) -> None:
    """A first life, killed once there is something to lose."""
    life = await place.start()
    await ada.move_in()
    for _ in range(letters):
        await ada.write()
    await life.kill()


async def killed(place: Place, ada: Visitor, seconds: float, failpoints: str = "", plant: str = "") -> bool:
    """One life under load, killed in the end. Returns whether it had died of a failpoint before."""
    life = await place.start(failpoints=failpoints, plant=plant)
    loading = asyncio.create_task(ada.write_only() if plant else ada.live())
    await asyncio.wait([asyncio.create_task(life.process.wait())], timeout=seconds)
    by_itself = life.dead
    assert await life.kill() == -9, life.said
    await loading
    return by_itself


async def judged(place: Place, ada: Visitor) -> None:
    """A last life, in which she takes everything; then what is left in the wallet is counted anew."""
    life = await place.start()
    await ada.fetch_all()
    assert await life.stop() == 0, life.said
    store = place.store()
    try:
        assert store.counts()["held"] == 0
        assert store.read(held.recount)
        assert store.verify() == ()
    finally:
        store.close()


@pytest.mark.parametrize("kills", [3, pytest.param(50, marks=pytest.mark.full)])
async def test_killed_at_random_it_delivers_what_it_accepted(tmp_path: Path, kills: int, promise: Promise) -> None:
    source = random.Random(22)
    async with office(tmp_path) as (place, ada):
        await begun(place, ada, kills)
        for _ in range(kills):
            await killed(place, ada, 0.2 + source.random() * LONGEST)
        await judged(place, ada)

    assert len(ada.accepted) > kills
    assert ada.lost == set()
    assert ada.again == []
    what = "kill -9 of a mediator at random under load, then all is fetched"
    control = "202 before the commit"
    promise("P22", what=what, size=kills, result="0 lost, 0 after they were let go", control=control, each="kill")


@pytest.mark.parametrize("name", MEDIATE)
async def test_killed_at_each_of_its_failpoints(tmp_path: Path, name: str) -> None:
    async with office(tmp_path) as (place, ada):
        for nth in (1, 3):
            assert await killed(place, ada, REACHED, failpoints=f"{name}=kill@{nth}")
        await judged(place, ada)

    assert ada.lost == set()
    assert ada.again == []


async def test_202_before_the_commit_is_found(tmp_path: Path) -> None:
    async with office(tmp_path) as (place, ada):
        await begun(place, ada, 0)
        for _ in range(LIVES):
            await killed(place, ada, LONGEST, plant="early-202")
            life = await place.start()
            await ada.fetch_all()
            await life.stop()
            if ada.lost:
                return
    pytest.fail("a planted loss was not found")
