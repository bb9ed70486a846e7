"""A change touches one peer's rows only, and keys begin with the peer: so the same tables can be spread by it."""

import asyncio
import re
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import asyncpg
import msgspec
import pytest

from scripts._capacity.shards import ELSEWHERE
from tests.postgresql import Server
from tests.wallet.store.changes import ANN, full
from wallet.store import campaigns, server_schema
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
from wallet.store.postgresql import ServerStore
from wallet.store.transaction import Transaction
from wallet.vault import Vault

KEY = bytes(32)
BOB, CAT = "did:peer:4zBob", "did:peer:4zCat"
PAGE = Path(__file__).parents[3] / "docs/how-to/run-on-postgresql.md"
SPREAD: Final = frozenset({"peer", "heard", "thread", "log", "question", "timer", "outgoing", "dead", "signed"})
"""The tables that take part in every conversation, and whose key begins with the peer."""

BESIDE: Final = {
    "did": "found by the DID, before anybody knows whose it is; its row says whose",
    "item": "found by its kind and id, for it may belong to nobody; its row says whose it is, or that it is nobody's",
}
"""Tables with a peer beside the key."""

APART: Final = {
    "event": "the feed of the org's own systems, in the order in which things came about",
    "meta": "the inventory: how many keys and credentials there are, so that one taken away is missed",
    "recipient": "one of a campaign: by campaign and thread, as whoever carries it on looks for it",
    "commits": "how often each process has committed; no row of it is anybody's",
}
"""Tables without a peer that a change may write to."""

OF_SERVERS: Final = {"commits": APART["commits"], "migration": "the schema", "tenant": "whose rows there are"}

CHANGES: Final = {
    "heard": Change(ANN, heard=Heard("m8", b"digest", 99)),
    "stands": Change(ANN, stands=1, log=(Entry("t1", "m7", True, 1, b"ours"),)),
    "relationship": Change(ANN, relationship=Peer(ANN, 1, ("did:peer:4zAnn2",), b"peer")),
    "threads": Change(ANN, threads=(Thread("t1", 1, True, b"thread"), Thread("t2", 0, True, b"thread"))),
    "log": Change(ANN, log=(Entry("t1", "m8", False, 1, b"theirs"), Entry("t1", "m9", True, 1, b"ours"))),
    "keep": Change(ANN, keep=(Item("key", "k8", b"key"), Item("note", "n1", b"new"), Item("paper", "p8", b"", ANN))),
    "claim": Change(ANN, claim=(("note", f"n1 {ANN}"), ("key", f"k1 {ANN}"))),
    "ask": Change(ANN, ask=(Question("q8", "t1", 1, b"question"),)),
    "settled": Change(ANN, settled=("q1",)),
    "timers": Change(ANN, timers=(Timer("t1", "lapse", 6), Timer("t1", "other", 6))),
    "cancel": Change(ANN, cancel=(("t1", "lapse"),)),
    "send": Change(ANN, send=(Outgoing("m8", "t1", 1, 9, b"message"),)),
    "room": Change(ANN, send=(Outgoing("m9", "t1", 1, 9, b"message"),), room=9),
    "done": Change(ANN, done=("m2",)),
    "signed": Change(ANN, signed=(SignedRow("d8", "o8", True, 2, "t1", 1, b"signed"),)),
    "publish": Change(ANN, publish=(Event("e8", "rel_1", 1, b"event"),)),
    "progress": Change(ANN, progress=(Progress("c1", "t1", "told"),)),
    "purge": Change(ANN, purge=(("t1", "d1"),)),
}
"""One change of each kind, to a wallet in which two peers have the same of everything."""

ONE_BY_ONE: Final = {"relationship", "keep", "claim", "publish", "progress"}
"""Kinds of change that may touch what others touch too, or of which no two peers can make the same one."""


@pytest.fixture
async def shop(may_wait: None, postgresql: Server, database: str) -> AsyncIterator[ServerStore]:
    """A wallet with two peers, as one of several processes has it open. What is altered, and asked, is written down."""
    made = stores.create(database, "shop", Vault.create(KEY))
    for peer in (ANN, BOB):
        assert await made.apply(everything(peer)) is Outcome.APPLIED
    await made.write(partial(campaigns.write, row=Campaign("c1", 0, True, 1, b"")))
    await made.write(partial(campaigns.add, rows=[Recipient("c1", "t1", QUEUED, 1, b"")]))
    made.close()
    await watch(database)
    postgresql.sql(f"ALTER DATABASE {database.rpartition('/')[2]} SET log_statement = 'all'")
    store = stores.open(database, "shop", alone=False)
    await store.unlock(KEY)
    yield store
    store.close()


