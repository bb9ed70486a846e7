"""Several processes do the work of one agent, on one database: they are killed, rolled and told to stop under load, and
every message is handled once.

Source: docs/security.md, promise P13.
"""

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import aiohttp
import pytest

from agent import places
from agent.parcel import LEASE
from agent.transports.http import ENCRYPTED
from agent.turns import Turn
from tests.faults.correspondent import Correspondent, opened
from tests.faults.judging import Verdict
from tests.faults.lives import Life
from tests.faults.load import Load
from tests.faults.staffed import PATIENCE, Staffed, attendant, come_to_rest, goes_on, listener, processes, staff, told
from tests.faults.test_database import RECOVERED, Strike, cut, kill, may_wait, restart
from tests.postgresql import Server
from tests.promises import Promise
from wallet.store.store import Store

__all__ = ["may_wait"]

GATHER = 0.7  # seconds of load before the first time
LONGEST = 1.0
RATE = 30  # messages a second
QUESTIONS = 16  # by chance, all of them go to the same of two workers once in 32,768 times
TRIED_AGAIN = 1.0  # seconds; what nobody told the right worker of, it would find no sooner
ROUNDS = 5  # of questions, of which the quickest counts: the machine may have something else to do
TAKEN, LATER = 202, 503
NOWHERE = "didcomm:transport/queue"
ASIDE = "127.0.0.77"  # nobody else writes from there


@asynccontextmanager
async def loaded(
    folder: Path, url: str, workers: int, seed: int = 1
) -> AsyncIterator[tuple[Staffed, Load, Life, set[int]]]:
    """An agent of several workers, and people who write to it until they have had enough; who is at work."""
    place = await Staffed.make(folder, database=url)
    load = Load(await place.org(), folder / "ledger", seed, rate=RATE)
    await load.open()
    life = await place.start(more=("--workers", str(workers)))
    loading = asyncio.create_task(load.run())
    try:
        at_work = await staff(life, place, workers)
        await asyncio.sleep(GATHER)
        yield place, load, life, at_work
    finally:
        loading.cancel()
        await asyncio.wait([loading])
        await life.kill()
        print(life.said[-20_000:])  # shown if the test fails
        await load.close()


@pytest.mark.parametrize(("workers", "kills"), [(2, 3), pytest.param(3, 50, marks=pytest.mark.full)])
async def test_a_worker_is_killed_again_and_again(
    database: str, tmp_path: Path, workers: int, kills: int, promise: Promise
) -> None:
    source, slowest = random.Random(kills), 0.0

    async with loaded(tmp_path, database, workers) as (place, load, life, at_work):
        for _ in range(kills):
            await asyncio.sleep(source.random() * LONGEST)
            victim = source.choice(sorted(at_work))
            os.kill(victim, signal.SIGKILL)
            slowest = max(slowest, await goes_on(load))
            at_work = await staff(life, place, workers, frozenset({victim}))
        load.rate = 0.001
        found = await come_to_rest(place, load, life)

    assert found == Verdict()
    assert slowest < 5
    promise("P13", what=f"kill -9 of one of {workers} workers under load", size=kills, result=RESULT)


RESULT = "0 lost, 0 double, the others go on"


@pytest.mark.full
async def test_held_still_for_longer_than_its_lease_a_worker_repeats_nothing_that_another_has_done_meanwhile(
    database: str, tmp_path: Path, promise: Promise
) -> None:
    async with loaded(tmp_path, database, 2) as (place, load, life, at_work):
        her = await acquainted(load)
        store = places.open(place.folder, place.config, alone=False)
        await store.unlock(place.secret)
        turn = Turn(store, f"lane {her.peer}")
        assert await turn.take(PATIENCE)  # so whoever hears her has to wait before it answers
        async with from_aside() as session:
            ping = her.ping(int(time.time()))
            ping.answers.append(await taken(session, load, her.seal(ping.plain)))
            [victim] = await asyncio.to_thread(attendant, int(place.config.listen.rpartition(":")[2]), ASIDE)
            began = time.monotonic()
            with still(victim):
                await goes_on(load)
                await given(turn, store)
                answer = await answer_to(load, load.keep(ping).thid)
                took = time.monotonic() - began
                assert await turn.take(PATIENCE)  # so whoever has answered is done with her
                await given(turn, store)
        store.close()
        stayed = await staff(life, place, 2)
        load.rate = 0.001
        found = await come_to_rest(place, load, life)

    assert found == Verdict()
    assert took > LEASE - 2  # in whole seconds, and some of it was over
    assert stayed == at_work
    assert load.arrivals[answer] == 1
    what = "a worker that is held still with a message to send, for longer than its lease"
    promise("P13", what=what, size=1, result="sent by another, and not again")


async def acquainted(load: Load) -> Correspondent:
    """Somebody more, who is welcome already, and for whom nobody speaks but the test."""
    her = Correspondent.make(load.org, load.ring, load.url)
    load.people.append(her)
    load.waiting.append(load.keep(her.hello(int(time.time()))))
    async with asyncio.timeout(PATIENCE):
        while not her.met:  # noqa: ASYNC110 - another process tells nobody
            await asyncio.sleep(0.05)
    her.met = False
    return her


def from_aside() -> aiohttp.ClientSession:
    """A session with connections of its own."""
    alone = aiohttp.TCPConnector(limit=1, local_addr=(ASIDE, 0))
    return aiohttp.ClientSession(connector=alone, headers={"Content-Type": ENCRYPTED})


