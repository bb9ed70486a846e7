"""Cards: what is issued is what was offered, to the key that was proved, or it is not kept. CRED-27, CRED-28."""

from collections.abc import Callable

import pytest

from agent.cards import kid_of
from agent.didcomm.attachments import Attachment, Content
from agent.web import api
from protocols.standard.issue_credential import KEY_PROOF
from tests.agent.customer import Customer
from tests.agent.issuer import CLAIMS, ISSUE, TYPE, Issuer
from tests.agent.world import World, public_did, state, the_only
from wallet import keys
from wallet.credentials import jose
from wallet.encoding import b64u
from wallet.keys import Curve, PublicKey, new_id
from wallet.strict_json import JsonObject

PROOF = "e.m.trust.crypto.proof"


@pytest.mark.parametrize("format", ["dc+sd-jwt", "vc+di"])
async def test_a_card_that_is_offered_and_wanted_is_issued_and_kept(world: World, format: str) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    called = await world.introduce(her, library)
    offered = {"peer": called, "type": "Member", "name": "Library card", "claims": CLAIMS, "format": format}
    thid = str((await world.do(library, "/v1/offers", **offered))["thread"])
    await world.settle()
    before = await world.listed(her, "/v1/credentials")

    await world.answer(her)

    [card] = await world.listed(her, "/v1/credentials")
    assert before == []
    assert (card["name"], card["issued_by"], card["claims"]) == ("Library card", "Town Library", CLAIMS)
    assert state(her, thid) == state(library, thid) == "done"
    assert her.store.verify() == library.store.verify() == ()


async def test_a_card_that_is_offered_and_not_wanted_is_not_issued(world: World) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    called = await world.introduce(her, library)
    said = await world.do(library, "/v1/offers", peer=called, type=TYPE, name="Card", claims=CLAIMS)
    await world.settle()

    await world.answer(her, "no")

    assert await world.listed(her, "/v1/credentials") == []
    assert state(her, str(said["thread"])) == state(library, str(said["thread"])) == "abandoned"


async def test_two_cards_are_bound_to_two_keys(world: World) -> None:
    """What two orgs hold has no key in common."""
    her = await world.add("her")
    one, other = await Issuer.known_to(world, her, 1), await Issuer.known_to(world, her, 2)

    for issuer in (one, other):
        await issuer.give(her)

    assert one.requested_key() != other.requested_key()
    assert len(await world.listed(her, "/v1/credentials")) == 2


def other_key() -> PublicKey:
    """A key that nobody proved."""
    return keys.create(Curve.ED25519).public


Handed = Callable[[Issuer, PublicKey], Attachment | None]
DIFFERENT: dict[str, Handed] = {
    "another claim": lambda issuer, key: issuer.sd_jwt(key, claims={**CLAIMS, "over_18": False}),
    "a claim more": lambda issuer, key: issuer.sd_jwt(key, claims={**CLAIMS, "debts": 3}),
    "a claim less": lambda issuer, key: issuer.sd_jwt(key, claims={"given_name": "Augusta"}),
    "another type": lambda issuer, key: issuer.sd_jwt(key, vct="urn:card:debtor"),
    "another key": lambda issuer, key: issuer.sd_jwt(other_key()),
    "another format": lambda issuer, key: issuer.vcdm(key),
    "nothing": lambda issuer, key: None,
}


@pytest.mark.parametrize("name", DIFFERENT)
async def test_a_card_that_differs_from_its_offer_is_not_kept_and_the_issuer_is_told(world: World, name: str) -> None:
    """CRED-27."""
    her = await world.add("her")
    issuer = await Issuer.known_to(world, her)
    await issuer.offer(her)
    await world.answer(her)

    issued = await issuer.issue(her, DIFFERENT[name](issuer, issuer.requested_key()))

    assert await world.listed(her, "/v1/credentials") == []
    assert [each["code"] for each in issuer.reports()] == [PROOF]
    assert issuer.last("problem-report").ack == (issued.id,)
    assert state(her, issuer.thid) == "abandoned"


async def test_a_card_by_another_issuer_than_offered_is_not_kept(world: World) -> None:
    """CRED-27."""
    her = await world.add("her")
    issuer, other = await Issuer.known_to(world, her, 1), await Issuer.known_to(world, her, 2)
    await issuer.offer(her)
    await world.answer(her)

    await issuer.issue(her, other.sd_jwt(issuer.requested_key()))

    assert await world.listed(her, "/v1/credentials") == []
    assert [each["code"] for each in issuer.reports()] == [PROOF]


@pytest.mark.parametrize("format", ["dc+sd-jwt", "vc+di"])
async def test_a_card_that_was_tampered_with_is_not_kept(world: World, format: str) -> None:
    her = await world.add("her")
    issuer = await Issuer.known_to(world, her)
    named = {"type": ["VerifiableCredential", "Member"], "vct": None} if format == "vc+di" else {}
    await issuer.offer(her, format=format, **named)
    await world.answer(her)
    issuer.ring.add(f"{issuer.did}#key-1", keys.create(Curve.ED25519))
    key = issuer.requested_key()

    await issuer.issue(her, issuer.vcdm(key) if format == "vc+di" else issuer.sd_jwt(key))

    assert await world.listed(her, "/v1/credentials") == []
    assert [each["code"] for each in issuer.reports()] == [PROOF]