@pytest.fixture
async def beside(database: str) -> AsyncIterator[Any]:
    """A connection to the same database, made for its only tenant."""
    made = await asyncpg.connect(database, server_settings={"freerange.tenant": "1", "freerange.name": "shop"})
    yield made
    await made.close()


def everything(peer: str) -> Change:
    """A change that writes to every table, by names that are the same for every peer where they may be."""
    items = (Item("key", f"k1 {peer}", b"key"), Item("note", f"n1 {peer}", b"note", peer), Item("note", "n1", b""))
    known = Peer(peer, 0, (peer,), b"peer")
    event = (Event(f"e1 {peer}", "rel_1", 1, b"event"),)
    made = full(keep=items, relationship=known, publish=event, signed=(THEIRS, OURS))
    return msgspec.structs.replace(made, peer=peer)


THEIRS: Final = SignedRow("d1", "o1", False, 1, "t1", 1, b"signed")
OURS: Final = SignedRow("d2", "o2", True, 1, "t1", 1, b"signed")


async def watch(url: str) -> None:
    """Have every row that is altered from now on written down, by the database itself."""
    line = await asyncpg.connect(url)
    try:
        await line.execute(
            "CREATE TABLE touched (name TEXT, change BIGINT DEFAULT txid_current(), row JSONB);"
            " CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP <> 'INSERT' THEN"
            " INSERT INTO touched (name, row) VALUES (TG_ARGV[0], to_jsonb(OLD)); END IF; IF TG_OP <> 'DELETE' THEN"
            " INSERT INTO touched (name, row) VALUES (TG_ARGV[0], to_jsonb(NEW)); END IF; RETURN NULL; END $$"
        )
        for table in (*server_schema.TABLES, *server_schema.LATER):
            await line.execute(
                f"CREATE TRIGGER touched AFTER INSERT OR UPDATE OR DELETE ON {table}"
                f" FOR EACH ROW EXECUTE FUNCTION touch('{table}')"
            )
    finally:
        await line.close()


async def touched(beside: Any) -> dict[str, set[str]]:
    """The tables in which rows were altered, each with whose these are, blind; "" for rows that say of no peer."""
    found: dict[str, set[str]] = {}
    for name, peer in await beside.fetch("SELECT DISTINCT name, coalesce(row ->> 'peer', '') FROM touched"):
        found.setdefault(name, set()).add(peer.removeprefix("\\x"))
    return found


def blind(store: ServerStore, peer: str) -> str:
    return store.vault.blind("store", "peer", peer).hex()


def strangers(store: ServerStore, found: dict[str, set[str]]) -> dict[str, set[str]]:
    """Of these tables, those in which rows were altered that are not Ann's, nor may be anybody's."""
    allowed = {table: {blind(store, ANN)} for table in found} | {table: {""} for table in APART}
    allowed["item"] = {blind(store, ANN), blind(store, "")}
    return {table: whose - allowed[table] for table, whose in found.items() if whose - allowed[table]}


def test_there_is_a_change_of_each_kind() -> None:
    assert set(CHANGES) == {*Change.__struct_fields__} - {"peer"}


async def test_a_change_of_whatever_kind_touches_rows_of_its_own_peer_alone(shop: ServerStore, beside: Any) -> None:
    seen: dict[str, dict[str, set[str]]] = {}

    for kind, change in CHANGES.items():
        assert await shop.apply(change) is Outcome.APPLIED, kind
        assert await beside.fetchval("SELECT count(DISTINCT change) FROM touched") == 1, kind
        seen[kind] = await touched(beside)
        await beside.execute("TRUNCATE touched")

    assert {kind: strangers(shop, found) for kind, found in seen.items() if strangers(shop, found)} == {}
    assert all(found.keys() - {"commits"} for found in seen.values())
    assert {table for found in seen.values() for table in found} == (SPREAD - {"dead"}) | set(BESIDE) | set(APART)


