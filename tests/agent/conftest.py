"""What every test of the agent may ask for."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.agent.puppet import Puppet
from tests.agent.watched import Watched
from tests.agent.world import World
from tests.promises import FILE, SERVER

__all__ = ["Puppet", "World"]


@pytest.fixture(autouse=True)
def cheap_passphrases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wallets whose passphrase costs next to nothing."""
    monkeypatch.setenv("FREERANGE_TEST_KDF", "1")


@pytest.fixture
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """An empty world, whose wallets are files unless the parameter is SERVER: then all are in one database.

    FREERANGE_INTERLEAVED=N: the reads of its stores take turns with other tasks, by chance N.
    """
    served = getattr(request, "param", FILE) == SERVER
    database = str(request.getfixturevalue("database")) if served else ""
    interleaved = 0 if served else int(os.environ.get("FREERANGE_INTERLEAVED", "0"))
    made = World(tmp_path, database=database, interleaved=interleaved)
    if served or interleaved:
        from wallet.store import waiting

        waiting.install(asyncio.get_running_loop())
    yield made
    await made.close()


@pytest.fixture
def network(world: World) -> Watched:
    """The network of this world, watched."""
    world.network = Watched(world=world)
    return world.network
