"""A process that writes until it is killed and tells what it was acknowledged. Arguments: where to, first number.

It passes its failpoints if FREERANGE_FAILPOINTS asks for that.
"""

import asyncio
import os
import sys
import time
from typing import TYPE_CHECKING

from tests.faults import failpoints

if __name__ == "__main__" and failpoints.VARIABLE in os.environ:
    failpoints.install(os.environ[failpoints.VARIABLE])

if TYPE_CHECKING:
    from wallet.store.store import Store

TENANT = "shop"


async def write(store: "Store", first: int, lane: int) -> None:
    """Write numbers first, first + 8, ...; each in one change that touches five tables. Keys are written in a row."""
    from wallet.store.change import Change, Entry, Heard, Item, Outcome, Outgoing

    number = first + lane
    while True:
        change = Change(
            f"peer-{lane}",
            heard=Heard(str(number), b"", 10**9),
            log=(Entry("t1", str(number), False, number, b""),),
            keep=(Item("key" if lane < 2 else "note", str(number), b""),),
            send=(Outgoing(str(number), "t1", number, 10**9, b""),),
        )
        assert await store.apply(change) is Outcome.APPLIED
        print(number, flush=True)
        number += 8


async def main(where: str, first: int) -> None:
    """Write to a file, or to the wallet of a tenant, once the one who had it open before is known to be dead."""
    store: Store
    if where.startswith("postgresql:"):
        from wallet.errors import Locked
        from wallet.store import postgresql

        deadline = time.monotonic() + 60
        while True:
            try:
                store = postgresql.open(where, TENANT)
                break
            except Locked:
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(0.05)
    else:
        from wallet.store.sqlite import FileStore

        store = FileStore.open(where)
    await store.unlock(bytes(32))
    await asyncio.gather(*(write(store, first, lane) for lane in range(8)))


if __name__ == "__main__":
    from wallet.store import waiting

    waiting.run(main(sys.argv[1], int(sys.argv[2])))
