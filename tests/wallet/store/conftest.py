"""A store in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from wallet.store.sqlite import Store
from wallet.vault import Vault

KEY_FILE = bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "wallet.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    made = Store.create(path, Vault.create(KEY_FILE))
    yield made
    made.close()
