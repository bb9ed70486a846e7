"""One agent in a process of its own, to measure what receiving costs: `python -m scripts._bench.receiver HOME KEYFILE`.

Prints a line once it listens, and ends when its standard input does. Meanwhile it takes the yardstick every now and
then, and writes to HOME/yards what that took (see yard.py).
"""

import asyncio
import sys
from pathlib import Path

from agent import home, serving
from scripts._bench import yard

YARDS = "yards"
CHECKS, EVERY = 5, 0.02  # five checks at a time, about one hundredth of a core


async def main(place: Path, secret: bytes) -> None:
    """Serve until standard input ends."""
    running = await serving.start(await home.open_agent(place, secret), place)
    measuring = asyncio.create_task(yard.measure(place / YARDS, CHECKS, EVERY))
    await asyncio.sleep(2 * EVERY)
    serving.settle()
    print("listening", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    measuring.cancel()
    await serving.stop(running)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]).read_bytes()))
