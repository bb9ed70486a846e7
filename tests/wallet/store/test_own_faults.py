"""A fault of this program in the middle of writing or reading: whoever waits is told, and all goes on after it."""

import asyncio

import pytest

from wallet.store import meta, room, server_readers, server_writer
from wallet.store.store import Store

SOON = 30.0  # seconds


async def broken(*_: object) -> None:
    raise KeyError("no such thing")


def broken_at_once(*_: object) -> None:
    raise KeyError("no such thing")


async def test_what_fails_while_it_is_written_is_told_to_all_who_wait(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with asyncio.timeout(SOON):
        with monkeypatch.context() as planted:
            planted.setattr(room, "make", broken_at_once)
            planted.setattr(server_writer, "carry_out", broken)
            told = await asyncio.gather(*(store.write(meta.touch) for _ in range(3)), return_exceptions=True)
        await store.write(meta.touch)

    assert [type(each) for each in told] == [KeyError] * 3


async def peers(store: Store) -> list[str]:
    """Everybody there is."""
    return [row.peer for row in store.peers()]


@pytest.mark.parametrize("store", ["server"], indirect=True)
async def test_what_fails_while_it_is_read_is_told_to_whoever_reads(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as planted:
        planted.setattr(server_readers, "_read", broken)
        with pytest.raises(KeyError):
            await asyncio.wait_for(peers(store), SOON)
    assert await asyncio.wait_for(peers(store), SOON) == []
