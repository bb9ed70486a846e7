"""What it was like, told to exactly whom she picks, by the pages alone."""

import json

import pytest

from agent import contact
from agent.agent import Agent
from tests.agent.web.pages.plainly import read, words
from tests.agent.web.pages.visits import filled, refused, saved, seen, sent
from tests.agent.world import World, known

COMPLAINT = {
    "text": "Arrived broken, twice.",
    "kind": "complaint",
    "value": "2",
    "best": "5",
    "want": "replacement",
    "audience": "org",
    "attribution": "none",
}


@pytest.fixture
async def both(world: World) -> tuple[Agent, Agent]:
    """She, and a shop that she has met."""
    her, shop = await world.add("her"), await world.add("Shop", "org")
    await world.introduce(her, shop)
    return her, shop


async def written(her: Agent, **more: object) -> str:
    """Keep a draft; returns its page."""
    return (await sent(her, "/experiences", **{**COMPLAINT, **more})).go


async def told(world: World, her: Agent, path: str, **how: object) -> None:
    """Tell it now."""
    await sent(her, f"{path}/tell", **{"to": "Shop", "as": "unknown", "when": "now", "proof": "", **how})
    await world.tick(0)


async def test_what_is_written_is_hers_alone_and_shows_what_would_be_sent(
    world: World, both: tuple[Agent, Agent]
) -> None:
    her, shop = both
    assert "You wrote none yet" in await read(her, "/experiences")
    path = await written(her)

    page = await read(her, path)

    for each in (
        "What would be sent",
        "Arrived broken, twice.",
        "complaint, 2 of 5",
        "one organisation and nobody else",
    ):
        assert each in page
    assert "they may not" in page
    assert await world.listed(shop, "/v1/experiences") == []
    assert "so many of so many" in await refused(her, "/experiences", **{**COMPLAINT, "value": "6"})
    assert "few words" in await refused(her, "/experiences", **{**COMPLAINT, "text": ""})


async def test_a_draft_is_changed_or_forgotten(both: tuple[Agent, Agent]) -> None:
    her, _ = both
    path = await written(her)
    assert "Arrived broken, twice.</textarea>" in await seen(her, f"{path}/edit")

    order = "uEiAf5wC8PLaIXrN95WD_KWXGiLw7Cu54eAGHpYX7DEXscQ"
    await sent(her, f"{path}/edit", **{**COMPLAINT, "text": "Arrived late.", "value": "", "order": order})

    page = await read(her, path)
    assert "Arrived late." in page
    assert "2 of 5" not in page
    assert "one order of yours" in page
    assert order in page
    assert f'value="{order}"' in await seen(her, f"{path}/edit")
    await sent(her, f"{path}/drop")
    assert "You wrote none yet" in await read(her, "/experiences")


async def test_it_is_told_without_her_name_answered_and_settled(world: World, both: tuple[Agent, Agent]) -> None:
    her, shop = both
    before = {each.peer for each in known(shop)}
    path = await written(her)
    await told(world, her, path)
    [theirs] = await world.listed(shop, "/v1/experiences")
    assert len({each.peer for each in known(shop)} - before) == 1
    await world.do(shop, f"/v1/experiences/{theirs['experience']}/respond", text="We are sorry.")
    await world.settle()

    assert "They answered We are sorry." in await read(her, path)
    await sent(her, f"{path}/answer", act="add", text="It was the blue one.")
    await world.settle()
    remedy = {"remedy": "A new one.", "amount": "5.00 EUR", "by": "2030-01-01"}
    await world.do(shop, f"/v1/experiences/{theirs['experience']}/resolve", **remedy)
    await world.settle()
    assert "They offer A new one. and to pay 5.00 EUR by 1 January 2030" in await read(her, path)
    assert "a remedy is offered" in await read(her, "/experiences")
    assert "what is missing" in await refused(her, f"{path}/answer", act="reopen", text="")
    await sent(her, f"{path}/answer", act="reopen", text="The money, please.")
    await world.settle()
    await world.do(shop, f"/v1/experiences/{theirs['experience']}/resolve", remedy="Your money back.")
    await world.settle()
    await sent(her, f"{path}/answer", act="settle")
    await world.settle()

    [theirs] = await world.listed(shop, "/v1/experiences")
    assert theirs["state"] == "settled"
    assert "Settled" in await read(her, path)
    assert await world.listed(her, "/v1/questions") == []


