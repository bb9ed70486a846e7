"""No agreement is accepted by its name: with its text absent, its Digest unknown, or another text than the one shown.

Source: vrm-protocols, section 7, line 9.
"""

import json

import msgspec
import pytest

from agent import agreements, rosters
from agent.agent import Agent
from agent.agreements import BadRoster
from protocols.messages import encode
from protocols.vrm.base import AgreementRef
from protocols.vrm.terms import Accept, Alternative, Proffer
from tests.agent.customer import Customer, proffered
from tests.agent.puppet import TERMS, Puppet, digest
from tests.agent.world import World, state, the_only, threads, towards
from wallet.encoding import digest as digest_of
from wallet.keys import new_id
from wallet.strict_json import JsonObject

KNOWN = agreements.shipped()["freerange-service-only"]
UNKNOWN = "uEi" + "A" * 43 + "A"
BY_NAME: JsonObject = {"id": KNOWN.id, "version": KNOWN.version, "digest": UNKNOWN}
MISNAMED: JsonObject = {"id": "something-nicer", "version": "1", "digest": KNOWN.digest}


async def proffering(world: World, agreement: JsonObject, org: Agent) -> Customer:
    """A customer who has put this on the table."""
    customer = await Customer.met(world, org)
    customer.thid = new_id()
    body = proffered() | {"agreement": agreement}
    await customer.repeat(org, customer.signed(org, "proffer", body, 1))
    await world.settle()
    return customer


async def test_a_known_name_with_an_unknown_digest_is_accepted_neither_by_policy_nor_by_the_owner(world: World) -> None:
    org = await world.add("Shop", "org")
    customer = await proffering(world, BY_NAME, org)

    [question] = await world.listed(org, "/v1/questions")
    assert "yes" not in str(question["choices"])
    path = f"/v1/threads/{customer.thid}/say"
    refused = await world.refused(org, path, message="accept", body={"agreement": BY_NAME})
    assert "not on the roster in use" in refused
    refused = await world.refused(org, f"/v1/questions/{question['question']}/answer", answer="yes")
    assert "cannot be answered yes" in refused
    assert state(org, customer.thid) == "proffered"
    assert towards(org, customer.did).agreements == ()


async def test_a_known_text_under_another_name_is_refused(world: World) -> None:
    org = await world.add("Shop", "org")

    customer = await proffering(world, MISNAMED, org)

    assert [each["code"] for each in customer.reports()] == ["e.p.legal.not-on-roster"]
    assert customer.thid not in threads(org)


@pytest.mark.parametrize("offered", [BY_NAME, MISNAMED], ids=["digest unknown", "misnamed"])
async def test_an_alternative_whose_text_is_not_at_hand_is_refused(world: World, offered: JsonObject) -> None:
    her, org = await world.add("her"), Puppet.make(world)
    to = (await org.befriend(her)).our_did
    begun = await world.do(her, "/v1/terms", peer=str(the_only(her).called), agreement="freerange-intent")
    await world.settle()
    body, _ = encode(Alternative(agreement=msgspec.convert(offered, AgreementRef)))
    thid, re = str(begun["thread"]), digest(org.object("proffer"))
    carried = org.sign("TermsAlternative", body, thid=thid, to=to, re=re)  # type: ignore[arg-type]  # it is JSON

    await org.say(her, f"{TERMS}/alternative", carried, to=to, thid=thid, sender_order=1)
    await world.settle()

    assert [each["code"] for each in org.reports()] == ["e.p.legal.not-on-roster"]
    assert state(her, thid) == "proffered"
    assert await world.listed(her, "/v1/questions") == []


async def test_what_left_the_roster_in_the_meantime_is_not_accepted(world: World) -> None:
    org = await world.add("Shop", "org")
    org.config = msgspec.structs.replace(org.config, accepts=())
    known = {"id": KNOWN.id, "version": KNOWN.version, "digest": KNOWN.digest}
    customer = await proffering(world, known, org)  # type: ignore[arg-type]  # it is JSON
    other = json.dumps({"name": "other", "version": "1", "agreements": [another("Nothing is kept.")]})
    await world.do(org, "/v1/rosters", file=other, digest=digest_of(other.encode()))
    await world.do(org, "/v1/rosters/change", roster="other", do="use")

    [question] = await world.listed(org, "/v1/questions")

    assert "yes" not in str(question["choices"])
    said = Accept(agreement=msgspec.convert(known, AgreementRef))
    path = f"/v1/threads/{customer.thid}/say"
    assert "not on the roster" in await world.refused(org, path, message="accept", body=encode(said)[0])


async def test_nothing_is_proffered_whose_text_is_not_here(world: World) -> None:
    org, her = await world.add("Shop", "org"), await world.add("her")
    await world.introduce(her, org)
    body, _ = encode(Proffer(agreement=msgspec.convert(BY_NAME, AgreementRef), scope="relationship"))

    refused = await world.refused(her, "/v1/threads", peer="Shop", type=f"{TERMS}/proffer", body=body)

    assert "not on the roster in use" in refused
    assert state(org, "none") is None


async def test_the_text_that_is_shown_is_the_text_that_was_hashed(world: World) -> None:
    her = await world.add("her")

    for each in rosters.in_use(her).agreements:
        shown = await world.ask(her, "GET", f"/v1/terms/{each.id}")
        assert isinstance(shown, dict)
        assert digest_of(str(shown["text"]).encode()) == shown["digest"] == each.digest


def another(text: str, /, **changes: object) -> dict[str, object]:
    """An agreement of another roster."""
    named: dict[str, object] = {"id": "other", "version": "1", "title": "Other", "text": text, "policy": {}}
    return named | {"digest": digest_of(text.encode())} | changes


@pytest.mark.parametrize(
    "agreement",
    [
        another("Nothing is kept.", text="Everything is kept."),
        another("Nothing is kept.", digest=UNKNOWN),
        {name: value for name, value in another("Nothing is kept.").items() if name != "text"},
        another("", text=None),
        another("Nothing is kept.", policy={"permit": [{"action": "dpv:Use", "unless": "never"}]}),
    ],
    ids=["other text", "other digest", "no text", "text null", "a rule that cannot be read"],
)
def test_a_roster_with_one_such_agreement_is_worth_nothing(agreement: dict[str, object]) -> None:
    listed = [another("Everything is well.", id="good"), agreement]
    raw = json.dumps({"name": "other", "version": "1", "agreements": listed}).encode()

    with pytest.raises(BadRoster, match="Nothing was taken"):
        agreements.read(raw, pinned=digest_of(raw))
