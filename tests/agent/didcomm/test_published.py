"""Messages and keys that others published. Source: vectors didcomm-v2-spec, ecdh-1pu, jose-cookbook, wycheproof."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import keywrap

from agent.didcomm import envelopes, jwe
from agent.errors import BadEnvelope
from tests.tally import Conformance
from wallet import ciphers, encoding, keys
from wallet.dids import document
from wallet.dids.document import Document
from wallet.keys import Keyring
from wallet.needs import Lookup, offline
from wallet.strict_json import JsonObject

ALICE, BOB = "did:example:alice", "did:example:bob"

SIGNED = ("signed",)
AUTHCRYPT = ("authcrypt",)
ANONCRYPT = ("anoncrypt",)


class Example:
    """Alice and Bob of the specification: their documents, their keys."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.documents = {did: document.read(self.json(f"{did[12:]}-diddoc"), did) for did in (ALICE, BOB)}

    def raw(self, name: str) -> bytes:
        """One file of the folder."""
        return (self.folder / f"{name}.json").read_bytes()

    def json(self, name: str) -> JsonObject:
        """The same, read."""
        found: JsonObject = json.loads(self.raw(name))
        return found

    def ring(self, who: str) -> Keyring:
        """All private keys of `alice` or `bob`."""
        ring = Keyring()
        for secret in json.loads(self.raw(f"{who}-secrets")):
            ring.add(secret["kid"], keys.read_private_jwk(secret))
        return ring

    def resolve(self, did: str) -> Lookup[Document]:
        """The document of either, out of nowhere else."""
        yield from ()
        return self.documents[did]


@pytest.fixture
def example(vectors: Path) -> Example:
    """The example of appendices A to C."""
    return Example(vectors / "didcomm-v2-spec")


@pytest.mark.parametrize(
    ("name", "wrapping"),
    [
        ("signed-1", SIGNED),
        ("signed-2", SIGNED),
        ("signed-3", SIGNED),
        ("encrypted-1", ANONCRYPT),
        ("encrypted-2", ANONCRYPT),
        ("encrypted-3", ANONCRYPT),
        ("encrypted-4", AUTHCRYPT),
        ("encrypted-5", AUTHCRYPT + SIGNED),
        ("encrypted-6", ANONCRYPT + AUTHCRYPT + SIGNED),
    ],
)
def test_every_message_of_the_specification_opens(
    example: Example, conformance: Conformance, name: str, wrapping: tuple[str, ...]
) -> None:
    opened = offline(envelopes.open(example.raw(name), keys=example.ring("bob"), resolve=example.resolve))

    assert opened.plaintext.body == example.json("plaintext")["body"]
    assert opened.plaintext.created_time == example.json("plaintext")["created_time"]
    assert opened.wrapping == wrapping
    assert opened.sender == (ALICE if wrapping != ANONCRYPT else None)
    conformance("didcomm-v2-spec", accepted=1)


@pytest.mark.parametrize("place", range(3))
def test_every_recipient_key_of_a_message_opens_it(example: Example, place: int) -> None:
    kid = f"{BOB}#key-x25519-{place + 1}"
    ring = Keyring()
    ring.add(kid, next(keys.read_private_jwk(s) for s in json.loads(example.raw("bob-secrets")) if s["kid"] == kid))

    opened = offline(envelopes.open(example.raw("encrypted-4"), keys=ring, resolve=example.resolve))

    assert opened.recipient_kid == kid


def test_ecdh_1pu_derives_the_published_keys(vectors: Path, conformance: Conformance) -> None:
    for case in json.loads((vectors / "ecdh-1pu" / "vectors.json").read_text())["cases"]:
        alice, bob, ephemeral = (keys.read_private_jwk(case[who]) for who in ("alice", "bob", "ephemeral"))
        sent = ephemeral.agree(bob.public) + alice.agree(bob.public)
        heard = bob.agree(ephemeral.public) + bob.agree(alice.public)

        derived = ciphers.concat_kdf(
            sent,
            alg=case["alg"],
            apu=case["apu"].encode(),
            apv=case["apv"].encode(),
            bits=4 * len(case["derived_hex"]),
            tag=bytes.fromhex(case.get("cctag_hex", "")),
        )

        assert sent == heard
        assert derived.hex() == case["derived_hex"]
        conformance("ecdh-1pu", accepted=1)


COOKBOOK = {
    "5_4.key_agreement_with_key_wrapping_using_ecdh-es_and_aes-keywrap_with_aes-gcm.json": 128,
    "5_13.encrypting_to_multiple_recipients.json": 256,
}


@pytest.mark.parametrize(("name", "bits"), COOKBOOK.items())
def test_the_cookbook_wraps_its_content_keys_as_we_do(
    vectors: Path, conformance: Conformance, name: str, bits: int
) -> None:
    """Their other recipients and ciphers do not occur in DIDComm; ours are reached by the same derivation."""
    case = json.loads((vectors / "jose-cookbook" / name).read_text())
    jwks, steps = case["input"]["key"], case["encrypting_key"]
    jwk, step = (jwks[1], steps[1]) if isinstance(jwks, list) else (jwks, steps)
    epk = keys.read_jwk({member: value for member, value in step["epk"].items() if member != "d"})

    shared = keys.read_private_jwk(jwk).agree(epk)
    wrapping = ciphers.concat_kdf(shared, alg=f"ECDH-ES+A{bits}KW", apu=b"", apv=b"", bits=bits)

    wrapped = encoding.unb64u(step["encrypted_key"])
    assert keywrap.aes_key_unwrap(wrapping, wrapped) == encoding.unb64u(case["generated"]["cek"])
    conformance("jose-cookbook", accepted=1)


def test_no_envelope_of_the_cookbook_or_of_wycheproof_is_one_of_didcomm(vectors: Path) -> None:
    """All use ciphers or key wrapping that DIDComm leaves out, or have no `apv`."""
    suite = json.loads((vectors / "wycheproof" / "json_web_crypto_test.json").read_text())
    compact = [case["jwe"] for group in suite["testGroups"] for case in group["tests"] if "jwe" in case]
    published = [flattened(text) if isinstance(text, str) else text for text in compact]
    published += [json.loads((vectors / "jose-cookbook" / name).read_text())["output"]["json"] for name in COOKBOOK]

    for envelope in published:
        with pytest.raises(BadEnvelope):
            jwe.read(envelope)


def flattened(compact: str) -> JsonObject:
    """A compact JWE in flattened JSON."""
    return dict(zip(("protected", "encrypted_key", "iv", "ciphertext", "tag"), compact.split(".")))
