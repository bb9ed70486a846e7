"""The tables of a database are brought up to date while others use it, and never by two at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from tests.postgresql import Server
from tests.wallet.store.beside import in_the_way
from tests.wallet.store.changes import ANN, full
from wallet.errors import Unsupported
from wallet.store import postgresql as stores
from wallet.store import server_session
from wallet.store.change import Change, Item, Outcome
from wallet.store.postgresql import ServerStore
from wallet.store.server_schema import MIGRATIONS
from wallet.vault import Vault

KEY = bytes(32)
NOTED = Change(ANN, keep=(Item("note", "n1", b"noted"),))
SLOW = ("CREATE TABLE more (number BIGINT)", "SELECT pg_sleep(1.5)")
ALL = " ".join(str(number) for number, _ in enumerate(MIGRATIONS, 1))
NUMBERS = "SELECT string_agg(number::text, ' ' ORDER BY number) FROM migration"


@pytest.fixture
async def old(may_wait: None, database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ServerStore]:
    """An agent at work on the first tables that there were."""
    with monkeypatch.context() as then:
        then.setattr(stores, "MIGRATIONS", MIGRATIONS[:1])
        made = stores.create(database, "shop", Vault.create(KEY))
    yield made
    made.close()


async def test_whoever_is_at_work_goes_on_while_the_tables_are_brought_up_to_date(
    old: ServerStore, postgresql: Server, database: str
) -> None:
    await asyncio.gather(*(stores.prepare(database, "shop") for _ in range(4)))

    assert postgresql.sql(NUMBERS, database.rpartition("/")[2]) == ALL
    assert await old.apply(full()) is Outcome.APPLIED
    assert old.verify() == ()


async def test_a_step_may_take_longer_than_any_other_statement(
    old: ServerStore, postgresql: Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = database.rpartition("/")[2]
    postgresql.sql(f"ALTER DATABASE {name} SET statement_timeout = '1s'")
    monkeypatch.setattr(server_session, "ANSWERED", 1.0)
    monkeypatch.setattr(stores, "MIGRATIONS", (*MIGRATIONS, SLOW))

    await asyncio.gather(*(stores.prepare(database, "shop") for _ in range(2)))  # the second waits for the first

    assert postgresql.sql(NUMBERS, name) == f"{ALL} {len(MIGRATIONS) + 1}"


async def test_a_step_that_fails_leaves_the_tables_as_they_were(
    old: ServerStore, postgresql: Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = database.rpartition("/")[2]
    monkeypatch.setattr(stores, "MIGRATIONS", (*MIGRATIONS, (SLOW[0], "SELECT 1 / 0")))

    with pytest.raises(OSError, match="the database refuses: division by zero"):
        await stores.prepare(database, "shop")

    assert postgresql.sql(NUMBERS, name) == ALL
    assert postgresql.sql("SELECT to_regclass('more') IS NULL", name) == "t"


async def test_what_a_newer_program_made_is_left_alone(old: ServerStore, database: str) -> None:
    async with in_the_way(database, f"INSERT INTO migration VALUES ({len(MIGRATIONS) + 1}, 'newer')") as newer:
        await newer.execute("COMMIT")

        with pytest.raises(Unsupported, match="newer program: it has schema"):
            stores.open(database, "other")
        with pytest.raises(Unsupported, match="newer program"):
            stores.create(database, "other", Vault.create(KEY))

        assert await newer.fetchval("SELECT count(*) FROM tenant") == 1


async def test_after_a_table_was_altered_statements_are_prepared_anew(
    old: ServerStore, postgresql: Server, database: str
) -> None:
    await old.apply(full())
    assert old.thread(ANN, "t1")

    postgresql.sql(
        "ALTER TABLE thread ALTER COLUMN open TYPE INTEGER; ALTER TABLE item ALTER COLUMN revision TYPE INTEGER",
        database.rpartition("/")[2],
    )
    found = old.thread(ANN, "t1")
    with suppress(OSError):  # it is told once
        await old.apply(NOTED)

    assert found
    assert await old.apply(NOTED) is Outcome.APPLIED
    assert [item.record for item in old.items("note")] == [b"noted"]


async def test_who_was_led_to_a_server_that_only_reads_calls_again(
    old: ServerStore,
) -> None:
    """As a writer is whom the database's name led to a standby."""
    assert await old.apply(full()) is Outcome.APPLIED
    session = old._writer._session
    assert session
    await session.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")

    with pytest.raises(OSError, match="can only be read now"):
        await old.apply(NOTED)

    assert await old.apply(NOTED) is Outcome.APPLIED
