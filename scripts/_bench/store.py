"""The store: what group commit is worth, on the disk that holds the temporary folder."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import perf_counter

from scripts._bench.measure import Effort, Figure, of
from wallet.keys import random_bytes
from wallet.store.sqlite import Store
from wallet.store.transaction import Transaction
from wallet.vault import Vault

IN_FLIGHT = 64


@contextmanager
def fresh_store() -> Iterator[Store]:
    """An empty store, unlocked, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o700)
        store = Store.create(Path(folder) / "wallet", Vault.create(random_bytes(32)))
        try:
            yield store
        finally:
            store.close()


def figures(effort: Effort) -> Iterator[Figure]:
    """Durable rows a second with 64 writers in flight, against one writer that waits for each commit."""
    with fresh_store() as store:
        factors = asyncio.run(_factors(store, effort))
    yield of(f"group commit, {IN_FLIGHT} in flight against 1", "x", factors, 15.0, most=False)


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
