"""`python -m tests.agent.flood PORT ATTEMPTS AT_ONCE SECONDS`: connections from all over 127.0.0.0/8 to one port.

Each sends a piece of a header; one in three hangs up at once, the others hang on for so many seconds, or until they are
closed. Prints what became of them as JSON.
"""

import asyncio
import json
import random
import resource
import sys
from dataclasses import asdict, dataclass

from tests.agent.transports.wire import Wire, connect

SEED = 10


@dataclass
class Result:
    """What became of the attempts. closed: by the other side."""

    tried: int = 0
    closed: int = 0


class Flood:
    """See the module."""

    def __init__(self, port: int, at_once: int, seconds: float) -> None:
        self.port, self.seconds, self.result = port, seconds, Result()
        self._random, self._slots = random.Random(SEED), asyncio.Semaphore(at_once)

    async def run(self, attempts: int) -> None:
        """Make so many attempts."""
        tasks = set()
        for _ in range(attempts):
            await self._slots.acquire()
            tasks.add(asyncio.create_task(self._attempt()))
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)

    async def _attempt(self) -> None:
        source = ".".join(["127", *(str(self._random.randrange(1, 255)) for _ in range(3))])
        patience = self._random.choice((0.0, self.seconds, self.seconds))
        try:
            self.result.tried += 1
            await self._hold(await connect(self.port, source), patience)
        except OSError:
            self.result.closed += 1
        finally:
            self._slots.release()

    async def _hold(self, wire: Wire, patience: float) -> None:
        await wire.write("POST / HTTP/1.1\r\nHost: ")
        await asyncio.sleep(0)
        try:
            async with asyncio.timeout(patience):
                if await wire.reader.read(1) == b"":
                    self.result.closed += 1
        except TimeoutError:
            pass
        except ConnectionError:
            self.result.closed += 1
        finally:
            wire.writer.transport.abort()


def main() -> None:
    """Make a flood."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    port, attempts, at_once, seconds = sys.argv[1:]

    async def run() -> Result:
        flood = Flood(int(port), int(at_once), float(seconds))
        await flood.run(int(attempts))
        return flood.result

    print(json.dumps(asdict(asyncio.run(run()))))


if __name__ == "__main__":
    main()
