"""On a server, marks of messages heard whose time is over are found by their time: no others are looked at."""

import asyncio
import re
from functools import partial
from typing import Any

import asyncpg
import pytest

from wallet.store import log, server_writer
from wallet.store import postgresql as stores
from wallet.store.change import Change, Heard, Outcome
from wallet.store.postgresql import ServerStore
from wallet.store.server_schema import MIGRATIONS
from wallet.store.server_session import SETTINGS
from wallet.store.server_sql import translated
from wallet.store.server_writing import Writing
from wallet.store.transaction import Columns, Value
from wallet.vault import Vault

KEY = bytes(32)
ANN = "did:peer:4zAnn"
OVER, MARKS = 500, 40
BEFORE_IT = 2  # the schema that had no index by time


async def hear(store: ServerStore) -> None:
    """Messages of which every other may be forgotten at `OVER`."""
    marks = (Heard(f"m{number}", b"digest", OVER + number % 2) for number in range(MARKS))
    outcomes = await asyncio.gather(*(store.apply(Change(ANN, heard=mark)) for mark in marks))
    assert set(outcomes) == {Outcome.APPLIED}


def known(store: ServerStore) -> set[int]:
    return {number for number in range(MARKS) if store.seen(ANN, f"m{number}")}


async def opened(url: str, tenant: str = "shop", *, alone: bool = True) -> ServerStore:
    store = stores.open(url, tenant, alone=alone)
    await store.unlock(KEY)
    return store


async def line(url: str, tenant: int) -> Any:
    settings = SETTINGS | {"freerange.tenant": str(tenant), "freerange.name": ""}
    return await asyncpg.connect(url, server_settings=settings)


async def test_they_are_found_by_an_index(may_wait: None, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = stores.create(database, "shop", Vault.create(KEY))
    await hear(store)
    asked: list[tuple[str, dict[str, Value]]] = []
    noted(monkeypatch, asked)

    assert await store.forget(OVER) == MARKS // 2

    connection = await line(database, 1)
    assert [sql.split()[0] for sql, _ in asked] == ["SELECT", "DELETE"]
    for sql, values in asked:
        statement = translated(sql)
        said = await connection.fetch(f"EXPLAIN {statement.sql}", *(values[name] for name in statement.names))
        plan = "\n".join(row[0] for row in said)
        assert re.search(r"Index (Only )?Scan using heard_by_time", plan), plan
        assert re.search(r"Index Cond: \(\(tenant = .* AND \(forget_at > .* AND \(forget_at <= ", plan), plan
    await connection.close()
    store.close()


def noted(monkeypatch: pytest.MonkeyPatch, asked: "list[tuple[str, dict[str, Value]]]") -> None:
    """From now on, write down what is asked about marks that may be dropped."""

    class Noting(Writing):
        def row(self, sql: str, **values: Value) -> Columns | None:
            asked.extend([(sql, values)] if "forget_at" in sql else [])
            return super().row(sql, **values)

        def run(self, sql: str, **values: Value) -> int:
            asked.extend([(sql, values)] if "forget_at" in sql else [])
            return super().run(sql, **values)

    monkeypatch.setattr(server_writer, "Writing", Noting)


async def test_two_who_drop_them_at_once_drop_each_once(may_wait: None, database: str) -> None:
    stores.create(database, "shop", Vault.create(KEY)).close()
    two = [await opened(database, alone=False) for _ in range(2)]
    await hear(two[0])

    dropped = await asyncio.gather(*(store.forget(OVER) for store in two))

    assert sum(dropped) == MARKS // 2
    assert known(two[0]) == known(two[1]) == set(range(1, MARKS, 2))
    for store in two:
        store.close()


async def test_those_of_other_tenants_stay(may_wait: None, database: str) -> None:
    two = [stores.create(database, tenant, Vault.create(KEY)) for tenant in ("shop", "library")]
    for store in two:
        await hear(store)

    assert await two[0].forget(OVER + 1) == MARKS

    assert known(two[0]) == set()
    assert known(two[1]) == set(range(MARKS))
    for store in two:
        store.close()


async def test_the_oldest_go_first_and_those_of_one_second_together(may_wait: None, database: str) -> None:
    store = stores.create(database, "shop", Vault.create(KEY))
    await hear(store)

    first, more = await store.write(partial(log.forget, now=OVER + 1, after=log.FIRST, most=3))
    left = known(store)
    second, end = await store.write(partial(log.forget, now=OVER + 1, after=more or log.FIRST, most=MARKS))

    assert (first, left) == (MARKS // 2, set(range(1, MARKS, 2)))
    assert (second, end, known(store)) == (MARKS // 2, None, set())
    store.close()


async def test_a_database_of_the_schema_before_gets_the_index_and_keeps_its_marks(
    may_wait: None, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as then:
        then.setattr(stores, "MIGRATIONS", MIGRATIONS[:BEFORE_IT])
        old = stores.create(database, "shop", Vault.create(KEY))
        await hear(old)
        old.close()
    before = await line(database, 1)
    indexed = "SELECT count(*) FROM pg_indexes WHERE indexname = 'heard_by_time'"
    assert await before.fetchval(indexed) == 0

    store = await opened(database)

    assert await before.fetchval(indexed) == 1
    assert await before.fetchval("SELECT max(number) FROM migration") == len(MIGRATIONS)
    assert await store.apply(Change(ANN, heard=Heard("m1", b"digest", OVER))) is Outcome.DUPLICATE
    assert await store.forget(OVER) == MARKS // 2
    await before.close()
    store.close()
