"""Features of a wallet, and of any relationship. Source: vrm-protocols, section 2."""

from pathlib import Path

import msgspec

from agent import leaving
from agent.agent import Agent
from agent.web import api
from tests.agent.test_backup import back_up, lose, restored
from tests.agent.world import World, known, ledger, peer_of, public_did, state, the_only, towards

CLAIMS = {"given_name": "Her Name", "born": "1990-01-01", "over_18": True}
CARD = {"type": "urn:card:member", "name": "Member card", "claims": CLAIMS}
WANTED = {"type": "urn:card:member", "claims": ["over_18", "born"], "purpose": "To let you in"}


async def test_f08_she_shows_only_the_fields_that_were_asked_for_and_that_she_approved(world: World) -> None:
    club, her = await world.add("Club", "org"), await world.add("her")
    called = await world.introduce(her, club)
    await world.do(club, "/v1/offers", peer=called, **CARD)
    await world.settle()
    await world.answer(her)
    [card] = await world.listed(her, "/v1/credentials")
    assert card["claims"] == CLAIMS

    asked = await world.do(club, "/v1/requests", peer=called, **(WANTED | {"claims": ["over_18"]}))
    await world.settle()
    [question] = await world.listed(her, "/v1/questions")
    assert "{'claim': 'over_18', 'value': True, 'card': 'Member card', 'issued_by': 'Club'" in str(question["what"])
    assert "{'stays_hidden': 'born', 'card': 'Member card'}" in str(question["what"])
    await world.answer(her)

    verdict = str(await world.ask(club, "GET", f"/v1/verdicts/{asked['thread']}"))
    log = str(await world.ask(club, "GET", f"/v1/threads/{asked['thread']}/log"))
    assert "'verified': True" in verdict
    assert "over_18" in verdict
    assert "1990-01-01" not in verdict + log
    assert "Her Name" not in verdict + log


async def test_f08_what_she_does_not_approve_is_not_shown(world: World) -> None:
    club, her = await world.add("Club", "org"), await world.add("her")
    called = await world.introduce(her, club)
    await world.do(club, "/v1/offers", peer=called, **CARD)
    await world.settle()
    await world.answer(her)
    asked = await world.do(club, "/v1/requests", peer=called, **WANTED)
    await world.settle()

    await world.answer(her, "no")

    assert "1990-01-01" not in str(await world.ask(club, "GET", f"/v1/threads/{asked['thread']}/log"))
    status, _ = await api.answer(club, "GET", f"/v1/verdicts/{asked['thread']}", b"")
    assert status == 404


async def test_f21_the_same_relationship_with_an_agency_an_official_a_club_and_a_church(world: World) -> None:
    her, kinds = await world.add("her"), ("agency", "official", "club", "church")
    for kind in kinds:
        org = await world.add(f"The {kind}", "org")
        org.config = msgspec.structs.replace(org.config, org_kind=kind)
        await world.introduce(her, org)
        thid = await world.agree(her, org)
        assert state(her, thid) == state(org, thid) == "in-force"

    assert sorted(each.kind for each in known(her)) == sorted(kinds)
    assert len({each.our_did for each in known(her)}) == len(kinds)


async def test_f28_everything_is_exported_and_goes_on_elsewhere(world: World, tmp_path: Path) -> None:
    shops, her = [await world.add(name, "org") for name in ("Baker", "Grocer")], await world.add("her")
    for shop in shops:
        await world.introduce(her, shop)
        await world.agree(her, shop)
    await world.tick(60)
    before = {each.peer: ledger(her, each.peer) for each in known(her)}
    file = back_up(her, tmp_path / "export.age")
    await lose(world, her)

    again = await restored(world, her, file)

    assert {each.peer: ledger(again, each.peer) for each in known(again)} == before
    for shop in shops:
        thid = await world.agree(again, shop)
        assert state(again, thid) == state(shop, thid) == "in-force"
        assert len(known(shop)) == 1


async def test_f29_she_leaves_one_and_then_all_and_says_what_must_happen_to_her_data(world: World) -> None:
    shops, her = [await world.add(name, "org") for name in ("Baker", "Grocer", "Tailor")], await world.add("her")
    for shop in shops:
        await world.introduce(her, shop)
    await world.tick(5)

    await leave(world, her, ["Baker"], "erase")
    assert [shop.config.name for shop in shops if the_only(shop).ended] == ["Baker"]
    await leave(world, her, ["Grocer", "Tailor"], "keep-legal-minimum")

    assert all(the_only(shop).ended for shop in shops)
    for shop in shops:
        await finish(world, shop)
    await world.pass_time(3600)
    assert all(leaving.finished(her, each) for each in known(her))
    data = {each["with"]: each["data"] for each in await world.listed(her, "/v1/leavings")}
    assert data == {"Baker": "erase", "Grocer": "keep-legal-minimum", "Tailor": "keep-legal-minimum"}


async def leave(world: World, her: Agent, shops: list[str], data: str) -> None:
    """One act, however many they are."""
    await world.ask(her, "POST", "/v1/leavings", peers=shops, data=data, by="2030-01-01")
    await world.settle()
    await world.tick(5)


async def finish(world: World, shop: Agent) -> None:
    """A clerk confirms what became of the data, if that did not happen by itself."""
    for question in await world.listed(shop, "/v1/questions"):
        await world.do(shop, f"/v1/questions/{question['question']}/answer", answer="yes")
    await world.settle()


async def test_f44_her_keys_are_made_kept_and_recovered_with_no_vendor_and_no_network(
    world: World, tmp_path: Path
) -> None:
    her = await world.add("her")
    await world.do(her, "/v1/invitations", goal="Meet")
    signs = {item.id: item.record for item in her.store.items("key")}
    assert signs
    file = back_up(her, tmp_path / "her.age")
    await lose(world, her)

    again = await restored(world, her, file)

    assert {item.id: item.record for item in again.store.items("key")} == signs
    assert world.fetched == []
    assert world.network.carried == []


async def test_f44_nobody_else_can_end_what_her_key_can_do(world: World) -> None:
    """An org that ends the relationship leaves her DID, her records and her other relationships as they are."""
    baker, grocer, her = await world.add("Baker", "org"), await world.add("Grocer", "org"), await world.add("her")
    for shop in (baker, grocer):
        await world.introduce(her, shop)
        await world.agree(her, shop)
    mine = towards(her, public_did(grocer))
    end = {"type": "https://freerange.example/vrm/relationship/1.0/end", "body": {"data": "erase", "by": "2030-01-01"}}
    await world.do(baker, "/v1/threads", peer=the_only(baker).called, **end)
    await world.settle()
    await world.pass_time(60)

    after = towards(her, public_did(grocer))
    assert (after.our_did, after.agreements, after.ended) == (mine.our_did, mine.agreements, False)
    thid = await world.agree(her, grocer)
    assert state(grocer, thid) == "in-force"
    assert ledger(her, peer_of(her, public_did(baker)))
