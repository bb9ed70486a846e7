"""Rights over data: exercised with one or many, by agent or by letter, and followed. vrm-protocols 2 and 5.4."""

import base64

import msgspec

from agent import held
from agent.agent import Agent
from tests.agent.world import Said, World, state, the_only, towards
from tests.scenarios.test_features_consent import CARD, HOME, PHONE, asks, hers, on_her_terms

DAY = 86400


async def given(world: World) -> tuple[Agent, Agent, str]:
    """A vendor that holds what she has told it."""
    shop, her, called = await on_her_terms(world)
    await asks(world, shop, called)
    await world.answer(her)
    return shop, her, called


async def exercise(world: World, her: Agent, right: str, **more: object) -> str:
    """She exercises a right with the one she knows. Returns the case."""
    said = await world.do(her, "/v1/rights", right=right, peers=["Shop"], **more)
    await world.settle()
    return str(said["case"])


async def case(world: World, agent: Agent, id: str) -> Said:
    """A case as one side has it."""
    found = await world.ask(agent, "GET", f"/v1/rights/{id}")
    assert isinstance(found, dict)
    return found


async def delivered(world: World, agent: Agent, id: str) -> list[dict[str, list[dict[str, object]]]]:
    """The data that came with a case."""
    parts = (await case(world, agent, id))["delivered"]
    assert isinstance(parts, list)
    return parts


async def fulfil(world: World, shop: Agent, id: str) -> Said:
    """The clerk does what was asked."""
    said = await world.do(shop, f"/v1/rights/{id}/fulfil")
    await world.settle()
    return said


async def test_f39_she_exercises_her_rights_with_one_or_many_and_follows_the_clock(world: World) -> None:
    """A user exercises access, rectification, erasure, portability, objection or opt-out with one or many orgs and
    follows the clock."""
    shop, her, _ = await given(world)

    copy = await exercise(world, her, "access")
    assert (await case(world, her, copy))["due"] == "2027-02-15"  # a month from its receipt
    [question] = await world.listed(shop, "/v1/questions")
    assert "to have a copy of what you hold about her" in str(question)
    await fulfil(world, shop, copy)
    taken = await exercise(world, her, "portability", scope=[PHONE])
    await fulfil(world, shop, taken)
    right = await exercise(world, her, "rectification", corrections={HOME: {"full": "2 Old Street"}})
    await fulfil(world, shop, right)
    corrected = hers(shop)[HOME]
    opted = await exercise(world, her, "sale-opt-out", regime="ccpa")
    await fulfil(world, shop, opted)
    against = await exercise(world, her, "objection", scope=[PHONE])
    await fulfil(world, shop, against)
    refused = await world.refused(
        shop, "/v1/held/use", peer=the_only(shop).called, ptr=PHONE, purpose="dpv:PaymentManagement"
    )
    gone = await exercise(world, her, "erasure")
    await fulfil(world, shop, gone)

    cases = {str(each["right"]): each for each in await world.listed(her, "/v1/rights")}
    assert {name: each["state"] for name, each in cases.items()} == dict.fromkeys(
        ("access", "portability", "rectification", "sale-opt-out", "objection", "erasure"), "closed"
    )
    assert (cases["erasure"]["due"], cases["sale-opt-out"]["due"]) == ("2027-02-15", "2027-03-01")
    [whole] = await delivered(world, her, copy)
    [part] = await delivered(world, her, taken)
    assert {str(each["ptr"]): each["value"] for each in whole["items"]} == CARD
    assert all("purpose" in str(each["label"]) for each in whole["items"])
    assert [each["ptr"] for each in part["items"]] == [PHONE]
    assert corrected == {"full": "2 Old Street"}
    assert "its use is restricted" in refused
    assert hers(shop) == {}
    assert "Done for: address (home), phone (main)." in str(cases["erasure"]["outcome"])
    log = str(await world.ask(shop, "GET", f"/v1/threads/{copy}/log"))
    assert "New Street" not in log
    assert "uEi" in log  # the digests of what was delivered


async def test_f39_many_are_told_in_one_act(world: World) -> None:
    """A user exercises a right with many orgs in one act, and sees where each stands."""
    her = await world.add("her")
    for name in ("Shop", "Club", "Bank"):
        await world.introduce(her, await world.add(name, "org"))

    said = await world.do(her, "/v1/rights", right="sale-opt-out", all=True, jitter=0)
    await world.tick(1)

    assert said["to"] == "3 organisations"
    assert sorted((str(each["with"]), each["state"]) for each in await world.listed(her, "/v1/rights")) == [
        ("Bank", "open"), ("Club", "open"), ("Shop", "open"),
    ]  # fmt: skip