async def given(turn: Turn, store: Store) -> None:
    """Return once others can have a turn."""
    turn.give()
    await store.look()


@contextmanager
def still(pid: int) -> Iterator[None]:
    """A process gets no turn while the block runs."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def answer_to(load: Load, thid: str) -> str:
    """The id of the answer in a thread, once it has arrived. Raises TimeoutError."""
    async with asyncio.timeout(LEASE + PATIENCE):
        while not (found := load.heard.get(thid)):  # noqa: ASYNC110 - another process tells nobody
            await asyncio.sleep(0.05)
    [answer] = found
    return answer


async def test_rolled_under_load_nothing_is_lost(database: str, tmp_path: Path) -> None:
    async with loaded(tmp_path, database, 2) as (place, load, life, at_work):
        told(life, signal.SIGHUP)
        fresh = await staff(life, place, 2, frozenset(at_work))
        await goes_on(load)
        load.rate = 0.001
        found = await come_to_rest(place, load, life)

    assert found == Verdict()
    assert fresh.isdisjoint(at_work)
    assert {status for sent in load.sent.values() for status in sent.answers} <= {202, 503}


@pytest.mark.parametrize("strike", [kill, restart, cut])
async def test_all_of_them_outlive_their_database(own_postgresql: Server, tmp_path: Path, strike: Strike) -> None:
    async with loaded(tmp_path, own_postgresql.database(), 2) as (place, load, life, at_work):
        await asyncio.to_thread(strike, own_postgresql)
        took = await goes_on(load)
        still = await staff(life, place, 2)
        load.rate = 0.001
        found = await come_to_rest(place, load, life)

    assert found == Verdict()
    assert took < RECOVERED
    assert still == at_work


async def test_the_desk_is_taken_over(database: str, tmp_path: Path) -> None:
    async with loaded(tmp_path, database, 2) as (place, _, life, at_work):
        at_desk = await at_the_desk(place)
        before = place.at_the_desk()
        os.kill(at_desk, signal.SIGKILL)
        async with asyncio.timeout(PATIENCE):
            while (after := place.at_the_desk()) in (before, None):  # noqa: ASYNC110 - another process tells nobody
                await asyncio.sleep(0.05)
        next_at_desk = await at_the_desk(place)

    assert before
    assert after
    assert before.pid == after.pid == life.process.pid
    assert next_at_desk != at_desk
    assert at_desk in at_work


async def at_the_desk(place: Staffed) -> int:
    """The process that is there for the owner, once one is. Raises TimeoutError."""
    port = int(place.config.api.rpartition(":")[2])
    async with asyncio.timeout(PATIENCE):
        while len(found := await asyncio.to_thread(listener, port)) != 1:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)
    return found.pop()


async def test_what_any_worker_says_goes_to_whoever_has_the_line(database: str, tmp_path: Path) -> None:
    async with loaded(tmp_path, database, 2) as (_, load, _, _), aiohttp.ClientSession() as session:
        load.rate = 0.001
        her = Correspondent.make(load.org, load.ring, NOWHERE)
        async with session.ws_connect(load.org.url) as line:
            await line.send_bytes(her.seal(her.greeting(int(time.time())).plain))
            await heard(line, load, "welcome", 1)
            took = [await answered(line, load, her) for _ in range(ROUNDS)]

    assert min(took) < TRIED_AGAIN


async def answered(line: aiohttp.ClientWebSocketResponse, load: Load, her: Correspondent) -> float:
    """Ask some questions. Returns the seconds from the last one until all are answered."""
    asked = {await posted(load, her) for _ in range(QUESTIONS)}
    began = time.monotonic()
    assert await heard(line, load, "ping-response", QUESTIONS) == asked
    return time.monotonic() - began


async def posted(load: Load, her: Correspondent) -> str:
    """Ask something on a connection of its own, which either worker may get. Returns the thread."""
    ping = her.ping(int(time.time()))
    alone, headers = aiohttp.TCPConnector(force_close=True), {"Content-Type": ENCRYPTED}
    async with aiohttp.ClientSession(connector=alone, headers=headers) as session:
        await taken(session, load, her.seal(ping.plain))
    return ping.thid


async def taken(session: aiohttp.ClientSession, load: Load, packed: bytes) -> int:
    """What is answered once a message is kept. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE):
        while (status := await post(session, load.org.url, packed)) == LATER:  # noqa: ASYNC110 - it is busy
            await asyncio.sleep(0.1)
    assert status == TAKEN
    return status


async def post(session: aiohttp.ClientSession, url: str, packed: bytes) -> int:
    """What is answered to a message."""
    async with session.post(url, data=packed) as answer:
        return answer.status


async def heard(line: aiohttp.ClientWebSocketResponse, load: Load, name: str, many: int) -> set[str]:
    """The threads of so many messages of one name. Raises TimeoutError."""
    found: set[str] = set()
    async with asyncio.timeout(PATIENCE):
        while len(found) < many:
            message = opened(load.org, load.ring, (await line.receive_str()).encode()).plaintext
            if message.type.endswith(f"/{name}"):
                found.add(message.thread)
    return found


async def test_told_to_stop_all_of_them_end_soon(database: str, tmp_path: Path) -> None:
    async with loaded(tmp_path, database, 2) as (place, _, life, at_work):
        began = time.monotonic()
        status = await life.stop()
        took = time.monotonic() - began

    assert status == 0
    assert took < 10
    assert at_work.isdisjoint(processes())
    place.store().close()  # nobody has it open