@pytest.mark.parametrize("before", ["nothing", "an offer", "a refused offer"])
async def test_a_card_that_nobody_asked_for_is_not_kept(world: World, before: str) -> None:
    """CRED-28."""
    her = await world.add("her")
    issuer = await Issuer.known_to(world, her)
    if before != "nothing":
        await issuer.offer(her)
    if before == "a refused offer":
        await world.answer(her, "no")
    stood = state(her, issuer.thid)

    await issuer.issue(her, issuer.sd_jwt(other_key()))

    assert await world.listed(her, "/v1/credentials") == []
    assert [each["code"] for each in issuer.reports()][-1] == "e.m.req.out-of-turn"
    assert state(her, issuer.thid) == stood


async def test_a_card_asked_for_by_hand_without_a_key_of_hers_is_not_kept(world: World) -> None:
    """The table lets a holder begin; what then comes can be compared with nothing."""
    her = await world.add("her")
    issuer = await Issuer.known_to(world, her)
    begun = await world.do(
        her, "/v1/threads", peer=the_only(her).peer, type=f"{ISSUE}/request-credential", attachments=[]
    )
    await world.settle()
    issuer.thid = str(begun["thread"])

    await issuer.issue(her, issuer.sd_jwt(other_key()))

    assert await world.listed(her, "/v1/credentials") == []
    assert [each["code"] for each in issuer.reports()] == [PROOF]


async def test_an_offer_that_no_key_can_be_proved_to_takes_only_a_no(world: World) -> None:
    her = await world.add("her")
    issuer = await Issuer.known_to(world, her)

    await issuer.offer(her, nonce=None)

    [question] = await world.listed(her, "/v1/questions")
    assert question["choices"] == ["no"]
    status, _ = await api.answer(her, "POST", f"/v1/questions/{question['question']}/answer", b'{"answer":"yes"}')
    assert status == 409


async def test_looking_at_an_offer_makes_no_key(world: World) -> None:
    her = await world.add("her")
    issuer = await Issuer.known_to(world, her)
    await issuer.offer(her)
    before = len(list(her.store.items("key")))

    for _ in range(3):
        await world.listed(her, "/v1/questions")

    assert len(list(her.store.items("key"))) == before


async def test_two_issuers_cannot_overwrite_each_others_cards(world: World) -> None:
    """CRED-36: a thread's id is its issuer's to choose."""
    her = await world.add("her")
    one, other = await Issuer.known_to(world, her, 1), await Issuer.known_to(world, her, 2)
    await one.give(her)
    shared = one.thid
    other.thid = shared
    await other.offer(her, name="Forgery", claims={"given_name": "Eve"})
    await world.answer(her)

    await other.issue(her, other.sd_jwt(other.requested_key(), claims={"given_name": "Eve"}))

    names = [each["name"] for each in await world.listed(her, "/v1/credentials")]
    assert sorted(map(str, names)) == ["Card", "Forgery"]


@pytest.mark.parametrize("wrong", ["no proof", "another nonce", "another audience", "stale", "another key"])
async def test_an_issuer_does_not_issue_to_a_key_that_was_not_proved(world: World, wrong: str) -> None:
    library = await world.add("Town Library", "org")
    holder = await Customer.met(world, library)
    said = await world.do(library, "/v1/offers", peer=holder.peer, type=TYPE, name="Card", claims=CLAIMS)
    await world.settle()
    [offer] = holder.last("offer-credential").attachments
    details = offer.data.json
    assert isinstance(details, dict)
    key = keys.create(Curve.ED25519)
    kid = kid_of(key.public)
    holder.ring.add(kid, keys.create(Curve.ED25519) if wrong == "another key" else key)
    claims: JsonObject = {
        "aud": "did:web:elsewhere.example" if wrong == "another audience" else details["audience"],
        "nonce": new_id() if wrong == "another nonce" else details["nonce"],
        "iat": world.time - 3600 * (wrong == "stale"),
    }
    header: JsonObject = {"typ": KEY_PROOF, "jwk": {**keys.to_jwk(key.public)}}
    proof = jose.jws_compact(header, claims, holder.ring, kid)
    attachment = Attachment(id="1", format=KEY_PROOF, data=Content(base64=b64u(proof.encode())))

    await holder.say(
        library,
        f"{ISSUE}/request-credential",
        {},
        to=public_did(library),
        thid=said["thread"],
        attachments=() if wrong == "no proof" else (attachment,),
    )
    await world.settle()

    assert state(library, str(said["thread"])) == "abandoned"
    assert holder.last("problem-report").body["code"] == PROOF
