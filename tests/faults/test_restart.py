"""After kill -9 the agent serves again soon, however much waits to go out. Source: docs/security.md, promise P4."""

import asyncio
import time
from collections.abc import Iterable
from pathlib import Path
from statistics import median

import aiohttp
import pytest

from agent import home, owner
from agent.agent import Agent
from agent.transports.http import ENCRYPTED
from protocols.standard.trust_ping import Ping, trust_ping
from tests.faults.correspondent import Correspondent, Org
from tests.faults.lives import Place
from tests.promises import FILE, STORES, Promise
from wallet.keys import Keyring
from wallet.store.change import Outgoing

SOON = 5.0  # seconds
FEW = 300  # messages
EACH = 100  # messages for one peer
AT_ONCE = 64
NOWHERE = "http://127.0.0.1:9"


class Nowhere:
    """A way out that takes nothing: what is said stays in the store."""

    def post(self, peer: str, messages: Iterable[Outgoing]) -> None:
        """Leave it."""

    def hasten(self, peer: str, *, insist: bool = False) -> None:
        """Leave it."""

    def under_way(self, peer: str) -> None:
        """Nothing is."""


async def with_pending(place: Place, count: int) -> tuple[Org, Correspondent]:
    """Let so many messages wait for people who are away. Returns the org and one of these people."""
    agent = await home.open_agent(place.folder, place.secret)
    agent.outbox = Nowhere()  # type: ignore[assignment]  # it needs no more than this here
    org, ring = Org.of(agent), Keyring()
    people = [Correspondent.make(org, ring, NOWHERE) for _ in range(max(1, count // EACH))]
    for who in people:
        await agent.receive(who.seal(who.hello(agent.now()).plain), None)
    for start in range(0, count, AT_ONCE):
        await asyncio.gather(*(ping(agent, people[n % len(people)]) for n in range(start, min(count, start + AT_ONCE))))
    assert agent.store.counts()["outgoing"] >= count
    await agent.needs.close()
    agent.store.close()
    return org, people[0]


async def ping(agent: Agent, who: Correspondent) -> None:
    """One more message to somebody."""
    await owner.open_thread(agent, who.peer, trust_ping, Ping())


async def until_served(place: Place, who: Correspondent, failpoints: str = "") -> float:
    """Start, and measure the seconds until a message is accepted; then kill it, in the middle of what it does."""
    message = who.seal(who.note(int(time.time())).plain)
    began = time.monotonic()
    life = await place.start(failpoints=failpoints)
    async with (
        aiohttp.ClientSession(headers={"Content-Type": ENCRYPTED}) as session,
        session.post(who.org.url, data=message) as answer,
    ):
        took = time.monotonic() - began
    assert await life.kill() == -9
    assert answer.status == 202
    return took


@pytest.mark.parametrize(
    ("base", "pending"),
    [
        (FILE, FEW),
        *(pytest.param(store, 10_000, marks=(pytest.mark.full, pytest.mark.alone)) for store in STORES),
    ],
    indirect=["base"],
)
async def test_it_serves_again_soon_after_a_kill(tmp_path: Path, base: str, pending: int, promise: Promise) -> None:
    place = await Place.make(tmp_path, database=base)
    _, who = await with_pending(place, pending)

    took = [await until_served(place, who) for _ in range(3)]

    assert (max(took) if pending > FEW else median(took)) < SOON  # few are tried while other tests run
    promise(
        "P4",
        what="from the start after kill -9 to the first 202, three times, with so many messages waiting to go out",
        size=pending,
        result="5 s at most",
        control="a start that is slowed down",
        store=place.kind,
    )


@pytest.mark.full
async def test_a_slow_start_is_noticed(tmp_path: Path) -> None:
    place = await Place.make(tmp_path)
    _, who = await with_pending(place, 1)

    assert await until_served(place, who, "serving.listening=sleep:5") > SOON
