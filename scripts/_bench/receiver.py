"""One agent in a process of its own, to measure what receiving costs: `python -m scripts._bench.receiver HOME KEYFILE`.

Prints a line once it listens, and ends when its standard input does. Meanwhile it measures the yardstick every now and
then, and writes to HOME/yards what that took so far and how many checks it was.
"""

import asyncio
import sys
from pathlib import Path
from time import thread_time

from agent import home, serving
from scripts._bench.measure import Y

YARDS = "yards"
CHECKS, EVERY = 5, 0.02  # five checks at a time, about one hundredth of a core


async def main(place: Path, secret: bytes) -> None:
    """Serve until standard input ends."""
    running = await serving.start(await home.open_agent(place, secret), place)
    measuring = asyncio.create_task(measure(place / YARDS))
    await asyncio.sleep(2 * EVERY)
    serving.settle()
    print("listening", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    measuring.cancel()
    await serving.stop(running)


async def measure(file: Path) -> None:
    """Measure the yardstick until cancelled; replace the file as a whole, so that a reader sees one moment."""
    spent, checks, draft = 0.0, 0, file.with_suffix(".new")
    while True:
        began = thread_time()  # of this thread alone: the one that writes the store may be at work
        for _ in range(CHECKS):
            Y()
        spent, checks = spent + thread_time() - began, checks + CHECKS
        draft.write_text(f"{spent} {checks}")
        draft.replace(file)
        await asyncio.sleep(EVERY)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]).read_bytes()))
