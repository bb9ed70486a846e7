"""How many threads of one protocol a peer may hold open: what is beyond is refused, what is open goes on."""

import pytest

from agent import open_threads
from agent.agent import Agent
from tests.agent.customer import Customer, proffered
from tests.agent.puppet import Puppet
from tests.agent.world import World, public_did, state
from wallet.keys import new_id

NOTE = "https://didcomm.org/basicmessage/2.0/message"
PING = "https://didcomm.org/trust-ping/2.0/ping"


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three threads are enough to see it."""
    monkeypatch.setattr(open_threads, "MOST_OPEN", 3)


async def opened(customer: Customer, org: Agent, count: int) -> list[str]:
    """Proffer terms in so many fresh threads; returns their ids."""
    thids = []
    for _ in range(count):
        customer.thid, customer.accepted = new_id(), ""
        thids.append(customer.thid)
        await customer.repeat(org, customer.signed(org, "proffer", proffered(), 1))
        await customer.world.settle()
    return thids


async def test_a_thread_too_many_is_refused_and_the_others_go_on(world: World) -> None:
    """ST-26."""
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)

    *open_ones, surplus = await opened(customer, library, 4)

    assert [state(library, thid) for thid in open_ones] == ["accepted"] * 3
    assert state(library, surplus) is None
    assert [report["code"] for report in customer.reports()] == ["e.m.me.res.threads"]


async def test_other_protocols_and_other_peers_are_not_touched(world: World) -> None:
    """ST-26."""
    library = await world.add("Town Library", "org")
    customer, other = await Customer.met(world, library), await Customer.met(world, library, 1)
    await opened(customer, library, 4)
    customer.heard.clear()

    [thid] = await opened(other, library, 1)
    await customer.say(library, PING, {}, to=public_did(library))
    await world.settle()

    assert state(library, thid) == "accepted"
    assert customer.last("ping-response")


async def test_threads_that_ended_make_room(world: World) -> None:
    """ST-26: however many there were."""
    library, friend = await world.add("Town Library", "org"), Puppet.make(world)

    for _ in range(20):
        await friend.say(library, PING, {}, to=public_did(library))
        await world.tick(1)

    assert sum(each.type.endswith("ping-response") for each in friend.heard) == 20


async def test_a_chat_is_not_counted_for_it_never_ends(world: World) -> None:
    """Other programs begin a thread with every message of a chat."""
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)

    for _ in range(5):
        await customer.say(library, NOTE, {"content": "Hello"}, to=public_did(library))
    await world.settle()

    assert customer.reports() == []
    assert library.store.counts()["thread"] == 6


async def test_a_hundred_thousand_peers_are_not_all_remembered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_threads, "MOST_REMEMBERED", 2)
    library = await world.add("Town Library", "org")

    for number in range(4):
        await Puppet.make(world, number).say(library, PING, {}, to=public_did(library))

    assert len(library.limits.open_threads) == 2
