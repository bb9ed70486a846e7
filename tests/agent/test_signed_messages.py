"""Signed messages: what is not as it must be binds nobody, and its author is told. Source: vrm-protocols, 3.4, and
section 7, line 10.
"""

import copy
from collections.abc import Callable
from typing import TypeAlias

import pytest

from agent.agent import Agent
from agent.didcomm.plaintext import Plaintext
from agent.relationship import fingerprint
from protocols.vrm.base import VRM
from tests.agent.customer import REF, TEXT, Customer, proffered
from tests.agent.puppet import TERMS, Puppet, digest
from tests.agent.world import World, public_did, state, threads, towards
from wallet import keys
from wallet.dids import key as did_key
from wallet.keys import Curve
from wallet.strict_json import JsonObject

PROOF = "e.m.trust.crypto.proof"
CONFIRM: JsonObject = {"digest": TEXT.digest}
Wrong: TypeAlias = Callable[[Customer, Agent], Plaintext]


def confirmed(**how: object) -> Wrong:
    """A confirmation, made with other arguments than it should be."""
    return lambda customer, org: customer.signed(org, "confirm", CONFIRM, 2, **how)


def altered(change: Callable[[JsonObject], object]) -> Wrong:
    """A good confirmation, altered after it was signed."""

    def make(customer: Customer, org: Agent) -> Plaintext:
        message = customer.confirm(org)
        change(message.body["signed"])  # type: ignore[arg-type]  # an object, as we made it
        return message

    return make


def subject(object: JsonObject) -> JsonObject:
    """What a signed object is about."""
    found = object["credentialSubject"]
    assert isinstance(found, dict)
    return found


def by_another_key(customer: Customer, org: Agent) -> Plaintext:
    """Signed by a key that is not hers, under her name."""
    customer.ring.add(f"{customer.did}#key-1", keys.create(Curve.ED25519))
    return customer.confirm(org)


def by_somebody_else(customer: Customer, org: Agent) -> Plaintext:
    """Signed by another DID, and sent by her."""
    other = keys.create(Curve.ED25519)
    did = did_key.create(other.public)
    kid = f"{did}#{did.removeprefix('did:key:')}"
    customer.ring.add(kid, other)
    return customer.signed(org, "confirm", CONFIRM, 2, kid=kid)


def by_the_agreement_key(customer: Customer, org: Agent) -> Plaintext:
    """The proof names a key that is not for assertions."""
    message = customer.confirm(org)
    # It is an object all the way down: it was just signed.
    signed = message.body["signed"]
    assert isinstance(signed, dict)
    proof = signed["proof"]
    assert isinstance(proof, dict)
    proof["verificationMethod"] = f"{customer.did}#key-2"
    return message


