"""Relationships by the thousand or the million in a real store: what they take, what it costs to find and change one.

The sizes are filled one after the other into one file; at each the file is closed, opened, looked at and measured.
"""

import random
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter, process_time
from typing import Final

import msgspec

from scripts._bench.machine import describe
from scripts._bench.measure import FULL, Y, seconds
from scripts._capacity import filling, growth, looking, sizes
from scripts._capacity.handshake import Copy, Handshake, Side, handshake
from wallet.keys import random_bytes
from wallet.store.sqlite import FileStore
from wallet.vault import Vault

FIGURES: Final = (10_000, 100_000, 1_000_000)
LOOKED: Final = 2000  # relationships that are looked up warm
DROPPED: Final = 300  # cold
CHANGED: Final = 64  # changes at once
ROUNDS: Final = 5


class Size(msgspec.Struct, frozen=True):
    """A store with so many relationships. file: bytes of it all.

    table: bytes a relationship in each table; relationship: in those that say who somebody is; keys: of private keys,
    within those of items; rows: rows a relationship; depth: pages from a root to a row.
    change_us: CPU of one stored message; change_y: the same in Y; wal: bytes that it wrote to the log of the file.
    fill_ms, fill_cpu_ms: of one relationship since the last size.
    """

    relationships: int
    file: int
    table: dict[str, float]
    relationship: float
    keys: float
    rows: dict[str, float]
    depth: dict[str, int]
    warm: looking.Times
    cold: looking.Cold
    change_us: float
    change_y: float
    wal: float
    fill_ms: float
    fill_cpu_ms: float


class Report(msgspec.Struct, frozen=True):
    """A run. side: whose wallet it was; only_found: without what a look-up does not find; records: of a relationship;
    bytes_before: theirs, as JSON; message: bytes that one of 1 KiB adds to each table."""

    machine: dict[str, str]
    side: str
    only_found: bool
    records: int
    bytes_before: int
    message: dict[str, float]
    sizes: tuple[Size, ...]


async def simulate(
    folder: Path, counts: Sequence[int], side: Side = "org", *, only_found: bool = False, quiet: bool = False
) -> Report:
    """Fill a store in `folder`, which is empty and nobody else's, and measure it at each of these counts.

    only_found: each relationship has no more than a look-up finds, and takes a fifth of the time.
    """
    (folder / "agents").mkdir(mode=0o700)
    shaken = await handshake(folder / "agents", side, only_found=only_found)
    path, secret = folder / "wallet", random_bytes(32)
    FileStore.create(path, Vault.create(secret)).close()
    empty, done, found = sizes.trees(path), 0, list[Size]()
    for count in sorted(counts):
        store = FileStore.open(path)
        await store.unlock(secret)
        clock, cpu = perf_counter(), process_time()
        await filling.fill(store, shaken, range(done, count))
        took = ((perf_counter() - clock) / (count - done), (process_time() - cpu) / (count - done))
        store.close()
        found.append(await _measure(path, secret, shaken, count, empty, took))
        done = count
        if not quiet:
            print(f"{count:>9,}  {msgspec.json.encode(found[-1]).decode()}", file=sys.stderr, flush=True)
    message = await growth.of_a_message(folder, shaken)
    records = len(shaken.copy(0).lines) + shaken.heard
    return Report(describe(FULL), side, only_found, records, _bytes(shaken), message, tuple(found))


async def _measure(
    path: Path, secret: bytes, shaken: Handshake, count: int, empty: tuple[sizes.Tree, ...], took: tuple[float, float]
) -> Size:
    """Everything about one size."""
    trees, file = sizes.trees(path), sizes.length(path)
    source = random.Random(count)
    chosen = [shaken.copy(number) for number in source.sample(range(count), min(count, LOOKED))]
    store = FileStore.open(path)
    await store.unlock(secret)
    try:
        cold = looking.cold(store, path, chosen[:DROPPED])
        warm = looking.warm(store, chosen)
        wal, per_change, in_y = await _changes(store, path, chosen, count)
        table, keys = sizes.by_table(trees, empty, count), sizes.key_share(store)
        of_keys = round(keys * table.get("item", 0.0), 1)
        return Size(
            relationships=count,
            file=file,
            table=table,
            relationship=round(sum(table[each] for each in sizes.RELATIONSHIP), 1),
            keys=of_keys,
            rows=sizes.rows(store, count),
            depth={tree.name: tree.depth for tree in trees if tree.table in ("peer", "did", "thread")},
            warm=warm,
            cold=cold,
            change_us=round(per_change * 1e6, 1),
            change_y=round(in_y, 2),
            wal=round(wal),
            fill_ms=round(took[0] * 1e3, 3),
            fill_cpu_ms=round(took[1] * 1e3, 3),
        )
    finally:
        store.close()


async def _changes(store: FileStore, path: Path, chosen: Sequence[Copy], count: int) -> tuple[float, float, float]:
    """Bytes of log, CPU seconds and Y of one plain message that is stored, so many at once: medians over rounds."""
    costs, ratios, logged, log = list[float](), list[float](), list[float](), Path(f"{path}-wal")
    for number in range(ROUNDS):
        some = chosen[number * CHANGED : (number + 1) * CHANGED] or chosen[:CHANGED]
        size, yard = sizes.length(log), seconds(Y, 200)
        began = process_time()
        await filling.hear(store, some, f"{count} {number}")
        costs.append((process_time() - began) / len(some))
        ratios.append(costs[-1] / ((yard + seconds(Y, 200)) / 2))
        logged.append((sizes.length(log) - size) / len(some))
    middle = ROUNDS // 2
    return sorted(logged)[middle], sorted(costs)[middle], sorted(ratios)[middle]


def _bytes(shaken: Handshake) -> int:
    return sum(len(msgspec.json.encode(line)) for line in shaken.copy(0).lines)
