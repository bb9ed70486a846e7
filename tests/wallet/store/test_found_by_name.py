"""On a server a row that a change names is found by its name: nobody goes past all that a wallet has of its kind."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import asyncpg
import pytest

from wallet.store import postgresql as stores
from wallet.store.change import Change, Entry, Heard, Outgoing, Peer, Question, SignedRow, Thread, Timer
from wallet.store.postgresql import ServerStore
from wallet.store.server_session import Session
from wallet.vault import Vault

PEERS: Final = 30
BY_TENANT: Final = "Index Cond: (tenant = (current_setting('freerange.tenant'::text))::integer)"


@pytest.fixture
async def shop(may_wait: None, database: str) -> AsyncIterator[ServerStore]:
    made = stores.create(database, "shop", Vault.create(bytes(32)), alone=False)
    yield made
    made.close()


def begun(peer: str) -> Change:
    """A change that leaves something of every kind."""
    return Change(
        peer,
        heard=Heard("m1", b"digest", 99),
        relationship=Peer(peer, 0, (peer,), b"peer"),
        threads=(Thread("t1", 0, True, b"thread"),),
        log=(Entry("t1", "m1", False, 1, b"theirs"), Entry("t1", "a1", True, 1, b"ours")),
        ask=(Question("q1", "t1", 1, b"question"),),
        timers=(Timer("t1", "lapse", 5),),
        send=(Outgoing("a1", "t1", 1, 9, b"answer"), Outgoing("a2", "t1", 1, 9, b"answer")),
        signed=(SignedRow("d1", "o1", True, 1, "t1", 1, b"signed"),),
        room=9,
    )


def ended(peer: str) -> Change:
    """A change that takes it all away again, or alters it."""
    return Change(
        peer,
        stands=1,
        threads=(Thread("t1", 1, False, b"thread"),),
        settled=("q1",),
        cancel=(("t1", "lapse"),),
        done=("a1",),
        purge=(("t1", "d1"),),
        send=(Outgoing("a3", "t1", 1, 9, b"answer"),),
        room=9,
    )


async def test_what_a_change_names_is_found_by_its_name(shop: ServerStore, database: str) -> None:
    peers = [f"did:peer:4z{number}" for number in range(PEERS)]
    await asyncio.gather(*(shop.apply(begun(peer)) for peer in peers))
    await counted(database)
    await asyncio.gather(*(shop.apply(ended(peer)) for peer in peers[: PEERS // 2]))
    await shop.finish_outgoing([(peer, "a2") for peer in peers[: PEERS // 2]])
    session = shop._writer._session
    assert session is not None

    found = {sql: await plan(session, sql) for sql in session._statements if "peer" in sql}

    assert [sql for sql in found if sql.startswith("DELETE FROM outgoing USING")]
    assert [sql for sql in found if "DELETE FROM timer USING" in sql]
    assert [sql for sql in found if "UPDATE thread SET" in sql]
    assert {sql: lines for sql, lines in found.items() if any(BY_TENANT in line for line in lines)} == {}


async def counted(url: str) -> None:
    """Let the server count what is in its tables, as it does by itself now and then."""
    owner = await asyncpg.connect(url)
    await owner.execute("ANALYZE")
    await owner.close()


async def plan(session: Session, sql: str) -> list[str]:
    """How a statement is carried out that was prepared."""
    prepared = session._statements[sql]
    values = ", ".join(["NULL"] * len(prepared.get_parameters()))
    called = f"EXPLAIN EXECUTE {prepared.get_name()}" + (f" ({values})" if values else "")
    return [line for (line,) in await session.connection.fetch(called)]
