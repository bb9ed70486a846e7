"""One act towards very many, in one process: each vendor gets one message, whenever her agent is broken off.

The vendors are real as far as they go: each has keys and a DID of its own and opens what it gets. See
scripts/_bench/market.py; what it costs is measured in scripts/_bench/fanout.py.
"""

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from agent import campaigns, clock, home
from agent.agent import Agent
from agent.didcomm.plaintext import Plaintext
from agent.web import contact
from agent.web.contact import Editing
from scripts._bench.fanout import finish, measured, step
from scripts._bench.market import Market, acquaint, duplicates, edit, opened, spellings
from scripts._bench.world import configuration
from tests.faults.plants import PLANTS
from wallet.keys import random_bytes


async def her_agent(place: Path, market: Market) -> tuple[Agent, bytes]:
    """A person who knows all of the market."""
    secret = random_bytes(32)
    await home.make(place, configuration("person", "her"), secret)
    her = await home.open_agent(place, secret, market)
    await acquaint(her, market.urls())
    return her, secret


async def stop(her: Agent) -> None:
    """Let go of her wallet, whatever she was doing."""
    await her.needs.close()
    her.store.close()


def read(her: Agent, market: Market) -> Iterator[tuple[int, Plaintext]]:
    """What every vendor reads, with the number of who read it."""
    urls, hers = list(market.urls()), spellings(her)
    return ((number, opened(number, urls[number], packed, hers)) for number, packed in market.taken)


@pytest.mark.parametrize("count", [80, pytest.param(10_000, marks=[pytest.mark.full, pytest.mark.alone])])
async def test_every_vendor_is_told_once_though_she_is_broken_off_again_and_again(tmp_path: Path, count: int) -> None:
    market = Market(count)
    her, secret = await her_agent(tmp_path / "her", market)
    started = await contact.change(her, Editing(edit(), jitter=0))
    assert isinstance(started, dict)

    for share in (0.2, 0.5, 0.8):
        while sum(market.counts) < count * share:
            await clock.tick(her)  # some of what was said may still be on its way when she is gone
            await asyncio.sleep(0)  # as `clock.run` does it: a tick with nothing to do lets no delivery go on
        await stop(her)
        her = await home.open_agent(tmp_path / "her", secret, market)
        await her.outbox.begin()
    await finish(her)

    found = campaigns.tally(her, str(started["campaign"]))
    assert found.counts == {"sent": count}
    assert duplicates(read(her, market), count) == []
    await stop(her)


async def test_a_vendor_that_is_told_twice_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaigns, "say", campaigns.say)
    PLANTS["told-twice"]()
    market = Market(5)
    her, _ = await her_agent(tmp_path / "her", market)

    await contact.change(her, Editing(edit(), jitter=0))
    await finish(her)

    assert "vendor 0 was told 2 times" in duplicates(read(her, market), 5)
    assert "vendor 5 was never told" in duplicates(read(her, market), 6)
    await stop(her)


async def test_no_more_is_said_while_many_deliveries_are_under_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaigns, "MOST_BUSY", 40)
    market = Market(100)
    her, _ = await her_agent(tmp_path / "her", market)
    await contact.change(her, Editing(edit(), jitter=0))
    monkeypatch.setattr(her.outbox, "busy", partial(int, 39))

    await step(her)
    one = sum(market.counts)
    monkeypatch.setattr(her.outbox, "busy", partial(int, 40))
    await step(her)

    assert (one, sum(market.counts)) == (1, 1)
    await stop(her)


async def test_the_cost_for_each_is_measured() -> None:
    sealing, whole = await measured(6)

    assert all(0 < each < whole for each in sealing)
