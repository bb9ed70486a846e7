"""Guards that are taken for granted where many write at once: what becomes of a change is what becomes of it alone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, Final

import pytest

from wallet.store import postgresql as stores
from wallet.store.change import Change, Entry, Heard, Outcome, Outgoing, Peer, Question, Thread
from wallet.store.postgresql import ServerStore
from wallet.store.server_session import Session
from wallet.store.server_writer import SOBER, Hope
from wallet.store.store import Store
from wallet.vault import Vault

KEY = bytes(32)
ANN: Final = "did:peer:4zAnn"
BOB: Final = "did:peer:4zBob"
OTHERS: Final = 6


def met(peer: str) -> Change:
    """What a relationship begins with."""
    return Change(
        peer,
        heard=Heard("m0", b"digest", 99),
        relationship=Peer(peer, 0, (peer,), b"peer"),
        threads=(Thread("t0", 0, True, b"thread"),),
        ask=(Question("q0", "t0", 1, b"question"),),
        send=(Outgoing("a0", "t0", 1, 9, b"answer"),),
    )


def message(peer: str, id: str = "m1", **fields: Any) -> Change:
    """A change as a message that is answered makes it, but for what `fields` say."""
    said: dict[str, Any] = {
        "heard": Heard(id, b"digest", 99),
        "stands": 1,
        "threads": (Thread(f"t {id}", 0, True, b"thread"),),
        "log": (Entry("t0", id, False, 1, b"theirs"), Entry("t0", f"to {id}", True, 1, b"ours")),
        "send": (Outgoing(f"to {id}", "t0", 1, 9, b"answer"),),
        "room": 5,
    }
    return Change(peer, **(said | fields))


def cases(ann: str, bob: str) -> dict[str, tuple[Change, Outcome]]:
    """Changes of a relationship that was just met, as another one was, and what becomes of each."""
    return {
        "nothing has moved": (message(ann), Outcome.APPLIED),
        "heard before": (message(ann, "m0"), Outcome.DUPLICATE),
        "heard otherwise": (message(ann, heard=Heard("M0", b"other", 99)), Outcome.EQUIVOCATION),
        "the relationship moved": (message(ann, stands=2), Outcome.CONFLICT),
        "the relationship is there": (
            message(ann, relationship=Peer(ann, 0, (ann,), b""), stands=None), Outcome.CONFLICT,
        ),
        "the relationship goes on": (
            message(ann, relationship=Peer(ann, 1, (ann, f"{ann}2"), b""), stands=2), Outcome.APPLIED,
        ),
        "a DID is another's": (
            message(ann, relationship=Peer(ann, 1, (ann, bob), b""), stands=None), Outcome.CONFLICT,
        ),
        "the thread is there": (message(ann, threads=(Thread("t0", 0, True, b""),)), Outcome.CONFLICT),
        "the thread moved": (message(ann, threads=(Thread("t0", 2, True, b""),)), Outcome.CONFLICT),
        "the thread goes on": (message(ann, threads=(Thread("t0", 1, True, b""),)), Outcome.APPLIED),
        "the thread goes on by two": (
            message(ann, threads=(Thread("t0", 1, True, b""), Thread("t0", 2, False, b""))), Outcome.APPLIED,
        ),
        "one thread twice": (
            message(ann, threads=(Thread("t0", 1, True, b""), Thread("t0", 1, True, b""))), Outcome.CONFLICT,
        ),
        "the question is open": (message(ann, settled=("q0",)), Outcome.APPLIED),
        "the question was settled": (message(ann, settled=("q0", "q0")), Outcome.CONFLICT),
        "there is room for two": (message(ann, room=2), Outcome.APPLIED),
        "there is room for one": (message(ann, room=1), Outcome.FULL),
        "there is no room": (message(ann, room=0), Outcome.FULL),
        "what is replaced makes room": (
            message(ann, send=(Outgoing("a0", "t0", 2, 9, b"again"),), room=1), Outcome.APPLIED,
        ),
        "what is done makes room": (message(ann, done=("a0",), room=1), Outcome.APPLIED),
    }  # fmt: skip


MOVED: Final = tuple(cases("", ""))


@pytest.fixture(params=[True, False], ids=["alone", "one of several"])
async def shop(request: pytest.FixtureRequest, may_wait: None, database: str) -> AsyncIterator[ServerStore]:
    made = stores.create(database, "shop", Vault.create(KEY), alone=request.param)
    yield made
    made.close()


@pytest.mark.parametrize("moved", MOVED)
async def test_a_change_by_itself_is_written_if_its_guards_hold(store: Store, moved: str) -> None:
    await asyncio.gather(store.apply(met(ANN)), store.apply(met(BOB)))
    change, expected = cases(ANN, BOB)[moved]
    before = store.counts()

    outcome = await store.apply(change)

    assert outcome is expected
    assert (len(store.log(ANN, "t0")) == 2) is (outcome is Outcome.APPLIED)
    assert (store.counts() == before) is (outcome is not Outcome.APPLIED)
    assert store.verify() == ()


async def test_changes_side_by_side_are_written_or_refused_as_each_alone(shop: ServerStore) -> None:
    for number, moved in enumerate(MOVED):
        ann, *others = (f"{ANN}{number}/{who}" for who in range(1 + OTHERS))
        change, expected = cases(ann, others[0])[moved]
        await asyncio.gather(*(shop.apply(met(peer)) for peer in (ann, *others)))
        changes = [message(peer) for peer in others]
        changes.insert(number % (1 + OTHERS), change)
        shop._writer._hope = Hope()

        outcomes = await asyncio.gather(*map(shop.apply, changes))

        assert outcomes == [expected if each is change else Outcome.APPLIED for each in changes], moved
        assert len(shop.log(ann, "t0")) == 2 * (expected is Outcome.APPLIED), moved
        assert [len(shop.log(peer, "t0")) for peer in others] == [2] * OTHERS, moved
    assert shop.verify() == ()


async def test_changes_whose_guards_hold_take_three_round_trips_however_many_they_are(shop: ServerStore) -> None:
    peers = [f"did:peer:4zp{number}" for number in range(64)]
    await asyncio.gather(*(shop.apply(met(peer)) for peer in peers))
    await asyncio.gather(*(shop.apply(message(peer, "first")) for peer in peers))  # statements are prepared
    session = shop._writer._session
    assert session is not None
    count: list[int] = []
    for name in ("execute", "fetch", "arrays"):
        setattr(session, name, partial(_counted, getattr(Session, name).__get__(session), count))

    outcomes = await asyncio.gather(*(shop.apply(message(peer, "second")) for peer in peers))

    assert outcomes == [Outcome.APPLIED] * len(peers)
    assert len(count) == 3


def test_where_hoping_goes_wrong_it_is_done_less_and_less_and_where_it_goes_well_always() -> None:
    hope = Hope()

    storm = [_hopes(hope, mistaken=True) for _ in range(1000)]
    calm = [_hopes(hope, mistaken=False) for _ in range(1000)]

    assert sum(storm[:8]) == 3
    assert sum(storm) <= 8 + 1000 / SOBER
    assert all(calm[SOBER:])
    assert not hope.lesson


def _hopes(hope: Hope, *, mistaken: bool) -> bool:
    hopes = hope.taken()
    if hopes:
        hope.learn(mistaken)
    return hopes


async def _counted(ask: Callable[..., Awaitable[Any]], count: list[int], *args: Any) -> Any:
    count.append(1)
    return await ask(*args)
