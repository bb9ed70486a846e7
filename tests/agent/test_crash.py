"""Crashes and races: nothing that was kept is lost, nothing happens twice. Source: security, promises P1 to P3."""

import asyncio
from collections.abc import Callable

import pytest

from agent import inbox
from agent.agent import Agent
from tests.agent.customer import Customer
from tests.agent.puppet import Puppet
from tests.agent.world import World, ledger, public_did, state, the_only, threads, towards
from wallet.store.change import Change, Outcome

PING = "https://didcomm.org/trust-ping/2.0/ping"


class Crash(BaseException):
    """The process is gone."""


def crash_at(agent: Agent, step: int, *, kept: bool) -> None:
    """Let the process die at the `step`-th change it writes: just before it is kept, or just after."""
    apply, left = agent.store.apply, [step]

    async def write(change: Change) -> Outcome:
        left[0] -= 1
        if left[0] == 0 and not kept:
            raise Crash
        outcome = await apply(change)
        if left[0] == 0:
            raise Crash
        return outcome

    agent.store.apply = write  # type: ignore[method-assign,assignment]  # what it returns is awaited, and no more


async def going_on(world: World, name: str, agree: Callable[[], bool]) -> None:
    """Let time pass until both agree, starting the agent anew whenever it dies."""
    for _ in range(40):
        if agree():
            return
        try:
            await world.pass_time(6 * 3600)
        except Crash:
            await world.restart(world.agents[name])
    pytest.fail("they did not come to an agreement")


@pytest.mark.parametrize("kept", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(1, 6))
@pytest.mark.parametrize("dies", ["Town Library", "her"])
async def test_whenever_one_side_dies_both_end_with_the_same_record(
    world: World, dies: str, step: int, kept: bool
) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    await world.introduce(her, library)
    await world.tick(5)
    begun = await world.do(her, "/v1/terms", peer="Town Library")
    thid = str(begun["thread"])
    crash_at(world.agents[dies], step, kept=kept)

    await going_on(world, dies, lambda: all(state(each, thid) == "in-force" for each in world.agents.values()))
    await going_on(world, dies, lambda: all(each.store.counts()["outgoing"] == 0 for each in world.agents.values()))

    library, her = world.agents["Town Library"], world.agents["her"]
    assert ledger(her, the_only(her).peer) == ledger(library, the_only(library).peer)
    assert [item.id for item in her.store.items("record")] == [item.id for item in library.store.items("record")]
    assert len(the_only(her).agreements) == len(the_only(library).agreements) == 1
    assert her.store.verify() == library.store.verify() == ()


async def test_what_an_owner_said_just_before_a_crash_was_said(world: World) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    await world.introduce(her, library)
    crash_at(her, 1, kept=True)

    with pytest.raises(Crash):
        await world.do(her, "/v1/terms", peer="Town Library")
    her = await world.restart(her)
    await world.pass_time(3600)

    assert len(the_only(her).agreements) == len(the_only(library).agreements) == 1


async def test_what_an_owner_says_at_the_same_time_is_said_one_after_the_other(world: World) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    await world.introduce(her, library)

    await asyncio.gather(*(world.do(her, "/v1/terms", peer="Town Library") for _ in range(5)))
    await world.settle()

    mine = her.store.ledger(the_only(her).peer, ours=True)
    assert sorted(row.seq for row in mine) == list(range(1, 11))
    assert ledger(her, the_only(her).peer) == ledger(library, the_only(library).peer)
    assert len(the_only(library).agreements) == 5


async def test_two_acts_of_the_owner_and_a_message_at_once_all_count(world: World) -> None:
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    thid = await customer.proffer(library)
    confirm = await customer.pack(library, customer.confirm(library))

    await asyncio.gather(
        world.do(library, "/v1/pings", peer=customer.peer),
        inbox.receive(library, confirm),
        world.do(library, "/v1/offers", peer=customer.peer, type="urn:card", name="Card", claims={}),
    )
    await world.settle()

    assert state(library, thid) == "in-force"
    assert {"ping", "offer-credential"} <= {each.type.rpartition("/")[2] for each in customer.heard}


async def test_a_decision_made_on_what_has_moved_on_is_made_again(world: World) -> None:
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    stale = library.relationship(customer.peer)
    await customer.proffer(library)
    library.remember(*stale)

    thid = await customer.proffer(library)

    assert state(library, thid) == "accepted"
    assert towards(library, customer.did).ours.seq == 3
    assert [row.seq for row in library.store.ledger(customer.peer, ours=True)] == [1, 2, 3]


async def test_many_strangers_at_once_are_all_heard(world: World) -> None:
    library = await world.add("Town Library", "org")
    strangers = [Puppet.make(world, number) for number in range(30)]
    packed = [await each.pack(library, each.message(PING, {}, to=public_did(library))) for each in strangers]

    await asyncio.gather(*(inbox.receive(library, each) for each in packed))
    await world.settle()

    assert all(len(each.heard) == 1 for each in strangers)
    assert len(threads(library)) == 30
