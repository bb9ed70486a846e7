"""The main job: she meets a library, has it accept her terms, gets a card, proves one thing with it, and leaves.

At every step the two sides are compared with each other, and at the end with what a stranger can verify offline.
"""

import msgspec

from agent import evidence
from agent.agent import Agent
from tests.agent.world import Said, World, ledger, state, the_only
from wallet.strict_json import parse_object

CLAIMS = {"given_name": "Augusta", "member": "L-1", "over_18": True}


async def test_a_person_meets_an_org_on_her_terms_and_proves_one_thing(world: World) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("Augusta Lovelace")

    called = await meet(world, her, library)
    record = await agree(world, her, library)
    await get_a_card(world, her, library, called)
    await prove_one_thing(world, her, library, called)
    await verify_offline(world, her, library, record)
    await leave(world, her, library)

    for agent in (her, library):
        await world.pass_time(100)
        counts = agent.store.counts()
        assert (counts["outgoing"], counts["dead"], counts["question"], counts["timer"]) == (0, 0, 0, 0)
        assert agent.store.verify() == ()
    assert_nothing_was_readable_on_the_way(world)


async def meet(world: World, her: Agent, library: Agent) -> str:
    """Over an invitation; she learns who it is, it learns nothing of her but a DID made for it."""
    invitation = await world.do(library, "/v1/invitations", goal="Join the library", once=True)
    await world.do(her, "/v1/invitations/accept", url=invitation["url"])
    await world.settle()

    [org], [person] = await world.listed(her, "/v1/peers"), await world.listed(library, "/v1/peers")
    assert (org["name"], org["domain"], org["state"]) == ("Town Library", "127.0.0.1:9000", "met")
    assert person["name"] == person["fingerprint"]
    assert "Augusta" not in str(person)
    assert str(person["peer"]).startswith("did:peer:4")
    return str(person["fingerprint"])


async def agree(world: World, her: Agent, library: Agent) -> str:
    """Her terms come first; nobody is asked, since both have said before what they accept."""
    thid = await world.agree(her, library)

    mine, theirs = the_only(her).agreements, the_only(library).agreements
    assert state(her, thid) == state(library, thid) == "in-force"
    assert [each.record for each in mine] == [each.record for each in theirs]
    assert mine[0].id == "freerange-service-only"
    return mine[0].record


async def get_a_card(world: World, her: Agent, library: Agent, called: str) -> None:
    """Offered under the terms in force, taken up by her, issued to a key made for it."""
    said = await world.do(
        library, "/v1/offers", peer=called, type="urn:card:member", name="Library card", claims=CLAIMS
    )
    await world.settle()
    [question] = await world.listed(her, "/v1/questions")
    assert (question["who"], question["terms"]) == (
        "Town Library",
        f"freerange-service-only (record {the_only(her).agreements[0].record})",
    )

    await world.answer(her)

    [card] = await world.listed(her, "/v1/credentials")
    assert card["claims"] == CLAIMS
    assert state(library, str(said["thread"])) == "done"


async def prove_one_thing(world: World, her: Agent, library: Agent, called: str) -> None:
    """That she is over 18, and neither her name nor her number."""
    wanted = {"type": "urn:card:member", "claims": ["over_18=true"], "purpose": "To lend you films"}
    said = await world.do(library, "/v1/requests", peer=called, **wanted)
    await world.settle()
    fetched = len(world.fetched)

    await world.answer(her)

    found = await world.ask(library, "GET", f"/v1/verdicts/{said['thread']}")
    assert isinstance(found, dict)
    assert found["verified"] is True
    assert "over_18" in str(found)
    assert "L-1" not in str(found)
    log = await world.ask(library, "GET", f"/v1/threads/{said['thread']}/log")
    assert isinstance(log, dict)
    assert "Augusta" not in str(log["log"])
    assert all("did.json" in url for url in world.fetched[fetched:])


async def verify_offline(world: World, her: Agent, library: Agent, record: str) -> None:
    """Each side's evidence of the agreement convinces whoever has nothing else."""
    for agent in (her, library):
        bundle = await world.ask(agent, "GET", f"/v1/records/{record}/evidence")
        raw = msgspec.json.encode(bundle)

        assert evidence.verify(raw).verified
        assert not evidence.verify(raw.replace(b"freerange-service-only", b"freerange-anything-goes")).verified


async def leave(world: World, her: Agent, library: Agent) -> None:
    """She withdraws the terms, and ends the relationship; both keep the same record of it."""
    [thid] = [str(each["thread"]) for each in await world.listed(her, "/v1/threads") if each["about"] == "terms"]
    body: Said = {"from": "2030-01-01T00:00:00Z", "reason": "moving-on"}
    await world.do(her, f"/v1/threads/{thid}/say", message="withdraw", body=body)
    await world.settle()
    await world.answer(library)

    end = {"type": "https://freerange.example/vrm/relationship/1.0/end", "body": {"data": "erase", "by": "2030-01-01"}}
    begun = await world.do(her, "/v1/threads", peer="Town Library", **end)
    await world.settle()
    await world.answer(library)

    assert state(her, thid) == state(library, thid) == "withdrawn"
    assert state(her, str(begun["thread"])) == state(library, str(begun["thread"])) == "ended"
    mine, theirs = the_only(her), the_only(library)
    assert mine.ended
    assert theirs.ended
    assert ledger(her, mine.peer) == ledger(library, theirs.peer)
    assert (mine.ours, mine.theirs) == (theirs.theirs, theirs.ours)


def assert_nothing_was_readable_on_the_way(world: World) -> None:
    """Whoever carried the messages saw envelopes, each for one recipient, and nothing of what they say."""
    assert len(world.network.carried) > 15
    for _, packed in world.network.carried:
        assert set(parse_object(packed)) == {"protected", "recipients", "iv", "ciphertext", "tag"}
        assert not [word for word in (b"over_18", b"freerange", b"Library", b"given_name") if word in packed]
