"""Requests for proof: kept, asked of one or by a link, tried with a demo person, and what was found of the answers."""

import msgspec
import pytest

from agent.agent import Agent
from agent.web.rehearsals import Rehearsal
from tests.agent.world import Said, World

FIELDS = [{"label": "Name"}, {"label": "Date of birth", "holds": "day"}, {"label": "Adult", "holds": "yes-no"}]
ASKED = {"card": "Library card", "fields": ["name", "adult"], "yes": ["adult"], "purpose": "To lend films for adults"}


async def shop_and_her(world: World) -> tuple[Agent, Agent, str]:
    """An org that issued somebody a card of a kind it knows, and what it calls her."""
    shop, her = await world.add("Film Shop", "org"), await world.add("her")
    await world.do(shop, "/v1/card-types", name="Library card", fields=FIELDS)
    called = await world.introduce(her, shop)
    claims = {"name": "Ada", "date_of_birth": "1990-12-10", "adult": "yes"}
    await world.do(shop, "/v1/card-types/Library%20card/offers", peer=called, claims=claims)
    await world.settle()
    await world.answer(her)
    return shop, her, called


async def test_a_request_asks_for_the_ticked_fields_alone(world: World) -> None:
    shop, her, called = await shop_and_her(world)
    kept = await world.do(shop, "/v1/proof-requests", **ASKED)

    await world.do(shop, f"/v1/proof-requests/{kept['id']}/ask", peer=called)
    await world.settle()
    [question] = await world.listed(her, "/v1/questions")
    await world.answer(her)

    found = await world.ask(shop, "GET", "/v1/verdicts")
    assert isinstance(found, dict)
    assert question["why"] == ASKED["purpose"]
    assert (found["verified"], found["failed"], found["total"]) == (1, 0, 1)
    [result] = found["newest"]
    assert (result["of"], result["purpose"]) == (called, ASKED["purpose"])
    assert {"name", "adult"} <= result["verdicts"][0]["claims"].keys()
    assert "date_of_birth" not in result["verdicts"][0]["claims"]
    [became] = await world.listed(shop, f"/v1/proof-requests/{kept['id']}/asked/1")
    assert (became["of"], became["verified"], became["state"]) == (called, True, "done")


async def test_results_of_yesterday_are_not_counted_today(world: World) -> None:
    shop, her, called = await shop_and_her(world)
    kept = await world.do(shop, "/v1/proof-requests", **ASKED)
    await world.do(shop, f"/v1/proof-requests/{kept['id']}/ask", peer=called)
    await world.settle()
    await world.answer(her)

    world.jump(86400)
    found = await world.ask(shop, "GET", "/v1/verdicts")

    assert isinstance(found, dict)
    assert (found["verified"], found["failed"], found["total"]) == (0, 0, 1)


async def test_a_link_asks_whoever_takes_it_up(world: World) -> None:
    shop, her, _ = await shop_and_her(world)
    kept = await world.do(shop, "/v1/proof-requests", **ASKED)
    link = await world.do(shop, f"/v1/proof-requests/{kept['id']}/links")

    await world.do(her, "/v1/invitations/accept", url=link["url"])
    for _ in range(3):
        await world.tick(1)
    await world.answer(her)

    [became] = await world.listed(shop, f"/v1/proof-requests/{kept['id']}/asked/1")
    assert (became["how"], became["verified"]) == ("link", True)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"purpose": " "}, "say what it is for"),
        ({"fields": []}, "tick at least one field"),
        ({"fields": ["salary"]}, "no field"),
        ({"card": "Passport"}, "no kind of card"),
    ],
)
async def test_a_request_that_makes_no_sense_is_not_kept(world: World, change: Said, why: str) -> None:
    shop, _, _ = await shop_and_her(world)

    assert why in await world.refused(shop, "/v1/proof-requests", **{**ASKED, **change})
    assert await world.listed(shop, "/v1/proof-requests") == []


async def test_asking_for_more_than_the_purpose_needs_is_said_before_it_is_kept(world: World) -> None:
    shop, _, _ = await shop_and_her(world)
    much = {**ASKED, "fields": ["name", "date_of_birth"], "purpose": "To check your age"}

    looked = await world.do(shop, "/v1/proof-requests/look", **much)

    assert "without an exact birth date" in str(looked["notices"])
    assert await world.listed(shop, "/v1/proof-requests") == []


async def rehearsed(world: World, shop: Agent, kept: Said, **more: object) -> Rehearsal:
    """What came of a rehearsal."""
    return msgspec.convert(await world.do(shop, f"/v1/proof-requests/{kept['id']}/try", **more), Rehearsal)


async def test_a_rehearsal_takes_the_real_way_and_leaves_nothing_behind(world: World) -> None:
    shop, _, _ = await shop_and_her(world)
    kept = await world.do(shop, "/v1/proof-requests", **ASKED)
    before, fetched = shop.store.counts(), len(world.fetched)

    played = await rehearsed(world, shop, kept)

    assert played.answered == "yes"
    assert played.verdict is not None
    assert played.verdict["verified"] is True
    assert played.asked["why"] == ASKED["purpose"]
    assert [each["says"] for each in played.said] == ["request-presentation", "presentation", "ack"]
    assert shop.store.counts() == before
    assert len(world.fetched) == fetched


async def test_a_rehearsal_shows_what_happens_when_a_field_is_kept_back(world: World) -> None:
    shop, _, _ = await shop_and_her(world)
    kept = await world.do(shop, "/v1/proof-requests", **ASKED)

    played = await rehearsed(world, shop, kept, refuse=["adult"])

    assert played.verdict is not None
    assert played.verdict["verified"] is False
