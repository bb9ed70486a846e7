"""Proving: nothing is shown unasked, nothing beyond what was approved, and nothing twice. CRED-29, CRED-30."""

from typing import TypeAlias

import msgspec
import pytest

from agent import cards, showing
from agent.agent import Agent
from agent.didcomm.attachments import Attachment
from agent.web import api
from tests.agent.customer import Customer
from tests.agent.issuer import PROVE, Issuer, wants
from tests.agent.world import Said, World, public_did, state
from wallet.credentials.query import read_query
from wallet.strict_json import JsonObject

Met: TypeAlias = tuple[Agent, Agent, str]
CLAIMS: Said = {"given_name": "Augusta", "over_18": True, "street": "Quay 4"}
CARD: Said = {"type": "urn:card", "name": "Card", "claims": CLAIMS}


async def issued(world: World, library: Agent, her: Agent, called: str, **changes: object) -> None:
    """A card from the library, taken up."""
    await world.do(library, "/v1/offers", peer=called, **{**CARD, **changes})
    await world.settle()
    await world.answer(her)


async def asked(world: World, library: Agent, called: str, *claims: str, **changes: object) -> str:
    """A request for proof by the library; returns the thread."""
    wanted = {"peer": called, "type": "urn:card", "claims": claims, "purpose": "To lend you films", **changes}
    said = await world.do(library, "/v1/requests", **wanted)
    await world.settle()
    return str(said["thread"])


async def verdict(world: World, library: Agent, thid: str) -> Said:
    """What the library found."""
    found = await world.ask(library, "GET", f"/v1/verdicts/{thid}")
    assert isinstance(found, dict)
    return found


def failed(found: Said) -> list[str]:
    """The checks that failed."""
    checks = [check for each in listed(found["verdicts"]) for check in listed(each["checks"])]
    return [str(check["name"]) for check in checks if check["ok"] is False]


def listed(value: object) -> list[Said]:
    """A list of objects."""
    assert isinstance(value, list)
    return value


@pytest.fixture
async def met(world: World) -> Met:
    """The library, her, and what it calls her."""
    library, her = await world.add("Town Library", "org"), await world.add("her")
    return library, her, await world.introduce(her, library)


async def test_nothing_is_shown_before_she_says_so(world: World, met: Met) -> None:
    """CRED-30."""
    library, her, called = met
    await issued(world, library, her, called)

    thid = await asked(world, library, called, "over_18")
    await world.pass_time(86400)

    [question] = await world.listed(her, "/v1/questions")
    shown, *hidden, beside = listed(question["what"])
    of_card = {"card": "Card", "issued_by": "Town Library", "fixed": False}
    assert shown == {"claim": "over_18", "value": True, **of_card}
    assert sorted(str(each["stays_hidden"]) for each in hidden) == ["given_name", "street"]
    assert beside == {"line": "Also visible: that Town Library issued the card, and when."}
    assert (question["who"], question["why"]) == ("Town Library", "To lend you films")
    assert state(library, thid) == "requested"


async def test_what_she_approves_is_shown_and_nothing_else(world: World, met: Met) -> None:
    library, her, called = met
    await issued(world, library, her, called)
    thid = await asked(world, library, called, "over_18=true")

    await world.answer(her)

    found = await verdict(world, library, thid)
    assert found["verified"] is True
    said = str(found)
    assert "over_18" in said
    assert "Augusta" not in said
    assert "Quay" not in said
    assert state(library, thid) == state(her, thid) == "done"
    assert "Quay" not in str(await log(world, library, thid))


async def test_what_she_keeps_back_the_verifier_does_not_take_for_an_answer(world: World, met: Met) -> None:
    library, her, called = met
    await issued(world, library, her, called)
    thid = await asked(world, library, called, "over_18", "given_name")

    await world.answer(her, "yes", refuse=["given_name"])

    found = await verdict(world, library, thid)
    assert found["verified"] is False
    assert failed(found) == ["query_answered"]
    assert "Augusta" not in str(found)
    assert state(library, thid) == state(her, thid) == "abandoned"


