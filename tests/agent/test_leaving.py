"""Leaving: what is said, what must happen to the data, and what comes of it. Source: vrm-protocols 5.1."""

import pytest

from agent import leaving
from agent.agent import Agent
from tests.agent.puppet import Puppet
from tests.agent.world import Said, World, public_did, the_only
from wallet import prior
from wallet.names import same

NOTE = "https://didcomm.org/basicmessage/2.0/message"
PING = "https://didcomm.org/trust-ping/2.0/ping"
HOUR, DAY = 3600, 86400


async def introduced(world: World) -> tuple[Agent, Agent]:
    """A person and an org that have met."""
    library, her = await world.add("Town Library", "org"), await world.add("her")
    await world.introduce(her, library)
    await world.tick(5)
    return her, library


async def outcome(world: World, agent: Agent) -> Said:
    """What came of the only ending."""
    [found] = await world.listed(agent, "/v1/leavings")
    return found


async def test_she_sees_what_would_be_said_and_nothing_is(world: World) -> None:
    her, library = await introduced(world)
    await world.agree(her, library)
    await world.tick(5)
    before = (her.store.counts(), len(world.network.carried))

    said = await world.ask(
        her, "POST", "/v1/leavings/preview", peers=["Town Library"], data="return-then-erase", reason="moving-on"
    )

    assert isinstance(said, list)
    [told] = said
    assert told["says"] == (
        "signed by you: you end it (your reason: moving-on); it is to give you everything it has of you, and then erase"
        " it by 2027-02-14, and to answer when that is done"
    )
    assert (told["with"], told["terms"], told["waiting"]) == ("Town Library", ["freerange-service-only"], 0)
    assert before == (her.store.counts(), len(world.network.carried))


async def test_she_leaves_and_is_told_what_is_kept(world: World) -> None:
    her, library = await introduced(world)

    said = await world.ask(her, "POST", "/v1/leavings", peers=["Town Library"], data="erase", by="2027-03-01")
    await world.settle()
    await world.tick(5)

    assert said == [{"with": "Town Library", "fingerprint": said_of(said), "way": "signed"}]
    assert the_only(her).ended
    assert the_only(library).ended
    found = await outcome(world, her)
    assert (found["state"], found["by"], found["overdue"]) == ("asked", "2027-03-01", False)
    assert not leaving.finished(her, the_only(her))
    assert (await outcome(world, library))["state"] == "told"
    world.time += 60 * DAY
    assert (await outcome(world, her))["overdue"]

    await world.answer(library)
    await world.pass_time(HOUR)

    found = await outcome(world, her)
    assert (found["state"], found["overdue"]) == ("over", False)
    assert str(found["erased_at"]).startswith("2027-")
    assert leaving.finished(her, the_only(her))
    assert leaving.finished(library, the_only(library))


def said_of(said: object) -> str:
    """The letters of the one relationship in an answer."""
    assert isinstance(said, list)
    return str(said[0]["fingerprint"])


async def test_who_cannot_be_reached_is_told_later(world: World) -> None:
    her, library = await introduced(world)
    world.network.down.add(library.config.url)

    await world.ask(her, "POST", "/v1/leavings", all=True)
    await world.settle()

    found = await outcome(world, her)
    assert (found["state"], found["why"]) == ("not reached", "nobody listens there")
    world.network.down.clear()
    await world.pass_time(2 * HOUR)
    assert (await outcome(world, her))["state"] == "asked"


async def test_an_org_may_leave_too_and_her_agent_notes_it(world: World) -> None:
    her, library = await introduced(world)

    await world.ask(library, "POST", "/v1/leavings", all=True)
    await world.pass_time(HOUR)

    assert the_only(her).ended
    assert (await outcome(world, library))["state"] == (await outcome(world, her))["state"] == "over"


async def test_another_kind_of_agent_is_told_that_her_did_is_given_up(world: World) -> None:
    """It goes without a sender, once for each DID by which it may know her."""
    her, friend = await world.add("her"), Puppet.make(world)
    known = await friend.befriend(her)
    world.network.down.add(friend.url)
    await world.do(her, "/v1/threads", peer=known.peer, type=NOTE, body={"content": "Wait"})
    await world.settle()
    world.network.down.clear()
    said = await world.ask(her, "POST", "/v1/leavings/preview", all=True)

    await world.ask(her, "POST", "/v1/leavings", all=True)
    await world.pass_time(HOUR)

    assert isinstance(said, list)
    assert "you give up the address" in str(said[0]["says"])
    assert said[0]["waiting"] == 1
    [told] = {each.id: each for each in friend.heard}.values()
    assert (told.from_, told.type.rpartition("/")[2]) == (None, "empty")
    claim = prior.read(told.from_prior or "", now=world.time)
    assert claim.new is None
    assert same(claim.old, known.our_did)
    assert (await outcome(world, her))["state"] == "over"
    assert leaving.finished(her, the_only(her))


async def test_another_agent_of_ours_hears_such_a_farewell_and_asks(world: World) -> None:
    her, him = await world.add("her"), await world.add("him")
    invitation = await world.do(him, "/v1/invitations", goal="Talk")
    await world.do(her, "/v1/invitations/accept", url=invitation["url"])
    await world.settle()

    await world.ask(her, "POST", "/v1/leavings", all=True)
    await world.settle()

    assert the_only(him).closing
    asked = await world.listed(him, "/v1/questions")
    [question] = [each for each in asked if "Is it over?" in str(each["asks"])]
    await world.do(him, f"/v1/questions/{question['question']}/answer", answer="yes")
    assert the_only(him).ended


async def test_a_public_did_is_not_given_up_for_one_who_knows_it(world: World) -> None:
    library, known = await world.add("Town Library", "org"), Puppet.make(world)
    await known.say(library, PING, {}, to=public_did(library))
    await world.settle()
    known.heard.clear()

    await world.ask(library, "POST", "/v1/leavings", all=True)
    await world.pass_time(HOUR)

    assert the_only(library).ended
    assert known.heard == []


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"peers": ["Town Library"], "by": "2020-01-01"}, "2020-01-01 is past"),
        ({"peers": ["Town Library"], "data": "sell"}, "Invalid enum value"),
        ({"peers": ["Nobody"]}, "there is no relationship"),
    ],
)
async def test_what_cannot_be_done_is_not_done_in_part(world: World, asked: dict[str, object], words: str) -> None:
    her, _ = await introduced(world)

    said = await world.refused(her, "/v1/leavings", **asked)

    assert words in said
    assert not the_only(her).ended


async def test_what_has_ended_cannot_be_ended_again(world: World) -> None:
    her, _ = await introduced(world)
    await world.ask(her, "POST", "/v1/leavings", all=True)

    assert "has ended already" in await world.refused(her, "/v1/leavings", peers=["Town Library"])
    assert await world.ask(her, "POST", "/v1/leavings", all=True) == []
