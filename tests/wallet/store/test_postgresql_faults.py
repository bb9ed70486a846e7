"""A server that has no time, no connection left, or others to serve: plain words meanwhile, and all goes on by itself.

Source: docs/security.md, row SR-14.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from tests.postgresql import OWNER, Server
from tests.wallet.store.beside import in_the_way
from tests.wallet.store.changes import ANN
from wallet.errors import Locked
from wallet.store import meta, server_session, server_writer
from wallet.store import postgresql as stores
from wallet.store.change import Change, Entry, Heard, Item, Outcome, Thread
from wallet.store.postgresql import ServerStore
from wallet.vault import Vault

KEY = bytes(32)
BOB = "did:peer:4zBob"
SOON = 60.0  # seconds
LONGEST_END = 8.0
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
THREAD_OF_ANN = "SELECT 1 FROM thread FOR UPDATE"


@pytest.fixture
async def shop(may_wait: None, database: str) -> AsyncIterator[ServerStore]:
    made = stores.create(database, "shop", Vault.create(KEY))
    yield made
    made.close()


def change(number: int, peer: str = ANN) -> Change:
    """One numbered change."""
    return Change(
        peer,
        heard=Heard(f"m{number}", b"", 99),
        threads=(Thread("t1", number - 1, True, b"%d" % number),),
        log=(Entry("t1", f"m{number}", False, 1, b"said"),),
        keep=(Item("note", f"{peer}-{number}", b"", peer),),
    )


async def applied(store: ServerStore, what: Change) -> None:
    """Apply a change as a sender does who asks again until it is taken."""
    async with asyncio.timeout(SOON):
        while True:
            try:
                assert await store.apply(what) in (Outcome.APPLIED, Outcome.DUPLICATE)
                return
            except OSError:
                await asyncio.sleep(0.02)


def once(store: ServerStore, number: int, peer: str = ANN) -> bool:
    """Whether the changes up to this one are there, once each."""
    thread = store.thread(peer, "t1")
    ids = [entry.id for entry in store.log(peer, "t1")]
    return thread is not None and thread.version == number and ids == [f"m{each}" for each in range(1, number + 1)]


# -- a line that broke ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("passes", range(8))
async def test_a_line_cut_while_nobody_uses_it_is_replaced_unnoticed(
    may_wait: None, own_database: tuple[Server, str], passes: int
) -> None:
    """Whatever the loop hears first: that it is cut, or that something is to be written."""
    server, url = own_database
    store = stores.create(url, "shop", Vault.create(KEY))
    await store.apply(change(1))

    server.cut()  # the loop hears of it when it goes on
    for _ in range(passes):
        await asyncio.sleep(0)
    outcome = await store.apply(change(2))

    assert outcome is Outcome.APPLIED
    assert once(store, 2)
    store.close()


@pytest.mark.parametrize("passes", range(4))
async def test_a_line_cut_just_before_it_is_used_is_replaced_unnoticed(
    may_wait: None, own_database: tuple[Server, str], passes: int
) -> None:
    server, url = own_database
    store = stores.create(url, "shop", Vault.create(KEY))
    await store.apply(change(1))

    coming = store.apply(change(2))
    for _ in range(passes):
        await asyncio.sleep(0)
    server.cut()
    outcome = await coming

    assert outcome is Outcome.APPLIED
    assert once(store, 2)
    store.close()


@pytest.fixture
def own_database(postgresql: Server, database: str) -> tuple[Server, str]:
    """A server of which every connection may be cut, and a database in it."""
    return postgresql, database


# -- no time --------------------------------------------------------------------------------------------------------


async def test_a_statement_that_the_server_gives_up_is_told_and_nothing_of_it_is_written(
    may_wait: None, postgresql: Server, database: str
) -> None:
    name = database.rpartition("/")[2]
    postgresql.sql(f"ALTER DATABASE {name} SET statement_timeout = '1s'")
    store = stores.create(database, "shop", Vault.create(KEY))
    await store.apply(change(1))

    async with in_the_way(database, THREAD_OF_ANN):
        with pytest.raises(OSError, match="did not answer in time") as refused:
            await store.apply(change(2))
        meanwhile = once(store, 1)
    await applied(store, change(2))

    assert not isinstance(refused.value, TimeoutError)  # that would be held against what was to be written
    assert meanwhile
    assert once(store, 2)
    store.close()


async def test_a_server_that_does_not_answer_is_told_and_all_goes_on_when_it_does(
    may_wait: None, own_postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_session, "ANSWERED", 1.0)
    monkeypatch.setattr(server_session, "REACHED", 1.0)
    store = stores.create(own_postgresql.database(), "shop", Vault.create(KEY))
    await store.apply(change(1))

    own_postgresql.pause()
    for _ in range(2):  # over the line there is, and over a new one
        with pytest.raises(OSError, match="did not answer in time") as refused:
            await store.apply(change(2))
        assert not isinstance(refused.value, TimeoutError)
    with pytest.raises(OSError, match="did not answer in time"):
        store.thread(ANN, "t1")
    own_postgresql.resume()
    await applied(store, change(2))

    assert once(store, 2)
    store.close()


async def test_a_server_that_does_not_answer_holds_up_nobody_who_ends(may_wait: None, own_postgresql: Server) -> None:
    store = stores.create(own_postgresql.database(), "shop", Vault.create(KEY))
    await store.apply(change(1))

    own_postgresql.pause()
    coming = asyncio.ensure_future(store.apply(change(2)))
    await asyncio.sleep(0.1)
    began = time.monotonic()
    store.close()
    took = time.monotonic() - began
    own_postgresql.resume()

    with pytest.raises(OSError):
        await coming
    assert took < LONGEST_END


# -- no connection left ---------------------------------------------------------------------------------------------


async def test_whom_the_server_still_takes_for_alive_holds_up_his_successor_for_a_moment_only(
    may_wait: None, own_postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = own_postgresql.database()
    killed = stores.create(url, "shop", Vault.create(KEY))
    held = int(own_postgresql.sql("SELECT pid FROM pg_locks WHERE locktype = 'advisory'"))
    os.kill(held, signal.SIGSTOP)  # busy: it will see later that nobody is there
    killed._writer.close()
    asyncio.get_running_loop().call_later(0.2, os.kill, held, signal.SIGCONT)

    with monkeypatch.context() as slow_machine:
        slow_machine.setattr(server_writer, "PAUSES", (0.1,) * 600)
        store = stores.open(url, "shop")

    with pytest.raises(Locked):
        stores.open(url, "shop")
    store.close()
    killed.close()


async def test_out_of_connections_is_said_in_plain_words_and_passes_by_itself(
    may_wait: None, own_postgresql: Server
) -> None:
    url = own_postgresql.database()
    store = stores.create(url, "shop", Vault.create(KEY))
    await store.apply(change(1))
    own_postgresql.sql(f"ALTER ROLE {OWNER} CONNECTION LIMIT 0")  # as max_connections, for one role
    own_postgresql.cut()
    with pytest.raises(OSError):
        await store.apply(change(2))  # it may hear only now that it was cut

    for _ in range(3):
        with pytest.raises(OSError, match="the database has no connection left"):
            await store.apply(change(2))
        with pytest.raises(OSError, match="the database has no connection left"):
            store.thread(ANN, "t1")
    own_postgresql.sql(f"ALTER ROLE {OWNER} CONNECTION LIMIT -1")
    await applied(store, change(2))

    assert once(store, 2)
    store.close()


async def test_a_server_with_max_connections_says_so(may_wait: None, own_postgresql: Server) -> None:
    own_postgresql.set("max_connections", "12")
    own_postgresql.restart()
    url = own_postgresql.database()
    store = stores.create(url, "shop", Vault.create(KEY))
    await store.apply(change(1))
    own_postgresql.cut()
    others = await crowd(url)

    with pytest.raises(OSError, match="the database has no connection left"):
        await store.apply(change(2))
    for each in others:
        await each.close()
    await applied(store, change(2))

    assert once(store, 2)
    store.close()


async def crowd(url: str) -> list[Any]:
    """As many connections as there may be."""
    others: list[Any] = []
    while True:
        try:
            others.append(await asyncpg.connect(url))
        except asyncpg.TooManyConnectionsError:
            return others


# -- others write the same ------------------------------------------------------------------------------------------


UNDOING = """
CREATE SEQUENCE times;
CREATE FUNCTION undo() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('times') <= {times} THEN RAISE EXCEPTION 'others wrote it' USING ERRCODE = '{code}'; END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER undone AFTER INSERT ON log {when} FOR EACH ROW EXECUTE FUNCTION undo();
"""


@pytest.mark.parametrize("when", ["", "DEFERRABLE INITIALLY DEFERRED"], ids=["at once", "at the commit"])
@pytest.mark.parametrize("code", ["40001", "40P01"], ids=["serialization failure", "deadlock"])
async def test_what_the_database_undoes_is_repeated_as_a_whole(
    shop: ServerStore, postgresql: Server, database: str, code: str, when: str
) -> None:
    """A sequence counts on through what is undone, so the database gives in after a few times."""
    postgresql.sql(UNDOING.format(times=3, code=code, when=when), database.rpartition("/")[2])

    found = await asyncio.gather(shop.apply(change(1)), shop.apply(change(1, BOB)))

    assert set(found) == {Outcome.APPLIED}
    assert once(shop, 1)
    assert once(shop, 1, BOB)


async def test_what_the_database_undoes_every_time_is_told_in_plain_words(
    shop: ServerStore, postgresql: Server, database: str
) -> None:
    postgresql.sql(UNDOING.format(times=40, code="40001", when=""), database.rpartition("/")[2])

    with pytest.raises(OSError, match="others wrote the same again and again"):
        await shop.apply(change(1))
    meanwhile = shop.thread(ANN, "t1")
    await applied(shop, change(1))

    assert meanwhile is None
    assert once(shop, 1)


async def test_a_deadlock_with_somebody_else_costs_nothing_but_time(
    may_wait: None, postgresql: Server, database: str
) -> None:
    """A deadlock is undone for one who waits in it for some time: here that is the store, since the other never looks,
    and the store is the last to wait, for it looks but once."""
    name = database.rpartition("/")[2]
    postgresql.sql(f"ALTER DATABASE {name} SET deadlock_timeout = '300ms'")
    store = stores.create(database, "shop", Vault.create(KEY))
    postgresql.sql(f"ALTER DATABASE {name} SET deadlock_timeout = '1h'")  # for whoever connects from now on
    await store.apply(change(1))
    rows = "SELECT 1 FROM thread WHERE peer {} ($1) FOR UPDATE"

    async with in_the_way(database, "SELECT 1") as other:
        hers = await other.fetchval("SELECT peer FROM thread")
        await store.apply(change(1, BOB))
        await other.fetch(rows.format("NOT IN"), hers)
        async with in_the_way(database, "SELECT 1 FROM meta FOR UPDATE"):
            one_after_the_other = store.apply(change(2)), store.write(meta.touch), store.apply(change(2, BOB))
            await waiting(postgresql, name, 1)  # the store has one row, and is held before the other
            wanted = asyncio.create_task(other.fetch(rows.format("IN"), hers))
            await waiting(postgresql, name, 2)
        await wanted
    first, _, second = await asyncio.gather(*one_after_the_other)

    assert "deadlock detected" in postgresql.said()
    assert [first, second] == [Outcome.APPLIED, Outcome.APPLIED]
    assert once(store, 2)
    assert once(store, 2, BOB)
    store.close()


async def waiting(server: Server, database: str, wanted: int) -> None:
    """Return once so many connections to a database wait for others."""
    async with asyncio.timeout(SOON):
        while server.sql(WAITING, database) != str(wanted):  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.02)


async def test_many_writers_of_one_relationship_write_each_change_once(may_wait: None, database: str) -> None:
    store = stores.create(database, "shop", Vault.create(KEY), alone=False)
    others = [stores.open(database, "shop", alone=False) for _ in range(3)]
    for each in others:
        await each.unlock(KEY)
    writers = (store, *others)

    for number in range(1, 21):
        found = await asyncio.gather(*(each.apply(change(number)) for each in writers))
        assert sorted(each.value for each in found).count(Outcome.APPLIED.value) == 1

    assert once(store, 20)
    for each in writers:
        each.close()
