"""One agent in a process of its own, to measure what receiving costs: `python -m scripts._bench.receiver HOME KEYFILE`.

Prints a line once it listens, and ends when its standard input does.
"""

import asyncio
import sys
from pathlib import Path

from agent import home, serving


async def main(place: Path, secret: bytes) -> None:
    """Serve until standard input ends."""
    running = await serving.start(await home.open_agent(place, secret), place)
    print("listening", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await serving.stop(running)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]).read_bytes()))
