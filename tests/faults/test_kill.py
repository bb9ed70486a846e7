"""kill -9 at every failpoint and at random moments, under load.

Nothing accepted is lost, nothing happens twice, and state and messages are of one piece. Source: docs/security.md,
promises P1 to P3, row SR-01; vrm-protocols, section 7, line 8.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

import pytest
from _pytest.mark import ParameterSet

from tests.faults.failpoints import marked
from tests.faults.judging import Verdict, judge, judge_chains, queued_without_line
from tests.faults.lives import Life, Place
from tests.faults.load import Load
from tests.faults.points import BEHIND, BRIDGE, COPY, FANOUT, LOAD, MAKE, MEDIATE, POISON, SECRET, START, STOP
from tests.promises import Promise
from wallet.store.change import Change, Timer

GATHER = 0.7  # seconds of load before the first kill, so that there is something to lose
LONGEST = 0.5  # seconds of load before a random kill
REACHED = 120.0  # seconds of load in which any failpoint is reached, even where waits have doubled a few times
LIVES = 25  # in which a planted fault shows itself
TIMES = 5
CONTROLS = "202 before the commit, no mark of what was heard, answers in a commit of their own"
SMALL = {"writer.before-commit", "writer.after-commit", "outbox.after-send", "serving.hastened", "writer.before-close"}


def sample(*names: str) -> list[ParameterSet]:
    """All of these failpoints at full size, a few of them always."""
    return [pytest.param(name, marks=() if name in SMALL else pytest.mark.full) for name in names]


@asynccontextmanager
async def under_load(folder: Path, seed: int) -> AsyncIterator[tuple[Place, Load]]:
    """An org's wallet, and people who are about to write to it."""
    place = await Place.make(folder)
    load = Load(await place.org(), folder / "ledger", seed)
    await load.open()
    try:
        yield place, load
    finally:
        await load.close()


async def live(place: Place, load: Load, seconds: float, *, failpoints: str = "", plant: str = "") -> Life:
    """One life under load, of so many seconds if it does not die before."""
    life = await place.start(failpoints=failpoints, plant=plant)
    loading = asyncio.create_task(load.run())
    await asyncio.wait([asyncio.create_task(life.process.wait())], timeout=seconds)
    loading.cancel()
    await asyncio.wait([loading])
    return life


async def live_and_die(place: Place, load: Load, seconds: float, *, failpoints: str = "", plant: str = "") -> bool:
    """One life under load, killed in the end. Returns whether it had died of a failpoint before."""
    life = await live(place, load, seconds, failpoints=failpoints, plant=plant)
    by_itself = life.dead
    assert await life.kill() == -9, life.said
    await load.rest()
    return by_itself


async def gather(place: Place, load: Load) -> None:
    """A first life under load, killed once there is something to lose."""
    for _ in range(LIVES):
        await live_and_die(place, load, GATHER)
        if any(each.name == "hello" for each in load.accepted()):
            return
    pytest.fail(f"nothing was accepted in {LIVES} lives of {GATHER} s")


def look(place: Place, load: Load, *, everywhere: bool = False) -> Verdict:
    """What is wrong in the threads in which something happened since the last look, or everywhere."""
    every = {*load.heard, *(each.thid for each in load.accepted())}
    thids, load.fresh = every if everywhere else load.fresh, set()
    store = place.store()
    try:
        verdict = judge(store, load, thids)
        if everywhere:
            verdict.add(judge_chains(store))
            verdict.halves += queued_without_line(store)
            verdict.halves += store.verify()
    finally:
        store.close()
    return verdict


async def come_to_rest(place: Place, load: Load) -> Verdict:
    """A last life in which everything gets its answer, ended in order. Returns what is wrong then."""
    life = await place.start()
    await load.finish()
    assert await life.stop() == 0, life.said
    return look(place, load, everywhere=True)


@pytest.mark.parametrize("kills", [10, pytest.param(200, marks=pytest.mark.full)])
async def test_killed_at_random_it_loses_nothing_and_does_nothing_twice(
    tmp_path: Path, kills: int, promise: Promise
) -> None:
    source, found = random.Random(kills), Verdict()

    async with under_load(tmp_path, kills) as (place, load):
        await gather(place, load)
        for _ in range(kills):
            assert not await live_and_die(place, load, source.random() * LONGEST)
            found.add(look(place, load))
        found.add(await come_to_rest(place, load))

    assert found == Verdict()
    assert len(load.sent) > kills
    what = f"kill -9 at random under {load.rate:.0f} messages a second, a tenth of them repeated"
    for name, result in (("P1", "0 lost"), ("P2", "0 double"), ("P3", "0 of two pieces")):
        promise(name, what=what, size=kills, result=result, control=CONTROLS, each="kill")