async def test_a_refusal_ends_it_on_both_sides_and_shows_nothing(world: World, met: Met) -> None:
    library, her, called = met
    await issued(world, library, her, called)
    thid = await asked(world, library, called, "over_18")

    await world.answer(her, "no")

    assert state(library, thid) == state(her, thid) == "abandoned"
    status, _ = await api.answer(library, "GET", f"/v1/verdicts/{thid}")
    assert status == 404


async def test_a_card_of_the_other_format_is_shown_whole_or_not_at_all(world: World, met: Met) -> None:
    library, her, called = met
    await issued(world, library, her, called, format="vc+di", type="Member")
    query = {"credentials": [{"id": "c", "format": "ldp_vc", "meta": {"type_values": [["Member"]]}}]}
    thid = await asked(world, library, called, query=query)
    [question] = await world.listed(her, "/v1/questions")
    path = f"/v1/questions/{question['question']}/answer"

    refused, said = await api.answer(her, "POST", path, b'{"answer":"yes","refuse":["street"]}')
    await world.answer(her)

    assert refused == 409
    assert "whole" in str(said)
    found = await verdict(world, library, thid)
    assert found["verified"] is True, failed(found)
    assert state(library, thid) == "done"


async def test_a_question_that_no_card_answers_takes_only_a_no(world: World, met: Met) -> None:
    library, her, called = met
    await issued(world, library, her, called)

    await asked(world, library, called, "shoe_size")

    [question] = await world.listed(her, "/v1/questions")
    assert question["choices"] == ["no"]
    status, said = await api.answer(her, "POST", f"/v1/questions/{question['question']}/answer", b'{"answer":"yes"}')
    assert (status, "no card" in str(said)) == (409, True)


async def test_of_two_cards_the_one_that_shows_least_is_chosen(world: World) -> None:
    her = await world.add("her")
    issuer = await Issuer.known_to(world, her)
    await issuer.give(her, open=True, name="Passport", claims={"given_name": "Augusta", "over_18": True})
    await issuer.give(her, name="Age card", claims={"over_18": True})
    query = wants("over_18")

    await issuer.ask(her, query)

    [question] = await world.listed(her, "/v1/questions")
    assert {each.get("card") for each in listed(question["what"])} == {"Age card", None}


@pytest.mark.parametrize(
    ("meta", "names"),
    [
        ({"vct_values": ["urn:card"]}, ["Card"]),
        ({"vct_values": ["urn:pass", "urn:none", "urn:card"]}, ["Pass", "Card"]),
        ({}, ["Card", "Pass"]),
    ],
)
async def test_no_card_of_another_type_than_those_asked_for_is_opened(
    world: World, met: Met, meta: JsonObject, names: list[str]
) -> None:
    library, her, called = met
    await issued(world, library, her, called)
    await issued(world, library, her, called, type="urn:pass", name="Pass")
    query = read_query({"credentials": [{"id": "c", "format": "dc+sd-jwt", "meta": meta}]})

    found = [cards.read(each).name for each in showing.candidates(her.store, query)]

    assert found == names


async def test_a_request_whose_answer_would_be_for_somebody_else_is_refused(world: World) -> None:
    """A verifier in the middle cannot pass a question on, and her answer back."""
    her = await world.add("her")
    issuer = await Issuer.known_to(world, her)
    await issuer.give(her)

    await issuer.ask(her, wants("over_18"), audience="did:web:bank.example")

    assert [each["code"] for each in issuer.reports()] == ["e.m.trust"]
    assert await world.listed(her, "/v1/questions") == []
    assert state(her, issuer.thid) is None


@pytest.mark.parametrize("query", [{}, {"credentials": []}, {"credentials": [{"id": "a b"}]}, 7])
async def test_a_question_that_cannot_be_read_is_not_put_to_her(world: World, query: JsonObject) -> None:
    her = await world.add("her")
    issuer = await Issuer.known_to(world, her)

    await issuer.ask(her, query)

    assert [each["code"] for each in issuer.reports()] == ["e.m.msg.invalid"]
    assert await world.listed(her, "/v1/questions") == []


