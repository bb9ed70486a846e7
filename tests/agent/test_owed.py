"""While the store takes no writes nothing is sent twice, and as soon as it does all goes on. Source: promise P11."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from agent import clock, finished, outbox, owed
from agent.agent import Agent
from tests.agent.puppet import Puppet
from tests.agent.watched import Watched, begin, go_on, texts
from tests.agent.world import World

MINUTE, HOUR, DAY = 60, 3600, 86400
SOON = 60.0  # seconds


@contextmanager
def full(agent: Agent) -> Iterator[None]:
    """The store of an agent takes no bookkeeping: the one fault that no disk here can be made to have. What is said is
    written, as it is when there was room a moment ago."""

    def refuse(*ignored: object) -> object:
        raise OSError(28, "No space left on device")

    with pytest.MonkeyPatch.context() as within:
        within.setattr(agent.store, "write", refuse)
        yield


async def left(agent: Agent, size: int) -> None:
    """Return once so many messages are on their way out."""
    async with asyncio.timeout(SOON):
        while agent.store.counts()["outgoing"] != size:  # noqa: ASYNC110 - a row of a table tells nobody
            await asyncio.sleep(0.01)


async def test_what_could_not_be_written_is_written_first_and_then_all_goes_on(world: World, network: Watched) -> None:
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.befriend(her)
    network.down.add(friend.url)
    thid = await begin(world, her, friend.did, "Hello?")
    await world.pass_time(DAY)
    network.tried.clear()

    with full(her):
        for _ in range(2 * HOUR // MINUTE):
            await world.tick(MINUTE)
        await go_on(world, her, thid, "Are you there?")
        await world.settle()
        meanwhile = len(network.tried)
    network.down.clear()
    await world.tick(2)  # it is written that she could not be reached, and when to try again: now
    await world.tick(2)

    assert meanwhile <= 1
    assert texts(friend) == ["Hello?", "Are you there?"]
    await left(her, 0)


async def test_what_was_delivered_while_nothing_could_be_written_leaves_the_store_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finished, "AGAIN", 0.02)
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.befriend(her)
    await left(her, 0)

    with full(her):
        await begin(world, her, friend.did, "Hello!")
        await asyncio.sleep(4 * finished.WITHIN)
        meanwhile = her.store.counts()["outgoing"]
    await left(her, 0)
    await world.settle()

    assert meanwhile == 1
    assert texts(friend) == ["Hello!"]


async def test_what_comes_to_be_owed_while_two_pay_the_same_is_written(world: World) -> None:
    """Whoever delivers pays, and so does whoever asks the store again."""
    account, written = owed.Owed(await world.add("her")), list[str]()
    gates = [asyncio.Event(), asyncio.Event()]
    left = iter(gates)

    async def first() -> None:
        await next(left).wait()

    async def second() -> None:
        written.append("second")

    account.add("him", first)
    paying = [asyncio.create_task(account.pay("him")) for _ in gates]
    for gate, each in zip(gates, paying, strict=True):
        await asyncio.sleep(0)
        gate.set()
        await each
        if gate is gates[0]:
            account.add("him", second)

    assert written == ["second"]
    assert not account.peers


@pytest.mark.parametrize("begun", [True, False], ids=["under way", "before it began"])
async def test_an_attempt_that_is_broken_off_leaves_the_place_to_the_next_one(
    world: World, network: Watched, monkeypatch: pytest.MonkeyPatch, begun: bool
) -> None:
    """After failures one attempt is made for all who are reached at a place: it must not be waited for in vain."""
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.befriend(her)
    network.down.add(friend.url)
    await begin(world, her, friend.did, "Hello?")
    await world.pass_time(DAY)
    network.down.clear()
    assert isinstance(her.outbox, outbox.Outbox)
    sending = asyncio.Event()

    async def never(*_: object) -> None:
        sending.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as within:
        within.setattr(network, "send", never)
        world.time += 2 * HOUR
        await clock.tick(her)
        if begun:
            await asyncio.wait_for(sending.wait(), SOON)
        busy = her.outbox.busy()
        her.outbox.leave()
        await her.outbox.quiet()
    for _ in range(3):
        await world.tick(2 * HOUR)

    assert busy == 1
    assert texts(friend) == ["Hello?"]
