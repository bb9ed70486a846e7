"""A listener for WebSockets, and who hears for it."""

from collections.abc import AsyncIterator

import pytest

from agent.transports.carrier import Carrier
from agent.transports.http import Listener
from tests.agent.transports.sockets import NOTHING, Ear


@pytest.fixture
async def ear() -> Ear:
    """An ear."""
    return Ear()


@pytest.fixture
async def listener(ear: Ear) -> AsyncIterator[Listener]:
    """A listener that takes at most a hundred thousand bytes."""
    made = Listener(ear.receive, NOTHING.get, path="/didcomm", most_bytes=100_000)
    yield made
    await made.stop()


@pytest.fixture
async def url(listener: Listener) -> str:
    """Its address."""
    return f"ws://127.0.0.1:{await listener.start('127.0.0.1', 0)}/didcomm"


@pytest.fixture
async def carrier() -> AsyncIterator[Carrier]:
    """A way out, in development mode."""
    made = Carrier(development=True)
    yield made
    await made.close()
