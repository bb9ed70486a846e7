"""What a turn in one relationship brings about in another is said once, whatever happens in between."""

from agent import clock, errands
from agent.agent import Agent
from agent.draft import ERRAND, Draft
from agent.owner import act
from protocols.standard.basic_message import BasicMessage, basic_message
from protocols.vrm.delegation import introduction
from protocols.vrm.delegation_words import Dismiss
from tests.agent.world import World, peer_of, public_did, state
from wallet.keys import new_id
from wallet.needs import Lookup


async def trio(world: World) -> tuple[Agent, Agent, Agent]:
    """She, and two orgs she has met."""
    her = await world.add("her")
    one, other = await world.add("One", "org"), await world.add("Other", "org")
    await world.introduce(her, one)
    await world.introduce(her, other)
    return her, one, other


async def told(her: Agent, one: Agent, other: Agent) -> str:
    """Something happens with one org, of which the other is to hear. Returns the thread's id."""
    thid = new_id()

    def happen(draft: Draft) -> Lookup[None]:
        draft.hand_on(peer_of(her, public_did(other)), thid, basic_message, BasicMessage("It is over."))
        yield from ()

    await act(her, peer_of(her, public_did(one)), new_id(), happen)
    return thid


async def test_it_waits_in_the_store_and_is_said_after_a_restart(world: World) -> None:
    her, one, other = await trio(world)
    thid = await told(her, one, other)
    assert state(other, thid) is None

    her = await world.restart(her)
    await world.tick(0)

    assert state(other, thid) is not None
    assert list(her.store.items(ERRAND)) == []


async def test_it_is_said_once_though_two_run_it(world: World) -> None:
    her, one, other = await trio(world)
    thid = await told(her, one, other)

    await errands.run(her)
    await errands.run(her)
    await clock.tick(her)
    await world.settle()

    [entry] = [each for each in other.store.log(peer_of(other, who(her, other)), thid) if not each.ours]
    assert entry.thid == thid


def who(her: Agent, org: Agent) -> str:
    """The DID she uses towards an org."""
    return her.relationship(peer_of(her, public_did(org)))[0].our_did


async def test_what_cannot_be_said_there_stops_no_other(world: World) -> None:
    her, one, other = await trio(world)
    mine = peer_of(her, public_did(one))

    def wrong(draft: Draft) -> Lookup[None]:
        draft.hand_on(peer_of(her, public_did(other)), new_id(), introduction, Dismiss("struck"))
        draft.hand_on(peer_of(her, public_did(other)), "a" * 32, basic_message, BasicMessage("And this?"))
        yield from ()

    await act(her, mine, new_id(), wrong)
    await world.tick(0)

    assert state(other, "a" * 32) is not None
    assert list(her.store.items(ERRAND)) == []
