"""A message that kills the agent: then it is kept apart, and the agent lives. Source: docs/security.md, ST-24."""

import asyncio
from pathlib import Path
from time import monotonic
from typing import Final

import pytest

from agent.quarantine import MOST_TRIES
from tests.faults.lives import Life, Place
from tests.faults.load import Load
from tests.faults.test_kill import GATHER, REACHED, look, under_load
from tests.promises import FILE, SERVER, Promise
from wallet.store import quarantine

TURN: Final = 10.0  # seconds, after which nobody waits for an answer any more


async def quarantined(place: Place) -> set[str]:
    """Ids of what is in quarantine."""
    store = place.store()
    try:
        return {row.id for row in store.read(quarantine.rows)}
    finally:
        store.close()


async def until_met(place: Place, load: Load) -> Life:
    """One life under load, in which somebody was welcomed who may say what kills."""
    life = await place.start(plant="dies")
    loading, ends = asyncio.create_task(load.run()), monotonic() + REACHED
    while not any(each.met and not each.surly for each in load.people):
        await asyncio.sleep(0.05)
        assert monotonic() < ends, "nobody was welcomed"
    await asyncio.sleep(GATHER)
    loading.cancel()
    await asyncio.wait([loading])
    return life


async def one_poison(load: Load) -> str:
    """One message that kills, among those that are sent again until they are answered. Returns its id."""
    who = next(each for each in load.people if each.met and not each.surly)
    return load.keep(who.poison(1_800_000_000)).id


async def until_dead_or_taken(place: Place, load: Load, id: str) -> Life:
    """One life under load, until it has ended or this message was answered 202.

    Now and then the message goes first: on a slow machine it would be one of many that are refused, and chosen rarely.
    """
    life = await place.start(plant="dies")
    loading, ends = asyncio.create_task(load.run()), monotonic() + REACHED
    turn = monotonic() + TURN
    while not life.dead and not load.sent[id].accepted:
        if monotonic() > turn:
            load.waiting.appendleft(load.sent[id])
            turn = monotonic() + TURN
        await asyncio.sleep(0.05)
        assert monotonic() < ends, life.said
    loading.cancel()
    await asyncio.wait([loading])
    return life


@pytest.mark.parametrize("base", [FILE, pytest.param(SERVER, marks=pytest.mark.full)], indirect=True)
async def test_a_message_that_kills_the_agent_three_times_kills_it_no_more(
    tmp_path: Path, base: str, promise: Promise
) -> None:
    deaths = 0
    async with under_load(tmp_path, 5, base) as (place, load):
        life = await until_met(place, load)
        assert await life.stop() == 0, life.said
        id = await one_poison(load)
        while not load.sent[id].accepted:
            life = await until_dead_or_taken(place, load, id)
            deaths += life.dead
            if life.dead:
                await life.kill()
            await load.rest()
        status = await life.stop()
        await load.rest()
        apart = await quarantined(place)
        found = look(place, load, everywhere=True)

    assert status == 0
    assert deaths == MOST_TRIES
    assert apart == {id}
    assert (found.lost, found.twice) == ([], [])
    what = (
        "a message that takes the process down is kept apart at the fourth meeting; the load around it is all applied"
    )
    promise("P14", what=what, size=1, result="3 deaths, 0 lost", store=place.kind)
