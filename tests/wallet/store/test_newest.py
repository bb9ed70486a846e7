"""What came last is found by an index, in its order, however much there is: nothing is sorted or looked through."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from wallet.store import items, ledger, log
from wallet.store.change import Change, Entry, Peer
from wallet.store.file_transaction import FileTransaction
from wallet.store.sqlite import FileStore
from wallet.store.store import Store
from wallet.store.transaction import Columns, Transaction, Value

ANN, BOB = "did:peer:4zAnn", "did:peer:4zBob"
LOOKS: dict[str, Callable[[Transaction], Any]] = {
    "all that was signed": partial(ledger.newest, start=0, most=9),
    "what we signed": partial(ledger.newest, ours=True, start=0, most=9),
    "what was signed with one": partial(ledger.newest, peer=ANN, start=0, most=9),
    "how much we signed": partial(ledger.count, ours=True),
    "how much was signed with one": partial(ledger.count, peer=ANN),
    "what we said": partial(log.said, peer=None, since=0, until=9, start=0, most=9),
    "what we said to one": partial(log.said, peer=ANN, since=0, until=9, start=0, most=9),
    "how much we said": partial(log.count_said, peer=None, since=0, until=9),
    "how much we said to one": partial(log.count_said, peer=ANN, since=0, until=9),
    "when anything was last said": partial(log.last, peer=ANN),
    "when we first said anything": log.first_said,
    "what is kept of a kind": partial(items.newest, kind="told", peer=None, tag=None, start=0, most=9),
}


class Explained(FileTransaction):
    """A transaction that notes how each query would be carried out."""

    plans: list[str]

    def row(self, sql: str, **values: Value) -> Columns | None:
        """As it is, once it is explained."""
        self.plans += [str(step[3]) for step in super().rows(f"EXPLAIN QUERY PLAN {sql}", **values)]
        return super().row(sql, **values)

    def rows(self, sql: str, **values: Value) -> list[Columns]:
        """Likewise."""
        self.plans += [str(step[3]) for step in super().rows(f"EXPLAIN QUERY PLAN {sql}", **values)]
        return super().rows(sql, **values)


@pytest.mark.parametrize("look", LOOKS)
def test_what_came_last_is_found_by_an_index_and_in_its_order(look: str, file_store: FileStore) -> None:
    def explained(tx: Transaction) -> list[str]:
        assert isinstance(tx, FileTransaction)
        spy = Explained(tx._connection, tx.vault)
        spy.plans = []
        LOOKS[look](spy)
        return spy.plans

    plans = file_store.read(explained)

    assert plans
    assert not [each for each in plans if "TEMP B-TREE" in each]
    assert not [each for each in plans if each.startswith("SCAN") and each != "SCAN signed"]  # by place, from the end


async def test_what_we_said_is_found_newest_first_by_whom_and_between_two_moments(store: Store) -> None:
    for who, at in ((ANN, 10), (BOB, 20), (ANN, 30)):
        lines = (Entry("t", f"m{at}", True, at, b"ours"), Entry("t", f"t{at}", False, at + 5, b"theirs"))
        row = Peer(who, 0, (who,), b"") if store.peer(who) is None else None
        await store.apply(Change(who, relationship=row, log=lines))

    def said(**asked: Any) -> list[tuple[str, int]]:
        usual = {"peer": None, "since": 0, "until": 99, "start": 0, "most": 9}
        return [(peer, entry.at) for peer, entry in store.read(partial(log.said, **(usual | asked)))]

    assert said() == [(ANN, 30), (BOB, 20), (ANN, 10)]
    assert said(peer=ANN) == [(ANN, 30), (ANN, 10)]
    assert said(since=10, until=30) == [(BOB, 20), (ANN, 10)]
    assert said(start=1, most=1) == [(BOB, 20)]
    assert store.read(partial(log.count_said, peer=None, since=11, until=99)) == 2
    assert store.read(partial(log.last, peer=ANN)) == 35
    assert store.read(log.first_said) == 10
