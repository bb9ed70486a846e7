"""What every test of the agent may ask for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.agent.puppet import Puppet
from tests.agent.watched import Watched
from tests.agent.world import World

__all__ = ["Puppet", "World"]


@pytest.fixture(autouse=True)
def cheap_passphrases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wallets whose passphrase costs next to nothing."""
    monkeypatch.setenv("FREERANGE_TEST_KDF", "1")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """An empty world."""
    made = World(tmp_path)
    yield made
    await made.close()


@pytest.fixture
def network(world: World) -> Watched:
    """The network of this world, watched."""
    world.network = Watched(world=world)
    return world.network
