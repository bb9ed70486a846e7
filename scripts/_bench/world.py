"""Whole agents for the bench: real folders, real sealed wallets, real HTTP on loopback, in this process."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from agent import home, relationship, serving
from agent.agent import Agent
from agent.config import Config
from agent.relationship import Relationship
from agent.transports.ports import free_port
from wallet.keys import new_id, random_bytes
from wallet.store.change import Change, Entry, Heard, Outcome, Peer, Thread

AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class Met:
    """A person who has met an org. peer: her, as the org knows her."""

    person: Agent
    peer: str


def configuration(kind: Literal["person", "org"], name: str) -> Config:
    """Settings of an agent for this machine only."""
    port, api = free_port(), free_port()
    return Config(
        kind=kind,
        name=name,
        listen=f"127.0.0.1:{port}",
        url=f"http://127.0.0.1:{port}",
        api=f"127.0.0.1:{api}",
        development=True,
        rate_per_peer=0,  # what a message costs is measured, not how many may come
    )


@asynccontextmanager
async def running(kind: Literal["person", "org"], names: Iterable[str]) -> AsyncIterator[tuple[Agent, ...]]:
    """Agents that listen, each with a wallet of its own, until the block ends."""
    async with serving_all(*(configuration(kind, name) for name in names)) as agents:
        yield agents


@asynccontextmanager
async def serving_all(*configs: Config) -> AsyncIterator[tuple[Agent, ...]]:
    """Agents with these settings, each with a wallet of its own, until the block ends."""
    with tempfile.TemporaryDirectory() as folder:
        started: list[serving.Running] = []
        try:
            for config in configs:
                place, secret = Path(folder) / config.name, random_bytes(32)
                await home.make(place, config, secret)
                started.append(await serving.start(await home.open_agent(place, secret), place))
            yield tuple(each.agent for each in started)
        finally:
            for each in started:
                await serving.stop(each)


async def quiet(*agents: Agent) -> None:
    """Return once nothing is on its way between these agents."""
    await asyncio.sleep(0)
    for agent in agents * 2:  # what one delivers may cause another to say something, and it to answer
        await agent.outbox.quiet()


def the_only(person: Agent) -> Relationship:
    """The one relationship of a person."""
    [row] = person.store.peers()
    return relationship.read(row)


async def fill(org: Agent, count: int) -> None:
    """Store so many more relationships, each with a thread that is over and two lines of log."""
    for start in range(0, count, AT_ONCE):
        rows = (stored(org) for _ in range(min(AT_ONCE, count - start)))
        outcomes = await asyncio.gather(*(org.store.apply(row) for row in rows))
        assert set(outcomes) == {Outcome.APPLIED}


def stored(org: Agent) -> Change:
    """A relationship as the store keeps one."""
    did, thid, now = f"did:peer:4z{new_id()}", new_id(), org.now()
    known = Relationship(peer=did, our_did=did, their_did=did, since=now, met=True)
    return Change(
        did,
        heard=Heard(new_id(), random_bytes(32), now + 86400),
        relationship=Peer(did, 0, (did,), msgspec.json.encode(known)),
        threads=(Thread(thid, 0, False, bytes(400)),),
        log=tuple(Entry(thid, new_id(), ours, now, bytes(512)) for ours in (True, False)),
    )
