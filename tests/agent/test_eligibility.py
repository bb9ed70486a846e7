"""Proof before an order: for the cast it is asked in, at the level she allowed, and bound to its nonce."""

from typing import Any

import msgspec

from agent import showing
from agent.agent import Agent
from agent.draft import Draft, Line
from agent.effects import say
from agent.owner import act
from protocols.standard.present_proof import present_proof
from tests.agent.market import bids, casts, got, shops, wants
from tests.agent.test_intent import states
from tests.agent.world import World, known, threads
from wallet.keys import new_id
from wallet.needs import Lookup
from wallet.strict_json import JsonObject

CARD = "urn:card:teacher"
WANTED: dict[str, Any] = {"type": CARD, "claims": ["teaches=true"], "purpose": "The price for teachers"}


def complaints(agent: Agent) -> list[str]:
    """What this agent was told about messages of its own."""
    logs = (agent.store.log(peer, row.thid) for peer, row in agent.store.threads())
    said = [
        msgspec.json.decode(bytes(msgspec.json.decode(each.record, type=Line).message)) for log in logs for each in log
    ]
    return sorted(" ".join(each["body"]["args"]) for each in said if each["type"].endswith("/problem-report"))


async def carded(world: World) -> tuple[Agent, Agent]:
    """A person whom a school has given a card, and a shop that she has not met."""
    school, shop = await shops(world, "School", "Shop")
    her = await world.add("her")
    called = await world.introduce(her, school)
    await world.do(school, "/v1/offers", peer=called, type=CARD, name="Teacher", claims={"teaches": True, "pay": 7})
    await world.settle()
    await world.answer(her)
    return her, shop


async def test_a_shop_learns_that_she_is_entitled_and_nothing_else(world: World) -> None:
    her, shop = await carded(world)
    await casts(world, her, await wants(world, her, level=1), shop)
    [cast] = await world.listed(shop, "/v1/demand")

    asked = await world.do(shop, "/v1/demand/proof", thread=cast["thread"], **WANTED)
    await world.settle()
    await world.answer(her)

    found = await got(world, shop, f"/v1/verdicts/{asked['thread']}")
    assert found["verified"] is True
    assert "teaches" in str(found)
    assert "pay" not in str(found)
    assert threads(shop)[str(asked["thread"])].thread.pthid == cast["thread"]
    await bids(world, shop, "300.00")
    assert states(her) == ["bid"]


async def test_no_proof_is_asked_for_beyond_the_level_of_the_cast(world: World) -> None:
    her, shop = await carded(world)
    await casts(world, her, await wants(world, her, level=0), shop)
    [cast] = await world.listed(shop, "/v1/demand")

    await world.do(shop, "/v1/demand/proof", thread=cast["thread"], **WANTED)
    await world.settle()

    assert complaints(shop) == ["proof for a cast of level 0"]
    assert await world.listed(her, "/v1/questions") == []


async def test_a_proof_is_good_for_this_cast_alone(world: World) -> None:
    """Neither with a nonce of the shop's own, nor outside of the cast."""
    her, shop = await carded(world)
    await casts(world, her, await wants(world, her, level=1), shop)
    [cast] = await world.listed(shop, "/v1/demand")
    [person] = known(shop)
    card: JsonObject = {"id": "card", "format": "dc+sd-jwt", "meta": {"vct_values": [CARD]}}

    for parent in (str(cast["thread"]), None):

        def ask(draft: Draft, parent: str | None = parent) -> Lookup[None]:
            draft.begin(present_proof, "verifier", parent)
            say(draft, showing.request(draft, query={"credentials": [card]}, purpose="To know you"))
            yield from ()

        await act(shop, person.peer, new_id(), ask)
    await world.settle()

    assert complaints(shop) == [
        "proof that is not asked for in a child thread of the cast",
        "request-presentation it is not bound to the nonce of the cast",
    ]
    assert await world.listed(her, "/v1/questions") == []
