"""A store of each kind: in a file in a folder of its own, and in a database of its own on a server."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from wallet.store import postgresql, waiting
from wallet.store.sqlite import FileStore
from wallet.store.store import Store
from wallet.vault import Vault

KEY_FILE = bytes(range(32))
TENANT = "shop"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "wallet.db"


@pytest.fixture
def file_store(path: Path) -> Iterator[FileStore]:
    made = FileStore.create(path, Vault.create(KEY_FILE))
    yield made
    made.close()


@pytest.fixture
async def may_wait() -> None:
    """Tasks that begin from now on may wait."""
    waiting.install(asyncio.get_running_loop())


@pytest.fixture(params=["file", "server"])
async def store(request: pytest.FixtureRequest, may_wait: None, path: Path) -> AsyncIterator[Store]:
    made: Store
    if request.param == "file":
        made = FileStore.create(path, Vault.create(KEY_FILE))
    else:
        url = request.getfixturevalue("database")
        made = postgresql.create(url, TENANT, Vault.create(KEY_FILE), path=path)
    yield made
    made.close()
