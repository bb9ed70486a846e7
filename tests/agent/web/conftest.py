"""What tests of the owner's door share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.web.server import Door
from tests.agent.world import World


@pytest.fixture
async def door(world: World, tmp_path: Path) -> AsyncIterator[Door]:
    """The door of one agent, open."""
    made = Door(await world.add("her"))
    await made.start("127.0.0.1", 0)
    made.write_token(tmp_path)
    yield made
    await made.stop()
