"""What happens when the disk is nearly full: the log is emptied first, and the last bytes are never taken."""

import errno
from pathlib import Path

import pytest

from tests.wallet.store.changes import full
from wallet.store import room
from wallet.store.change import Outcome
from wallet.store.sqlite import FileStore
from wallet.store.store import Store


@pytest.fixture
def store(file_store: FileStore) -> FileStore:
    """What is looked at here is the file itself."""
    return file_store


def nearly(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    """So many bytes are free."""
    monkeypatch.setattr(room, "free", lambda path: free)


def log_of(path: Path) -> int:
    """Bytes of the log."""
    return Path(f"{path}-wal").stat().st_size


async def test_with_room_enough_the_log_grows(store: Store, path: Path) -> None:
    await store.apply(full())

    assert log_of(path) > 0


async def test_near_the_end_the_log_is_emptied_before_a_commit(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.apply(full())
    before = log_of(path)
    nearly(monkeypatch, room.LEAST)

    for _ in range(5):
        await store.forget(now=0)

    assert log_of(path) < before


async def test_the_last_bytes_are_never_taken_and_all_goes_on_when_there_is_room(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        nearly(patched, room.LEAST - 1)
        with pytest.raises(OSError, match="nearly full") as refused:
            await store.apply(full())

    assert refused.value.errno == errno.ENOSPC
    assert await store.apply(full()) is Outcome.APPLIED
    assert store.verify() == ()
