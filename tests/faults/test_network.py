"""A bad network between two agents: whatever it does, an exchange comes to its end, and both sides hold the same.

Real sockets, through a proxy of our own before each agent. Source: docs/security.md, promise P21.
"""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.exchange import Pair
from tests.faults.proxy import FOUL, Weather
from tests.promises import Promise

AT_ONCE = 5
BYTES = b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"


async def through(folder: Path, seed: int, weather: Weather) -> tuple[list[str], Counter[str]]:
    """One exchange. Returns where the two sides differ afterwards, or that it did not end, and what the network did."""
    pair = await Pair.start(folder, seed, weather)
    try:
        await pair.exchange()
        found = pair.differences()
    except TimeoutError:
        found = [f"seed {seed}: it stands at {pair.her.states()} and {pair.org.states()}"]
    finally:
        await pair.stop()
    return found, pair.her.proxy.done + pair.org.proxy.done


@pytest.mark.parametrize("seeds", [5, pytest.param(100, marks=pytest.mark.full)])
async def test_an_exchange_through_a_bad_network_comes_to_its_end(tmp_path: Path, seeds: int, promise: Promise) -> None:
    found, done = list[str](), Counter[str]()

    for first in range(0, seeds, AT_ONCE):
        numbers = range(first, min(seeds, first + AT_ONCE))
        for differences, happened in await asyncio.gather(
            *(through(tmp_path / str(seed), seed, FOUL) for seed in numbers)
        ):
            found += differences
            done += happened

    assert found == []
    assert {name for name, chance in vars(FOUL).items() if chance and name != "delay"} <= done.keys()
    promise(
        "P21",
        what="meeting, terms, a card and a proof over HTTP through a proxy that delays, doubles, reorders, cuts, resets"
        " and hangs, a third of all requests in all",
        size=seeds,
        result="all complete, the same on both sides",
        control="a network that answers 202 and throws away",
        each="exchange",
    )


async def test_a_network_that_lies_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.faults.exchange.PATIENCE", 2.0)

    found, _ = await through(tmp_path / "0", 0, Weather(swallow=0.5))

    assert found
