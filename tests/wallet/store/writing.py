"""A process that writes until it is killed and tells what it was acknowledged. Arguments: file, first number."""

import asyncio
import sys

from wallet.store.change import Change, Entry, Heard, Item, Outcome, Outgoing
from wallet.store.sqlite import Store


async def write(store: Store, first: int, lane: int) -> None:
    """Write numbers first, first + 8, ...; each in one change that touches five tables."""
    number = first + lane
    while True:
        change = Change(
            f"peer-{lane}",
            heard=Heard(str(number), b"", 10**9),
            log=(Entry("t1", str(number), False, number, b""),),
            keep=(Item("key", str(number), b""),),
            send=(Outgoing(str(number), "t1", number, 10**9, b""),),
        )
        assert await store.apply(change) is Outcome.APPLIED
        print(number, flush=True)
        number += 8


async def main() -> None:
    store = Store.open(sys.argv[1])
    await store.unlock(bytes(32))
    await asyncio.gather(*(write(store, int(sys.argv[2]), lane) for lane in range(8)))


if __name__ == "__main__":
    asyncio.run(main())
