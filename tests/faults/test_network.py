"""A bad network between two agents: whatever it does, an exchange comes to its end, and both sides hold the same.

Real sockets, through a proxy of our own before each agent. Source: docs/security.md, promise P21.
"""

import asyncio
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from agent import calls, link, mediation
from agent.link import Rhythm
from tests.faults.exchange import FASTER, Pair
from tests.faults.proxy import FOUL, Weather
from tests.promises import Promise

AT_ONCE = 10
MOST_MORE = 30  # exchanges, until every fault has happened
FAULTS = {name for name, chance in vars(FOUL).items() if chance and name != "delay"}
SOON = 2.0  # seconds a mediator is waited for
USUAL = Rhythm()
RHYTHM = Rhythm(**{name: getattr(USUAL, name) / FASTER for name in vars(USUAL)})


async def through(
    folder: Path, seed: int, weather: Weather, *, mediated: bool = False
) -> tuple[list[str], Counter[str]]:
    """One exchange. Returns where the two sides differ afterwards, or that it did not end, and what the network did."""
    pair = await Pair.start(folder, seed, weather, mediated=mediated)
    try:
        await pair.exchange()
        found = pair.differences()
    except TimeoutError:
        found = [f"seed {seed}: it stands at {pair.her.states()} and {pair.org.states()}"]
    finally:
        await pair.stop()
    return found, pair.happened


async def many(folder: Path, seeds: int, *, mediated: bool) -> tuple[list[str], Counter[str]]:
    """So many exchanges, a few at a time, and some more if none of them met with some fault of the network."""
    found, done = list[str](), Counter[str]()
    for first in range(0, seeds + MOST_MORE, AT_ONCE):
        if first >= seeds and done.keys() >= FAULTS:
            break
        numbers = range(first, min(seeds, first + AT_ONCE) if first < seeds else first + AT_ONCE)
        for differences, happened in await asyncio.gather(
            *(through(folder / str(seed), seed, FOUL, mediated=mediated) for seed in numbers)
        ):
            found += differences
            done += happened
    return found, done


@pytest.mark.parametrize("seeds", [5, pytest.param(100, marks=pytest.mark.full)])
async def test_an_exchange_through_a_bad_network_comes_to_its_end(tmp_path: Path, seeds: int, promise: Promise) -> None:
    found, done = await many(tmp_path, seeds, mediated=False)

    assert found == []
    assert done.keys() >= FAULTS
    promise(
        "P21",
        what="meeting, terms, a card and a proof over HTTP through a proxy that delays, doubles, reorders, cuts, resets"
        " and hangs: every third request",
        size=seeds,
        result="all complete, or ended on both sides; the same records",
        control="a network that answers 202 and throws away",
        each="exchange",
    )


@pytest.mark.parametrize("seeds", [3, pytest.param(30, marks=pytest.mark.full)])
async def test_the_same_through_a_mediator_over_a_websocket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seeds: int, promise: Promise
) -> None:
    monkeypatch.setattr(link, "run", partial(link.run, rhythm=RHYTHM))
    monkeypatch.setattr(mediation, "call", partial(calls.call, within=SOON))

    found, done = await many(tmp_path, seeds, mediated=True)

    assert found == []
    assert done["pieces"] > seeds
    promise(
        "P21",
        what="the same with a person behind a mediator, on a WebSocket that is cut and hangs as well",
        size=seeds,
        result="all complete, or ended on both sides; the same records",
        control="a network that answers 202 and throws away",
        each="exchange",
    )


async def test_a_network_that_lies_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.faults.exchange.PATIENCE", 2.0)

    found, _ = await through(tmp_path / "0", 0, Weather(swallow=0.5))

    assert found
