"""How long it takes to find a relationship by a DID: the store's own reads, at random, cold and warm.

A look-up is what comes before every message from somebody not heard of late: whose DID it is, where the two stand, and
the thread. Warm: the pages were read before, and lie in the memory of the system or of SQLite. Cold: the file was
dropped from both before each single look-up, so that every page comes from the disk.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter_ns, thread_time_ns
from typing import Final

import msgspec

from scripts._capacity.handshake import Copy
from tests.postgresql import Server
from wallet.store.store import Store

PASSES: Final = 7


class Times(msgspec.Struct, frozen=True):
    """Microseconds of one look-up. cpu: of this thread; wall: on the clock, which others on the machine share."""

    cpu_p50: float
    cpu_p99: float
    wall_p50: float
    wall_p99: float


class Cold(msgspec.Struct, frozen=True):
    """Microseconds of one look-up on the clock, and the bytes it had to have from the disk."""

    wall_p50: float
    wall_p99: float
    read_p50: float
    read_p99: float


def look(store: Store, copy: Copy) -> None:
    """One look-up. Raises AssertionError if the store does not know the relationship."""
    peer = store.peer_of(copy.did)
    assert peer == copy.peer
    known, thread = store.peer(peer), store.thread(peer, copy.thread)
    assert known is not None
    assert thread is not None


def warm(store: Store, copies: Sequence[Copy]) -> Times:
    """Look each up in several passes after one that is not counted.

    cpu: of each relationship the median over passes, so that what else runs here hardly counts; wall: every single one.
    """
    passes = [[_timed(store, copy) for copy in copies] for _ in range(PASSES + 1)][1:]
    cpu = [median(times) / 1000 for times in zip(*([c for c, _ in each] for each in passes), strict=True)]
    wall = [w / 1000 for each in passes for _, w in each]
    return Times(*(round(_at(percent, values), 1) for values in (cpu, wall) for percent in (50, 99)))


def served(store: Store, on: Server, copies: Sequence[Copy]) -> tuple[Times, tuple[float, float]]:
    """The same of a store on a server, in a task that may wait: `cpu` is what both sides spend, of which the server's
    p50 and p99 follow. Nobody else may use the server meanwhile."""
    own = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    backends = [Path(f"/proc/{pid}") for pid in on.sql(own).split()]
    passes = [[_timed_on(store, backends, copy) for copy in copies] for _ in range(PASSES + 1)][1:]
    both = [median(c + s for c, s, _ in times) / 1000 for times in zip(*passes, strict=True)]
    away = [median(s for _, s, _ in times) / 1000 for times in zip(*passes, strict=True)]
    wall = [w / 1000 for each in passes for _, _, w in each]
    times = Times(*(round(_at(percent, values), 1) for values in (both, wall) for percent in (50, 99)))
    return times, (round(_at(50, away), 1), round(_at(99, away), 1))


def _timed_on(store: Store, backends: Sequence[Path], copy: Copy) -> tuple[int, int, int]:
    """Nanoseconds of this thread, of these processes, and on the clock."""
    before = _spent(backends)
    cpu, wall = _timed(store, copy)
    return cpu, _spent(backends) - before, wall


def _spent(processes: Sequence[Path]) -> int:
    """Nanoseconds that processes had of a processor, up to the last time that each came to rest."""
    return sum(int((each / "schedstat").read_text().split()[0]) for each in processes)


def cold(store: Store, path: Path, copies: Sequence[Copy]) -> Cold:
    """Look each up once, with nothing of the file in memory. Nobody may have written since the store was opened."""
    clock, read = list[float](), list[float]()
    for copy in copies:
        _drop(store, path)
        before = _bytes_read()
        clock.append(_timed(store, copy)[1] / 1000)
        read.append(float(_bytes_read() - before))
    return Cold(*(round(_at(percent, values), 1) for values in (clock, read) for percent in (50, 99)))


def _timed(store: Store, copy: Copy) -> tuple[int, int]:
    cpu, wall = thread_time_ns(), perf_counter_ns()
    look(store, copy)
    return thread_time_ns() - cpu, perf_counter_ns() - wall


def _at(percent: int, values: Sequence[float]) -> float:
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def _drop(store: Store, path: Path) -> None:
    """Let the system and SQLite forget what they read of the file."""
    store.read(lambda tx: tx.rows("PRAGMA shrink_memory"))
    for each in (path, Path(f"{path}-wal")):
        if each.exists():
            file = os.open(each, os.O_RDONLY)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)


def _bytes_read() -> int:
    """Bytes that this process has had from disks so far."""
    [line] = [line for line in Path("/proc/self/io").read_text().splitlines() if line.startswith("read_bytes")]
    return int(line.split()[1])
