"""The store: what group commit is worth, on the disk that holds the temporary folder; what a change costs."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import perf_counter, process_time, time

from scripts._bench.measure import Effort, Figure, Y, enough, in_y, of, seconds, side_by_side
from wallet.keys import new_id, random_bytes
from wallet.store.change import Change, Entry, Heard, Outcome, Peer, Thread
from wallet.store.sqlite import FileStore
from wallet.store.store import Store
from wallet.store.transaction import Transaction
from wallet.vault import Vault

IN_FLIGHT = 64


@contextmanager
def fresh_store() -> Iterator[Store]:
    """An empty store, unlocked, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o700)
        store = FileStore.create(Path(folder) / "wallet", Vault.create(random_bytes(32)))
        try:
            yield store
        finally:
            store.close()


def figures(effort: Effort) -> Iterator[Figure]:
    """Durable rows a second with 64 writers in flight, against one writer that waits for each commit; CPU in Y."""
    with fresh_store() as store:
        factors = asyncio.run(_factors(store, effort))
        changes = asyncio.run(_changes(store, effort))
        [peer] = [row.peer for _, row in zip(range(1), store.peers())]
        looked = side_by_side(effort, lambda: store.peer_of(peer), lambda: store.peer(peer))
    yield of(f"group commit, {IN_FLIGHT} in flight against 1", "x", factors, 15.0, most=False)
    yield of(f"a change of one relationship, {IN_FLIGHT} in flight", "Y", changes)
    for name, sample in zip(("whose DID this is", "a relationship read"), looked, strict=True):
        yield in_y(name, sample, None)


async def _factors(store: Store, effort: Effort) -> list[float]:
    factors, rows = [], max(8, effort.exchanges)
    for _ in range(max(3, effort.rounds // 4)):
        alone = await _rows_per_second(store, writers=1, rows=rows)
        together = await _rows_per_second(store, writers=IN_FLIGHT, rows=rows)
        factors.append(together / alone)
    return factors


async def _rows_per_second(store: Store, *, writers: int, rows: int) -> float:
    async def write() -> None:
        for _ in range(rows):
            await store.write(partial(_row, id=random_bytes(16)))

    began = perf_counter()
    await asyncio.gather(*(write() for _ in range(writers)))
    return writers * rows / (perf_counter() - began)


def _row(tx: Transaction, *, id: bytes) -> None:
    """One bare row, nothing sealed: what is measured is the commit."""
    tx.run("INSERT INTO heard VALUES (:peer, :id, :digest, 0)", peer=bytes(16), id=id, digest=bytes(16))


async def _changes(store: Store, effort: Effort) -> list[float]:
    """CPU, in Y, of a change that adds a relationship, a thread, what was heard and two lines of its log."""
    spent, checks = [], enough(Y, effort.batch)
    for _ in range(max(3, effort.rounds // 4)):
        rows = [change() for _ in range(IN_FLIGHT * max(1, effort.exchanges // 10))]
        before, began = seconds(Y, checks), process_time()
        outcomes = await asyncio.gather(*map(store.apply, rows))
        cost = (process_time() - began) / len(rows)
        assert set(outcomes) == {Outcome.APPLIED}
        spent.append(cost / ((before + seconds(Y, checks)) / 2))
    return spent


def change() -> Change:
    """Somebody new, and what was said first; records of the size that they have in life."""
    did, thid, now = f"did:peer:4z{new_id()}", new_id(), int(time())
    return Change(
        did,
        heard=Heard(new_id(), random_bytes(32), now),
        relationship=Peer(did, 0, (did,), bytes(600)),
        threads=(Thread(thid, 0, True, bytes(400)),),
        log=tuple(Entry(thid, new_id(), ours, now, bytes(1024)) for ours in (True, False)),
    )
