"""Sealing and opening. What must not be opened stands in tests/corpus/env."""

import json

import pytest

from agent.didcomm import encryption, envelopes, jwe
from agent.errors import BadEnvelope, Dropped
from tests.agent.didcomm.people import Person, authcrypt, nowhere, resolve, written
from wallet import keys
from wallet.dids import peer
from wallet.encoding import b64u, unb64u
from wallet.errors import NotFound, Unresolved, Unsupported
from wallet.keys import Curve, Keyring
from wallet.needs import offline


@pytest.fixture
def alice() -> Person:
    """Who writes."""
    return Person()


@pytest.fixture
def bob() -> Person:
    """Who is written to."""
    return Person()


def test_authcrypt_says_who_wrote(alice: Person, bob: Person) -> None:
    opened = bob.open(authcrypt(alice, bob))

    assert opened.plaintext.body == {"content": "hello"}
    assert opened.raw == written(alice, bob)
    assert opened.sender == alice.did
    assert (opened.sender_kid, opened.recipient_kid) == (alice.agreement_kid, bob.agreement_kid)
    assert opened.wrapping == ("authcrypt",)


def test_short_and_long_forms_of_a_did_are_one(alice: Person, bob: Person) -> None:
    short = [(peer.short(bob.did) + "#key-2", bob.recipients[0][1])]
    packed = envelopes.seal(written(alice, bob), keys=alice.ring, sender_kid=alice.agreement_kid, recipients=short)

    assert bob.open(packed).plaintext.id == "1"


@pytest.mark.parametrize("enc", ["A256CBC-HS512", "A256GCM", "XC20P"])
def test_anoncrypt_says_nothing_of_who_wrote(alice: Person, bob: Person, enc: str) -> None:
    packed = envelopes.seal(written(alice, bob), keys=Keyring(), sender_kid=None, recipients=bob.recipients, enc=enc)

    opened = offline(envelopes.open(packed, keys=bob.ring, resolve=nowhere))

    assert opened.sender is None
    assert opened.wrapping == ("anoncrypt",)


def test_a_signature_inside_is_by_the_sender(alice: Person, bob: Person) -> None:
    signed = envelopes.sign(written(alice, bob), keys=alice.ring, kid=alice.signing_kid)
    inner = envelopes.seal(signed, keys=alice.ring, sender_kid=alice.agreement_kid, recipients=bob.recipients)
    outer = envelopes.seal(inner, keys=alice.ring, sender_kid=None, recipients=bob.recipients)

    opened = bob.open(outer)

    assert opened.wrapping == ("anoncrypt", "authcrypt", "signed")
    assert opened.signer == alice.signing_kid
    assert opened.sender == alice.did


@pytest.mark.parametrize("curve", [Curve.X25519, Curve.P256, Curve.P384, Curve.P521])
def test_every_agreement_curve_is_written_and_read(curve: Curve) -> None:
    mine, theirs = keys.create(curve), keys.create(curve)
    sender, recipient = Keyring(), Keyring()
    sender.add("did:example:a#1", mine)
    recipient.add("did:example:b#1", theirs)

    packed = encryption.encrypt(
        b"hello", ring=sender, sender_kid="did:example:a#1", recipients=[("did:example:b#1", theirs.public)]
    )

    read = jwe.read(json.loads(packed))
    assert encryption.decrypt(read, ring=recipient, recipient=read.recipients[0], sender=mine.public) == b"hello"


def test_everyone_addressed_can_open_it(alice: Person) -> None:
    many = [Person() for _ in range(3)]
    recipients = [each.recipients[0] for each in many]
    packed = encryption.encrypt(b"hello", ring=alice.ring, sender_kid=alice.agreement_kid, recipients=recipients)

    read = jwe.read(json.loads(packed))

    assert [each.kid for each in read.recipients] == sorted(each.agreement_kid for each in many)
    sender = alice.recipients[0][1]
    for person in many:
        mine = next(each for each in read.recipients if each.kid == person.agreement_kid)
        assert encryption.decrypt(read, ring=person.ring, recipient=mine, sender=sender) == b"hello"


def test_what_is_written_by_default_commits_to_its_key(alice: Person, bob: Person) -> None:
    """ENV-41: two recipients of an A256GCM or XC20P message could be shown different texts; of ours they cannot."""
    packed = json.loads(envelopes.seal(b"{}", keys=alice.ring, sender_kid=None, recipients=bob.recipients))

    assert json.loads(unb64u(packed["protected"]))["enc"] == "A256CBC-HS512"


