"""One place where many are reached: when it is dead, one message knocks for all; when it asks for time, it gets it."""

import asyncio

from agent.agent import Agent
from agent.breaker import Breakers, jittered, wait_after
from tests.agent.puppet import Puppet
from tests.agent.watched import Watched, begin, go_on, texts
from tests.agent.world import World

MINUTE, HOUR, DAY = 60, 3600, 86400


async def neighbours(world: World, her: Agent, count: int) -> list[Puppet]:
    """Peers who are all reached at one mediator."""
    made = []
    for number in range(count):
        url = f"http://127.0.0.1:9990/{number}"
        made.append(Puppet.make(world, number, url))
        world.network.listen(url, made[-1].hear)
        made[-1].url = url
        await made[-1].befriend(her)
    return made


async def test_a_dead_mediator_is_knocked_at_by_one_message_however_many_peers_wait_behind_it(
    world: World, network: Watched
) -> None:
    her = await world.add("her")
    behind = await neighbours(world, her, 20)
    network.down |= {each.url for each in behind}
    for each in behind:
        await begin(world, her, each.did, each.url)
    await world.pass_time(DAY)
    network.tried.clear()

    await world.pass_time(DAY)
    before = len(network.tried)
    back = world.time
    network.down.clear()
    await world.pass_time(HOUR + MINUTE)

    assert 24 <= before <= 31
    assert [texts(each) for each in behind] == [[each.url] for each in behind]
    assert network.tried[before][0] - back <= HOUR
    assert network.tried[-1][0] - network.tried[before][0] <= MINUTE  # once it works, all who waited go


async def test_what_is_said_when_a_mediator_is_just_back_goes_behind_what_waited_for_it(
    world: World, network: Watched
) -> None:
    her = await world.add("her")
    behind = await neighbours(world, her, 2)
    await her.outbox.begin()
    await world.pass_time(1)  # nothing is held that nobody knows of
    network.down |= {each.url for each in behind}
    threads = [await begin(world, her, each.did, "one") for each in behind]
    await world.pass_time(DAY)
    wake, spoken = her.store.wake_outgoing, next(her.store.peers()).peer

    async def interrupted(peer: str, at: int) -> None:
        if peer != spoken:
            her.store.wake_outgoing = wake  # type: ignore[method-assign]  # as it was: only the first is interrupted
            for thid in threads:
                await go_on(world, her, thid, "two")
            for _ in range(100):  # whoever does not wait for this would be there by then
                await asyncio.sleep(0)
        await wake(peer, at)

    her.store.wake_outgoing = interrupted  # type: ignore[method-assign,assignment]  # it is awaited, and no more
    network.down.clear()
    her.outbox.hasten(spoken)  # the time of the other has not come
    await world.settle()
    await world.pass_time(2 * HOUR)

    assert [texts(each) for each in behind] == [["one", "two"]] * 2


async def test_a_mediator_that_has_no_room_for_one_peer_is_not_avoided_by_the_others(
    world: World, network: Watched
) -> None:
    her = await world.add("her")
    full, *others = await neighbours(world, her, 3)
    network.down, network.there = {full.url}, True
    for _ in range(6):
        await begin(world, her, full.did, "no room")
        await world.pass_time(MINUTE)

    for each in others:
        await begin(world, her, each.did, "hello")
    await world.settle()

    assert [texts(each) for each in others] == [["hello"], ["hello"]]


async def test_a_peer_that_asks_us_to_come_again_later_is_taken_at_its_word(world: World, network: Watched) -> None:
    """HT-14."""
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.befriend(her)
    network.down, network.asked = {friend.url}, 2 * HOUR
    network.tried.clear()

    await begin(world, her, friend.did, "Now?")
    await world.pass_time(5 * HOUR)

    begun, *again = network.times(friend.url)
    assert [at - begun for at in again] == [2 * HOUR, 4 * HOUR]


def test_a_breaker_opens_after_repeated_failure_and_lets_one_try_at_a_time() -> None:
    breakers = Breakers()
    for _ in range(2):
        breakers.failed("here", "ann", 100.0, 8)
    closed = breakers.wait("here", "bob", 101.0)
    breakers.failed("here", "ann", 102.0, 8)

    waits = [breakers.wait("here", "bob", at) for at in (103.0, 110.0)]
    meanwhile = breakers.wait("here", "ann", 110.0)

    assert closed == 0.0
    assert waits == [7.0, 0.0]
    assert meanwhile >= 1.0
    assert breakers.open() == 1
    assert breakers.worked("here") == {"ann", "bob"}
    assert not breakers


def test_waits_double_up_to_an_hour_and_what_is_asked_for_is_bounded() -> None:
    for tries, usual in [(1, 1), (2, 2), (5, 16), (11, 1024), (12, 2048), (13, HOUR), (1000, HOUR)]:
        assert all(round(0.8 * usual) <= wait_after(tries) <= min(HOUR, round(1.2 * usual)) for _ in range(50))
    assert [wait_after(1, asked) for asked in (0, 7, 10**9)] == [1, 7, 6 * HOUR]
    assert min(jittered(1) for _ in range(50)) == 1
