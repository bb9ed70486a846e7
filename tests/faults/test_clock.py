"""The clock of a real process is set while it runs, by libfaketime. Source: docs/security.md, P20 and SR-16."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import msgspec
import pytest

from agent import config as configs
from tests.faults.judging import Verdict
from tests.faults.lives import Life, Place
from tests.faults.load import Load
from tests.faults.test_kill import come_to_rest, look, under_load
from tests.ports import free_ports
from tests.promises import Promise

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
needs_faketime = pytest.mark.skipif(LIBRARY is None, reason="no libfaketime here; install the package faketime")
HOUR, YEAR = 3600, 365 * 86400
JUMPS = (YEAR, *(pytest.param(seconds, marks=pytest.mark.full) for seconds in (-YEAR, HOUR, -HOUR)))
PATIENCE = 60.0
MOST_LOOKS = 5  # at how much it uses, while what came under load is worked off
MOST_CPU = 0.5  # of one core, with nothing to do


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """Somebody who watches over the agent."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE)) as session:
        yield session


def watched(place: Place) -> Place:
    """The same agent, whose conditions can be seen from outside."""
    config = msgspec.structs.replace(place.config, metrics=f"127.0.0.1:{free_ports(1)[0]}")
    configs.write(place.folder, config)
    return replace(place, config=config)


def set_clock(file: Path, to: str) -> None:
    """Have the clock of whoever looks into this file be set: at once, for half a file would be no time at all."""
    fresh = file.with_suffix(".fresh")
    fresh.write_text(to)
    fresh.replace(file)


def under(set_to: Path) -> tuple[str, ...]:
    """A command whose clock is what stands in a file: seconds more or less than it is, or a date."""
    return (
        "env", f"LD_PRELOAD={LIBRARY}", f"FAKETIME_TIMESTAMP_FILE={set_to}", "FAKETIME_NO_CACHE=1",
        "FAKETIME_DONT_FAKE_MONOTONIC=1", "DONT_FAKE_MONOTONIC=1",
    )  # fmt: skip


async def jumps(place: Place, session: aiohttp.ClientSession) -> int:
    """How often the agent says that its clock was set."""
    async with session.get(f"http://{place.config.metrics}/metrics") as answer:
        found = re.search(r"freerange_clock_jumps_total (\d+)", await answer.text())
    return int(found[1]) if found else 0


async def ready(place: Place, session: aiohttp.ClientSession) -> dict[str, bool]:
    """The conditions, by name."""
    async with session.get(f"http://{place.config.metrics}/ready") as answer:
        return msgspec.json.decode(await answer.read(), type=dict[str, object])["checks"]  # type: ignore[return-value]  # by name


async def until_jumps(place: Place, session: aiohttp.ClientSession, number: int) -> None:
    """Wait until the agent has noticed so many settings of its clock."""
    async with asyncio.timeout(PATIENCE):
        while await jumps(place, session) < number:  # noqa: ASYNC110 - another process tells nobody
            await asyncio.sleep(0.1)


def cpu(life: Life) -> float:
    """Seconds of CPU the process has used."""
    fields = Path(f"/proc/{life.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


async def at_rest(life: Life) -> float:
    """Seconds of CPU used in two, once what came under load has been worked off: what spins never comes to rest."""
    used = 0.0
    for _ in range(MOST_LOOKS):
        before = cpu(life)
        await asyncio.sleep(2)
        used = cpu(life) - before
        if used < 2 * MOST_CPU:
            break
    return used


async def with_load(load: Load, seconds: float) -> None:
    """Let messages come for a while."""
    loading = asyncio.create_task(load.run())
    await asyncio.sleep(seconds)
    loading.cancel()
    await asyncio.wait([loading])
    await load.rest()


@needs_faketime
@pytest.mark.parametrize("jump", JUMPS)
async def test_the_clock_of_a_running_agent_is_set_and_nothing_is_lost_or_called_over(
    tmp_path: Path, session: aiohttp.ClientSession, promise: Promise, jump: int
) -> None:
    set_to = tmp_path / "clock"
    set_clock(set_to, "+0")
    async with under_load(tmp_path, 3) as (here, load):
        place = watched(here)
        life = await place.start(under=under(set_to))
        await with_load(load, 1.5)
        before = await jumps(place, session)
        set_clock(set_to, f"{jump:+d}")
        await with_load(load, 0.5)
        await until_jumps(place, session, before + 1)
        doubted = not (await ready(place, session))["clock"]
        used = await at_rest(life)
        set_clock(set_to, "+0")
        await with_load(load, 0.5)
        await until_jumps(place, session, before + 2)
        assert await life.stop() == 0, life.said
        found = look(place, load)
        found.add(await come_to_rest(place, load))

    assert before == 0
    assert doubted == (abs(jump) > 86400)
    assert used < 2 * MOST_CPU
    assert found.lost == []
    if jump != -HOUR:  # whose clock is behind warns everybody that theirs is ahead, and the judge did not expect that
        assert found == Verdict()
    what = "the clock of a real process is set by an hour or a year under load (libfaketime), and set right again"
    promise("P20", what=what, size=1, result="noticed; 0 lost, 0 expired", part=True)


@needs_faketime
async def test_an_agent_that_starts_in_1970_takes_nothing_and_says_why(
    tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    """SR-16."""
    set_to = tmp_path / "clock"
    set_clock(set_to, "@1970-01-02 00:00:00")
    async with under_load(tmp_path, 4) as (here, load):
        place = watched(here)
        life = await place.start(under=under(set_to))
        await with_load(load, 0.5)
        checks = await ready(place, session)
        assert await life.stop() == 0, life.said

    answers = {answer for each in load.sent.values() for answer in each.answers}
    assert answers == {503}
    assert not checks["clock"]
