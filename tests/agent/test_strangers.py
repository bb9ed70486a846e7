"""Who may begin: invitations are for whom they are made, for as long as they last, and once if so made."""

import asyncio

import pytest

from agent import inbox
from agent.agent import Agent
from agent.didcomm import plaintext
from agent.errors import Dropped
from agent.web import api
from protocols.standard.out_of_band import from_url
from tests.agent.puppet import HELLO, MEET, Puppet, canonical
from tests.agent.world import World, known, public_did, state, the_only

PING = "https://didcomm.org/trust-ping/2.0/ping"


async def invitation(world: World, agent: Agent, **how: object) -> plaintext.Plaintext:
    """An invitation of an agent, as whoever got it reads it."""
    made = await world.do(agent, "/v1/invitations", **{"goal": "Meet", **how})
    return plaintext.read(from_url(str(made["url"])))


async def test_of_two_who_take_up_a_single_use_invitation_at_once_exactly_one_wins(world: World) -> None:
    """ST-18."""
    her = await world.add("her")
    invited = await invitation(world, her, once=True)
    one, other = Puppet.make(world, 1), Puppet.make(world, 2)
    packed = [
        await each.pack(her, each.message(PING, {}, to=invited.from_ or "", pthid=invited.id)) for each in (one, other)
    ]

    outcomes = await asyncio.gather(*(inbox.receive(her, each) for each in packed), return_exceptions=True)
    await world.settle()

    assert sorted(str(each) for each in outcomes) == ["None", "stranger"]
    assert len(known(her)) == 1
    assert len(one.heard) + len(other.heard) == 1


async def test_an_invitation_may_be_taken_up_by_many_unless_it_is_for_one(world: World) -> None:
    her = await world.add("her")
    invited = await invitation(world, her)

    for number in range(3):
        await Puppet.make(world, number).say(her, PING, {}, to=invited.from_ or "", pthid=invited.id)

    assert len(known(her)) == 3


async def test_whoever_took_up_a_single_use_invitation_may_go_on_talking(world: World) -> None:
    her, friend = await world.add("her"), Puppet.make(world)
    invited = await invitation(world, her, once=True)

    for _ in range(2):
        await friend.say(her, PING, {}, to=invited.from_ or "", pthid=invited.id)
    await world.settle()

    assert len(friend.heard) == 2


async def test_a_refused_first_message_does_not_use_up_an_invitation(world: World) -> None:
    her, friend = await world.add("her"), Puppet.make(world)
    invited = await invitation(world, her, once=True)

    await friend.say(her, PING, {"response_requested": "perhaps"}, to=invited.from_ or "", pthid=invited.id)
    await friend.say(her, PING, {}, to=invited.from_ or "", pthid=invited.id)
    await world.settle()

    assert [each.type.rpartition("/")[2] for each in friend.heard] == ["problem-report", "ping-response"]
    assert len(known(her)) == 1


async def test_an_invitation_that_has_expired_is_worth_nothing(world: World) -> None:
    """ST-19."""
    her, stranger = await world.add("her"), Puppet.make(world)
    invited = await invitation(world, her, lasts=3600)
    before = her.store.counts()
    world.time += 3600

    with pytest.raises(Dropped, match="stranger"):
        await stranger.say(her, PING, {}, to=invited.from_ or "", pthid=invited.id)

    assert her.store.counts() == before


async def test_an_invitation_is_for_the_did_it_was_made_with(world: World) -> None:
    her, stranger = await world.add("her"), Puppet.make(world)
    one, other = await invitation(world, her), await invitation(world, her)

    with pytest.raises(Dropped, match="stranger"):
        await stranger.say(her, PING, {}, to=one.from_ or "", pthid=other.id)


async def test_no_two_invitations_of_a_person_have_a_did_in_common(world: World) -> None:
    her = await world.add("her")

    assert (await invitation(world, her)).from_ != (await invitation(world, her)).from_


async def test_an_org_that_welcomes_nobody_hears_only_the_invited(world: World) -> None:
    club = await world.add("Closed Club", "org", welcomes=False)
    stranger = Puppet.make(world)
    invited = await invitation(world, club)

    with pytest.raises(Dropped, match="stranger"):
        await stranger.say(club, f"{MEET}/hello", HELLO, to=public_did(club))
    hello = await stranger.say(club, f"{MEET}/hello", HELLO, to=public_did(club), pthid=invited.id, sender_order=1)
    await world.settle()

    [question] = await world.listed(club, "/v1/questions")
    assert question["choices"] == ["yes", "no"]
    assert state(club, hello.id) == "greeted"


async def test_her_own_invitation_is_not_for_her(world: World) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")

    for agent in (library, her):
        made = await world.do(agent, "/v1/invitations", goal="Meet")
        status, said = await api.answer(agent, "POST", "/v1/invitations/accept", f'{{"url":"{made["url"]}"}}'.encode())
        assert (status, "your own" in str(said)) == (409, True)
        assert known(agent) == []


async def test_taking_up_one_invitation_twice_at_once_makes_one_relationship(world: World) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    made = await world.do(library, "/v1/invitations", goal="Meet")
    body = f'{{"url":"{made["url"]}"}}'.encode()

    answers = await asyncio.gather(*(api.answer(her, "POST", "/v1/invitations/accept", body) for _ in range(3)))
    await world.settle()

    assert sorted(status for status, _ in answers) == [200, 409, 409]
    assert len(known(her)) == len(known(library)) == 1
    assert the_only(her).met


async def test_two_persons_who_meet_can_look_at_what_waits_for_them(world: World) -> None:
    """A person cannot welcome as an org does; that must not keep her from seeing her questions."""
    her, him = await world.add("her"), await world.add("him")
    made = await world.do(her, "/v1/invitations", goal="Meet, as equals")

    await world.do(him, "/v1/invitations/accept", url=made["url"])
    await world.settle()

    [question] = await world.listed(her, "/v1/questions")
    assert question["choices"] == ["no"]


async def test_at_another_kind_of_agent_we_knock_and_are_known_from_then_on(world: World) -> None:
    her, other = await world.add("her"), Puppet.make(world)

    relationship = await other.invite(her, goal_code="issue-vc")

    ping = other.last("ping")
    assert ping.pthid == relationship.invitation
    assert not any(each.type.endswith("/hello") for each in other.heard)
    await other.say(her, f"{PING}-response", {}, to=relationship.our_did, thid=ping.thread)
    await world.settle()
    [knocked] = await world.listed(her, "/v1/threads")
    assert (knocked["about"], knocked["state"]) == ("trust-ping", "done")


async def test_a_stranger_that_calls_itself_by_its_short_form_is_answered(world: World) -> None:
    """Its key id has the long form, with the document; its `from` need not."""
    library, stranger = await world.add("Town Library", "org"), Puppet.make(world)

    await stranger.say(library, PING, {}, to=public_did(library), from_=canonical(stranger.did))
    await world.settle()

    assert [each.type.rpartition("/")[2] for each in stranger.heard] == ["ping-response"]
    assert the_only(library).their_did == stranger.did


async def test_a_stranger_that_was_refused_is_told_for_a_minute_and_leaves_no_trace(world: World) -> None:
    """Else anybody could fill the wallet, and have us knock for weeks at an address of somebody else."""
    library = await world.add("Town Library", "org")
    before = library.store.counts()
    away = Puppet.make(world, url="http://127.0.0.1:9999")  # where nobody listens

    await away.say(library, f"{MEET}/hello", {"protocols": 7}, to=public_did(library))
    await world.settle()
    assert library.store.counts()["outgoing"] == 1
    await world.pass_time(3600)

    assert library.store.counts() == before
