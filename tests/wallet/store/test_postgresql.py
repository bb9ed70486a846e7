"""What only a server can be asked: who sees what, who waits for whom, and what becomes of a broken line."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import asyncpg
import pytest

from tests.postgresql import Server, end
from tests.wallet.store.changes import ANN, full
from wallet.errors import Locked, NotFound, Untrusted
from wallet.store import events, exporting, moving, server_schema
from wallet.store import postgresql as stores
from wallet.store.change import Change, Entry, Event, Heard, Item, Outcome, Thread
from wallet.store.importing import Import
from wallet.store.postgresql import ServerStore
from wallet.store.transaction import Transaction
from wallet.vault import Vault

KEY = bytes(32)


@pytest.fixture
async def shop(may_wait: None, database: str) -> AsyncIterator[ServerStore]:
    made = stores.create(database, "shop", Vault.create(KEY))
    yield made
    made.close()


@pytest.fixture
async def thief(database: str) -> AsyncIterator[Callable[[str], Awaitable[Any]]]:
    """The application's own role, with SQL of its own, as another tenant."""

    async def connect(tenant: str) -> Any:
        number = await stores.prepare(database, tenant, new=True)
        settings = {"freerange.tenant": str(number), "freerange.name": tenant}
        made = await asyncpg.connect(database, server_settings=settings)
        lines.append(made)
        return made

    lines: list[Any] = []
    yield connect
    for line in lines:
        await line.close()


async def again(url: str, tenant: str = "shop", *, alone: bool = True) -> ServerStore:
    store = stores.open(url, tenant, alone=alone)
    await store.unlock(KEY)
    return store


def line(id: str, thid: str = "t1") -> Entry:
    return Entry(thid, id, True, 1, b"said")


# -- who sees what -------------------------------------------------------------------------------------------------


async def test_a_second_tenant_of_the_database_sees_and_alters_nothing_whatever_it_asks(
    shop: ServerStore, thief: Callable[[str], Awaitable[Any]]
) -> None:
    await shop.apply(full())
    before = shop.counts()
    other = await thief("other")

    for table in (*server_schema.TABLES, *server_schema.LATER):
        assert await other.fetch(f"SELECT * FROM {table}") == []
        assert await other.execute(f"DELETE FROM {table}") == "DELETE 0"
        assert await other.execute(f"UPDATE {table} SET tenant = tenant") == "UPDATE 0"
    assert [row["name"] for row in await other.fetch("SELECT name FROM tenant")] == ["other"]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await other.execute("INSERT INTO meta (name, value, tenant) VALUES ('x', '', 1)")

    assert shop.counts() == before
    assert shop.verify() == ()


async def test_every_table_has_its_walls(shop: ServerStore, thief: Callable[[str], Awaitable[Any]]) -> None:
    other = await thief("other")
    walls = (
        "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relkind = 'r' AND relname !~ '^pg_'"
    )

    found = dict(await other.fetch(f"{walls} AND relnamespace = 'public'::regnamespace"))

    assert {name for name, closed in found.items() if not closed} == {"migration"}
    assert set(found) == {"migration", "tenant", *server_schema.TABLES, *server_schema.LATER}


async def test_wallets_in_one_database_know_nothing_of_each_other(shop: ServerStore, database: str) -> None:
    other = stores.create(database, "other", Vault.create(KEY))
    await asyncio.gather(*(store.apply(full()) for store in (shop, other)))

    await other.apply(Change(ANN, keep=(Item("note", "theirs", b""),)))

    assert [row.id for row in shop.items("note")] == ["n1"]
    assert [row.id for row in other.items("note")] == ["n1", "theirs"]
    assert shop.verify() == other.verify() == ()
    other.close()


async def test_a_role_that_passes_over_the_walls_is_not_taken(
    may_wait: None, postgresql: Server, database: str
) -> None:
    name = database.rpartition("/")[2]

    with pytest.raises(Untrusted, match="superuser"):
        stores.open(f"postgresql://postgres:{postgresql.password}@127.0.0.1:{postgresql.port}/{name}", "shop")


async def test_every_table_is_in_the_export_or_said_not_to_be() -> None:
    own = set(server_schema.TABLES) - {"commits"}

    assert own == {each.table for each in moving.SUBJECTS} | set(moving.NOT_MOVED) - {"sqlite_sequence"}


# -- one agent at a time -------------------------------------------------------------------------------------------


async def test_only_one_agent_has_a_wallet_open(shop: ServerStore, database: str) -> None:
    with pytest.raises(Locked, match="another agent"):
        stores.open(database, "shop")
    with pytest.raises(Locked, match="another agent"):
        stores.open(database, "shop", alone=False)
    with pytest.raises(NotFound):
        stores.open(database, "nobody")

    shop.close()
    with pytest.raises(FileExistsError):
        stores.create(database, "shop", Vault.create(KEY))
    one, two = await again(database, alone=False), await again(database, alone=False)
    with pytest.raises(Locked, match="another agent"):
        stores.open(database, "shop")
    one.close()
    two.close()


async def test_what_was_filled_in_at_the_beginning_is_all_there_or_there_is_no_wallet(
    shop: ServerStore, database: str
) -> None:
    await shop.apply(full(keep=(Item("note", "n1", b"note"),)))
    with shop.snapshot() as tx:
        lines = list(exporting.records(tx))

    def fill(tx: Transaction, *, fails: bool) -> None:
        into = Import(tx)
        for each in lines:
            into.take(each)
        if fails:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stores.create(database, "copy", Vault.create(KEY), partial(fill, fails=True))
    with pytest.raises(NotFound):
        stores.open(database, "copy")
    copy = stores.create(database, "copy", Vault.create(KEY), partial(fill, fails=False))

    assert copy.log(ANN, "t1") == shop.log(ANN, "t1")
    assert copy.item("note", "n1") == shop.item("note", "n1")
    assert copy.verify() == ()
    copy.close()