async def test_past_its_day_a_case_is_overdue_and_a_late_answer_is_still_an_answer(world: World) -> None:
    shop, her, _ = await given(world)
    id = await exercise(world, her, "access")
    await world.do(shop, f"/v1/rights/{id}/progress", by="2027-03-20", details="We are looking for it.")
    await world.settle()

    await world.pass_time(40 * DAY)

    mine, theirs = await case(world, her, id), await case(world, shop, id)
    assert (mine["overdue"], theirs["overdue"], mine["state"], mine["expected"]) == (True, True, "open", "2027-03-20")
    await fulfil(world, shop, id)
    assert (await case(world, her, id))["overdue"] is False
    assert state(her, id) == "closed"


async def test_a_denial_names_why_and_where_to_appeal_and_the_appeal_names_the_denial(world: World) -> None:
    shop, her, _ = await given(world)
    id = await exercise(world, her, "erasure")

    await world.do(shop, f"/v1/rights/{id}/deny", reason="not-covered", appeal="appeals@shop.example")
    await world.settle()
    again = await world.do(her, f"/v1/rights/{id}/appeal")
    await world.settle()

    assert "Denied: the law they name does not cover this. Appeals go to: appeals@shop.example." in str(
        (await case(world, her, id))["outcome"]
    )
    appeal = await case(world, shop, str(again["case"]))
    assert (appeal["appeals"], appeal["state"]) == (await digest_of_denial(world, her, id), "open")
    assert hers(shop) == CARD
    assert "because" in await world.refused(shop, f"/v1/rights/{again['case']}/deny", reason="because", appeal="a@b")


async def digest_of_denial(world: World, agent: Agent, id: str) -> str:
    """The Digest of the signed denial in a case."""
    found = await world.ask(agent, "GET", "/v1/ledgers/Shop")
    assert isinstance(found, dict)
    [denial] = [each for each in found["objects"] if each["type"] == "DataRightsDecline" and each["thread"] == id]
    return str(denial["digest"])


async def test_nothing_is_signed_as_done_before_the_systems_have_deleted_it(world: World) -> None:
    shop, her, _ = await given(world)
    shop.config = msgspec.structs.replace(shop.config, bridges=("minicrm",))
    id = await exercise(world, her, "erasure")

    said = await fulfil(world, shop, id)

    assert said["waits"] == "for the deletion to be completed"
    assert (state(her, id), hers(shop)) == ("open", {})  # our own copy goes at once
    [deletion] = await world.listed(shop, "/v1/deletions")
    await world.pass_time(40 * DAY)
    assert state(her, id) == "open"
    assert (await world.listed(shop, "/v1/deletions"))[0]["overdue"] is True
    path = f"/v1/deletions/{deletion['deletion']}/completion"
    assert "not complete" in await world.refused(shop, path, deleted=[HOME])
    kept = [{"ptr": PHONE, "why": "legal-duty", "until": "2033-12-31"}]
    await world.do(shop, path, deleted=[HOME], kept=kept, told=["carrier"])
    await world.settle()

    outcome = str((await case(world, her, id))["outcome"])
    assert state(her, id) == "closed"
    assert "Done for: address (home)." in outcome
    assert "They keep phone (main) until 2033-12-31: the law makes them keep it." in outcome
    assert await world.listed(shop, "/v1/deletions") == []
    assert "no deletion" in await world.refused(shop, path, deleted=[HOME])


async def test_an_organisation_without_an_agent_gets_a_letter_and_its_case_stands_beside_the_others(
    world: World,
) -> None:
    _, her, _ = await given(world)
    await exercise(world, her, "access")

    letter = await world.do(
        her,
        "/v1/letters",
        to="Old Bank",
        address="1 High Street",
        me="Ada\n2 Low Street",
        right="erasure",
        about="Account 7",
    )
    id = str(letter["case"])
    pages = base64.b64decode(str(letter["pdf"]))
    for step, day in (("sent", "2027-01-16"), ("received", "2027-01-18")):
        await world.do(her, f"/v1/letters/{id}/enter", step=step, on=day)

    assert pages.startswith(b"%PDF-")
    assert "that you erase the personal data about me" in str(letter["text"])
    cases = await world.listed(her, "/v1/rights")
    assert [(each["with"], each["by"], each["state"], each["due"]) for each in cases] == [
        ("Shop", "agent", "open", "2027-02-15"), ("Old Bank", "letter", "received", "2027-02-18"),
    ]  # fmt: skip
    await world.pass_time(60 * DAY)
    assert [each["overdue"] for each in await world.listed(her, "/v1/rights")] == [True, True]
    await world.do(her, f"/v1/letters/{id}/enter", step="denied", note="no such account")
    assert "denied" in await world.refused(her, f"/v1/letters/{id}/enter", step="sent")


