"""What becomes of those who wait when a store in a database is closed, or a commit's answer is lost."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.postgresql import Server
from tests.wallet.store.beside import in_the_way
from tests.wallet.store.changes import ANN
from wallet.errors import Locked
from wallet.store import postgresql as stores
from wallet.store import server_readers, server_session, server_writer
from wallet.store.change import Change, Entry, Heard, Outcome
from wallet.store.postgresql import ServerStore
from wallet.vault import Vault

KEY = bytes(32)
SOON = 60.0  # seconds
HEARD = Change(ANN, heard=Heard("m1", b"", 99), log=(Entry("t1", "m1", False, 1, b"theirs"),))


@pytest.fixture
async def shop(may_wait: None, database: str) -> AsyncIterator[ServerStore]:
    made = stores.create(database, "shop", Vault.create(KEY))
    yield made
    made.close()


async def until(server: Server, condition: str, database: str) -> None:
    """Wait until the server has a process of which this is true."""
    asked = f"SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND {condition}"
    async with asyncio.timeout(SOON):
        while server.sql(asked, database.rpartition("/")[2]) == "0":  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.02)


async def test_what_waits_behind_a_commit_is_refused_when_all_is_closed(
    shop: ServerStore, postgresql: Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_writer, "LAST", SOON)  # on a slow machine, too
    async with in_the_way(database, "LOCK TABLE log"):
        written = shop.apply(HEARD)
        await until(postgresql, "wait_event_type = 'Lock'", database)
        waiting = [shop.apply(Change(ANN, log=(Entry("t1", str(n), True, 1, b"ours"),))) for n in range(300)]
        closing = asyncio.create_task(closed(shop))
        refused = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), SOON)

    await closing
    found = await asyncio.gather(written, return_exceptions=True)

    assert {type(each) for each in refused} == {Locked}
    assert [*found] == [Outcome.APPLIED]


async def closed(store: ServerStore) -> None:
    """Close a store in a task of its own."""
    store.close()


async def test_who_waits_for_what_is_read_is_told_when_all_is_closed(
    shop: ServerStore, postgresql: Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_readers, "LAST", 0.1)
    async with in_the_way(database, "LOCK TABLE log"):
        reading = asyncio.create_task(asked(shop))
        await until(postgresql, "wait_event_type = 'Lock'", database)
        shop.close()

        with pytest.raises(Locked):
            await asyncio.wait_for(reading, SOON)


async def asked(store: ServerStore) -> tuple[Entry, ...]:
    """Read in a task of its own."""
    return store.log(ANN, "t1")


async def test_who_is_cancelled_while_it_closes_has_closed_it(
    shop: ServerStore, postgresql: Server, database: str
) -> None:
    async with in_the_way(database, "LOCK TABLE log"):
        written = shop.apply(HEARD)
        await until(postgresql, "wait_event_type = 'Lock'", database)
        closing = asyncio.create_task(closed(shop))
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        with pytest.raises(OSError):
            await written

    assert shop.vault.locked
    assert shop._writer._session is None


async def test_a_server_that_is_called_in_vain_holds_up_nobody_who_ends(
    may_wait: None, own_postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = stores.create(own_postgresql.database(), "shop", Vault.create(KEY))
    await store.apply(HEARD)
    monkeypatch.setattr(server_session, "REACHED", 10 * SOON)
    monkeypatch.setattr(server_writer, "LAST", 0.1)
    store._writer._let_go()

    own_postgresql.pause()
    try:
        coming = store.apply(HEARD)
        await asyncio.sleep(0.1)
        async with asyncio.timeout(SOON):
            store.close()
            with pytest.raises(OSError, match="the wallet was closed"):
                await coming
    finally:
        own_postgresql.resume()


async def test_a_commit_whose_answer_is_lost_is_told_as_a_fault_and_may_be_asked_for_again(
    may_wait: None, own_postgresql: Server
) -> None:
    """It is on the disk, and waits for a standby that never comes, when its line is cut."""
    url = own_postgresql.database()
    store = stores.create(url, "shop", Vault.create(KEY))
    await store.apply(Change(ANN, log=(Entry("t1", "0", True, 1, b"ours"),)))
    own_postgresql.set("synchronous_standby_names", "nobody")
    before = store.read(lambda tx: tx.version())

    lost = store.apply(HEARD)
    await until(own_postgresql, "wait_event = 'SyncRep'", url)
    own_postgresql.cut()
    own_postgresql.set("synchronous_standby_names", "")
    with pytest.raises(OSError, match="What was not confirmed may not be written"):
        await lost

    assert [entry.id for entry in store.log(ANN, "t1")] == ["0", "m1"]
    assert store.read(lambda tx: tx.version()) != before
    assert await store.apply(HEARD) is Outcome.DUPLICATE
    store.close()
