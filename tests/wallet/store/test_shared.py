"""Several processes have one wallet open, and whoever gets a message writes it down: once, whoever else gets it too."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from agent.parcel import LEASE
from tests.postgresql import Server
from tests.promises import Promise
from wallet.store import log, server_session
from wallet.store import postgresql as stores
from wallet.store.change import Change, Entry, Event, Heard, Item, Outcome, Outgoing, Thread
from wallet.store.postgresql import ServerStore
from wallet.store.transaction import Transaction
from wallet.vault import Vault

KEY = bytes(32)
STORES, PEERS, MESSAGES, TIMES = 3, 6, 12, 3
TRIES = 100
ONCE = {Outcome.APPLIED: PEERS * MESSAGES, Outcome.DUPLICATE: PEERS * MESSAGES * (TIMES - 1)}


@pytest.fixture
async def several(may_wait: None, database: str) -> AsyncIterator[list[ServerStore]]:
    """The same wallet, opened a few times."""
    stores.create(database, "shop", Vault.create(KEY)).close()
    made = [stores.open(database, "shop", alone=False) for _ in range(STORES)]
    for each in made:
        await each.unlock(KEY)
    yield made
    for each in made:
        each.close()


async def test_redelivered_in_any_order_to_anybody_each_message_is_handled_once(
    several: list[ServerStore], promise: Promise
) -> None:
    outcomes = await redelivered(several)

    assert outcomes == ONCE
    for store in several:
        for peer in range(PEERS):
            rows = store.log(name(peer), "t1")
            found = store.thread(name(peer), "t1")
            assert found
            assert {row.id for row in rows} == {f"m{number}" for number in range(MESSAGES)}
            assert [row.record for row in rows] == [str(place).encode() for place in range(MESSAGES)]
            assert (found.version, found.record) == (MESSAGES, str(MESSAGES).encode())
        assert len(tuple(store.outgoing())) == PEERS * MESSAGES
        assert store.verify() == ()
    what = f"{TIMES} deliveries of each message, in any order, to any of {STORES} writers"
    promise("P13", what=what, size=PEERS * MESSAGES, result="each is written once", control="a writer deaf to repeats")


async def test_who_is_held_still_in_the_middle_of_a_commit_keeps_others_from_writing_for_less_than_a_lease(
    several: list[ServerStore], database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = "idle_in_transaction_session_timeout"
    assert int(server_session.SETTINGS[limit]) < LEASE * 1000
    monkeypatch.setitem(server_session.SETTINGS, limit, "500")
    still, other = [stores.open(database, "shop", alone=False) for _ in range(2)]
    for each in (still, other):
        await each.unlock(KEY)
    writer, begun, goes_on = still._writer, asyncio.Event(), asyncio.Event()
    written = writer._together

    async def held(*batch: Any) -> bool:
        begun.set()
        await goes_on.wait()
        return await written(*batch)

    monkeypatch.setattr(writer, "_together", held)
    first = asyncio.ensure_future(still.apply(Change(name(0), log=(Entry("t1", "m0", True, 1, b"theirs"),))))
    await begun.wait()
    async with asyncio.timeout(30):
        outcome = await other.apply(Change(name(0), log=(Entry("t1", "m1", True, 1, b"ours"),)))
    goes_on.set()

    assert outcome is Outcome.APPLIED
    with pytest.raises(OSError):
        await first
    assert [row.id for row in other.log(name(0), "t1")] == ["m1"]
    for each in (still, other):
        each.close()


async def test_what_is_handled_twice_is_found(several: list[ServerStore], monkeypatch: pytest.MonkeyPatch) -> None:
    def deaf(tx: Transaction, *, peer: bytes, name: str, row: Heard) -> Outcome:
        return Outcome.APPLIED

    monkeypatch.setattr(log, "hear", deaf)

    assert await redelivered(several) != ONCE


async def test_whatever_several_write_in_whatever_order_no_two_wait_for_each_other(
    several: list[ServerStore], postgresql: Server
) -> None:
    """The inventory of keys is one row, and events are in one order: both are written to by changes of every peer."""
    before, source = len(postgresql.said()), random.Random(1)
    kinds = (
        lambda id: Change(f"did:{id}", keep=(Item("key", id, b"key"),)),
        lambda id: Change(f"did:{id}", publish=(Event(id, "subject", 1, b"event"),)),
        lambda id: Change(f"did:{id}", keep=(Item("key", id, b"key"),), publish=(Event(id, "subject", 1, b"event"),)),
    )

    async def one(who: int, number: int) -> Outcome:
        async with rooms[who]:
            return await several[who].apply(source.choice(kinds)(f"{who}-{number}"))

    rooms = [asyncio.Semaphore(8) for _ in several]
    found = await asyncio.gather(*(one(who, number) for number in range(150) for who in range(STORES)))

    assert set(found) == {Outcome.APPLIED}
    assert "deadlock detected" not in postgresql.said()[before:]
    assert several[0].verify() == ()


async def redelivered(several: list[ServerStore]) -> Counter[Outcome]:
    """Have each message taken a few times, all at once; what became of them."""
    source = random.Random(1)
    messages = [(peer, number) for peer in range(PEERS) for number in range(MESSAGES) for _ in range(TIMES)]
    source.shuffle(messages)
    return Counter(await asyncio.gather(*(take(source.choice(several), *each) for each in messages)))


async def take(store: ServerStore, peer: int, number: int) -> Outcome:
    """Hear a message as an agent does: what was computed from a thread that has moved on is computed again."""
    for _ in range(TRIES):
        thread = store.thread(name(peer), "t1") or Thread("t1", 0, True, b"0")
        place, id = int(thread.record), f"m{number}"
        change = Change(
            name(peer),
            heard=Heard(id, b"digest", 99),
            threads=(Thread("t1", thread.version, True, str(place + 1).encode()),),
            log=(Entry("t1", id, False, place, str(place).encode()),),
            send=(Outgoing(f"to {id}", "t1", 1, 9, b"answer"),),
        )
        outcome = await store.apply(change)
        if outcome is not Outcome.CONFLICT:
            return outcome
    return Outcome.CONFLICT


def name(peer: int) -> str:
    """What a peer is called."""
    return f"did:peer:4z{peer}"
