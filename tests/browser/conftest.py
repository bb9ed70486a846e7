"""What tests in a browser share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.agent.conftest import cheap_passphrases, world
from tests.browser.lived import Lived, lived
from tests.browser.sitting import ABSENT, CHROMIUM, chromium

__all__ = ["cheap_passphrases", "world"]


@pytest.fixture
def chromium_here() -> None:
    """Skips where there is no Chromium and nobody could install one; on CI there is one."""
    if CHROMIUM is None:
        pytest.skip(ABSENT)


@pytest.fixture
async def browser(chromium_here: None) -> AsyncIterator[Browser]:
    """The system's Chromium."""
    async with chromium() as found:
        yield found


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Lived]:
    """A world that has been lived in."""
    made = await lived(tmp_path)
    yield made
    await made.s.close()
