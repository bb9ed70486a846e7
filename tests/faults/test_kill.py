"""kill -9 at every failpoint and at random moments, under load.

Nothing accepted is lost, nothing happens twice, and state and messages are of one piece. Source: docs/security.md,
promises P1 to P3, row SR-01; vrm-protocols, section 7, line 8.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

import pytest
from _pytest.mark import ParameterSet

from tests.faults import points
from tests.faults.failpoints import marked
from tests.faults.judging import Verdict, judge, judge_chains, queued_without_line
from tests.faults.lives import Life, Place
from tests.faults.load import Load
from tests.promises import FILE, SERVER, STORES, Promise
from wallet.store.change import Change, Timer

GATHER = 0.7  # seconds of load before the first kill, so that there is something to lose
LONGEST = 0.5  # seconds of load before a random kill
REACHED = 120.0  # seconds of load in which any failpoint is reached, even where waits have doubled a few times
LIVES = 25  # in which a planted fault shows itself
TIMES = {FILE: 5, SERVER: 1}
EACH = {FILE: 4, SERVER: 8}  # failpoints one after the other in one wallet
CONTROLS = "202 before the commit, no mark of what was heard, answers in a commit of their own"
SMALL = {"writer.before-commit", "writer.after-commit", "outbox.after-send", "serving.hastened", "writer.before-close"}
UNDER_LOAD = {
    FILE: points.LOAD | points.FILE | points.POISON,
    SERVER: points.LOAD | points.SERVER | points.POISON,
}
AT_ENDS = {
    FILE: (*points.START, *points.STOP, *points.FILE_STOP),
    SERVER: (*points.START, *points.STOP, *points.SERVER_STOP),
}


def sample(passed: Mapping[str, Collection[str]]) -> list[ParameterSet]:
    """With each store the failpoints that are passed: of a file's a few always, each by itself; all at full size."""
    found = []
    for store, names in passed.items():
        always = SMALL.intersection(names) if store == FILE else ()
        others = [name for name in names if name not in always]
        groups = [others[at : at + EACH[store]] for at in range(0, len(others), EACH[store])]
        found += [pytest.param(store, (name,), id=f"{store}-{name}") for name in sorted(always)]
        found += [pytest.param(store, tuple(some), marks=pytest.mark.full, id=f"{store}-{some[0]}") for some in groups]
    return found


@asynccontextmanager
async def under_load(folder: Path, seed: int, base: str = "") -> AsyncIterator[tuple[Place, Load]]:
    """An org's wallet, and people who are about to write to it. base: the URL of a database that it is to be in."""
    place = await Place.make(folder, database=base)
    load = Load(await place.org(), folder / "ledger", seed)
    await load.open()
    try:
        yield place, load
    finally:
        await load.close()


async def live(
    place: Place, load: Load, seconds: float, *, failpoints: str = "", plant: str = "", warm: bool = False
) -> Life:
    """One life under load, of so many seconds if it does not die before. warm: from its first answer on."""
    life = await place.start(failpoints=failpoints, plant=plant)
    load.news.clear()
    loading = asyncio.create_task(load.run())
    ended = asyncio.create_task(life.process.wait())
    if warm:
        answered = asyncio.create_task(load.news.wait())
        await asyncio.wait([ended, answered], timeout=REACHED, return_when=asyncio.FIRST_COMPLETED)
        answered.cancel()
    await asyncio.wait([ended], timeout=seconds)
    loading.cancel()
    await asyncio.wait([loading])
    return life


async def live_and_die(
    place: Place, load: Load, seconds: float, *, failpoints: str = "", plant: str = "", warm: bool = False
) -> bool:
    """One life under load, killed in the end. Returns whether it had died of a failpoint before."""
    life = await live(place, load, seconds, failpoints=failpoints, plant=plant, warm=warm)
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
@pytest.mark.parametrize("base", STORES, indirect=True)
async def test_killed_at_random_it_loses_nothing_and_does_nothing_twice(
    tmp_path: Path, base: str, kills: int, promise: Promise
) -> None:
    source, found = random.Random(kills), Verdict()

    async with under_load(tmp_path, kills, base) as (place, load):
        await gather(place, load)
        for number in range(kills):  # every other one as soon as it has started, however slow the machine is
            assert not await live_and_die(place, load, source.random() * LONGEST, warm=number % 2 == 1)
            found.add(look(place, load))
        found.add(await come_to_rest(place, load))

    assert found == Verdict()
    assert len(load.sent) > kills
    what = f"kill -9 at random under {load.rate:.0f} messages a second, a tenth of them repeated"
    for name, result in (("P1", "0 lost"), ("P2", "0 double"), ("P3", "0 of two pieces")):
        promise(name, what=what, size=kills, result=result, control=CONTROLS, each="kill", store=place.kind)