WRONG: dict[str, tuple[Wrong, str]] = {
    "for another thread": (confirmed(thid="another-thread"), PROOF),
    "for another audience": (confirmed(audience="did:web:shop.example"), PROOF),
    "of another type": (confirmed(type="TermsAccept"), PROOF),
    "of another family": (confirmed(type="ConsentConfirm"), PROOF),
    "answering nothing": (confirmed(re=None), PROOF),
    "answering something unheard of": (confirmed(re="uEi" + "A" * 44), PROOF),
    "by another key": (by_another_key, PROOF),
    "by somebody else": (by_somebody_else, PROOF),
    "by a key that is not for assertions": (by_the_agreement_key, PROOF),
    "tampered with": (altered(lambda signed: subject(signed).update(seq=7)), PROOF),
    "with another body": (altered(lambda signed: subject(signed).update(body={"digest": "uEi" + "A" * 44})), PROOF),
    "with an unknown member": (altered(lambda signed: signed.update(expires="never")), PROOF),
    "with an unknown member inside": (altered(lambda signed: subject(signed).update(note="n")), PROOF),
    "without its proof": (altered(lambda signed: signed.pop("proof")), PROOF),
    "with two proofs": (altered(lambda signed: signed.update(proof=[signed["proof"]] * 2)), PROOF),
    "with a field that its table does not know": (
        lambda customer, org: customer.signed(org, "confirm", CONFIRM | {"but": "only on Mondays"}, 2),
        "e.m.msg.invalid",
    ),
    "about another agreement": (
        lambda customer, org: customer.signed(org, "confirm", {"digest": "uEi" + "A" * 43 + "A"}, 2),
        "e.p.trust.crypto.agreement-digest",
    ),
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_confirmation_that_is_wrong_in_one_thing_binds_nobody(world: World, name: str) -> None:
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    thid = await customer.proffer(library)
    before = library.store.ledger(customer.peer)
    make, code = WRONG[name]

    await customer.repeat(library, make(customer, library))
    await world.settle()

    assert [each["code"] for each in customer.reports()] == [code]
    assert state(library, thid) == "accepted"
    assert threads(library)[thid].thread.record is None
    assert library.store.ledger(customer.peer) == before
    assert towards(library, customer.did).agreements == ()


async def test_the_right_confirmation_binds_in_spite_of_wrong_ones_before_it(world: World) -> None:
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    thid = await customer.proffer(library)
    seq, head = customer.seq, customer.head
    await customer.repeat(library, confirmed(thid="another-thread")(customer, library))
    customer.seq, customer.head = seq, head

    await customer.repeat(library, customer.confirm(library, order=3))

    assert state(library, thid) == "in-force"


async def test_what_must_be_signed_is_not_taken_unsigned(world: World) -> None:
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    thid = await customer.proffer(library)

    await customer.say(library, f"{TERMS}/confirm", CONFIRM, to=public_did(library), thid=thid, sender_order=2)
    await world.settle()

    assert [each["code"] for each in customer.reports()] == ["e.m.msg.invalid"]
    assert state(library, thid) == "accepted"


async def test_a_refused_object_stays_in_the_log_with_the_reason(world: World) -> None:
    """3.10: kept as evidence, since the envelope was authentic."""
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    thid = await customer.proffer(library)

    await customer.repeat(library, confirmed(thid="another-thread")(customer, library))

    said = await world.ask(library, "GET", f"/v1/threads/{thid}/log")
    assert isinstance(said, dict)
    [refused] = [each for each in said["log"] if each["refused"]]
    assert refused["says"] == "confirm"
    assert "signed for 'another-thread'" in refused["refused"]


async def test_a_gap_in_the_chain_is_noted_and_taken_all_the_same(world: World) -> None:
    """3.5: the chain is evidence, not a gate."""
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    customer.seq, customer.head = 6, "uEi" + "A" * 44

    thid = await customer.proffer(library)
    await customer.repeat(library, customer.confirm(library))

    assert state(library, thid) == "in-force"
    assert towards(library, customer.did).theirs.seq == 8
    assert library.metrics.counts["chain_gaps", ()] == 1


async def test_two_objects_of_one_number_are_equivocation(world: World) -> None:
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    await customer.proffer(library)
    customer.seq, customer.head = 0, None
    customer.thid = "another-thread"

    await customer.repeat(library, customer.signed(library, "proffer", proffered(), 1, re=None))
    await world.settle()

    assert [each["code"] for each in customer.reports()] == ["e.p.trust.equivocation"]
    assert "another-thread" not in threads(library)


async def test_two_objects_of_one_id_are_equivocation(world: World) -> None:
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    thid = await customer.proffer(library)
    [first] = (row for row in library.store.ledger(customer.peer, ours=False) if row.seq == 1)

    await customer.repeat(library, confirmed(id=first.object_id)(customer, library))
    await world.settle()

    assert [each["code"] for each in customer.reports()] == ["e.p.trust.equivocation"]
    assert state(library, thid) == "accepted"


async def test_an_object_that_names_another_as_the_one_before_is_equivocation(world: World) -> None:
    library = await world.add("Town Library", "org")
    customer = await Customer.met(world, library)
    thid = await customer.proffer(library)

    await customer.repeat(library, confirmed(prev="uEi" + "A" * 44)(customer, library))
    await world.settle()

    assert [each["code"] for each in customer.reports()] == ["e.p.trust.equivocation"]
    assert state(library, thid) == "accepted"


async def test_an_object_signed_for_one_customer_is_worth_nothing_from_another(world: World) -> None:
    library = await world.add("Town Library", "org")
    customer, thief = await Customer.met(world, library, 1), await Customer.met(world, library, 2)
    thid = await customer.proffer(library)
    confirm = customer.confirm(library)
    stolen = thief.message(f"{TERMS}/confirm", copy.deepcopy(confirm.body), to=public_did(library), thid=thid)

    await thief.repeat(library, stolen)
    await customer.repeat(library, confirm)
    await world.settle()

    assert [each["code"] for each in thief.reports()] == [PROOF]
    assert state(library, thid) == "in-force"


async def test_an_org_that_cannot_prove_its_domain_is_not_met(world: World) -> None:
    her, impostor = await world.add("her"), Puppet.make(world)
    relationship = await impostor.invite(her)
    [thid] = threads(her)
    body: JsonObject = {
        "org": {"name": "Town Library", "url": "https://library.example", "kind": "official"},
        "domain": "library.example",
        "linkage": {},
        "agreements": [REF],
        "protocols": [f"{VRM}/relationship/1.0"],
        "rights_contact": {},
    }
    signed = impostor.sign("RelationshipWelcome", body, thid=thid, to=relationship.our_did)

    await impostor.say(
        her, f"{VRM}/relationship/1.0/welcome", signed, to=relationship.our_did, thid=thid, sender_order=1
    )
    await world.settle()

    assert [each["code"] for each in impostor.reports()] == ["e.p.trust.domain"]
    assert state(her, thid) == "greeted"
    assert not towards(her, impostor.did).met


async def test_an_end_that_the_org_sets_to_her_terms_is_put_to_her(world: World) -> None:
    """Her agent confirms by itself what she wished, and nothing less."""
    her, org = await world.add("her"), Puppet.make(world)
    relationship = await org.befriend(her)
    await world.do(her, "/v1/terms", peer=fingerprint(relationship.peer))
    await world.settle()
    proffer = org.last("proffer")
    body: JsonObject = {"agreement": REF, "ends": "2027-01-15T08:01:00Z"}
    answered = digest(org.object("proffer"))
    accept = org.sign("TermsAccept", body, thid=proffer.thread, to=relationship.our_did, re=answered)

    await org.say(her, f"{TERMS}/accept", accept, to=relationship.our_did, thid=proffer.thread, sender_order=1)
    await world.settle()

    assert org.reports() == []
    assert state(her, proffer.thread) == "accepted"
    [question] = await world.listed(her, "/v1/questions")
    assert "It would end on 2027-01-15." in str(question["what"])
