"""The store in a PostgreSQL database beside the store in a file: what a change and a look-up cost, each side by itself.

The server is started for this, on the same machine. Changes are those of the part `store`, as many in flight.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from time import process_time
from typing import Final, NamedTuple

from scripts._bench.measure import Effort, Figure, Y, enough, of, seconds, unmeasured
from scripts._bench.store import IN_FLIGHT, change, fresh_store
from scripts._bench.workers import server, since, spent
from tests.postgresql import ABSENT, Server, living, programs
from wallet.keys import random_bytes
from wallet.store import postgresql, waiting
from wallet.store.change import Outcome
from wallet.store.store import Store
from wallet.vault import Vault

TENANT: Final = "vendor"
CHANGE: Final = f"a change in PostgreSQL, {IN_FLIGHT} in flight"
LOOK: Final = "a look-up in PostgreSQL, one after the other"
AGAINST: Final = f"{CHANGE}, against a file"


class Cost(NamedTuple):
    """What one of many took, in Y. ours: of this process; theirs: of the server."""

    ours: float
    theirs: float


def figures(effort: Effort) -> Iterator[Figure]:
    """CPU of a change and of a look-up, of the agent and of the database."""
    if programs() is None:
        yield unmeasured(AGAINST, "x", None, ABSENT)
        return
    with server() as on:
        changes, files, looks = waiting.run(measured(on, effort))
    yield of(f"{CHANGE}: CPU of the agent", "Y", [each.ours for each in changes])
    yield of(f"{CHANGE}: CPU of PostgreSQL", "Y", [each.theirs for each in changes])
    yield of(AGAINST, "x", [sum(one) / sum(file) for one, file in zip(changes, files, strict=True)])
    yield of(f"{LOOK}: CPU of the agent", "Y", [each.ours for each in looks])
    yield of(f"{LOOK}: CPU of PostgreSQL", "Y", [each.theirs for each in looks])


async def measured(on: Server, effort: Effort) -> tuple[list[Cost], list[Cost], list[Cost]]:
    """Changes in a database, the same in a file, in turns; and look-ups in the database."""
    store = postgresql.create(on.database(), TENANT, Vault.create(random_bytes(32)))
    changes, files, looks = list[Cost](), list[Cost](), list[Cost]()
    count = IN_FLIGHT * max(1, effort.exchanges // 10)
    try:
        with fresh_store() as file:
            await changed(store, count)  # every statement is parsed and planned once
            [peer] = [row.peer for _, row in zip(range(1), store.peers())]

            async def look() -> None:
                for _ in range(count):
                    assert store.peer(peer)

            for _ in range(max(3, effort.rounds // 4)):
                changes.append(await cost(on, effort, count, lambda: changed(store, count)))
                files.append(await cost(on, effort, count, lambda: changed(file, count)))
                looks.append(await cost(on, effort, count, look))
    finally:
        store.close()
    return changes, files, looks


async def changed(store: Store, count: int) -> None:
    """Apply so many changes, as many at a time as are in flight."""
    for _ in range(0, count, IN_FLIGHT):
        assert set(await asyncio.gather(*(store.apply(change()) for _ in range(IN_FLIGHT)))) == {Outcome.APPLIED}


async def cost(on: Server, effort: Effort, count: int, work: Callable[[], Awaitable[None]]) -> Cost:
    """What one of `count` took, of which `work` does all."""
    checks = enough(Y, effort.batch)
    yard, away, began = seconds(Y, checks), spent(living(on.data)), process_time()
    await work()
    ours, theirs = process_time() - began, since(away, spent(living(on.data)))
    yard = (yard + seconds(Y, checks)) / 2
    return Cost(ours / count / yard, theirs / count / yard)
