"""How much waits: exact while it is little, bounded when it is much; counted on both stores in the same words."""

from collections.abc import Callable
from functools import partial

import pytest

from wallet.store import outbox, standing
from wallet.store.change import Change, Outgoing, Question
from wallet.store.file_transaction import FileTransaction
from wallet.store.sqlite import FileStore
from wallet.store.standing import Crowd
from wallet.store.store import Store
from wallet.store.transaction import Columns, Transaction, Value

FAR = 2**40


async def queue(store: Store, peer: str, count: int, *, due: int = 10) -> None:
    """Let so many more messages wait for one peer."""
    kept = store.read(partial(standing.counted, table="outgoing"))
    rows = (Outgoing(f"{peer} {kept + number}", "t", due + number, FAR, b"") for number in range(count))
    await store.apply(Change(peer, send=tuple(rows)))


def all_round(store: Store, rows: int) -> tuple[Crowd, int]:
    """One whole round past all peers, and in how many steps."""
    known, steps = Crowd(), 0
    while True:
        known, steps = store.read(partial(standing.step, known=known, rows=rows)), steps + 1
        if not known.after:
            return known, steps


async def test_what_waits_is_counted_by_queue(store: Store) -> None:
    await queue(store, "ann", 3)
    await store.bury("ann", "ann 0", "refused", 5)
    await store.apply(Change("ann", ask=(Question("q", "t", 5, b""),)))

    found = store.read(standing.queues)

    assert found == {"outgoing": 2, "dead": 1, "question": 1, "quarantine": 0, "timer": 0, "event": 0, "held": 0}
    assert store.read(standing.first_due) == 11


async def test_no_more_is_counted_than_anybody_needs_to_know(store: Store) -> None:
    await queue(store, "ann", 7)

    found = [store.read(partial(standing.counted, table="outgoing", most=most)) for most in (5, 6, 7, 8)]

    assert found == [6, 7, 7, 7]
    assert [standing.in_words(count) for count in (7, standing.MOST, standing.MOST + 1)] == [
        "7",
        "50000",
        "more than 50,000",
    ]


async def test_a_small_queue_is_gone_round_in_one_step(store: Store) -> None:
    await queue(store, "ann", 4)
    await queue(store, "bob", 2)
    await store.bury("ann", "ann 1", "refused", 5)

    first = store.read(partial(standing.step, known=Crowd()))
    await store.finish_outgoing([("ann", "ann 0"), ("ann", "ann 2")])
    later = store.read(partial(standing.step, known=first))

    assert (first, first.most) == (Crowd(before=4), 4)
    assert later.most == 2


@pytest.mark.parametrize("rows", [1, 2, 5, 6, 7, 20, 1000])
async def test_a_long_queue_is_gone_round_in_steps_that_see_everybody(store: Store, rows: int) -> None:
    for number in range(12):
        await queue(store, f"peer {number}", 1 + number % 3)
    await queue(store, "crowded", 5)
    for number in (0, 1):
        [(_, row)] = [(peer, row) for peer, row in store.outgoing() if peer == "crowded"][number : number + 1]
        await store.bury("crowded", row.id, "refused", 5)

    found, steps = all_round(store, rows)

    assert found.most >= 5 if rows > 5 else found.most >= min(rows, 3)
    assert found.most <= 5
    assert (steps == 1) == (rows > 29)


async def test_what_was_found_in_one_round_stands_until_the_next_is_over(store: Store) -> None:
    for number in range(9):
        await queue(store, f"peer {number}", 2)
    await queue(store, "crowded", 6)
    found, _ = all_round(store, 8)
    assert found.most == 6
    await store.finish_outgoing([(peer, row.id) for peer, row in store.outgoing() if peer == "crowded"])

    begun = store.read(partial(standing.step, known=found, rows=8))
    known = begun
    while known.after:
        known = store.read(partial(standing.step, known=known, rows=8))

    assert begun.after
    assert begun.most == 6
    assert known.most == 2


class Limited(FileTransaction):
    """A transaction that notes how many rows come back, and how each query would be carried out."""

    seen = 0
    plans: list[str]

    def rows(self, sql: str, **values: Value) -> list[Columns]:
        """As it is, once it is explained."""
        self.plans += [str(step[3]) for step in super().rows(f"EXPLAIN QUERY PLAN {sql}", **values)]
        found = super().rows(sql, **values)
        self.seen += len(found)
        return found


def limited(store: FileStore, look: Callable[[Transaction], object]) -> Limited:
    """What a look came to."""

    def looked(tx: Transaction) -> Limited:
        assert isinstance(tx, FileTransaction)
        spy = Limited(tx._connection, tx.vault)
        spy.plans = []
        look(spy)
        return spy

    return store.read(looked)


async def test_a_step_reads_the_same_however_long_the_queue_is(file_store: FileStore) -> None:
    found = []
    for number in range(2):
        for each in range(30):
            await queue(file_store, f"{number} {each}", 1)
        found.append(limited(file_store, partial(standing.step, known=Crowd(), rows=10)))

    looks = [plan for spy in found for plan in spy.plans if "outgoing" in plan or "dead" in plan]
    assert [spy.seen for spy in found] == [10, 10]
    assert looks
    assert not [plan for plan in looks if "COVERING INDEX" not in plan or not plan.startswith("SEARCH")]


async def test_who_is_next_is_found_without_sorting_all_that_are_due_at_one_moment(file_store: FileStore) -> None:
    for number in range(30):
        await queue(file_store, f"peer {number}", 1)
    await file_store.hasten_outgoing(5)

    found = limited(file_store, partial(outbox.due_peers, now=5, besides=["peer 0"], limit=10))

    assert file_store.due_peers(5, ["peer 0"], 10) == tuple(f"peer {number}" for number in range(1, 11))
    assert found.seen == 10
    assert any("outgoing_by_time" in plan for plan in found.plans)
    assert not [plan for plan in found.plans if "TEMP B-TREE" in plan]
