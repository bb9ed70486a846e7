"""A wallet that has been lived in moves to a database and back: it means the same there, and life goes on."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from agent.agent import Agent
from tests.agent.rich import rich, say
from tests.agent.world import PASSPHRASE, World
from wallet.store import exporting, postgresql, waiting
from wallet.store.sqlite import FileStore
from wallet.store.store import Store
from wallet.store.transfer.move import move
from wallet.store.transfer.places import InFile, OnServer, Place, opened


@pytest.fixture(autouse=True)
async def may_wait() -> None:
    """Tasks that begin from now on may wait."""
    waiting.install(asyncio.get_running_loop())


async def carried(source: Place, target: Place) -> int:
    """Move a wallet. Returns how many rows it has."""
    async with opened(source) as here, opened(target, new=True) as there:
        digests = await move(here, there, to=str(target), now=1, told=lambda _: None)
    assert digests is not None
    return sum(each.rows for each in digests.values())


def said(store: Store) -> list[bytes]:
    """All that a wallet says, record by record."""
    with store.snapshot() as tx:
        return sorted(msgspec.json.encode(each) for each in exporting.records(tx))


async def unlocked(store: Store) -> Store:
    """A store that was just opened, and finds nothing wrong with itself."""
    await store.unlock(PASSPHRASE)
    assert store.verify() == ()
    return store


async def test_it_says_the_same_there_and_back_again(world: World, database: str, tmp_path: Path) -> None:
    her, library = await rich(world)
    for agent in (her, library):
        before = said(agent.store)
        agent.store.close()
        place = OnServer(database, agent.config.name)

        rows = await carried(InFile(agent.store.path), place)
        there = await unlocked(postgresql.open(database, agent.config.name))
        meanwhile = said(there)
        there.close()
        again = await carried(place, InFile(agent.store.path.with_name("back.db")))
        back = await unlocked(FileStore.open(agent.store.path.with_name("back.db")))

        assert meanwhile == before
        assert said(back) == before
        assert again == rows > 50
        world.put(agent.config, back)

    her, library = world.agents["her"], world.agents["Town Library"]
    await her.store.hasten_outgoing(world.time)
    thread = await say(world, her, "Town Library", "Here we are again")
    await world.settle()
    assert heard(library, thread) == 1


def heard(agent: Agent, thread: str) -> int:
    """How many lines an agent has heard in a thread."""
    return sum(not entry.ours for peer, row in agent.store.threads_with_thid(thread) for entry in
               agent.store.log(peer, row.thid))  # fmt: skip
