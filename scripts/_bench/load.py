"""Load on whole agents: so many operations in flight, and what they cost each side.

People are processes of their own, and each does one thing at a time; so as many things are in flight as people are at
work. CPU is counted from the first request until what goes out later, in answer to it, has gone out.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter, process_time

from scripts._bench import operations
from scripts._bench.fleet import Served, TurnedAway
from scripts._bench.measure import Y, seconds
from scripts._bench.operations import Operation, Pair

CHECKS = 100  # of the yardstick, before and after
AT_ONCE = 0.3  # seconds after which nothing is under way any more, where nothing is acknowledged later
WARM = 3
CONNECTION, FAN_OUT = "connection", "fan-out"
NAMES = (CONNECTION, *operations.ONE_BY_ONE, FAN_OUT)


@dataclass(slots=True)
class Round:
    """What some operations cost. vendor, people, driver: CPU seconds of all of them; yard: of one Y.

    took: seconds of each by the clock; seconds: from the first to the last of them. refused: how many came to nothing,
    for an agent was too busy; what they cost is in what the others do.
    """

    yard: float
    vendor: float = 0.0
    people: float = 0.0
    driver: float = 0.0
    seconds: float = 0.0
    refused: int = 0
    took: list[float] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many operations."""
        return len(self.took)


@dataclass(frozen=True, slots=True)
class Session:
    """A vendor that is new, with people who have not met it. in_flight: how many of them are at work at a time.

    first: who meets it before them, so that what it does for the first time is not counted.
    """

    vendor: Served
    first: Pair
    pairs: tuple[Pair, ...]
    in_flight: int
    late: float  # seconds after which bare acknowledgements, which wait for company, have gone out

    async def warm(self) -> None:
        """Every operation with the first."""
        await operations.connect(self.first)
        await operations.introduce(self.first)
        for operation in operations.ONE_BY_ONE.values():
            for _ in range(WARM):
                await operation(self.first)
        await operations.tell(self.vendor, [self.first])
        await asyncio.sleep(self.late)

    async def run(self, each: int) -> dict[str, Round]:
        """Every operation, so many times by each who is at work; some of them in the end verified."""
        found = {CONNECTION: await self.connections()}
        chosen = [pair for pair in self.pairs if pair.peer][: self.in_flight]
        for pair in chosen:
            await operations.introduce(pair)
        for name, operation in operations.ONE_BY_ONE.items():
            lanes = [[pair] * each for pair in chosen]
            found[name] = await self.round(operation, lanes, self.late if name == "terms" else AT_ONCE)
        for pair in chosen:
            assert await operations.verified(pair)
        found[FAN_OUT] = await self.fan_out(chosen, each)
        return found

    async def connections(self) -> Round:
        """Everybody meets the vendor."""
        lanes = [self.pairs[first :: self.in_flight] for first in range(self.in_flight)]
        return await self.round(operations.connect, lanes, self.late)

    async def round(self, operation: Operation, lanes: Sequence[Sequence[Pair]], settled: float) -> Round:
        """One operation with all of these pairs, the lanes side by side, each of them in order."""

        async def work(lane: Sequence[Pair]) -> None:
            for pair in lane:
                began = perf_counter()
                try:
                    await operation(pair)
                except TurnedAway:
                    made.refused += 1
                else:
                    made.took.append(perf_counter() - began)

        people = {pair.person for lane in lanes for pair in lane}
        async with counted(self.vendor, people, settled) as made:
            await asyncio.gather(*map(work, lanes))
        return made

    async def fan_out(self, chosen: Sequence[Pair], times: int) -> Round:
        """The vendor tells all of these one thing, so many times; each recipient counts as one."""
        async with counted(self.vendor, {pair.person for pair in chosen}, self.late) as made:
            for _ in range(times):
                made.took += await operations.tell(self.vendor, chosen)
        return made


@asynccontextmanager
async def counted(vendor: Served, people: Collection[Served], settled: float) -> AsyncIterator[Round]:
    """What is spent in the block, and for so many seconds after it. Whoever is in it notes what each took."""
    made = Round(seconds(Y, CHECKS))
    before = vendor.cpu(), sum(each.cpu() for each in people)
    driving, began = process_time(), perf_counter()
    yield made
    made.seconds, made.driver = perf_counter() - began, process_time() - driving
    await asyncio.sleep(settled)
    made.vendor, made.people = vendor.cpu() - before[0], sum(each.cpu() for each in people) - before[1]
    made.yard = (made.yard + seconds(Y, CHECKS)) / 2
