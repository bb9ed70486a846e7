"""Whole agents, each a process of its own as people run them: what an operation costs each side and how long it takes,
with few and with many of them in flight, and with few and with many relationships stored.

Every repetition has a vendor of its own. What a figure is of stands beside it: operation, measure, and how many were in
flight or stored.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import msgspec

from scripts._bench import fleet, world
from scripts._bench.fleet import Served
from scripts._bench.load import NAMES, Round, Session
from scripts._bench.measure import Effort, Figure, of, percentile, quartiles
from scripts._bench.operations import Pair
from wallet.keys import new_id

FLAT = 1.10
BOUNDS = {"connection": 15.0, "issuance": 10.0, "presentation": 10.0}  # ms, both sides, one at a time
GROWING_AT = 8  # in flight, as relationships grow

Rounds = dict[str, list[Round]]
At = Mapping[str, str | int]


def by_load(effort: Effort) -> Iterator[Figure]:
    """Every operation with few and many in flight."""
    for in_flight, rounds in asyncio.run(loaded(effort)).items():
        for name in NAMES:
            at: At = {"operation": name, "in flight": in_flight}
            bound = BOUNDS.get(name) if in_flight == 1 else None
            yield from costs(f"{name}, {in_flight} in flight", at, rounds[name], bound)


def by_growth(effort: Effort) -> Iterator[Figure]:
    """Every operation with few and many relationships stored; what it costs the vendor, against none."""
    found = asyncio.run(grown(effort))
    few = found[min(found)]
    for stored, rounds in found.items():
        for name in NAMES:
            at: At = {"operation": name, "stored": stored}
            yield from costs(f"{name}, {stored:,} stored", at, rounds[name], None)
            if stored != min(found):
                ratios = [
                    a.vendor / a.count / a.yard / (b.vendor / b.count / b.yard)
                    for a, b in zip(rounds[name], few[name], strict=False)
                ]
                title = f"{name}, {stored:,} stored: the vendor's CPU, against {min(found)}"
                yield of(title, "x", ratios, FLAT, at={**at, "measure": "growth"})


def costs(name: str, at: At, rounds: Sequence[Round], bound: float | None) -> Iterator[Figure]:
    """All that is said of one operation under one load."""
    each = {
        "vendor": [1000 * one.vendor / one.count for one in rounds],
        "people": [1000 * one.people / one.count for one in rounds],
        "driver": [1000 * one.driver / one.count for one in rounds],
    }
    both = [a + b for a, b in zip(each["vendor"], each["people"], strict=True)]
    yards = [total / 1000 / one.yard for total, one in zip(both, rounds, strict=True)]
    yield of(f"{name}: CPU of both sides", "ms", both, bound, at={**at, "measure": "both"})
    yield of(f"{name}: CPU of both sides, in Y", "Y", yards, at={**at, "measure": "yards"})
    yield of(f"{name}: CPU of the vendor", "ms", each["vendor"], at={**at, "measure": "vendor"})
    yield of(f"{name}: CPU of the person", "ms", each["people"], at={**at, "measure": "person"})
    yield of(f"{name}: CPU of the load generator", "ms", each["driver"], at={**at, "measure": "driver"})
    rates = [one.count / one.seconds for one in rounds]
    yield of(f"{name}: throughput", "/s", rates, most=False, at={**at, "measure": "throughput"})
    refused = sum(one.refused for one in rounds)
    asked = refused + sum(one.count for one in rounds)
    yield replace(of(f"{name}: turned away", "", [refused], at={**at, "measure": "refused"}), note=f"of {asked}")
    for percent in (50, 99):
        yield latency(f"{name}: latency p{percent}", percent, rounds, {**at, "measure": f"p{percent}"})


def latency(name: str, percent: int, rounds: Sequence[Round], at: At) -> Figure:
    """A percentile of all that was done; its spread is that between rounds. The note says of how many it is."""
    every = [1000 * took for one in rounds for took in one.took]
    low, _, high = quartiles([1000 * percentile(one.took, percent) for one in rounds])
    found = percentile(every, percent)
    return Figure(
        name, "ms", None, found, min(low, found), max(high, found), len(rounds), note=f"of {len(every)}", at=at
    )


async def loaded(effort: Effort) -> dict[int, Rounds]:
    """The rounds, by how many were in flight."""
    async with crowd(effort) as (folder, people):
        found = {}
        for in_flight in effort.in_flight:
            found[in_flight] = await rounds(effort, folder, people, in_flight, 0, effort.repeats)
        return found


async def grown(effort: Effort) -> dict[int, Rounds]:
    """The rounds, by how many relationships the vendor had. The most of them are filled in once only."""
    async with crowd(effort) as (folder, people):
        in_flight, found = min(GROWING_AT, effort.people), {}
        for stored in effort.stored:
            found[stored] = await rounds(effort, folder, people, in_flight, stored, effort.repeats)
        if effort.deep:
            found[effort.most_stored] = await rounds(effort, folder, people, in_flight, effort.most_stored, 1)
        return found


@asynccontextmanager
async def crowd(effort: Effort) -> AsyncIterator[tuple[Path, tuple[Served, ...]]]:
    """People, and a folder for the vendors to come. All have met a vendor, so nothing is done for the first time."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        configs = (world.configuration("person", f"person{number}") for number in range(1 + effort.people))
        async with fleet.serving(folder, *configs) as people:
            async with vendor(folder, people, effort.people, 0, effort.acknowledged) as session:
                await session.run(1)
            yield folder, people


@asynccontextmanager
async def vendor(
    folder: Path, people: Sequence[Served], in_flight: int, stored: int, late: float
) -> AsyncIterator[Session]:
    """A new vendor, for these people."""
    config = msgspec.structs.replace(world.configuration("org", f"vendor-{new_id()}"), rate_per_address=0)
    async with fleet.serving(folder, config, stored=stored) as (served,):
        waiting: list[None] = []
        first, *pairs = (Pair(served, each, waiting) for each in people)
        session = Session(served, first, tuple(pairs), in_flight, late)
        await session.warm()
        yield session


async def rounds(
    effort: Effort, folder: Path, people: Sequence[Served], in_flight: int, stored: int, repeats: int
) -> Rounds:
    """So many repetitions of every operation, each with a new vendor."""
    found: Rounds = {name: [] for name in NAMES}
    each = max(2, effort.exchanges // 6 // in_flight)
    for _ in range(repeats):
        async with vendor(folder, people, in_flight, stored, effort.acknowledged) as session:
            for name, made in (await session.run(each)).items():
                found[name].append(made)
    return found
