"""PostgreSQL is killed, restarted, cut off, held still and replaced under load: nothing is lost, nothing happens twice.

Source: docs/security.md, promise P12, row SR-14.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from _pytest.mark import ParameterSet

from tests.faults.numbered import Client, judge
from tests.postgresql import Server
from tests.promises import Promise
from wallet.store import log, postgresql, waiting
from wallet.store.change import Heard, Outcome
from wallet.store.store import Store
from wallet.store.transaction import Transaction
from wallet.vault import Vault

LANES = 8
LONGEST = 0.6  # seconds of load before something happens
AWAY = 0.3  # seconds for which there is no server
RECOVERED = 10.0  # seconds after which, the server being back, everybody's changes are made again
PATIENCE = 70.0  # seconds after which we stop waiting to see it
MANY = 20  # cuts, of which some fall into a commit
KEY = bytes(range(32))

Strike = Callable[[Server], None]


def kill(server: Server) -> None:
    """kill -9, and started again."""
    server.kill()
    time.sleep(AWAY)
    server.start()


def restart(server: Server) -> None:
    """Stopped in order, and started again."""
    server.stop()
    time.sleep(AWAY)
    server.start()


def cut(server: Server) -> None:
    """Every connection to it is ended."""
    assert server.cut() > 0, "nobody was connected"


def held_still(seconds: float) -> Strike:
    """It stops in its tracks for so long."""

    def hold(server: Server) -> None:
        server.pause()
        time.sleep(seconds)
        server.resume()

    return hold


@pytest.fixture(autouse=True)
async def may_wait() -> None:
    """Tasks that begin from now on may wait."""
    waiting.install(asyncio.get_running_loop())


@asynccontextmanager
async def under_load(url: str) -> AsyncIterator[tuple[Store, list[Client]]]:
    """A wallet in the database, and clients who never stop until this ends."""
    store = postgresql.create(url, "shop", Vault.create(KEY))
    clients = [Client(store, lane) for lane in range(LANES)]
    tasks = [asyncio.create_task(client.run()) for client in clients]
    try:
        await everybody_goes_on(clients)
        yield store, clients
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        store.close()


async def everybody_goes_on(clients: list[Client]) -> float:
    """Return once everybody has made a change since now: after how many seconds. Raises TimeoutError."""
    began = time.monotonic()
    for client in clients:
        if not client.wrong:
            client.news.clear()
    async with asyncio.timeout(PATIENCE):
        for client in clients:
            await client.news.wait()
    return time.monotonic() - began


async def judged(url: str, clients: list[Client]) -> list[str]:
    """What is wrong, as whoever opens the wallet next finds it."""
    store = postgresql.open(url, "shop")
    try:
        await store.unlock(KEY)
        return [*judge(store, clients), *store.verify()]
    finally:
        store.close()


STRIKES = {
    "kill -9 of the server": (kill, 2, 10),
    "restart of the server": (restart, 2, 10),
    "every connection cut": (cut, 4, MANY),
}


def strikes() -> list[ParameterSet]:
    """Every way to lose a server, a few times always, often at full size."""
    found = [
        pytest.param("server held still for 2 s", held_still(2), 1, id="pause"),
        pytest.param("server held still for 30 s", held_still(30), 1, id="long pause", marks=pytest.mark.full),
    ]
    for what, (strike, few, many) in STRIKES.items():
        found.append(pytest.param(what, strike, few, id=what))
        found.append(pytest.param(what, strike, many, id=f"{what}, often", marks=pytest.mark.full))
    return found


@pytest.mark.parametrize(("what", "strike", "times"), strikes())
async def test_the_store_outlives_its_server(
    own_postgresql: Server, what: str, strike: Strike, times: int, promise: Promise
) -> None:
    source, url, slowest = random.Random(what), own_postgresql.database(), 0.0

    async with under_load(url) as (_, clients):
        for _ in range(times):
            await asyncio.sleep(source.random() * LONGEST)
            await asyncio.to_thread(strike, own_postgresql)
            slowest = max(slowest, await everybody_goes_on(clients))
    found = await judged(url, clients)

    assert found == []
    assert slowest < RECOVERED
    if strike in (kill, restart) or times >= MANY:  # a few cuts may all fall between two commits
        assert sum(client.refused for client in clients) > 0
    promise("P12", what=f"{what}, {LANES} clients changing a store", size=times, result=RESULT, control=CONTROL)


RESULT = "0 lost, 0 double, goes on within 10 s"
CONTROL = "a standby that lagged behind, a store deaf to repeats"


@pytest.mark.parametrize("times", [1, pytest.param(10, marks=pytest.mark.full)])
async def test_the_store_goes_on_with_a_promoted_standby(own_postgresql: Server, times: int, promise: Promise) -> None:
    leader, follower = own_postgresql, own_postgresql.standby()
    source, url, slowest = random.Random(times), leader.database(), 0.0

    async with under_load(url) as (_, clients):
        for turn in range(times):
            if turn:
                await asyncio.to_thread(follower.follow, leader)
            await asyncio.sleep(source.random() * LONGEST)
            await asyncio.to_thread(leader.kill)
            await asyncio.to_thread(follower.promote)
            leader, follower = follower, leader
            slowest = max(slowest, await everybody_goes_on(clients))
    found = await judged(url, clients)

    assert found == []
    assert slowest < RECOVERED
    what = f"promotion of a synchronous standby, {LANES} clients changing a store"
    promise("P12", what=what, size=times, result=RESULT, control=CONTROL)


async def test_what_a_lagging_standby_never_heard_is_found_lost(own_postgresql: Server) -> None:
    standby = own_postgresql.standby(synchronous=False)
    url = own_postgresql.database()

    async with under_load(url) as (_, clients):
        await asyncio.to_thread(standby.turn_away)
        await everybody_goes_on(clients)
        await asyncio.to_thread(own_postgresql.kill)
    standby.promote()

    assert any("were acknowledged, and it stands at" in each for each in await judged(url, clients))


async def test_what_a_deaf_store_does_again_is_found(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def deaf(tx: Transaction, *, peer: bytes, name: str, row: Heard) -> Outcome:
        return Outcome.APPLIED

    monkeypatch.setattr(log, "hear", deaf)

    async with under_load(database) as (_, clients):
        async with asyncio.timeout(PATIENCE):
            while not any(client.wrong for client in clients):  # noqa: ASYNC110 - a client tells of what goes well
                await asyncio.sleep(0.02)

    assert any("conflict" in each for each in await judged(database, clients))
