"""The end of a relationship that anybody may have passed on: it ends nothing until the owner says so (ST-16)."""

import pytest

from agent import closing, inbox
from agent.agent import Agent
from agent.errors import Dropped
from tests.agent.puppet import Puppet
from tests.agent.world import Said, World, public_did, the_only
from wallet import dids, prior

EMPTY = "https://didcomm.org/empty/1.0/empty"
NOTE = "https://didcomm.org/basicmessage/2.0/message"
PING = "https://didcomm.org/trust-ping/2.0/ping"
DAY = 86400


def goodbye(shop: Puppet, when: int = 0) -> str:
    """What a shop signs to end a relationship. when: Unix seconds; now if it is 0."""
    return prior.make(keys=shop.ring, kid=f"{shop.did}#key-1", new=None, at=when or shop.world.time)


async def say(sender: Puppet, to: Agent, did: str, proof: str) -> None:
    """Say it without a sender, in an envelope that anybody can make."""
    message = sender.message(EMPTY, {}, to=did, from_=None, from_prior=proof)
    await inbox.receive(to, await sender.pack(to, message, anonymous=True))


async def customer(world: World) -> tuple[Agent, Puppet, str]:
    """A person, a shop she knows, and the DID by which it knows her."""
    her, shop = await world.add("her"), Puppet.make(world)
    known = await shop.befriend(her)
    world.time += DAY
    return her, shop, known.our_did


async def questions(world: World, her: Agent) -> list[Said]:
    """What waits for her."""
    return await world.listed(her, "/v1/questions")


async def test_she_is_asked_and_nothing_ends_until_she_says_so(world: World) -> None:
    her, shop, ours = await customer(world)
    who = the_only(her)

    await say(shop, her, ours, goodbye(shop))

    assert (the_only(her).closing, the_only(her).ended) == (world.time, False)
    [question] = await questions(world, her)
    assert (question["who"], question["choices"]) == (who.called, ["yes", "no"])
    [listed] = await world.listed(her, "/v1/peers")
    assert listed["state"] == "closing"
    assert dids.canonical(shop.did) not in str(question)
    await shop.say(her, PING, {}, to=ours)
    await world.settle()
    assert shop.last("ping-response")


async def test_if_it_is_over_nothing_more_is_said_and_nothing_is_lost(world: World) -> None:
    her, shop, ours = await customer(world)
    world.network.down.add(shop.url)
    await world.do(her, "/v1/threads", peer=the_only(her).peer, type=NOTE, body={"content": "Are you there?"})
    await world.settle()
    await say(shop, her, ours, goodbye(shop))
    kept = her.store.counts()

    said = await world.answer(her, "yes")

    assert said == {"said": "ended"}
    assert the_only(her).ended
    counts = her.store.counts()
    assert (counts["outgoing"], counts["question"]) == (0, 0)
    assert {**counts, "outgoing": 0, "question": 0} == {**kept, "outgoing": 0, "question": 0}
    await say_again(shop, her, ours)


async def test_if_it_is_not_over_the_same_message_has_no_effect_any_more(world: World) -> None:
    her, shop, ours = await customer(world)
    proof = goodbye(shop)
    await say(shop, her, ours, proof)

    said = await world.answer(her, "no")

    assert said == {"said": "kept"}
    assert (the_only(her).closing, the_only(her).ended) == (0, False)
    with pytest.raises(Dropped, match="rotation"):
        await say(shop, her, ours, proof)
    assert await questions(world, her) == []


async def say_again(shop: Puppet, her: Agent, ours: str) -> None:
    """What has ended is not asked about again."""
    shop.world.time += 1
    with pytest.raises(Dropped, match="rotation"):
        await say(shop, her, ours, goodbye(shop))


async def test_it_is_asked_once_however_often_it_comes(world: World) -> None:
    her, shop, ours = await customer(world)
    proof = goodbye(shop)
    await say(shop, her, ours, proof)

    for repeated in (proof, goodbye(shop, world.time + 1)):
        with pytest.raises(Dropped, match="rotation"):
            await say(shop, her, ours, repeated)

    assert len(await questions(world, her)) == 1


async def test_what_another_was_told_can_be_shown_to_her_and_then_she_decides(world: World) -> None:
    """Nothing tells it apart: the proof names nobody. That is why she is asked, and nothing is deleted."""
    her, shop, ours = await customer(world)
    him, before = Puppet.make(world, 3), her.store.counts()

    await say(him, her, ours, goodbye(shop))

    assert len(await questions(world, her)) == 1
    assert not the_only(her).ended
    after = her.store.counts()
    assert {name for name in after if after[name] != before[name]} == {"question"}


@pytest.mark.parametrize(
    "case", ["before they met", "long ago", "to come", "to another of her DIDs", "by nobody she knows"]
)
async def test_what_was_said_in_another_relationship_has_no_effect(world: World, case: str) -> None:
    her, shop, ours = await customer(world)
    other = Puppet.make(world, 2)
    theirs = (await other.invite(her)).our_did
    to, proof = ours, goodbye(shop)
    match case:
        case "before they met":
            proof = goodbye(shop, world.time - DAY - 600)
        case "long ago":
            world.time += 15 * DAY
        case "to come":
            proof = goodbye(shop, world.time + 600)
        case "to another of her DIDs":
            to = theirs
        case "by nobody she knows":
            proof = goodbye(Puppet.make(world, 4))
    before = her.store.counts()

    with pytest.raises(Dropped):
        await say(shop, her, to, proof)

    assert (her.store.counts(), await questions(world, her)) == (before, [])


async def test_without_a_proof_nobody_is_anybody(world: World) -> None:
    her, shop, ours = await customer(world)
    forged = prior.make(keys=shop.ring, kid=f"{shop.did}#key-1", new=None, at=world.time)[:-4] + "AAAA"

    with pytest.raises(Dropped, match="rotation"):
        await say(shop, her, ours, forged)
    anonymous = shop.message(PING, {}, to=ours, from_=None)
    with pytest.raises(Dropped, match="anonymous"):
        await inbox.receive(her, await shop.pack(her, anonymous, anonymous=True))
    named = shop.message(PING, {}, to=ours, from_prior=goodbye(shop))
    with pytest.raises(Dropped, match="anonymous"):
        await inbox.receive(her, await shop.pack(her, named, anonymous=True))


async def test_an_organisation_is_asked_likewise(world: World) -> None:
    library, known = await world.add("Town Library", "org"), Puppet.make(world)
    await known.meet_org(library, public_did(library))

    await say(known, library, public_did(library), goodbye(known))

    [question] = await questions(world, library)
    assert str(question["asks"]).startswith("She seems to end")
    assert closing.NAME not in str(question)
