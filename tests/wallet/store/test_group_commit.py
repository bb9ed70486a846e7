"""What many ask at the same time is written in one commit, and read in one query: each as if it were alone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from tests.wallet.store.changes import ANN, full
from wallet.store import events
from wallet.store import postgresql as stores
from wallet.store.change import Change, Entry, Event, Heard, Item, Outcome, Outgoing, Thread
from wallet.store.postgresql import ServerStore
from wallet.store.server_session import Session
from wallet.store.server_sql import Bulk, bulk
from wallet.store.transaction import Transaction
from wallet.vault import Vault

KEY = bytes(32)
BOB = "did:peer:4zBob"


@pytest.fixture
async def shop(may_wait: None, database: str) -> AsyncIterator[ServerStore]:
    made = stores.create(database, "shop", Vault.create(KEY))
    yield made
    made.close()


def line(id: str, thid: str = "t1") -> Entry:
    return Entry(thid, id, True, 1, b"said")


def message(number: int, peer: str) -> Change:
    """A change as a message that is answered makes it."""
    return Change(
        peer,
        heard=Heard(f"m{number}", b"digest", 99),
        threads=(Thread("t1", number // 8, True, b"%d" % number),),
        log=(Entry("t1", f"m{number}", False, 1, b"theirs"), Entry("t1", f"a{number}", True, 1, b"ours")),
        send=(Outgoing(f"a{number}", "t1", 1, 9, b"answer"),),
    )


async def test_many_changes_at_a_time_take_few_round_trips_and_one_commit(shop: ServerStore) -> None:
    await asyncio.gather(*(shop.apply(message(n, f"did:{n}")) for n in range(2)))  # statements are prepared
    session = shop._writer._session
    assert session is not None
    before = shop._read.version()
    count: list[int] = []
    for name in ("execute", "fetch", "arrays"):
        setattr(session, name, partial(_counted, getattr(Session, name).__get__(session), count))

    outcomes = await asyncio.gather(*(shop.apply(message(0, f"did:peer:{n}")) for n in range(64)))

    assert outcomes == [Outcome.APPLIED] * 64
    assert len(count) <= 3
    assert shop._read.version() == before + 1
    assert [len(shop.log(f"did:peer:{n}", "t1")) for n in range(64)] == [2] * 64


async def _counted(ask: Callable[..., Awaitable[Any]], count: list[int], *args: Any) -> Any:
    count.append(1)
    return await ask(*args)


async def test_changes_of_one_relationship_keep_their_order_beside_those_of_others(shop: ServerStore) -> None:
    changes = [message(number * 8, f"did:peer:{who}") for number in range(6) for who in range(8)]

    outcomes = await asyncio.gather(*map(shop.apply, changes))

    assert outcomes == [Outcome.APPLIED] * 48
    for who in range(8):
        said = [entry.id for entry in shop.log(f"did:peer:{who}", "t1")]
        assert said == [f"{kind}{number * 8}" for number in range(6) for kind in "ma"]
        assert [row.id for _, row in shop.due_outgoing(f"did:peer:{who}", 9)] == [f"a{n * 8}" for n in range(6)]


@pytest.mark.parametrize("careful", [False, True])
async def test_side_by_side_or_one_after_the_other_comes_to_the_same(
    shop: ServerStore, careful: bool, database: str
) -> None:
    """What one change finds is the same whatever others are in its commit: a failing one lets all be written anew."""

    def fails(tx: Transaction) -> None:
        raise ZeroDivisionError

    await shop.apply(Change(ANN, heard=Heard("m1", b"digest", 99), keep=(Item("invitation", "i1", b""),)))
    changes = (
        Change(ANN, heard=Heard("M1", b"digest", 99)),
        Change(BOB, heard=Heard("m1", b"digest", 99), log=(line("1"), line("1"), line("2"))),
        Change(ANN, heard=Heard("m1", b"other", 99)),
        Change(BOB, claim=(("invitation", "i1"),)),
        Change(ANN, claim=(("invitation", "i1"),), log=(line("never"),)),
        Change(BOB, keep=(Item("note", "n", b"Bob's"),), publish=(Event("e", "s", 1, b"first"),)),
        Change(ANN, keep=(Item("note", "n", b"Ann's"),), publish=(Event("e", "s", 1, b"second"),)),
    )

    futures = [shop.apply(change) for change in changes]
    if careful:
        shop.write(fails).add_done_callback(lambda done: done.exception())
    outcomes = [(await future).value for future in futures]

    assert outcomes == ["duplicate", "applied", "equivocation", "applied", "conflict", "applied", "applied"]
    assert [entry.id for entry in shop.log(BOB, "t1")] == ["1", "2"]
    assert shop.log(ANN, "t1") == ()
    assert [row.record for row in shop.items("note")] == [b"Ann's"]
    assert [row.record for row in shop.read(lambda tx: list(events.every(tx)))] == [b"second"]
    assert shop.verify() == ()


def test_a_statement_for_many_rows_is_made_of_the_one_for_one() -> None:
    keep = "INSERT INTO t (a, n) VALUES (:a, :n + 1) ON CONFLICT (a) DO NOTHING"

    assert bulk(keep, ("bytea", "int8")) == Bulk(
        "INSERT INTO t (a, n) SELECT v.p_a, v.p_n + 1 FROM unnest($1::bytea[], $2::int8[]) WITH ORDINALITY"
        " AS v (p_a, p_n, nth) ORDER BY v.nth ON CONFLICT (a) DO NOTHING",
        ("a", "n"), " RETURNING a", ("a",), once=True,
    )  # fmt: skip
    assert bulk("UPDATE t SET n = :n WHERE a <> ALL(:a)", ("int8", "bytea[]")) is None
    assert bulk("CREATE TABLE t (n BLOB)", ()) is None


async def test_what_many_tasks_read_at_a_time_takes_few_round_trips_and_each_is_told_its_own(shop: ServerStore) -> None:
    lines = {n: tuple(line(f"m{k}", f"t{n}") for k in range(n % 4)) for n in range(64)}
    await shop.apply(Change(ANN, log=tuple(each for some in lines.values() for each in some)))
    shop.log(ANN, "t1")
    [session] = shop._readers._idle
    count: list[int] = []
    for name in ("fetch", "arrays"):
        setattr(session, name, partial(_counted, getattr(session, name), count))

    async def read(n: int) -> tuple[Entry, ...]:
        return shop.log(ANN, f"t{n}")

    found = await asyncio.gather(*map(read, lines))

    assert found == list(lines.values())
    assert len(count) <= 2


async def test_one_read_that_fails_leaves_the_others_alone(shop: ServerStore) -> None:
    async def ask(sql: str) -> int:
        return len(shop._read.rows(sql, id=b""))

    asked = ("SELECT 1 FROM heard WHERE id <> :id", "SELECT 1 FROM nowhere WHERE id <> :id")
    await shop.apply(full())

    found = await asyncio.gather(*map(ask, asked * 2), return_exceptions=True)

    assert [each if isinstance(each, int) else type(each) for each in found] == [1, OSError, 1, OSError]