@pytest.mark.parametrize(("base", "names"), sample(UNDER_LOAD), indirect=["base"])
async def test_killed_at_a_failpoint_under_load(
    tmp_path: Path, base: str, names: tuple[str, ...], promise: Promise
) -> None:
    found = Verdict()
    async with under_load(tmp_path, len(names[0]), base) as (place, load):
        await gather(place, load)
        for name in names:
            found.add(await killed_at(name, place, load))
        found.add(await come_to_rest(place, load))
    assert found == Verdict()

    times, many = TIMES[place.kind], len(UNDER_LOAD[place.kind])
    for each, result in (("P1", "0 lost"), ("P2", "0 double"), ("P3", "0 of two pieces")):
        what = f"kill -9 at each of {many} failpoints under load, {'once' if times == 1 else f'{times} times'}"
        size = times * len(names)
        promise(each, what=what, size=size, result=result, control=CONTROLS, part=True, store=place.kind)


async def killed_at(name: str, place: Place, load: Load) -> Verdict:
    """What is wrong after each of some lives under load that end at this failpoint."""
    source, found = random.Random(name), Verdict()
    load.poisoned = name in points.POISON
    for _ in range(TIMES[place.kind]):
        order = f"{name}=kill@{source.randint(1, UNDER_LOAD[place.kind][name])}"
        plant = "stumbles" if load.poisoned else ""
        assert await live_and_die(place, load, REACHED, failpoints=order, plant=plant), f"{order} was not reached"
        found.add(look(place, load))
    return found


@pytest.mark.parametrize(("base", "names"), sample(AT_ENDS), indirect=["base"])
async def test_killed_while_it_starts_or_stops(
    tmp_path: Path, base: str, names: tuple[str, ...], promise: Promise
) -> None:
    found = Verdict()
    async with under_load(tmp_path, 3, base) as (place, load):
        await gather(place, load)
        for name in names:
            await ring_soon(place, load)
            life = await starts_or_stops(name, place, load)
            died = life.dead
            await life.kill()
            await load.rest()
            assert died, f"{name} was not reached"
            assert life.process.returncode == -9
            found.add(look(place, load))
        found.add(await come_to_rest(place, load))

    assert found == Verdict()
    what = f"kill -9 at each of {len(AT_ENDS[place.kind])} failpoints of starting and stopping"
    promise("P1", what=what, size=len(names), result="0 lost", control=CONTROLS, part=True, store=place.kind)


async def starts_or_stops(name: str, place: Place, load: Load) -> Life:
    """A life that ends at this failpoint, or has been told to stop and is past its end."""
    starts = name in points.START
    life = await live(place, load, REACHED if starts else GATHER, failpoints=f"{name}=kill@1")
    if not starts:
        await life.stop()
    return life


async def ring_soon(place: Place, load: Load) -> None:
    """Let a timer of some thread be due."""
    message = next(each for each in load.accepted() if each.name == "hello")
    store = place.store()
    await store.apply(Change(message.who.peer, timers=(Timer(message.thid, "lapse", 1),)))
    store.close()


@pytest.mark.parametrize("plant", ["early-202", "deaf-to-repeats", "answers-apart"])
@pytest.mark.parametrize("base", [FILE, pytest.param(SERVER, marks=pytest.mark.full)], indirect=True)
async def test_a_planted_fault_is_found(tmp_path: Path, base: str, plant: str) -> None:
    found = Verdict()
    named = {"early-202": found.lost, "deaf-to-repeats": found.twice, "answers-apart": found.halves}
    async with under_load(tmp_path, 7, base) as (place, load):
        for _ in range(LIVES):
            await live_and_die(place, load, GATHER, plant=plant)
            found.add(look(place, load))
            if named[plant]:
                break

    assert named[plant]


@pytest.mark.parametrize("base", [FILE, pytest.param(SERVER, marks=pytest.mark.full)], indirect=True)
async def test_every_failpoint_is_passed_by_somebody(tmp_path: Path, base: str) -> None:
    """Those of the command line are passed in test_kill_commands.py."""
    noted = tmp_path / "noted"
    async with under_load(tmp_path, 9, base) as (place, load):
        await gather(place, load)
        await ring_soon(place, load)
        slow = {"outbox.before-bury", "outbox.after-bury"}  # a message is refused three times before
        at_work = {*UNDER_LOAD[place.kind], *points.START} - points.POISON.keys() - slow
        life = await place.start(failpoints=f"*=note?{noted}")
        loading = asyncio.create_task(load.run())
        await until_noted(noted, at_work)
        loading.cancel()
        await asyncio.wait([loading])
        assert await life.stop() == 0, life.said

    assert {*at_work, *AT_ENDS[place.kind]} <= in_file(noted)


async def until_noted(file: Path, names: set[str]) -> None:
    """Return once all of these stand in a file, or they had time enough."""
    ends = monotonic() + REACHED
    while monotonic() < ends and not names <= in_file(file):  # noqa: ASYNC110 - another process tells nobody
        await asyncio.sleep(0.1)


def in_file(file: Path) -> set[str]:
    """The words in a file, if it is there."""
    return set(file.read_text().split()) if file.exists() else set()


def test_every_failpoint_has_a_place_where_it_is_passed() -> None:
    groups = [group for name, group in vars(points).items() if name.isupper()]

    assert {name for name, _ in marked()} == {name for group in groups for name in group}
