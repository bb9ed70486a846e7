"""More messages than an agent can take: an open-loop generator, which sends at its rate whatever is answered.

The agent is slowed by a failpoint to what a small machine can do, so that the generator, on the same machine, can send
twice as much, and the figures say how it behaves at its limit and not how fast this machine is.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import aiohttp

from agent.transports.http import ENCRYPTED
from tests.faults.correspondent import Correspondent, Org
from wallet.keys import Keyring

SLOWED: Final = "inbox.decided=sleep:0.008"  # about a hundred messages a second
PEOPLE: Final = 32
NOWHERE: Final = "http://127.0.0.1:9"


@dataclass
class Second:
    """What was answered within one second. took: seconds from sending to 202; refused: how many were answered 503."""

    took: list[float] = field(default_factory=list)
    refused: int = 0


@dataclass
class Crowd:
    """People who ask an org the same thing all the time, without wanting an answer."""

    org: Org
    people: list[Correspondent] = field(default_factory=list)
    seconds: list[Second] = field(default_factory=list)
    other: list[int] = field(default_factory=list)

    async def __aenter__(self) -> "Crowd":
        connector = aiohttp.TCPConnector(limit=0)
        self._session = aiohttp.ClientSession(connector=connector, headers={"Content-Type": ENCRYPTED})
        ring = Keyring()
        self.people = [Correspondent.make(self.org, ring, NOWHERE) for _ in range(PEOPLE)]
        for who in self.people:
            assert await self.post(who.seal(who.hello(int(time.time())).plain)) == 202
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def post(self, packed: bytes) -> int:
        """Post one message. Returns the status; 0 for no answer."""
        try:
            async with self._session.post(self.org.url, data=packed) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 0

    async def one(self, number: int) -> None:
        """One message, its answer counted in the second in which it comes."""
        who = self.people[number % PEOPLE]
        packed, began = who.seal(who.note(int(time.time())).plain), time.monotonic()
        status = await self.post(packed)
        now = time.monotonic()
        second = self.seconds[-1]
        if status == 202:
            second.took.append(now - began)
        elif status == 503:
            second.refused += 1
        else:
            self.other.append(status)

    async def closed(self, seconds: int, at_once: int) -> Sequence[Second]:
        """So many in flight all the time. Returns what was answered, second by second."""

        async def again(number: int) -> None:
            while True:
                await self.one(number)

        return await self._watch(seconds, [asyncio.create_task(again(number)) for number in range(at_once)])

    async def open(self, seconds: int, rate: float) -> Sequence[Second]:
        """So many a second, whatever is answered."""
        under_way: set[asyncio.Task[None]] = set()

        async def generate() -> None:
            began, count = time.monotonic(), 0
            while True:
                task = asyncio.create_task(self.one(count))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
                count += 1
                await asyncio.sleep(max(0.0, began + count / rate - time.monotonic()))

        found = await self._watch(seconds, [asyncio.create_task(generate())])
        await asyncio.gather(*under_way)
        return found

    async def _watch(self, seconds: int, tasks: list[asyncio.Task[None]]) -> Sequence[Second]:
        """Begin a new count every second, and end the tasks after the last."""
        found = []
        for _ in range(seconds):
            found.append(Second())
            self.seconds.append(found[-1])
            await asyncio.sleep(1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return found


def goodput(seconds: Sequence[Second]) -> float:
    """Messages accepted in a second, on average."""
    return sum(len(each.took) for each in seconds) / len(seconds)


def p99(seconds: Sequence[Second]) -> float:
    """Seconds in which 99 of 100 accepted messages were answered."""
    took = sorted(each for second in seconds for each in second.took)
    return took[int(0.99 * (len(took) - 1))] if took else float("inf")