# -- several writers -----------------------------------------------------------------------------------------------


async def test_of_two_writers_that_change_one_thing_exactly_one_does(shop: ServerStore, database: str) -> None:
    shop.close()
    one, two = await again(database, alone=False), await again(database, alone=False)
    await one.apply(Change(ANN, keep=tuple(Item("invitation", str(n), b"") for n in range(20))))

    threads = [
        asyncio.gather(*(store.apply(Change(ANN, threads=(Thread(f"t{n}", 0, True, b""),))) for store in (one, two)))
        for n in range(20)
    ]
    claims = [
        asyncio.gather(*(store.apply(Change(ANN, claim=(("invitation", str(n)),))) for store in (one, two)))
        for n in range(20)
    ]
    heard = [
        asyncio.gather(*(store.apply(Change(ANN, heard=Heard(str(n), b"digest", 99))) for store in (one, two)))
        for n in range(20)
    ]
    keys = [store.apply(Change(ANN, keep=(Item("key", f"k{n}", b""),))) for n in range(20) for store in (one, two)]

    for found in await asyncio.gather(*threads, *claims):
        assert sorted(each.value for each in found) == ["applied", "conflict"]
    for found in await asyncio.gather(*heard):
        assert sorted(each.value for each in found) == ["applied", "duplicate"]
    assert set(await asyncio.gather(*keys)) == {Outcome.APPLIED}
    assert one.verify() == two.verify() == ()
    one.close()
    two.close()


async def test_who_goes_on_from_the_last_place_passes_over_nothing_that_two_writers_add(
    shop: ServerStore, database: str, thief: Callable[[str], Awaitable[Any]]
) -> None:
    """A row with a smaller place is never committed after one with a greater place was seen."""
    slow = await thief("shop")
    late = "INSERT INTO event (id, subject, at, sealed) VALUES ('late', '', 1, '') RETURNING place"
    begun = slow.transaction()
    await begun.start()
    first = await slow.fetchval(late)
    quick = asyncio.ensure_future(shop.apply(Change(ANN, publish=(Event("quick", "s", 1, b""),))))
    await asyncio.sleep(0.3)

    seen = shop.read(events.last)
    waits = not quick.done()
    await begun.commit()
    await quick

    assert (seen, waits) == (0, True)
    assert shop.read(events.last) > first


async def test_who_looks_can_tell_that_another_writer_has_written(shop: ServerStore, database: str) -> None:
    before = shop._read.version()
    await shop.apply(Change(ANN, log=(line("1"),)))
    alone = shop._read.version() != before
    shop.close()
    one, two = await again(database, alone=False), await again(database, alone=False)
    before = one._read.version()
    await two.apply(Change(ANN, log=(line("2"),)))

    assert alone
    assert one._read.version() != before
    one.close()
    two.close()


# -- broken lines --------------------------------------------------------------------------------------------------


async def test_a_line_that_was_cut_is_taken_up_again(shop: ServerStore, postgresql: Server) -> None:
    await shop.apply(Change(ANN, log=(line("1"),)))

    postgresql.cut()
    assert [entry.id for entry in shop.log(ANN, "t1")] == ["1"]
    for _ in range(3):
        try:
            await shop.apply(Change(ANN, log=(line("2"),)))
        except OSError:
            continue
        break

    assert [entry.id for entry in shop.log(ANN, "t1")] == ["1", "2"]
    assert shop.verify() == ()


async def test_while_the_server_is_away_whatever_is_asked_fails_in_words_and_goes_on_afterwards(
    may_wait: None, own_postgresql: Server
) -> None:
    store = stores.create(own_postgresql.database(), "shop", Vault.create(KEY))
    await store.apply(Change(ANN, log=(line("1"),)))

    own_postgresql.kill()
    end(own_postgresql.data)  # those who serve us, who would when they notice
    with pytest.raises(OSError, match="cannot reach the database"):
        await store.apply(Change(ANN, log=(line("2"),)))
    with pytest.raises(OSError, match="cannot reach the database"):
        store.log(ANN, "t1")
    own_postgresql.start()

    assert await store.apply(Change(ANN, log=(line("3"),))) is Outcome.APPLIED
    assert [entry.id for entry in store.log(ANN, "t1")] == ["1", "3"]
    with pytest.raises(Locked):
        stores.open(store._address[0], "shop")
    store.close()


async def test_a_wallet_that_another_agent_took_over_meanwhile_is_not_written_to(
    shop: ServerStore, postgresql: Server, database: str
) -> None:
    postgresql.cut()
    other = await again(database)

    with pytest.raises((Locked, OSError)):
        await shop.apply(Change(ANN, log=(line("1"),)))
    with pytest.raises(Locked):
        await shop.apply(Change(ANN, log=(line("1"),)))

    assert other.counts()["log"] == 0
    other.close()


async def test_a_statement_is_parsed_and_planned_once_for_a_connection(shop: ServerStore) -> None:
    for number in range(5):
        await shop.apply(Change(ANN, log=(line(f"m{number}"),)))

    session = shop._writer._session
    assert session is not None
    asked = "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE 'INSERT INTO log %'"
    plans = [tuple(row) for row in await session.connection.fetch(asked) if row["generic_plans"]]
    assert plans == [(5, 0)]
