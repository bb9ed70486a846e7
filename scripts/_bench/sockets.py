"""What an idle WebSocket costs: memory of the process that holds it, with so many of them open at once.

Each is opened from a network address of its own, as they come in life, and left alone; some are opened beforehand, so
that what is loaded once for all of them does not count.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp

from agent import home
from scripts._bench import world
from scripts._bench.measure import Effort, Figure, of
from scripts._bench.process import resident
from scripts._bench.receive import receiver
from wallet.keys import random_bytes

BOUND = 40.0
BEFORE, PER_ADDRESS = 20, 50
SETTLED = 1.0  # seconds after which what was opened is idle


def figures(effort: Effort) -> Iterator[Figure]:
    """KiB of resident memory for each of so many idle WebSockets."""
    count = 1000 if effort.exchanges > 2 else 20
    with tempfile.TemporaryDirectory() as folder:
        places = [Path(folder) / str(number) for number in range(effort.repeats)]
        for place in places:
            place.mkdir()
        sizes = [asyncio.run(_measure(place, count)) for place in places]
    yield of(f"an idle WebSocket, of {count:,}", "KiB", sizes, BOUND)


async def _measure(folder: Path, count: int) -> float:
    place, key_file, secret = folder / "org", folder / "key", random_bytes(32)
    key_file.write_bytes(secret)
    config = world.configuration("org", "receiver")
    await home.make(place, config, secret)
    with receiver(place, key_file) as pid:
        async with AsyncExitStack() as opened:
            await _open(opened, f"ws{config.url[4:]}", BEFORE, network=1)
            before = resident(pid)
            await _open(opened, f"ws{config.url[4:]}", count, network=2)
            return (resident(pid) - before) * 1024 / count


async def _open(opened: AsyncExitStack, url: str, count: int, *, network: int) -> None:
    """Open so many, from 127.network.0.1 on, and wait until they are idle."""
    for first in range(0, count, PER_ADDRESS):
        address = (f"127.{network}.0.{1 + first // PER_ADDRESS}", 0)
        connector = aiohttp.TCPConnector(local_addr=address, limit=0)
        session = await opened.enter_async_context(aiohttp.ClientSession(connector=connector))
        for _ in range(min(PER_ADDRESS, count - first)):
            await opened.enter_async_context(session.ws_connect(url))
    await asyncio.sleep(SETTLED)
