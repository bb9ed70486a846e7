"""What both sides hold, and what can be asked and proved of it. vrm-protocols 2."""

from typing import Any

import msgspec
import pytest

from agent.agent import Agent
from agent.vrm.audit import SOON, WEEK
from tests.agent.world import World, known, state, the_only, threads

DAY = 86400


async def agreed(world: World) -> tuple[Agent, Agent]:
    """Somebody and a shop that have met and agreed on terms."""
    shop, her = await world.add("Shop", "org"), await world.add("her")
    await world.introduce(her, shop)
    await world.agree(her, shop)
    return her, shop


async def timeline(world: World, agent: Agent) -> list[Any]:
    """What an owner sees of everything that was signed."""
    said: Any = await world.ask(agent, "GET", f"/v1/timelines/{the_only(agent).called}")
    return list(said["entries"])


async def audit(world: World, agent: Agent) -> Any:
    """What an owner sees of what the other side knows, and of what is asked."""
    return await world.ask(agent, "GET", f"/v1/audits/{the_only(agent).called}")


async def test_f22_both_sides_find_the_same_entries(world: World) -> None:
    """A user and an org open the timeline of their relationship and find the same entries."""
    her, shop = await agreed(world)
    await world.do(shop, "/v1/notices", notice={"kind": "service", "text": "We move."})
    await world.do(her, "/v1/rules", rules={"promotion": "none"})
    await world.do(her, "/v1/rules/send")
    await world.settle()
    await world.tick(5)  # until everything is acknowledged
    await world.do(her, "/v1/audits/compare", peer="Shop")
    await world.settle()

    hers, theirs = await timeline(world, her), await timeline(world, shop)

    assert hers == theirs
    assert [each["type"] for each in hers].count("RelationshipNotice") == 1
    assert {each["by"] for each in hers} == {"person", "org"}
    assert len(hers) == 10
    assert (await audit(world, her))["compared"]["state"] == "same"


async def test_f22_advertising_that_was_refused_stands_in_both_timelines(world: World) -> None:
    her, shop = await agreed(world)
    await world.do(her, "/v1/rules", rules={"promotion": "none"})
    type_ = "https://freerange.example/vrm/relationship/1.0/notice"
    await world.do(
        shop, "/v1/threads", peer=known(shop)[0].peer, type=type_, body={"kind": "promotion", "text": "Sale"}
    )
    await world.settle()

    await world.tick(5)  # until everything is acknowledged
    await world.do(her, "/v1/audits/compare", peer="Shop")
    await world.settle()

    assert await timeline(world, her) == await timeline(world, shop)
    assert (await audit(world, her))["compared"]["state"] == "same"


async def test_f22_chains_are_compared_every_week_and_what_was_lost_is_sent_again(world: World) -> None:
    """Once a message is lost for good (the transport took it, and the row is gone), a comparison finds it, both sides
    mend it by themselves, and nothing is shown."""
    her, shop = await agreed(world)
    world.network.loss = 1.0
    sent = await world.do(shop, "/v1/notices", notice={"kind": "recall", "text": "Stop using the charger."})
    await world.settle()
    for peer, row in list(shop.store.outgoing()):
        await shop.store.discard(peer, row.id)
        await shop.store.finish_outgoing([(peer, row.id)])
    world.network.loss = 0.0
    assert sent["allowed"] == 1
    assert len(await timeline(world, her)) < len(await timeline(world, shop))

    await world.pass_time(WEEK + DAY)
    await world.pass_time(2 * SOON + 700)

    assert await timeline(world, her) == await timeline(world, shop)
    assert (await audit(world, her))["compared"]["state"] == "same"
    assert "Stop using the charger" in str(await world.ask(her, "GET", "/v1/notices"))


async def test_f12_a_challenge_runs_against_a_clock_and_silence_is_kept_as_unanswered(world: World) -> None:
    her, shop = await agreed(world)
    by = "2027-01-20T00:00:00Z"
    asked = {"question": "Which record permits this?", "answer_by": by, "about": {"use": "dpv:DirectMarketing"}}
    first = await world.do(her, "/v1/audits/challenge", peer="Shop", **asked)
    second = await world.do(her, "/v1/audits/challenge", peer="Shop", **asked)
    await world.settle()
    assert len(await world.listed(shop, "/v1/questions")) == 2

    await world.do(shop, "/v1/audits/answer", thread=first["thread"], text="You agreed to it.")
    await world.settle()
    await world.pass_time(10 * DAY)

    states = {each["thread"]: each["state"] for each in (await audit(world, her))["questions"]}
    assert states == {first["thread"]: "answered", second["thread"]: "unanswered"}
    [answer] = [each["answer"] for each in (await audit(world, her))["questions"] if each["answer"]]
    assert answer["records"] == [the_only(her).agreements[0].record]
    await world.pass_time(7 * DAY)
    assert state(her, str(second["thread"])) == state(shop, str(second["thread"])) == "declined"
    assert "a date to come" in await world.refused(her, "/v1/audits/challenge", peer="Shop", **asked)


async def test_f12_two_positions_stand_side_by_side_and_an_attestation_is_noted(world: World) -> None:
    her, shop = await agreed(world)
    record = the_only(her).agreements[0].record
    begun = await world.do(
        her, "/v1/audits/dispute", peer="Shop", text="It was broken.", evidence=[record], want="Mend it"
    )
    await world.settle()
    await world.do(shop, "/v1/audits/answer", thread=begun["thread"], text="It was whole.")
    statement = {"scope": "All shops", "standard": "ISO/IEC 27701", "from": "2026-01-01", "to": "2026-12-31"}
    noted = await world.do(shop, "/v1/audits/attest", peer=known(shop)[0].peer, statement=statement)
    await world.settle()

    [found] = (await audit(world, her))["questions"]
    assert (found["says"]["text"], found["answer"]["text"], found["state"]) == (
        "It was broken.",
        "It was whole.",
        "stated",
    )
    assert state(her, str(noted["thread"])) == state(shop, str(noted["thread"])) == "noted"
    unknown = await world.refused(her, "/v1/audits/dispute", peer="Shop", text="No.", evidence=["uEi" + "A" * 43 + "A"])
    assert "not among what you two signed" in unknown
