"""A change is applied whole or not at all, and never twice."""

import asyncio
from typing import Any

import pytest

from tests.wallet.store.changes import ANN, full
from wallet.errors import Locked, Malformed
from wallet.store.change import Change, Entry, Heard, Item, Outcome, Peer, Thread
from wallet.store.sqlite import FileStore
from wallet.store.store import Store
from wallet.store.transaction import Transaction


async def test_a_repeated_message_changes_nothing(store: Store) -> None:
    assert await store.apply(full()) is Outcome.APPLIED
    before = store.counts()

    assert await store.apply(full(threads=(), relationship=None)) is Outcome.DUPLICATE
    assert await store.apply(full(heard=Heard("M1", b"digest", 5))) is Outcome.DUPLICATE

    assert store.counts() == before
    assert store.seen(ANN, "m1")


async def test_the_same_id_with_other_content_is_an_equivocation(store: Store) -> None:
    await store.apply(full())
    before = store.counts()

    assert await store.apply(full(heard=Heard("m1", b"other", 99))) is Outcome.EQUIVOCATION

    assert store.counts() == before


async def test_another_peer_may_use_the_same_id(store: Store) -> None:
    await store.apply(Change(ANN, heard=Heard("m1", b"digest", 99)))

    assert await store.apply(Change("did:peer:4zBob", heard=Heard("m1", b"other", 99))) is Outcome.APPLIED


@pytest.mark.parametrize(
    "stale",
    [
        {"relationship": Peer(ANN, 0, (ANN,), b"")},
        {"relationship": Peer(ANN, 2, (ANN,), b"")},
        {"threads": (Thread("t1", 0, True, b""),)},
        {"threads": (Thread("t1", 2, True, b""),)},
        {"threads": (Thread("t2", 1, True, b""),)},
        {"threads": (Thread("t3", 0, True, b""), Thread("t1", 2, True, b""))},
        {"claim": (("note", "n1"), ("note", "n2"))},
        {"claim": (("key", "k1"), ("key", "k1"))},
        {"settled": ("q1", "q2")},
        {"settled": ("q1", "q1")},
    ],
)
async def test_a_change_computed_from_what_has_moved_on_writes_nothing(store: Store, stale: dict[str, Any]) -> None:
    await store.apply(full())
    before = store.counts()
    fields = {"heard": Heard("m9", b"digest", 99), "relationship": None, "threads": ()} | stale

    assert await store.apply(full(**fields)) is Outcome.CONFLICT

    assert store.counts() == before
    assert not store.seen(ANN, "m9")
    assert store.verify() == ()


async def test_of_two_who_claim_one_item_exactly_one_wins(store: Store) -> None:
    await store.apply(Change(ANN, keep=(Item("invitation", "i1", b""),)))
    claims = [
        Change(f"did:peer:4z{n}", claim=(("invitation", "i1"),), log=(Entry("t", "m", True, 1, b""),)) for n in range(9)
    ]

    outcomes = await asyncio.gather(*map(store.apply, claims))

    assert sorted(outcome.value for outcome in outcomes) == ["applied"] + ["conflict"] * 8
    assert store.counts()["log"] == 1


async def test_of_many_changes_from_one_version_exactly_one_applies(store: Store) -> None:
    changes = [Change(ANN, threads=(Thread("t1", 0, True, b"%d" % n),)) for n in range(50)]

    outcomes = await asyncio.gather(*map(store.apply, changes))

    assert outcomes[0] is Outcome.APPLIED
    assert outcomes.count(Outcome.CONFLICT) == 49
    assert store.thread(ANN, "t1") == Thread("t1", 1, True, b"0")


async def test_one_failing_change_in_a_batch_does_not_harm_the_others(store: Store) -> None:
    def fails(tx: Transaction) -> None:
        tx.run("INSERT INTO meta VALUES ('half', x'00')")
        raise ZeroDivisionError

    good = [store.apply(Change(ANN, log=(Entry("t1", str(n), True, n, b""),))) for n in range(40)]
    outcomes = await asyncio.gather(*good[:20], store.write(fails), *good[20:], return_exceptions=True)

    assert isinstance(outcomes[20], ZeroDivisionError)
    assert outcomes[:20] + outcomes[21:] == [Outcome.APPLIED] * 40
    assert [entry.id for entry in store.log(ANN, "t1")] == [str(n) for n in range(40)]
    assert await store.write(lambda tx: tx.row("SELECT 1 FROM meta WHERE name = 'half'")) is None


async def test_a_change_is_seen_by_reads_as_soon_as_it_is_acknowledged(store: Store) -> None:
    for version in range(50):
        await store.apply(Change(ANN, threads=(Thread("t1", version, True, b"%d" % version),)))

        assert store.thread(ANN, "t1") == Thread("t1", version + 1, True, b"%d" % version)


async def test_a_change_whose_caller_gave_up_does_not_disturb_the_rest(store: Store) -> None:
    abandoned = asyncio.ensure_future(store.apply(Change(ANN, log=(Entry("t1", "1", True, 1, b""),))))
    await asyncio.sleep(0)
    abandoned.cancel()

    assert await store.apply(Change(ANN, log=(Entry("t1", "2", True, 1, b""),))) is Outcome.APPLIED


def test_a_file_outlives_the_loop_it_was_written_from(file_store: FileStore) -> None:
    store = file_store

    async def leave() -> None:
        store.apply(Change(ANN, log=(Entry("t1", "1", True, 1, b""),)))

    async def stay() -> Outcome:
        return await store.apply(Change(ANN, log=(Entry("t1", "2", True, 1, b""),)))

    asyncio.run(leave())

    assert asyncio.run(stay()) is Outcome.APPLIED
    assert asyncio.run(stay()) is Outcome.APPLIED
    assert store.log(ANN, "t1")[-1].id == "2"


async def test_a_change_cannot_alter_another_relationship(store: Store) -> None:
    with pytest.raises(Malformed):
        await store.apply(Change(ANN, relationship=Peer("did:peer:4zBob", 0, (), b"")))


async def test_on_a_locked_vault_nothing_is_read_or_written(store: Store) -> None:
    await store.apply(full())
    before = store.counts()
    store.lock()

    with pytest.raises(Locked):
        await store.apply(full(heard=Heard("m2", b"", 1)))
    for read in (
        lambda: store.thread(ANN, "t1"),
        lambda: store.peer_of(ANN),
        lambda: store.seen(ANN, "m1"),
        lambda: list(store.peers()),
        lambda: store.questions(),
        lambda: store.due_timers(99),
        lambda: store.key("did:key:z1#z1"),
        lambda: store.verify_inventory(),
    ):
        with pytest.raises(Locked):
            read()
    assert store.counts() == before


async def test_a_closed_store_refuses_what_comes_and_what_waits(store: Store) -> None:
    waiting = asyncio.ensure_future(store.apply(full()))
    await asyncio.sleep(0)
    store._writer.close()

    with pytest.raises(Locked):
        await store.apply(full())
    outcome = (await asyncio.gather(waiting, return_exceptions=True))[0]
    assert outcome is Outcome.APPLIED or isinstance(outcome, Locked)
