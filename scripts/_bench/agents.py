"""Whole agents: what a connection, an issued card and a presentation cost both sides together, and whether that stays
flat as relationships pile up.

Both agents run in this process and talk HTTP over loopback, so the CPU of the process is the CPU of both. Each person
meets the org for the first time: its did:web document and its domain proof are fetched. Acknowledgements that travel
alone, two seconds later, are not counted.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from time import process_time
from typing import TypeVar

from agent.agent import Agent
from scripts._bench import world
from scripts._bench.measure import Effort, Figure, of
from scripts._bench.world import Met

FLAT = 1.10
NAMES = ("connection, both sides", "card issued and stored, both sides", "presentation, both sides")
BOUNDS = (15.0, 10.0, 10.0)

T = TypeVar("T")
Costs = list[list[float]]  # by flow: CPU seconds of one exchange, once a round


def figures(effort: Effort) -> Iterator[Figure]:
    """The three flows in CPU milliseconds with few relationships stored, and the ratio of many to few."""
    few, many = asyncio.run(_measure(effort))
    for name, bound, costs in zip(NAMES, BOUNDS, few, strict=True):
        yield of(name, "ms", [1000 * cost for cost in costs], bound)
    stored = f"{effort.relationships[1]:,} against {effort.relationships[0]:,} stored"
    for name, small, large in zip(NAMES, few, many, strict=True):
        yield of(f"{name.partition(',')[0]}, {stored}", "x", [b / a for a, b in zip(small, large, strict=True)], FLAT)


async def _measure(effort: Effort) -> tuple[Costs, Costs]:
    people = max(1, effort.exchanges // effort.repeats)
    few: Costs = [[], [], []]
    many: Costs = [[], [], []]
    async with world.running("org", ("few", "many")) as orgs:
        for org, count in zip(orgs, effort.relationships, strict=True):
            await world.fill(org, count)
        for number in range(effort.repeats + 1):
            async with world.running("person", (f"{number}-{n}" for n in range(2 * people))) as persons:
                for org, costs, here in ((orgs[0], few, persons[:people]), (orgs[1], many, persons[people:])):
                    await _round(effort, org, here, costs)
    return ([costs[1:] for costs in few], [costs[1:] for costs in many])  # the first round warms up


async def _round(effort: Effort, org: Agent, persons: tuple[Agent, ...], costs: Costs) -> None:
    """One round of the three flows, with people who are new to the org."""
    met: list[Met] = []

    async def meet(person: Agent) -> None:
        met.append(await world.connect(org, person))

    costs[0].append(await _cost(effort, meet, persons))
    costs[1].append(await _cost(effort, lambda each: world.issue(org, each), met))
    costs[2].append(await _cost(effort, lambda each: world.present(org, each), met))


async def _cost(effort: Effort, flow: Callable[[T], Awaitable[None]], over: Sequence[T]) -> float:
    """CPU seconds of one flow, of many one after another."""
    began = process_time()
    for each in over:
        await flow(each)
    spent = process_time() - began
    await asyncio.sleep(effort.acknowledged)
    return spent / len(over)
