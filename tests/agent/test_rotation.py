"""Changing a DID within a relationship: what is said, what is heard, and what nobody can bring about."""

import msgspec
import pytest

from agent import evidence, identity, rotation
from agent.agent import Agent
from agent.errors import Dropped
from agent.relationship import Relationship
from protocols.problems import Misuse
from tests.agent.puppet import EMPTY, Puppet
from tests.agent.world import World, ledger, peer_of, public_did, state, the_only
from wallet import dids

NOTE = "https://didcomm.org/basicmessage/2.0/message"
PING = "https://didcomm.org/trust-ping/2.0/ping"
MINUTE, HOUR, DAY = 60, 3600, 86400


async def rotate(agent: Agent, peer: str = "", **how: int) -> str:
    """Move to a fresh DID in the only relationship, or in this one. Returns the DID."""
    did, items = identity.pairwise(agent.config)
    await rotation.rotate(agent, peer or the_only(agent).peer, did, items, **how)
    return did


async def introduced(world: World) -> tuple[Agent, Agent]:
    """A person and an org that have met."""
    library, her = await world.add("Town Library", "org"), await world.add("her")
    await world.introduce(her, library)
    await world.tick(5)
    return her, library


def agree_on_dids(one: Relationship, other: Relationship) -> bool:
    """Whether each side speaks as the DID that the other speaks to."""
    return dids.same(one.our_did, other.their_did) and dids.same(one.their_did, other.our_did)


# -- ours ---------------------------------------------------------------------------------------------------------


async def test_a_person_changes_her_did_and_everything_else_stays(world: World) -> None:
    her, library = await introduced(world)
    before, known_as = the_only(her), the_only(library).peer
    thid = await world.agree(her, library)
    await world.tick(5)

    new = await rotate(her)
    assert rotation.standing(the_only(her)) == "announced"
    await world.settle()

    hers, its = the_only(her), the_only(library)
    assert hers.our_did == new != before.our_did
    assert agree_on_dids(hers, its)
    assert (rotation.standing(hers), its.peer, hers.peer) == ("settled", known_as, before.peer)
    assert (hers.knows_us, its.brief) == (True, False)
    assert state(her, thid) == state(library, thid) == "in-force"
    assert her.store.counts()["outgoing"] == library.store.counts()["outgoing"] == 0
    begun = await world.do(library, "/v1/pings", peer=known_as)
    await world.settle()
    assert state(library, str(begun["thread"])) == "done"
    assert the_only(library).brief


async def test_an_agreement_made_across_a_rotation_binds_both(world: World) -> None:
    """What was signed under the old DID arrives under the new one, and the chains go on."""
    her, library = await introduced(world)
    world.network.down.add(library.config.url)
    begun = await world.do(her, "/v1/terms", peer="Town Library")
    await world.settle()

    await rotate(her)
    await world.settle()
    world.network.down.clear()
    await world.pass_time(HOUR)

    thid = str(begun["thread"])
    assert state(her, thid) == state(library, thid) == "in-force"
    hers, its = the_only(her), the_only(library)
    assert (hers.ours, hers.theirs) == (its.theirs, its.ours)
    assert ledger(her, hers.peer) == ledger(library, its.peer)
    [record], [theirs] = ([item.id for item in agent.store.items("record")] for agent in (her, library))
    assert record == theirs
    for agent in (her, library):
        bundle = await evidence.bundle(agent, record)
        assert evidence.verify(msgspec.json.encode(bundle)).verified
        unfounded = {name: value for name, value in bundle.items() if name != "rotations"}
        assert evidence.verify(msgspec.json.encode(unfounded)).failed == ("links",)


async def test_the_proof_goes_with_every_message_until_they_write_to_the_new_did(world: World) -> None:
    her, friend = await world.add("her"), Puppet.make(world)
    known = await friend.befriend(her)
    new = await rotate(her)
    await world.do(her, "/v1/threads", peer=known.peer, type=NOTE, body={"content": "one"})
    await world.settle()

    told = friend.last("empty")
    assert (told.please_ack, told.from_) == (("",), new)
    assert friend.last("message").from_prior == told.from_prior is not None
    await friend.say(her, NOTE, {"content": "to the old one"}, to=known.our_did)
    assert rotation.standing(the_only(her)) == "announced"
    await friend.say(her, EMPTY, {}, to=new, ack=(told.id,))
    await world.do(her, "/v1/threads", peer=known.peer, type=NOTE, body={"content": "two"})
    await world.settle()

    said = friend.last("message")
    assert (said.body, said.from_prior, said.from_) == ({"content": "two"}, None, dids.canonical(new))
    assert rotation.standing(the_only(her)) == "settled"
    assert her.store.counts()["outgoing"] == 0


async def test_a_did_of_hers_is_heard_a_week_longer_and_not_at_all_if_she_says_so(world: World) -> None:
    her, friend = await world.add("her"), Puppet.make(world)
    first = (await friend.befriend(her)).our_did
    second = await rotate(her)
    await friend.say(her, EMPTY, {}, to=second)

    await friend.say(her, PING, {}, to=first)
    world.time += 7 * DAY
    with pytest.raises(Dropped, match="to"):
        await friend.say(her, PING, {}, to=first)
    third = await rotate(her, linger=0)
    await friend.say(her, PING, {}, to=second)
    await friend.say(her, PING, {}, to=third)
    with pytest.raises(Dropped, match="to"):
        await friend.say(her, PING, {}, to=second)


async def test_whoever_moves_again_before_she_is_answered_is_found_by_whatever_they_knew(world: World) -> None:
    her, library = await introduced(world)
    for heard_of in range(3):
        world.network.down.add(library.config.url)
        for move in range(3):
            if move == heard_of:
                world.network.down.clear()
            await rotate(her)
            await world.tick(10)
            world.network.down.add(library.config.url)
            world.network.down.add(her.config.url)  # it hears of this one, and cannot answer
        world.network.down.clear()

        await world.pass_time(2 * DAY)

        assert agree_on_dids(the_only(her), the_only(library))
        assert rotation.standing(the_only(her)) == "settled"
        assert her.store.counts()["outgoing"] == library.store.counts()["outgoing"] == 0


async def test_both_may_move_at_once(world: World) -> None:
    """ST-17."""
    her, library = await introduced(world)

    await rotate(her)
    await rotate(library)
    await world.settle()
    await world.pass_time(HOUR)

    assert agree_on_dids(the_only(her), the_only(library))
    assert rotation.standing(the_only(her)) == rotation.standing(the_only(library)) == "settled"
    assert the_only(her).called == "Town Library"


async def test_an_ended_relationship_keeps_its_did(world: World) -> None:
    her, library = await introduced(world)
    await world.do(
        her,
        "/v1/threads",
        peer="Town Library",
        type="https://freerange.example/vrm/relationship/1.0/end",
        body={"data": "erase", "by": "2030-01-01"},
    )

    with pytest.raises(Misuse, match="has ended"):
        await rotate(her)
    assert the_only(her).we_moved == 0
    assert peer_of(her, public_did(library)) == the_only(her).peer
