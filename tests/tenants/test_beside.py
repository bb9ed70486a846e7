"""Two vendors in one database, as stores: whatever one does, the other's rows stay as they are, and so does its time
(security TN-03, TN-06, TN-07, TN-11)."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import asyncpg
import pytest

from tests.postgresql import Server
from tests.tenants.conftest import EVERY, dump
from tests.wallet.store.changes import ANN, full
from wallet import keys
from wallet.keys import Curve, Keyring
from wallet.store import campaigns, held, lines, log, mediation, quarantine
from wallet.store import keys as kept_keys
from wallet.store import postgresql as stores
from wallet.store.campaigns import QUEUED, Campaign, Recipient
from wallet.store.change import (
    Change,
    Entry,
    Event,
    Heard,
    Item,
    Outcome,
    Outgoing,
    Peer,
    Progress,
    Question,
    SignedRow,
    Thread,
    Timer,
)
from wallet.store.held import Arriving, Limits
from wallet.store.postgresql import ServerStore
from wallet.store.quarantine import Quarantined
from wallet.store.server_readers import READERS
from wallet.store.server_session import connect
from wallet.store.server_sql import Statement
from wallet.store.transaction import Transaction
from wallet.vault import Vault

KEY = bytes(32)
PAIR = ("ann", "bob")
MEDIATED = "did:peer:4zMediated"


@pytest.fixture
async def pair(may_wait: None, database: str) -> AsyncIterator[tuple[ServerStore, ServerStore]]:
    """The stores of two tenants, which open with the same key, and have the same in every table."""
    async with asyncio.TaskGroup() as tasks:
        made = [tasks.create_task(filled(database, tenant)) for tenant in PAIR]
    yield made[0].result(), made[1].result()
    for each in made:
        each.result().close()


async def filled(database: str, tenant: str) -> ServerStore:
    """A wallet with rows in every table."""
    store = stores.create(database, tenant, Vault.create(KEY))
    assert await store.apply(full()) is Outcome.APPLIED
    assert await store.apply(Change(ANN, send=(Outgoing("m3", "t1", 1, 9, b"message"),))) is Outcome.APPLIED
    assert await store.bury(ANN, "m2", "nobody there", 1)
    for write in WRITES:
        await store.write(partial(write, chance=random.Random(1)))
    return store


# -- what a store can be asked to do -------------------------------------------------------------------------------


def mediate(tx: Transaction, *, chance: random.Random) -> None:
    mediation.grant(tx, peer=some_peer(chance), key=Item("key", "granted", b"key", some_peer(chance)), now=1)
    mediation.register(tx, peer=some_peer(chance), did=MEDIATED)
    row = Arriving(MEDIATED, (chance.randbytes(9),), "", 1, 1, chance.randint(2, 99))
    held.hold(tx, row=row, limits=Limits())


def set_aside(tx: Transaction, *, chance: random.Random) -> None:
    mark = quarantine.mark_of(tx, sender=ANN, id=str(chance.randint(0, 3)))
    quarantine.keep(tx, row=Quarantined(mark, ANN, "m", b"packed", "why", chance.randint(0, 99)))


def line_up(tx: Transaction, *, chance: random.Random) -> None:
    lines.come(tx, peer=some_peer(chance), worker=chance.randint(0, 3), since=chance.randint(0, 99))


def campaign(tx: Transaction, *, chance: random.Random) -> None:
    campaigns.write(tx, row=Campaign("c1", 0, True, 1, b"campaign"))
    if campaigns.recipient(tx, campaign="c1", thid="t1") is None:
        campaigns.add(tx, rows=[Recipient("c1", "t1", QUEUED, chance.randint(0, 99), b"recipient")])


WRITES = (mediate, set_aside, line_up, campaign)
SWEEPS: tuple[Callable[..., object], ...] = (
    partial(held.sweep, now=99, most=10),
    partial(held.received, account=ANN, ids=["nothing"]),
    held.recount,
    lines.sweep,
    partial(lines.gone, peers=[ANN], worker=1),
    partial(mediation.unregister, peer=ANN, did=MEDIATED),
    partial(mediation.close, peer=ANN),
    partial(campaigns.clear, id="c1", most=10),
    partial(log.forget, now=99, after=log.FIRST),
)
"""What tidies up: whoever forgot to say whose rows are meant would tidy up for everybody."""


def some_peer(chance: random.Random) -> str:
    return chance.choice((ANN, "did:peer:4zBob", ""))


def changes(chance: random.Random) -> tuple[Change, ...]:
    """One of each kind, by names that others have, too."""
    who, id, at = some_peer(chance), f"m{chance.randint(0, 9)}", chance.randint(0, 99)
    thid = f"t{chance.randint(0, 2)}"
    return (
        full(),
        Change(who, heard=Heard(id, chance.randbytes(2), at)),
        Change(who, relationship=Peer(who, chance.randint(0, 3), (who,), b"peer")),
        Change(who, threads=(Thread(thid, chance.randint(0, 3), chance.random() < 0.5, b"thread"),)),
        Change(who, log=(Entry(thid, id, chance.random() < 0.5, at, b"line"),)),
        Change(who, keep=(Item("note", id, b"note"), Item("key", id, b"key"))),
        Change(who, claim=(("note", id), ("key", "k1"))),
        Change(who, ask=(Question(id, thid, at, b"question"),)),
        Change(who, settled=("q1",)),
        Change(who, timers=(Timer(thid, "lapse", at),)),
        Change(who, cancel=((thid, "lapse"),)),
        Change(who, send=(Outgoing(id, thid, at, at + 9, b"message"),)),
        Change(who, done=(id, "m2")),
        Change(who, signed=(SignedRow(f"d{at}", "o1", True, at, thid, at, b"signed"),)),
        Change(who, publish=(Event("e1", "rel_1", at, b"event"),)),
        Change(who, progress=(Progress("c1", "t1", "told"),)),
        Change(who, purge=(("t1", "d1"),)),
    )


async def step(store: ServerStore, chance: random.Random) -> None:
    """One thing that an agent may have its store do."""
    who, id, at = some_peer(chance), f"m{chance.randint(0, 9)}", chance.randint(0, 99)
    acts: tuple[Callable[[], Awaitable[object]], ...] = (
        lambda: store.apply(chance.choice(changes(chance))),
        lambda: store.apply(chance.choice(changes(chance))),
        lambda: store.write(partial(chance.choice(WRITES), chance=chance)),
        lambda: store.write(chance.choice(SWEEPS)),
        lambda: store.forget(at),
        lambda: store.retry_outgoing(who, id, at, held=chance.random() < 0.5),
        lambda: store.hold_outgoing(who, at, at, [(id, b"record")]),
        lambda: store.wake_outgoing(who, at),
        lambda: store.finish_outgoing([(who, id)]),
        lambda: store.hasten_leased(at, 99),
        lambda: store.hasten_outgoing(at),
        lambda: store.shift_outgoing(chance.randint(-9, 9)),
        lambda: store.bury(who, id, "why", at),
        lambda: store.revive(who, Outgoing(id, "t1", at, at, b"message")),
        lambda: store.discard(who, id),
        lambda: store.save_header(),
    )
    await chance.choice(acts)()


# -- nothing happens to the other one ------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [60, pytest.param(500, marks=pytest.mark.full)])
@pytest.mark.parametrize("seed", [1, 2])
async def test_whatever_one_does_the_other_s_rows_stay_as_they_are(
    pair: tuple[ServerStore, ServerStore], postgresql: Server, database: str, steps: int, seed: int
) -> None:
    ann, bob = pair
    chance, before, own = random.Random(seed), dump(postgresql, database, "ann"), dump(postgresql, database, "bob")
    assert [table for table in EVERY if not before[table] and table != "commits"] == []

    for _ in range(steps):
        await step(bob, chance)

    assert dump(postgresql, database, "ann") == before
    changed = {table for table, rows in dump(postgresql, database, "bob").items() if rows != own[table]}
    assert len(changed) > len(EVERY) // 2, "it did much"
    assert ann.verify() == bob.verify() == ()


async def test_what_one_does_shows_in_its_own_rows(
    pair: tuple[ServerStore, ServerStore], postgresql: Server, database: str
) -> None:
    """The control: every table is looked at."""
    before = dump(postgresql, database, "ann")

    await pair[0].apply(Change(ANN, log=(Entry("t1", "m9", True, 1, b"ours"),)))

    after = dump(postgresql, database, "ann")
    assert {table for table in EVERY if after[table] != before[table]} - {"commits"} == {"log"}


async def test_without_its_walls_a_table_would_be_everybody_s(
    pair: tuple[ServerStore, ServerStore], postgresql: Server, database: str
) -> None:
    """The control: it is the database that keeps them apart, and what would happen else is seen."""
    before = dump(postgresql, database, "ann")
    postgresql.sql("ALTER TABLE outgoing NO FORCE ROW LEVEL SECURITY", database.rpartition("/")[2])

    await pair[1].hasten_outgoing(0)

    after = dump(postgresql, database, "ann")
    assert {table for table in EVERY if after[table] != before[table]} == {"outgoing"}


# -- the same names, the same key ----------------------------------------------------------------------------------


async def test_two_have_the_same_peer_and_the_same_key_and_each_its_own(
    pair: tuple[ServerStore, ServerStore], postgresql: Server, database: str
) -> None:
    secret, kid = keys.create(Curve.X25519), f"{ANN}#key-1"
    item = kept_keys.key_item(kid, secret, peer=ANN)
    for store in pair:
        assert await store.apply(Change(ANN, keep=(item,))) is Outcome.APPLIED
    before = dump(postgresql, database, "ann")

    removed = await pair[1].apply(Change(ANN, claim=((item.kind, item.id),)))

    assert removed is Outcome.APPLIED
    assert pair[1].key(kid) is None
    assert (kept := pair[0].key(kid)) is not None
    assert kept.public == secret.public
    assert Keyring(load=pair[0].key).holds(kid)
    assert dump(postgresql, database, "ann") == before
    assert pair[0].peer_of(ANN) == pair[1].peer_of(ANN) == ANN


async def test_nothing_in_the_database_shows_that_two_have_the_same(
    pair: tuple[ServerStore, ServerStore], postgresql: Server, database: str
) -> None:
    names = "SELECT peer FROM {0} WHERE tenant = (SELECT id FROM tenant WHERE name = '{1}')"

    for table in ("peer", "did", "heard", "thread", "log", "signed", "outgoing", "timer"):
        base = database.rpartition("/")[2]
        one, two = [set(postgresql.sql(names.format(table, tenant), base).split()) for tenant in PAIR]
        assert one
        assert two
        assert not one & two, table


# -- whose a connection is -----------------------------------------------------------------------------------------


async def test_a_connection_that_says_of_nobody_whose_it_is_sees_no_row(
    pair: tuple[ServerStore, ServerStore], database: str
) -> None:
    line = await asyncpg.connect(database)

    for table in EVERY:
        with pytest.raises(asyncpg.UndefinedObjectError, match=r"freerange\.tenant"):
            await line.fetch(f"SELECT * FROM {table}")
        with pytest.raises(asyncpg.UndefinedObjectError, match=r"freerange\.tenant"):
            await line.execute(f"DELETE FROM {table}")
    await line.close()


async def test_whose_a_connection_is_stays_whatever_it_is_reset_by(
    pair: tuple[ServerStore, ServerStore], database: str
) -> None:
    number = await stores.prepare(database, "bob")
    assert number
    session = await connect(database, name="bob", tenant=number, writes=True)
    asked = Statement("SELECT DISTINCT tenant FROM log", ())

    for reset in ("RESET ALL", "DISCARD ALL", "ROLLBACK", "SET SESSION AUTHORIZATION DEFAULT"):
        await session.execute(reset)
        session._statements.clear()  # DISCARD ALL has forgotten them
        assert [row[0] for row in await session.fetch(asked, {})] == [number], reset
    await session.close()


async def test_a_connection_that_is_another_s_is_hung_up_on_and_not_asked(
    pair: tuple[ServerStore, ServerStore],
) -> None:
    """No connection goes from one tenant to another; if one did, nothing would be read by it."""
    ann, bob = pair
    assert ann.log(ANN, "t1")
    theirs, *_ = ann._readers._idle
    bob._readers._idle.append(theirs)
    ann._readers._idle.clear()

    found = bob.log(ANN, "t1")

    assert theirs.lost
    assert [entry.id for entry in found] == ["m1"]
    assert all(each.tenant == bob._readers._tenant for each in bob._readers._idle)


async def test_nothing_the_agent_says_to_the_database_changes_whose_a_connection_is(
    noted: int, pair: tuple[ServerStore, ServerStore], postgresql: Server
) -> None:
    """The tenant is said when a connection is made, and by no statement."""
    chance = random.Random(3)

    for _ in range(30):
        await step(pair[1], chance)

    said = postgresql.said()[noted:]
    assert "INSERT INTO" in said
    assert not [line for line in said.splitlines() if "set_config('freerange" in line or "SET freerange" in line]


# -- whose time it takes -------------------------------------------------------------------------------------------


async def test_however_much_one_asks_it_has_so_many_connections_and_no_more(
    pair: tuple[ServerStore, ServerStore], postgresql: Server, database: str
) -> None:
    ann, bob = pair
    most = turns = 0
    flood = [asyncio.ensure_future(one(bob, n)) for n in range(600)]
    while not all(each.done() for each in flood):
        counted = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'freerange'"
        here = (
            f"{counted} AND datname = '{database.rpartition('/')[2]}'"  # what an earlier test had may still be ending
        )
        most = max(most, int(await asyncio.to_thread(postgresql.sql, here)))
        turns += 1
        assert await ann.apply(Change(ANN, log=(Entry("t2", str(turns), True, 1, b"ours"),))) is Outcome.APPLIED
    await asyncio.gather(*flood)

    assert 0 < most <= 2 * (READERS + 2), "each has so many to read by, one to write by, and one for its locks"


async def one(store: ServerStore, number: int) -> None:
    await store.apply(Change(f"did:peer:{number}", log=(Entry("t1", "m", True, 1, b"x" * 1000),)))
    store.log(f"did:peer:{number}", "t1")
    assert store.counts()


async def test_one_that_stands_still_in_the_middle_of_a_change_holds_up_nobody_else(
    pair: tuple[ServerStore, ServerStore], database: str
) -> None:
    """Nothing that is waited for is common to two tenants: rows, places in the feed, the hold on a wallet."""
    number = await stores.prepare(database, "bob")
    settings = {"freerange.tenant": str(number), "freerange.name": "bob"}
    line: Any = await asyncpg.connect(database, server_settings=settings)
    begun = line.transaction()
    await begun.start()
    for table in EVERY:
        await line.execute(f"SELECT * FROM {table} FOR UPDATE")
        await line.execute(f"DELETE FROM {table}")
    await line.execute("INSERT INTO event (id, subject, at, sealed) VALUES ('late', '', 1, '')")

    done = await asyncio.wait_for(
        pair[0].apply(full(heard=Heard("m7", b"digest", 99), relationship=None, threads=())), 60
    )
    for _ in range(30):
        await asyncio.wait_for(step(pair[0], random.Random(5)), 60)

    assert done is Outcome.APPLIED
    await begun.rollback()
    await line.close()
