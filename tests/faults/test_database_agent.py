"""An agent whose wallet is in PostgreSQL, under load over HTTP, while its database is killed, restarted and replaced.

Source: docs/security.md, promise P12, row SR-14.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.faults.judging import Verdict, judge, judge_chains, queued_without_line
from tests.faults.lives import Life, Place
from tests.faults.load import Load
from tests.faults.test_database import AWAY, RECOVERED, Strike, cut, held_still, kill, may_wait, restart
from tests.postgresql import Server
from tests.promises import Promise

__all__ = ["may_wait"]

GATHER = 0.7  # seconds of load before the first time
LONGEST = 0.5
RATE = 40  # messages a second: what is refused is refused for want of a database, not of time
KEPT = 202
AWAY_NOW = 503
LONGEST_STOP = 10.0  # seconds
PATIENCE = 60.0  # seconds for what is not measured
CRIES = ("Traceback", "never retrieved", "never awaited")  # of a task that died, and nobody noticed
STRIKES: dict[str, tuple[Strike, int]] = {
    "kill -9 of the server": (kill, 10),
    "restart of the server": (restart, 10),
    "every connection cut": (cut, 20),
    "server held still for 30 s": (held_still(30), 1),
}


@asynccontextmanager
async def loaded(
    folder: Path, url: str, seed: int, *, plant: str = ""
) -> AsyncIterator[tuple[Place, Load, Life, "asyncio.Task[None]"]]:
    """An agent that runs, and people who write to it, until they are cancelled or this ends."""
    place = await Place.make(folder, database=url)
    load = Load(
        await place.org(), folder / "ledger", seed, rate=RATE, surly=0
    )  # all live at one place: it is to be there
    await load.open()
    life = await place.start(plant=plant)
    loading = asyncio.create_task(load.run())
    try:
        await asyncio.sleep(GATHER)
        yield place, load, life, loading
    finally:
        loading.cancel()
        await asyncio.wait([loading])
        await life.kill()
        print(life.said[-20_000:])  # shown if the test fails
        await load.close()


async def goes_on(load: Load) -> float:
    """Return once a message is answered 202, and something is said to somebody: after how many seconds. Fails with what
    was answered instead."""
    began, before, heard = time.monotonic(), answers(load), load.arrivals.total()
    load.news.clear()
    try:
        async with asyncio.timeout(2 * RECOVERED):
            await load.news.wait()
            while load.arrivals.total() == heard:  # noqa: ASYNC110 - nobody is told what arrives
                await asyncio.sleep(0.02)
    except TimeoutError:
        pytest.fail(f"it does not go on; heard {load.arrivals.total() - heard}, answered {answers(load) - before}")
    return time.monotonic() - began


async def come_to_rest(place: Place, load: Load, life: Life, loading: "asyncio.Task[None]") -> Verdict:
    """Say nothing new, let everything get its answer, end the agent in order, and look at all of its wallet."""
    loading.cancel()
    await asyncio.wait([loading])
    await load.finish(60)
    assert await life.stop() == 0, life.said
    store = place.store()
    try:
        found = judge(store, load, {*load.heard, *(each.thid for each in load.accepted())})
        found.add(judge_chains(store))
        found.halves += [*queued_without_line(store), *store.verify()]
    finally:
        store.close()
    return found


def answers(load: Load) -> Counter[int]:
    """How often each status was answered."""
    return Counter(status for sent in load.sent.values() for status in sent.answers)


RESULT = "0 lost, 0 double, 503 meanwhile, goes on within 10 s"
CONTROL = "202 before the commit"


def well(found: Verdict, slowest: float, load: Load, life: Life) -> None:
    """All that is promised of an agent whose database went away and came back."""
    assert found == Verdict()
    assert slowest < RECOVERED
    assert set(answers(load)) <= {KEPT, AWAY_NOW}
    assert not [cry for cry in CRIES if cry in life.said]


async def test_while_its_database_is_away_it_answers_503_and_then_goes_on(
    own_postgresql: Server, tmp_path: Path, promise: Promise
) -> None:
    async with loaded(tmp_path, own_postgresql.database(), 3) as (place, load, life, loading):
        await asyncio.to_thread(own_postgresql.kill)
        await load.rest()
        before = answers(load)
        await asyncio.sleep(4 * AWAY)
        async with asyncio.timeout(PATIENCE):
            while not (meanwhile := answers(load) - before):  # noqa: ASYNC110 - nobody is told of a refusal
                await asyncio.sleep(0.02)
        await asyncio.to_thread(own_postgresql.start)
        slowest = await goes_on(load)
        for strike in (restart, cut):
            await asyncio.to_thread(strike, own_postgresql)
            slowest = max(slowest, await goes_on(load))
        found = await come_to_rest(place, load, life, loading)

    assert set(meanwhile) == {AWAY_NOW}
    well(found, slowest, load, life)
    what = "kill -9 and restart of the server, every connection cut, under an agent under load over HTTP"
    promise("P12", what=what, size=3, result=RESULT, control=CONTROL)


@pytest.mark.full
@pytest.mark.parametrize("what", STRIKES)
async def test_an_agent_outlives_its_database_however_often(
    own_postgresql: Server, tmp_path: Path, what: str, promise: Promise
) -> None:
    strike, times = STRIKES[what]
    source, slowest = random.Random(what), 0.0

    async with loaded(tmp_path, own_postgresql.database(), times) as (place, load, life, loading):
        for _ in range(times):
            await asyncio.sleep(source.random() * LONGEST)
            await asyncio.to_thread(strike, own_postgresql)
            slowest = max(slowest, await goes_on(load))
        found = await come_to_rest(place, load, life, loading)

    well(found, slowest, load, life)
    promise("P12", what=f"{what}, an agent under load over HTTP", size=times, result=RESULT, control=CONTROL, part=True)


@pytest.mark.parametrize("times", [1, pytest.param(3, marks=pytest.mark.full)])
async def test_an_agent_goes_on_with_a_promoted_standby(
    own_postgresql: Server, tmp_path: Path, times: int, promise: Promise
) -> None:
    leader, follower = own_postgresql, own_postgresql.standby()
    source, slowest = random.Random(times), 0.0

    async with loaded(tmp_path, leader.database(), times) as (place, load, life, loading):
        for turn in range(times):
            if turn:
                await asyncio.to_thread(follower.follow, leader)
            await asyncio.sleep(source.random() * LONGEST)
            await asyncio.to_thread(leader.kill)
            await asyncio.to_thread(follower.promote)
            leader, follower = follower, leader
            slowest = max(slowest, await goes_on(load))
        found = await come_to_rest(place, load, life, loading)

    well(found, slowest, load, life)
    what = "promotion of a synchronous standby, an agent under load over HTTP"
    promise("P12", what=what, size=times, result=RESULT, control=CONTROL)


@pytest.mark.full
@pytest.mark.parametrize("lost", [Server.kill, Server.pause])
async def test_told_to_stop_while_its_database_is_away_it_ends_in_order(
    own_postgresql: Server, tmp_path: Path, lost: Strike
) -> None:
    async with loaded(tmp_path, own_postgresql.database(), 4) as (place, load, life, loading):
        await asyncio.to_thread(lost, own_postgresql)
        began = time.monotonic()
        status = await life.stop()
        took = time.monotonic() - began
        own_postgresql.resume()
        if lost is Server.kill:
            await asyncio.to_thread(own_postgresql.start)
        life = await place.start()
        again = await goes_on(load)
        found = await come_to_rest(place, load, life, loading)

    assert status == 0
    assert took < LONGEST_STOP
    well(found, again, load, life)


@pytest.mark.full
async def test_202_before_the_commit_is_found_when_the_database_dies(own_postgresql: Server, tmp_path: Path) -> None:
    async with loaded(tmp_path, own_postgresql.database(), 5, plant="early-202") as (place, load, life, loading):
        for _ in range(3):
            await asyncio.to_thread(kill, own_postgresql)
            await goes_on(load)
        found = await come_to_rest(place, load, life, loading)

    assert found.lost
