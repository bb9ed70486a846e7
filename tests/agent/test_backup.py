"""A wallet is lost, and made again from its back-up: everything it knew goes on. Source: security 5.8, P15, SR-15."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from agent import backup, restoring
from agent.agent import Agent
from agent.errors import Misconfigured
from agent.web import api
from tests.agent.world import PASSPHRASE, World, ledger, state, the_only, threads
from wallet import age
from wallet.errors import Corrupt, Locked, Malformed, NotFound
from wallet.records import Record
from wallet.slots import Secret
from wallet.store.sqlite import Store
from wallet.words import words_of

KEY = bytes(range(32))
IDENTITY = age.identity(KEY)
NEW = "another passphrase for tests"


def back_up(agent: Agent, file: Path, *, recipient: str | None = age.recipient(IDENTITY)) -> Path:
    """A back-up of an agent."""
    store = agent.store
    backup.create(store.path, store.vault, agent.config, target=file, recipient=recipient, now=agent.now())
    return file


async def lose(world: World, agent: Agent) -> None:
    """The machine is gone."""
    await agent.outbox.quiet()
    agent.store.close()
    shutil.rmtree(agent.store.path.parent)


async def restored(world: World, agent: Agent, file: Path, secret: Secret = NEW) -> Agent:
    """The agent again, on a clean host, in its place in the world."""
    folder = world.folder / f"{agent.config.name}-again"
    proof = await restoring.restore(folder, file, IDENTITY, secret=secret, slot=age.slot_secret(KEY), now=world.time)
    store = Store.open(folder / "wallet.db")
    await store.unlock(secret)
    return world.put(proof.config, store)


async def met(world: World) -> tuple[Agent, Agent]:
    """She and a library, who have agreed; she has a card."""
    library, her = await world.add("Town Library", "org"), await world.add("her")
    called = await world.introduce(her, library)
    await world.agree(her, library)
    await world.do(library, "/v1/offers", peer=called, type="urn:card", name="Card", claims={"member": True})
    await world.settle()
    await world.answer(her)
    await world.pass_time(60)
    return her, library


async def shown(world: World, agent: Agent) -> list[str]:
    """What an owner sees of her threads and cards, in an order of its own."""
    listed = [*await world.listed(agent, "/v1/threads"), *await world.listed(agent, "/v1/credentials")]
    return sorted(map(str, listed))


async def test_the_same_relationships_go_on(world: World, tmp_path: Path) -> None:
    her, library = await met(world)
    file = back_up(her, tmp_path / "her.age")
    before = await shown(world, her)
    await lose(world, her)

    her = await restored(world, her, file)

    assert await shown(world, her) == before
    assert her.store.verify() == ()
    thid = await world.agree(her, library)
    assert state(her, thid) == state(library, thid) == "in-force"
    assert len(the_only(library).agreements) == 2
    assert ledger(her, the_only(her).peer) == ledger(library, the_only(library).peer)
    await world.do(her, "/v1/pings", peer="Town Library")
    await world.settle()
    await world.pass_time(100)
    assert her.store.counts()["outgoing"] == library.store.counts()["outgoing"] == 0
