"""A wallet is removed from a database whole or not at all, and whoever had it open writes nothing any more."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.postgresql import Server
from tests.wallet.store.changes import full
from wallet.errors import Locked, NotFound
from wallet.store import postgresql as stores
from wallet.store.postgresql import ServerStore
from wallet.store.server_schema import LATER, TABLES
from wallet.store.transfer import in_server
from wallet.store.transfer.places import OnServer, drop, opened
from wallet.vault import Vault

KEY = bytes(32)


@pytest.fixture
async def shop(may_wait: None, database: str) -> AsyncIterator[ServerStore]:
    """A wallet with rows in most tables."""
    made = stores.create(database, "shop", Vault.create(KEY))
    await made.apply(full())
    yield made
    made.close()


def rows(server: Server, database: str) -> int:
    """How many rows there are of all tenants, in every table."""
    each = (f"SELECT count(*) FROM {table}" for table in (*TABLES, *LATER, "tenant"))
    return sum(map(int, server.sql(" UNION ALL ".join(each), database.rpartition("/")[2]).split()))


async def test_nothing_is_left_of_the_only_wallet(shop: ServerStore, postgresql: Server, database: str) -> None:
    with pytest.raises(Locked, match="another agent"):
        await drop(OnServer(database, "shop"))
    there = rows(postgresql, database)
    shop.close()

    removed = await drop(OnServer(database, "shop"))

    assert removed == there - 1 > 0, "all but the row that names the tenant"
    assert rows(postgresql, database) == 0
    with pytest.raises(NotFound):
        stores.open(database, "shop")
    with pytest.raises(NotFound):
        await drop(OnServer(database, "shop"))


async def test_what_is_broken_off_has_removed_nothing(
    shop: ServerStore, postgresql: Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.close()
    before = rows(postgresql, database)
    monkeypatch.setattr(in_server, "LATER", {"no_such_table": ""})

    with pytest.raises(OSError, match="no_such_table"):
        await drop(OnServer(database, "shop"))

    assert rows(postgresql, database) == before
    monkeypatch.undo()
    assert await drop(OnServer(database, "shop")) == before - 1


async def test_a_table_is_emptied_a_part_at_a_time(
    shop: ServerStore, postgresql: Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_server, "_REMOVED_AT_ONCE", 2)
    await asyncio.gather(*(shop.apply(full()) for _ in range(2)))
    shop.close()
    before = rows(postgresql, database)

    assert await drop(OnServer(database, "shop")) == before - 1
    assert rows(postgresql, database) == 0


async def test_an_agent_whose_line_was_cut_meanwhile_writes_nothing_into_the_place_of_a_removed_wallet(
    shop: ServerStore, postgresql: Server, database: str
) -> None:
    postgresql.cut()
    await drop(OnServer(database, "shop"))

    for _ in range(2):  # the first finds that the line is lost
        with pytest.raises((OSError, NotFound)):
            await shop.apply(full())
    with pytest.raises(NotFound, match="no wallet of 'shop'"):
        await shop.apply(full())

    assert rows(postgresql, database) == 0


async def test_who_found_the_place_before_it_was_removed_makes_no_wallet_in_it(
    may_wait: None, postgresql: Server, database: str
) -> None:
    number = await stores.prepare(database, "shop", new=True)
    assert number
    async with opened(OnServer(database, "shop")):
        pass
    await drop(OnServer(database, "shop"))

    with pytest.raises(NotFound):
        async with stores.held(database, "shop", number):
            pass

    assert rows(postgresql, database) == 0