@pytest.mark.parametrize("name", sample(*LOAD, *POISON))
async def test_killed_at_a_failpoint_under_load(tmp_path: Path, name: str, promise: Promise) -> None:
    source, found, passes = random.Random(name), Verdict(), LOAD | POISON
    plant = "stumbles" if name in POISON else ""
    async with under_load(tmp_path, len(name)) as (place, load):
        load.poisoned = bool(plant)
        await gather(place, load)
        for _ in range(TIMES):
            order = f"{name}=kill@{source.randint(1, passes[name])}"
            assert await live_and_die(place, load, REACHED, failpoints=order, plant=plant), f"{order} was not reached"
            found.add(look(place, load))
        found.add(await come_to_rest(place, load))
    assert found == Verdict()

    for each, result in (("P1", "0 lost"), ("P2", "0 double"), ("P3", "0 of two pieces")):
        what = f"kill -9 at each of {len(LOAD | POISON)} failpoints under load, {TIMES} times"
        promise(each, what=what, size=TIMES, result=result, control=CONTROLS, part=True)


@pytest.mark.parametrize("name", sample(*START, *STOP))
async def test_killed_while_it_starts_or_stops(tmp_path: Path, name: str, promise: Promise) -> None:
    async with under_load(tmp_path, 3) as (place, load):
        await gather(place, load)
        await ring_soon(place, load)
        life = await live(place, load, REACHED if name in START else GATHER, failpoints=f"{name}=kill@1")
        if name in STOP:
            await life.stop()
        died = life.dead
        await life.kill()
        await load.rest()
        found = look(place, load)
        found.add(await come_to_rest(place, load))

    assert died
    assert life.process.returncode == -9
    assert found == Verdict()
    what = f"kill -9 at each of {len(START) + len(STOP)} failpoints of starting and stopping"
    promise("P1", what=what, size=1, result="0 lost", control=CONTROLS, part=True)


async def ring_soon(place: Place, load: Load) -> None:
    """Let a timer of some thread be due."""
    message = next(each for each in load.accepted() if each.name == "hello")
    store = place.store()
    await store.apply(Change(message.who.peer, timers=(Timer(message.thid, "lapse", 1),)))
    store.close()


@pytest.mark.parametrize("plant", ["early-202", "deaf-to-repeats", "answers-apart"])
async def test_a_planted_fault_is_found(tmp_path: Path, plant: str) -> None:
    found = Verdict()
    named = {"early-202": found.lost, "deaf-to-repeats": found.twice, "answers-apart": found.halves}
    async with under_load(tmp_path, 7) as (place, load):
        for _ in range(LIVES):
            await live_and_die(place, load, GATHER, plant=plant)
            found.add(look(place, load))
            if named[plant]:
                break

    assert named[plant]


async def test_every_failpoint_is_passed_by_somebody(tmp_path: Path) -> None:
    """Those of the command line are passed in test_kill_commands.py."""
    noted = tmp_path / "noted"
    async with under_load(tmp_path, 9) as (place, load):
        await gather(place, load)
        await ring_soon(place, load)
        slow = {"outbox.before-bury", "outbox.after-bury"}  # a message is refused three times before
        at_work = {*LOAD, *START} - slow
        life = await place.start(failpoints=f"*=note?{noted}")
        loading = asyncio.create_task(load.run())
        await until_noted(noted, at_work)
        loading.cancel()
        await asyncio.wait([loading])
        assert await life.stop() == 0, life.said

    assert {*at_work, *STOP} <= in_file(noted)
    elsewhere = {*POISON, *MAKE, *SECRET, *COPY, *MEDIATE, *BEHIND, *FANOUT, *BRIDGE}
    assert {name for name, _ in marked()} == {*LOAD, *START, *STOP, *elsewhere}


async def until_noted(file: Path, names: set[str]) -> None:
    """Return once all of these stand in a file, or they had time enough."""
    ends = monotonic() + REACHED
    while monotonic() < ends and not names <= in_file(file):  # noqa: ASYNC110 - another process tells nobody
        await asyncio.sleep(0.1)


def in_file(file: Path) -> set[str]:
    """The words in a file, if it is there."""
    return set(file.read_text().split()) if file.exists() else set()
