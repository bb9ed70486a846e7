"""Twice as much as an agent can take, and then no more: how much it takes, how soon, and how it is afterwards.

Source: docs/security.md, promise P9, row HT-19.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.faults.lives import Place
from tests.faults.overload import SLOWED, Crowd, goodput, p99
from tests.promises import Promise

WARM = 2  # seconds, not counted
GOOD = 0.8  # of what it can take at its best
LATE = 5  # times as long as without load
BACK = 10  # seconds until all is as before


@asynccontextmanager
async def crowd(folder: Path) -> AsyncIterator[Crowd]:
    """A slowed agent, and people who know it."""
    place = await Place.make(folder)
    org = await place.org()
    life = await place.start(failpoints=SLOWED)
    try:
        async with Crowd(org) as people:
            yield people
    finally:
        await life.stop()


async def test_what_is_too_much_is_refused_and_what_is_accepted_is_answered(tmp_path: Path) -> None:
    async with crowd(tmp_path) as people:
        hot = await people.open(3, rate=300)

    assert people.other == []
    assert sum(each.refused for each in hot) > sum(len(each.took) for each in hot) > 0


@pytest.mark.full
@pytest.mark.alone
async def test_at_twice_its_capacity_it_does_nearly_as_much_as_it_can(tmp_path: Path, promise: Promise) -> None:
    async with crowd(tmp_path) as people:
        await people.closed(WARM, 4)
        peak = goodput(await people.closed(10, 8))
        calm = p99(await people.open(10, rate=peak / 4))
        await people.open(WARM, rate=2 * peak)
        hot = await people.open(60, rate=2 * peak)
        after = [p99(await people.open(1, rate=peak / 4)) for _ in range(BACK)]

    assert people.other == []
    assert goodput(hot) >= GOOD * peak
    assert p99(hot) <= LATE * calm
    assert min(after) <= 1.5 * calm
    promise(
        "P9",
        what="twice the load it can take for so many seconds, on an agent slowed to about 100 messages a second",
        size=60,
        result="at least 80 % of its best, 99 of 100 within 5 times as long as without load, then as before",
        control="the same without early refusals",
    )


@pytest.mark.full
@pytest.mark.alone
async def test_without_early_refusals_everybody_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = await Place.make(tmp_path)
    org = await place.org()
    life = await place.start(failpoints=SLOWED, plant="never-too-many")
    async with Crowd(org) as people:
        calm = p99(await people.open(5, rate=20))
        hot = await people.open(10, rate=200)
    await life.stop()

    assert p99(hot) > LATE * calm