async def test_she_takes_a_request_back(world: World) -> None:
    shop, her, _ = await given(world)
    id = await exercise(world, her, "access")

    await world.do(her, f"/v1/rights/{id}/cancel")
    await world.settle()

    assert (state(her, id), state(shop, id)) == ("cancelled", "cancelled")
    assert held.of(shop, towards(shop, the_only(shop).peer).peer)


async def test_a_relationship_that_ends_takes_the_data_with_it_and_the_receipt_waits_for_that(world: World) -> None:
    shop, her, _ = await given(world)
    shop.config = msgspec.structs.replace(shop.config, bridges=("minicrm",))
    end = {"type": "https://freerange.example/vrm/relationship/1.0/end", "body": {"data": "erase", "by": "2027-03-01"}}
    begun = await world.do(her, "/v1/threads", peer="Shop", **end)
    await world.settle()
    thid = str(begun["thread"])

    said = await world.answer(shop)

    assert "nothing yet" in str(said["said"])
    assert (hers(shop), state(her, thid)) == ({}, "leaving")
    body = {"of": "end", "result": "done", "kept": [], "erased_at": "2027-01-15T08:00:00Z"}
    early = await world.refused(shop, f"/v1/threads/{thid}/say", message="receipt", body=body)
    assert "its deletion is not complete" in early
    for deletion in await world.listed(shop, "/v1/deletions"):
        await world.do(shop, f"/v1/deletions/{deletion['deletion']}/completion", deleted=deletion["ptrs"])
    await world.settle()
    assert (state(her, thid), state(shop, thid)) == ("ended", "ended")


async def test_terms_that_are_withdrawn_take_what_was_told_under_them(world: World) -> None:
    shop, her, _ = await given(world)
    [thid] = [str(each["thread"]) for each in await world.listed(her, "/v1/threads") if each["about"] == "terms"]
    body: Said = {"from": "2027-02-01T00:00:00Z", "reason": "moving-on"}

    await world.do(her, f"/v1/threads/{thid}/say", message="withdraw", body=body)
    await world.settle()
    await world.answer(shop)

    assert state(her, thid) == "withdrawn"
    assert hers(shop) == {}


async def test_she_who_wants_her_data_back_first_gets_it_first(world: World) -> None:
    shop, her, _ = await given(world)
    await world.ask(her, "POST", "/v1/leavings", peers=["Shop"], data="return-then-erase")
    await world.settle()
    [asked] = await world.listed(her, "/v1/rights")
    id = str(asked["case"])
    [ending] = [each for each in await world.listed(shop, "/v1/questions") if each["thread"] != id]

    early = await world.refused(shop, f"/v1/questions/{ending['question']}/answer", answer="yes")
    await fulfil(world, shop, id)
    await world.answer(shop)

    assert "she wants her data back first" in early
    assert hers(shop) == {}
    assert await delivered(world, her, id)


async def test_what_is_erased_or_without_terms_is_over_in_its_own_thread_too(world: World) -> None:
    shop, her, called = await given(world)
    [first] = [str(each["thread"]) for each in await world.listed(her, "/v1/consents")]
    asked = await exercise(world, her, "recipients")
    await fulfil(world, shop, asked)
    id = await exercise(world, her, "withdraw-all")
    await fulfil(world, shop, id)
    await world.tick(1)
    erased = state(her, first), state(shop, first)
    second = await asks(world, shop, called)
    await world.answer(her)

    [terms] = [str(each["thread"]) for each in await world.listed(her, "/v1/threads") if each["about"] == "terms"]
    body: Said = {"from": "2027-02-01T00:00:00Z", "reason": "moving-on"}
    await world.do(her, f"/v1/threads/{terms}/say", message="withdraw", body=body)
    await world.settle()
    before = state(shop, second), hers(shop)
    await world.pass_time(20 * DAY)

    assert "They told: carrier." in str((await case(world, her, asked))["outcome"])
    assert erased == ("stopped", "stopped")
    assert before == ("given", CARD)
    assert (state(her, second), hers(shop)) == ("withdrawn", {})
