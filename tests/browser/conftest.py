"""What tests in a browser share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.agent.world import World
from tests.browser.lived import Lived, lived
from tests.browser.sitting import CHROMIUM, chromium


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
async def browser() -> AsyncIterator[Browser]:
    """The system's Chromium."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not here (scripts/check installs it as root)")
    async with chromium() as found:
        yield found


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Lived]:
    """A world that has been lived in."""
    made = await lived(tmp_path)
    yield made
    await made.s.close()