async def test_changes_of_two_peers_that_are_written_together_touch_rows_of_these_two_alone(
    shop: ServerStore, beside: Any
) -> None:
    """They go out as statements over many rows, while a third peer has the same of everything."""
    assert await shop.apply(everything(CAT)) is Outcome.APPLIED
    await beside.execute("TRUNCATE touched")
    two = {blind(shop, peer) for peer in (ANN, CAT)}
    alike = {kind: change for kind, change in CHANGES.items() if kind not in ONE_BY_ONE}

    for kind, change in alike.items():
        both = (shop.apply(change), shop.apply(msgspec.structs.replace(change, peer=CAT)))
        assert set(await asyncio.gather(*both)) == {Outcome.APPLIED}, kind
        assert await beside.fetchval("SELECT count(DISTINCT change) FROM touched") == 1, kind
        found = await touched(beside)
        assert [whose for table, whose in found.items() if table in SPREAD and whose != two] == [], kind
        await beside.execute("TRUNCATE touched")


async def test_a_row_of_somebody_else_that_is_altered_is_found(shop: ServerStore, beside: Any) -> None:
    def careless(tx: Transaction) -> int:
        return tx.run("DELETE FROM log WHERE thid = :thid", thid=tx.blind("thid", "t1"))

    assert await shop.write(careless) == 2

    assert strangers(shop, await touched(beside)) == {"log": {blind(shop, BOB)}}


async def test_what_a_change_asks_of_a_table_that_is_spread_names_the_peer(
    shop: ServerStore, postgresql: Server, database: str
) -> None:
    before = len(postgresql.said())

    for change in CHANGES.values():
        await shop.apply(change)

    asked = statements(postgresql.said()[before:])
    seen = {table for sql in asked for table in named(sql)}
    assert seen >= SPREAD
    assert [sql for sql in asked if named(sql) and not names_a_peer(sql)] == []
    assert not names_a_peer("DELETE FROM log WHERE thid = $1")


def statements(said: str) -> set[str]:
    """The statements in a server's log that are about rows of tables, each once."""
    found = re.findall(r"LOG:  execute \S+: (.*)", said)
    return {sql for sql in found if re.match(r"(WITH|SELECT|INSERT|UPDATE|DELETE) ", sql)}


def named(sql: str) -> set[str]:
    """The tables a statement is about that are spread by the peer."""
    return set(re.findall(r"(?:FROM|INTO|UPDATE|JOIN) (\w+)", sql)) & SPREAD


def names_a_peer(sql: str) -> bool:
    """Whether whose rows a statement is about is in it: as a condition, or in what it adds."""
    parts = re.split(
        rf"(?=\b(?:SELECT (?:(?! FROM ).)+ FROM|DELETE FROM|UPDATE|INSERT INTO) (?:{'|'.join(SPREAD)})\b)", sql
    )
    return all(re.search(r"\bpeer = |INSERT INTO \w+ \(peer, ", part) for part in parts if named(part))


async def test_every_table_is_spread_by_a_part_of_its_key_where_the_page_spreads_it(
    beside: Any, shop: ServerStore
) -> None:
    spread = dict(re.findall(r"create_distributed_table\('(\w+)', '(\w+)'", PAGE.read_text()))
    keys = await beside.fetch(
        "SELECT c.relname, array_agg(a.attname::text) FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid"
        " JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)"
        " WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace GROUP BY c.relname, i.indexrelid"
    )
    triggers = await beside.fetch("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname <> 'touched'")

    assert set(spread) == SPREAD | set(BESIDE) | {"account", "line"}
    assert {table for table, column in spread.items() if column != "peer"} == set(BESIDE)
    assert [(table, key) for table, key in keys if table in spread and spread[table] not in key] == []
    assert set(spread).isdisjoint(name for (name,) in triggers)


async def test_every_key_begins_with_the_peer_or_it_is_said_why_not(shop: ServerStore, beside: Any) -> None:
    keys = await beside.fetch(
        "SELECT c.relname, a.attname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid"
        " JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]"
        " WHERE i.indisprimary AND c.relnamespace = 'public'::regnamespace"
    )
    tables = await beside.fetch(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
    )

    first = dict(keys)
    assert {name for (name,) in tables} - {"touched"} == set(first)
    assert {name for name, column in first.items() if column == "peer"} == SPREAD | {"account", "line"}
    assert {name for name, column in first.items() if column != "peer"} == set(ELSEWHERE) | set(OF_SERVERS)
