"""Relationships by the thousand or the million in a PostgreSQL database: what they take, and what it costs to find one.

The sizes are filled one after the other into the wallet of one tenant; at each it is let go of, opened, looked at and
measured. Each relationship has what a look-up finds. Processor time is that of both sides of the wire: of this thread,
and of the server's process that answers it.
"""

import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, process_time
from typing import Final

import msgspec

from scripts._bench.machine import describe
from scripts._bench.measure import FULL
from scripts._capacity import filling, looking, sizes
from scripts._capacity.handshake import Handshake, handshake
from tests.postgresql import Server, servers
from wallet.keys import random_bytes
from wallet.store import postgresql
from wallet.store.server_schema import LATER, TABLES
from wallet.vault import Vault

TENANT: Final = "shop"
LOOKED: Final = 2000  # relationships that are looked up
BUFFERS: Final = "1GB"  # of the server's own memory for pages; the others lie in that of the system


class Size(msgspec.Struct, frozen=True):
    """A database with so many relationships. file: bytes of it all.

    table: bytes a relationship in each table, its indexes included; relationship: in those that say who somebody is.
    warm: both sides' processor time, and the clock; server: the server's part of it, p50 and p99, microseconds.
    fill_ms, fill_cpu_ms, fill_server_ms: of one relationship since the last size; cpu is that of the agent's side.
    """

    relationships: int
    file: int
    table: dict[str, float]
    relationship: float
    warm: looking.Times
    server: tuple[float, float]
    fill_ms: float
    fill_cpu_ms: float
    fill_server_ms: float


class Served(msgspec.Struct, frozen=True):
    """A run. server: its version and the settings that matter."""

    machine: dict[str, str]
    server: dict[str, str]
    sizes: tuple[Size, ...]


@contextmanager
def server() -> Iterator[Server]:
    """A server as large as one is for so many, in the folder for temporary files; gone afterwards."""
    for made in servers():
        made.set("shared_buffers", BUFFERS)
        made.set("max_wal_size", BUFFERS)
        made.restart()
        yield made


async def simulate(on: Server, folder: Path, counts: Sequence[int], *, quiet: bool = False) -> Served:
    """Fill a new database of a server, and measure it at each of these counts. In a task that may wait.

    folder: empty and nobody else's, for the wallets of two agents who meet.
    """
    shaken, url, secret = await handshake(folder, only_found=True), on.database(), random_bytes(32)
    postgresql.create(url, TENANT, Vault.create(secret)).close()
    empty, done, found = _tables(on, url), 0, list[Size]()
    for count in sorted(counts):
        clock, cpu, away = perf_counter(), process_time(), on.seconds()
        store = postgresql.open(url, TENANT)
        await store.unlock(secret)
        await filling.fill_found(store, shaken, range(done, count))
        store.close()
        spent = (perf_counter() - clock, process_time() - cpu, on.seconds() - away)
        took = [round(each * 1e3 / (count - done), 3) for each in spent]
        found.append(await _measure(on, url, secret, shaken, count, empty, took))
        done = count
        if not quiet:
            print(f"{count:>9,}  {msgspec.json.encode(found[-1]).decode()}", file=sys.stderr, flush=True)
    on.drop(url)
    names = ("server_version", "shared_buffers", "fsync")
    return Served(describe(FULL), {name: on.sql(f"SHOW {name}") for name in names}, tuple(found))


async def _measure(
    on: Server, url: str, secret: bytes, shaken: Handshake, count: int, empty: dict[str, int], took: list[float]
) -> Size:
    """Everything about one size, once what the server does after many new rows is done."""
    base = url.rpartition("/")[2]
    on.sql("VACUUM (ANALYZE)", base)
    on.sql("CHECKPOINT")
    bytes_ = _tables(on, url)
    table = {name: round((size - empty[name]) / count, 1) for name, size in bytes_.items() if size > empty[name]}
    source = random.Random(count)
    chosen = [shaken.copy(number) for number in source.sample(range(count), min(count, LOOKED))]
    store = postgresql.open(url, TENANT)
    try:
        await store.unlock(secret)
        looking.look(store, chosen[0])
        warm, server = looking.served(store, on, chosen)
        return Size(
            relationships=count,
            file=int(on.sql(f"SELECT pg_database_size('{base}')")),
            table=dict(sorted(table.items(), key=lambda each: -each[1])),
            relationship=round(sum(table.get(each, 0.0) for each in sizes.RELATIONSHIP), 1),
            warm=warm,
            server=server,
            fill_ms=took[0],
            fill_cpu_ms=took[1],
            fill_server_ms=took[2],
        )
    finally:
        store.close()


def _tables(on: Server, url: str) -> dict[str, int]:
    """Bytes of each table with its indexes."""
    names = ", ".join(f"'{each}'" for each in (*TABLES, *LATER))
    sql = f"SELECT name, pg_total_relation_size(name::regclass) FROM unnest(ARRAY[{names}]) AS name"
    rows = (line.split("|") for line in on.sql(sql, url.rpartition("/")[2]).splitlines())
    return {name: int(size) for name, size in rows}
