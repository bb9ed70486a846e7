"""Where the wallet of an agent under test is: the same tests hold for every store."""

import asyncio

import pytest

from tests.promises import FILE
from wallet.store import waiting


@pytest.fixture
async def base(request: pytest.FixtureRequest) -> str:
    """The URL of a new, empty database that the wallet is to be in; "" for a file. Its parameter is FILE or SERVER."""
    waiting.install(asyncio.get_running_loop())
    return "" if request.param == FILE else str(request.getfixturevalue("database"))