async def test_it_waits_for_its_moment_and_can_be_taken_back_unsaid(world: World, both: tuple[Agent, Agent]) -> None:
    her, shop = both
    path = await written(her)
    said = await sent(her, f"{path}/tell", **{"to": "Shop", "as": "unknown", "when": "later"})
    assert "within three days" in said.said
    assert "it never is" in await read(her, path)
    assert "Tick" in await refused(her, f"{path}/retract")

    await sent(her, f"{path}/retract", sure="sure")
    await world.pass_time(4 * 86400)

    assert await world.listed(shop, "/v1/experiences") == []
    assert "Taken back before it was said" in await read(her, path)


async def test_what_was_told_is_taken_back(world: World, both: tuple[Agent, Agent]) -> None:
    her, shop = both
    path = await written(her)
    await told(world, her, path, **{"as": "known"})

    await sent(her, f"{path}/retract", sure="sure")
    await world.settle()

    [theirs] = await world.listed(shop, "/v1/experiences")
    assert (theirs["state"], theirs["text"]) == ("retracted", None)
    assert "Taken back" in await read(her, path)


async def test_a_word_is_enough(world: World, both: tuple[Agent, Agent]) -> None:
    her, shop = both
    kept = await sent(her, "/experiences", signal="too-dear")
    await told(world, her, kept.go)

    [theirs] = await world.listed(shop, "/v1/experiences")
    assert theirs["signal"] == "too-dear"
    assert "Pick one" in await refused(her, "/experiences", signal="whatever")


async def test_a_wish_becomes_an_experience(both: tuple[Agent, Agent], world: World) -> None:
    her, _ = both
    want = await world.do(her, "/v1/wants", words="I should not have bought the big one", kind="regret")

    page = await seen(her, "/experiences/new", wish=str(want["id"]))

    assert "I should not have bought the big one</textarea>" in page
    assert '<option value="regret" selected>' in page


async def test_her_name_stands_beneath_only_if_her_card_has_one(both: tuple[Agent, Agent]) -> None:
    her, _ = both
    path = await written(her, attribution="named")
    assert "your own card has none" in await read(her, path)
    assert "has none" in await refused(her, f"{path}/tell", to="Shop", when="now")

    await contact.edit(her, {"/name/full": "Ada Lovelace"})

    assert "Arrived broken, twice. Ada Lovelace" in await read(her, path)


async def test_what_is_for_everybody_is_a_file_that_anybody_checks(world: World, both: tuple[Agent, Agent]) -> None:
    her, shop = both
    path = await written(her, text="Good bread.", kind="praise", audience="public", value="")
    await sent(her, f"{path}/tell", to="", when="later", proof="")
    share = (await saved(her, f"{path}/file")).content.decode()
    assert "Good bread." in share

    assert "as it was signed" in words(await filled(shop, "/experiences/check", share=share, retraction=""))
    assert "Choose" in await refused(shop, "/experiences/check", share="")
    changed = json.dumps(json.loads(share.replace("Good", "Bad")))
    assert "not what anybody signed" in await refused(shop, "/experiences/check", share=changed)
    await sent(her, f"{path}/retract", sure="sure")
    back = (await saved(her, f"{path}/withdrawal")).content.decode()
    page = words(await filled(shop, "/experiences/check", share=share, retraction=back))
    assert "by the same hand" in page
    assert "Good bread." in page


async def test_a_card_proves_a_customer_once(world: World, both: tuple[Agent, Agent]) -> None:
    her, shop = both
    [peer] = [each.peer for each in known(shop)]
    offer = {"type": "https://shop.example/receipt", "name": "Receipt 7", "claims": {"order": "A-7731"}}
    await world.do(shop, "/v1/offers", peer=peer, **offer)
    await world.settle()
    await world.answer(her)
    path = await written(her)
    [card] = await world.listed(her, "/v1/experiences/proofs")
    assert "Receipt 7, from Shop" in await read(her, path)

    await told(world, her, path, proof=card["card"])

    [theirs] = await world.listed(shop, "/v1/experiences")
    assert theirs["proved"] is True
    assert "Receipt 7" not in await read(her, await written(her))