@pytest.mark.parametrize("enc", ["A256GCM", "XC20P"])
def test_authcrypt_is_written_with_one_cipher_only(alice: Person, bob: Person, enc: str) -> None:
    with pytest.raises(Unsupported, match=enc):
        envelopes.seal(b"{}", keys=alice.ring, sender_kid=alice.agreement_kid, recipients=bob.recipients, enc=enc)


def test_keys_of_different_curves_need_an_envelope_each(alice: Person, bob: Person) -> None:
    other = ("did:example:c#1", keys.create(Curve.P256).public)

    with pytest.raises(Unsupported, match="once per curve"):
        envelopes.seal(b"{}", keys=alice.ring, sender_kid=None, recipients=[*bob.recipients, other])


def test_without_the_key_nothing_is_sealed_or_signed(alice: Person, bob: Person) -> None:
    with pytest.raises(NotFound):
        envelopes.seal(b"{}", keys=bob.ring, sender_kid=alice.agreement_kid, recipients=bob.recipients)
    with pytest.raises(NotFound):
        envelopes.sign(b"{}", keys=bob.ring, kid=alice.signing_kid)


def test_two_messages_share_no_key_and_no_bytes_but_the_header(alice: Person, bob: Person) -> None:
    first, second = (json.loads(authcrypt(alice, bob)) for _ in range(2))

    headers = [json.loads(unb64u(each["protected"])) for each in (first, second)]
    assert headers[0].pop("epk") != headers[1].pop("epk")
    assert headers[0] == headers[1]
    for name in ("iv", "ciphertext", "tag"):
        assert first[name] != second[name]
    assert first["recipients"][0]["encrypted_key"] != second["recipients"][0]["encrypted_key"]


def test_a_locked_keyring_opens_and_seals_nothing_whatever_was_remembered(alice: Person, bob: Person) -> None:
    packed = authcrypt(alice, bob)
    bob.open(packed)
    for person in (alice, bob):
        person.ring.forget()
    envelopes.forget()

    with pytest.raises(Dropped, match="unreadable"):
        bob.open(packed)
    with pytest.raises(NotFound):
        authcrypt(alice, bob)


def test_a_rotated_key_is_used_at_once(alice: Person, bob: Person) -> None:
    authcrypt(alice, bob)
    other = keys.from_secret(Curve.X25519, keys.random_bytes(32))
    alice.ring.add(alice.agreement_kid, other)

    read = jwe.read(json.loads(authcrypt(alice, bob)))

    assert encryption.decrypt(read, ring=bob.ring, recipient=read.recipients[0], sender=other.public)


def test_a_sender_whose_document_cannot_be_had_now_is_no_reason_to_drop(alice: Person, bob: Person) -> None:
    """The message may be good: whoever received it can answer that it should come again."""
    with pytest.raises(Unresolved):
        offline(envelopes.open(authcrypt(alice, bob), keys=bob.ring, resolve=nowhere))


def test_opening_asks_only_for_the_sender(alice: Person, bob: Person) -> None:
    asked = []

    def noted(did: str) -> object:
        asked.append(did)
        return resolve(did)

    offline(envelopes.open(authcrypt(alice, bob), keys=bob.ring, resolve=noted))  # type: ignore[arg-type]  # the same

    assert asked == [alice.did]


def test_an_envelope_spelled_otherwise_says_the_same(alice: Person, bob: Person) -> None:
    """What is spelled as we spell it takes a shorter way; it must lead to the same place."""
    packed = authcrypt(alice, bob)
    other = json.dumps(dict(reversed(json.loads(packed).items())), indent=1).encode()

    assert jwe.read_usual(packed) is not None
    assert jwe.read_usual(other) is None
    assert jwe.read_usual(packed) == jwe.read(json.loads(packed))
    assert bob.open(other) == bob.open(packed)


@pytest.mark.parametrize(
    "epk_mark", [',"x":{"epk":{}},"epk":', ',"x":",\\"epk\\":{}","epk":', ',"epk":{"kty":"OKP"},"epk":']
)
def test_a_header_that_only_looks_usual_is_read_as_it_stands(alice: Person, bob: Person, epk_mark: str) -> None:
    envelope = json.loads(authcrypt(alice, bob))
    header = unb64u(envelope["protected"]).decode().replace(',"epk":', epk_mark, 1)
    envelope["protected"] = b64u(header.encode())
    packed = json.dumps(envelope, separators=(",", ":")).encode()

    with pytest.raises((BadEnvelope, Dropped)):
        bob.open(packed)
