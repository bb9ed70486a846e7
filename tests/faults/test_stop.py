"""Told to stop under load, the agent stops soon, in order, and loses nothing. Source: docs/security.md, promise P19."""

import asyncio
import random
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.judging import Verdict
from tests.faults.lives import Life, Place
from tests.faults.load import Load
from tests.faults.test_kill import GATHER, LIVES, come_to_rest, look, under_load
from tests.promises import FILE, SERVER, Promise

MOST_SECONDS = 10.0
TAKEN, NOT_NOW = 202, 503
ENOUGH = 100  # messages in one life
PATIENCE = 60.0  # seconds for them, on a machine with much else to do
MOST_MEMORY = 512 * 1024 * 1024


async def slow_client(place: Place) -> asyncio.StreamWriter:
    """Somebody who begins a request, and does not go on with it."""
    host, _, port = place.config.listen.rpartition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = (
        "POST / HTTP/1.1\r\nHost: here\r\nContent-Type: application/didcomm-encrypted+json\r\nContent-Length: 500\r\n"
    )
    writer.write(f"{head}\r\n{{".encode())
    await writer.drain()
    return writer


async def stopped_under_load(place: Place, load: Load, seconds: float, *, plant: str = "") -> tuple[int, float, Life]:
    """One life under load, told to stop while the load goes on, once enough was taken. Returns its exit status, and how
    long it took."""
    before = taken(load)
    life = await place.start(plant=plant)
    loading = asyncio.create_task(load.run())
    slow = await slow_client(place)
    await asyncio.sleep(seconds)
    async with asyncio.timeout(PATIENCE):
        while taken(load) <= before + ENOUGH:  # noqa: ASYNC110 - nobody is told how many there are
            await asyncio.sleep(0.02)
    began = time.monotonic()
    status = await life.stop()
    took = time.monotonic() - began
    await asyncio.sleep(0.1)
    loading.cancel()
    await asyncio.wait([loading])
    slow.close()
    with suppress(OSError):
        await slow.wait_closed()
    await load.rest()
    return status, took, life


def taken(load: Load) -> int:
    """How many answers there were that a message was taken."""
    return sum(each.answers.count(TAKEN) for each in load.sent.values())


@pytest.mark.parametrize(
    ("base", "stops"),
    [
        (FILE, 3),
        pytest.param(FILE, 20, marks=pytest.mark.full),
        pytest.param(SERVER, 10, marks=pytest.mark.full),
    ],
    indirect=["base"],
)
async def test_told_to_stop_under_load_it_ends_in_order_and_loses_nothing(
    tmp_path: Path, base: str, stops: int, promise: Promise
) -> None:
    source, found, took, peaks = random.Random(stops), Verdict(), list[float](), list[int]()

    async with under_load(tmp_path, stops, base) as (place, load):
        for _ in range(stops):
            status, seconds, life = await stopped_under_load(place, load, GATHER + source.random())
            assert status == 0, life.said
            took.append(seconds)
            peaks.append(life.peak)
            found.add(look(place, load))
        found.add(await come_to_rest(place, load))

    answers = Counter(answer for each in load.sent.values() for answer in each.answers)
    assert found == Verdict()
    assert max(took) <= MOST_SECONDS
    assert set(answers) <= {TAKEN, NOT_NOW}
    assert answers[TAKEN] > ENOUGH * stops
    assert min(peaks) > 0
    assert max(peaks) < MOST_MEMORY
    what = f"SIGTERM under {load.rate:.0f} messages a second: exit 0 within 10 s, no answer but 202 and 503"
    promise(
        "P19", what=what, size=stops, result="0 lost", control="202 before the commit", each="stop", store=place.kind
    )


async def test_an_agent_that_loses_something_when_it_stops_is_found_out(tmp_path: Path) -> None:
    found = Verdict()
    async with under_load(tmp_path, 7) as (place, load):
        for _ in range(LIVES):
            await stopped_under_load(place, load, GATHER, plant="early-202")
            found.add(look(place, load))
            if found.lost:
                break

    assert found.lost