async def test_a_proof_made_for_one_question_answers_no_other(world: World, met: Met) -> None:
    """CRED-29: neither from another thread, nor from another person, nor a second time."""
    library, her, called = met
    await issued(world, library, her, called)
    first = await asked(world, library, called, "over_18")
    await world.answer(her)
    thief = await Customer.met(world, library)
    second = await asked(world, library, thief.peer, "over_18")
    [shown] = [
        listed([each["message"]])[0] for each in await log(world, library, first) if each["says"] == "presentation"
    ]
    stolen = msgspec.convert(shown["attachments"], tuple[Attachment, ...])

    for _ in range(2):
        await thief.say(library, f"{PROVE}/presentation", {}, to=public_did(library), thid=second, attachments=stolen)
        await world.settle()

    found = await verdict(world, library, second)
    assert found["verified"] is False
    assert "over_18" not in str(found["verdicts"])
    assert state(library, second) == "abandoned"
    assert (await verdict(world, library, first))["verified"] is True


async def log(world: World, agent: Agent, thid: str) -> list[Said]:
    """What was said in a thread."""
    said = await world.ask(agent, "GET", f"/v1/threads/{thid}/log")
    assert isinstance(said, dict)
    return listed(said["log"])


@pytest.mark.parametrize(("issuer", "holds"), [("somebody-else.example", False), ("127.0.0.1:9000", True)])
async def test_a_card_proves_something_only_if_its_issuer_is_trusted(
    world: World, met: Met, issuer: str, holds: bool
) -> None:
    library, her, called = met
    await issued(world, library, her, called)
    thid = await asked(world, library, called, "over_18", issuers=[issuer])

    await world.answer(her)

    found = await verdict(world, library, thid)
    assert found["verified"] is holds
    assert ("trusted_issuer" in failed(found)) is not holds


async def test_what_the_card_cannot_hide_is_not_shown_against_her_word(world: World) -> None:
    her = await world.add("her")
    issuer = await Issuer.known_to(world, her)
    await issuer.give(her, open=True)
    await issuer.ask(her, wants("over_18"))
    [question] = await world.listed(her, "/v1/questions")
    path = f"/v1/questions/{question['question']}/answer"

    status, said = await api.answer(her, "POST", path, b'{"answer":"yes","refuse":["given_name"]}')
    await world.settle()

    assert (status, "never shown without given_name" in str(said)) == (409, True)
    assert [each for each in issuer.heard if each.type.endswith("/presentation")] == []


async def test_a_claim_that_is_kept_back_is_one_that_would_be_shown(world: World, met: Met) -> None:
    """Else a slip of the pen would show what was meant to stay hidden."""
    library, her, called = met
    await issued(world, library, her, called)
    thid = await asked(world, library, called, "over_18", "given_name")
    [question] = await world.listed(her, "/v1/questions")

    path = f"/v1/questions/{question['question']}/answer"
    status, said = await api.answer(her, "POST", path, b'{"answer":"yes","refuse":["givenname"]}')

    assert (status, "nothing called givenname" in str(said)) == (409, True)
    assert state(library, thid) == "requested"


async def test_whom_a_card_is_about_is_among_what_would_be_shown(world: World) -> None:
    """CRED-30: `sub` is always visible, and may be the number of her passport."""
    her = await world.add("her")
    issuer = await Issuer.known_to(world, her)
    await issuer.give(her, claims={"sub": "X1234567", "over_18": True}, open=True)

    await issuer.ask(her, wants("over_18"))

    [question] = await world.listed(her, "/v1/questions")
    [about_her, *_] = [each for each in listed(question["what"]) if each.get("claim") == "sub"]
    assert (about_her["value"], about_her["card"], about_her["fixed"]) == ("X1234567", "Card", True)


async def test_a_card_that_comes_later_does_not_take_the_place_of_the_one_she_was_shown(world: World, met: Met) -> None:
    library, her, called = met
    await issued(world, library, her, called)
    thid = await asked(world, library, called, "over_18")
    await world.tick(60)
    await world.do(library, "/v1/offers", peer=called, **{**CARD, "name": "Newer", "claims": {"over_18": True}})
    await world.settle()
    [question, offer] = await world.listed(her, "/v1/questions")
    await world.do(her, f"/v1/questions/{offer['question']}/answer", answer="yes")
    await world.settle()

    shown = await world.listed(her, "/v1/questions")
    await world.do(her, f"/v1/questions/{question['question']}/answer", answer="yes")
    await world.settle()

    assert [each["what"] for each in shown] == [question["what"]]
    assert (await verdict(world, library, thid))["verified"] is True
