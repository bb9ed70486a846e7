"""No signed object is accepted for another thread, audience, message type or key than its own, or with a member that we
do not know: whatever message of whatever family it is by which somebody begins a thread.

Source: vrm-protocols, section 7, line 10.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from agent.agent import Agent
from agent.json_values import as_json
from agent.ledger import family
from protocols.machine import Message, Protocol, Signed
from protocols.messages import encode, values_of
from tests.agent.puppet import Puppet
from tests.agent.world import World, public_did, threads
from tests.invariants.test_silence import named, openings
from wallet import keys, signed
from wallet.canonical import canonical
from wallet.data_integrity import signed_bytes
from wallet.encoding import to_multibase
from wallet.keys import Curve, new_id

CODES = {"e.m.trust.crypto.proof", "e.m.msg.invalid"}
Case = tuple[Protocol, Message]


def again(puppet: Puppet, object: Any) -> Any:
    """The object signed anew by the same key, so that nothing is wrong with its proof."""
    plain = {name: value for name, value in object.items() if name != "proof"}
    proof = {name: value for name, value in object["proof"].items() if name != "proofValue"}
    proof["proofValue"] = to_multibase(puppet.ring.sign(f"{puppet.did}#key-1", signed_bytes(plain, proof)))
    return {**plain, "proof": proof}


def member(puppet: Puppet, object: Any) -> Any:
    """With a member more, and signed so."""
    return again(puppet, {**object, "expires": "never"})


def inner_member(puppet: Puppet, object: Any) -> Any:
    """With a member more in what it is about."""
    return again(puppet, {**object, "credentialSubject": {**object["credentialSubject"], "note": "n"}})


def field_of_body(puppet: Puppet, object: Any) -> Any:
    """With a field more in the message itself."""
    subject = object["credentialSubject"]
    return again(puppet, {**object, "credentialSubject": {**subject, "body": {**subject["body"], "but": "not today"}}})


def unproved(puppet: Puppet, object: Any) -> Any:
    """With one letter changed, and the old proof."""
    return {**object, "id": signed.new_object_id()}


CHANGES: dict[str, Callable[[Puppet, Any], Any]] = {
    "a member more": member,
    "a member more inside": inner_member,
    "a field more": field_of_body,
    "other than was signed": unproved,
}
BY_ANOTHER_KEY = "by another key"
ARGUMENTS: dict[str, dict[str, object]] = {
    "for another thread": {"thid": "another-thread"},
    "for another audience": {"audience": "did:web:somebody-else.example"},
    "of another message": {"type": "TermsConfirm"},
    "of another family": {"type": "NobodysOwn"},
    BY_ANOTHER_KEY: {},
    "answering something": {"re": "uEi" + "A" * 43 + "A"},
}


async def met(world: World, by: str) -> tuple[Puppet, Agent, str]:
    """Somebody who knows an owner of the other kind, and the DID at which it is heard."""
    agent, puppet = await world.add("owner", "org" if by == "person" else "person"), Puppet.make(world)
    if by == "person":
        await puppet.meet_org(agent, public_did(agent))
        await puppet.acknowledge(agent, public_did(agent))
        return puppet, agent, public_did(agent)
    return puppet, agent, (await puppet.befriend(agent)).our_did


async def say(puppet: Puppet, agent: Agent, case: Case, to: str, wrong: str) -> str:
    """Say it with one thing wrong with what is signed. Returns the thread."""
    table, message = case
    values, salt, thid = values_of(message), signed.new_salt(), new_id()
    how: dict[str, Any] = {"type": signed.type_name(family(table), message.name), "thid": thid, "audience": to}
    how |= {"data_digest": signed.digest_of_data(as_json(values), salt)} if values else {}
    how |= ARGUMENTS.get(wrong, {})
    if wrong == BY_ANOTHER_KEY:
        ring = keys.Keyring()
        ring.add(f"{puppet.did}#key-1", keys.create(Curve.ED25519))
        how["keys"] = ring
    seq, head, type = puppet.seq, puppet.head, how.pop("type")
    carried = puppet.sign(type, as_json(encode(message)[0]), to=how.pop("audience"), **how)
    puppet.seq, puppet.head = seq, head  # it never counts
    if wrong in CHANGES:
        carried = {"signed": CHANGES[wrong](puppet, json.loads(canonical(carried["signed"])))}
    carried |= {"data": as_json(values), "salt": salt} if values else {}
    await puppet.say(agent, table.type_of(message), carried, to=to, thid=thid, sender_order=1, please_ack=("",))
    await puppet.world.settle()
    return thid


def signed_openings(by: str) -> list[Case]:
    """Every signed message by which that side may begin a thread, but for those that carry attachments."""
    found = [*openings(by), *openings("asker")]
    return [each for each in found if isinstance(each[1], Signed) and not encode(each[1])[1]]


@pytest.mark.parametrize(
    ("by", "case"),
    [pytest.param(by, case, id=f"{by} {named(case)}") for by in ("person", "org") for case in signed_openings(by)],
)
async def test_an_object_that_is_wrong_in_one_thing_begins_nothing(world: World, by: str, case: Case) -> None:
    puppet, agent, to = await met(world, by)
    before, held = set(threads(agent)), agent.store.ledger(next(iter(agent.store.peers())).peer)

    for number, wrong in enumerate((*CHANGES, *ARGUMENTS), 1):
        puppet.heard.clear()
        world.time += 60 * number  # so that as much is complained of as there is to complain of
        thid = await say(puppet, agent, case, to, wrong)

        codes = {str(each["code"]) for each in puppet.reports()}
        assert codes, f"{wrong}: it was taken"
        assert codes <= CODES, f"{wrong}: {codes}"
        assert thid not in threads(agent), wrong

    assert set(threads(agent)) == before
    assert agent.store.ledger(next(iter(agent.store.peers())).peer) == held
    assert await world.listed(agent, "/v1/questions") == []


def test_the_messages_tried_are_of_every_family_that_anybody_can_begin() -> None:
    families = {family(table) for by in ("person", "org") for table, _ in signed_openings(by)}

    assert len(families) >= 10, families
