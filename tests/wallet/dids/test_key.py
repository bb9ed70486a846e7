import json
from pathlib import Path

import pytest

from tests.tally import Conformance
from tests.wallet.conftest import Case
from wallet.dids import resolve
from wallet.dids.key import create
from wallet.encoding import tagged, to_multibase, unb58
from wallet.errors import Malformed, Unsupported
from wallet.keys import (
    Curve,
    PublicKey,
    agreement_of,
    agreement_secret_of,
    from_secret,
    read_jwk,
    read_multikey,
    read_private_jwk,
    secret_of,
)
from wallet.keys import create as create_key
from wallet.needs import offline


def test_the_published_ed25519_dids_resolve_to_their_keys(vectors: Path, conformance: Conformance) -> None:
    cases = json.loads((vectors / "did-key" / "ed25519-x25519.json").read_text())
    for did, case in cases.items():
        keys = {method.id: method.key for method in offline(resolve(did)).methods}

        assert set(keys) == {method["id"] for method in case["didDocument"]["verificationMethod"]}
        for method in case["didDocument"]["verificationMethod"]:
            key = keys[method["id"]]
            assert key is not None
            assert key == _published(method, key.curve)
        private = from_secret(Curve.ED25519, bytes.fromhex(case["seed"]))
        agreement = case["keyAgreementKeyPair"]
        assert create(private.public) == did
        if "privateKeyJwk" in agreement:
            assert agreement_secret_of(private).public == read_private_jwk(agreement["privateKeyJwk"]).public
        else:
            assert secret_of(agreement_secret_of(private)) == unb58(agreement["privateKeyBase58"])

    assert len(cases) == 5
    conformance("did-key", accepted=len(cases))


def test_the_published_nist_curve_dids_resolve_to_their_keys(vectors: Path, conformance: Conformance) -> None:
    cases = json.loads((vectors / "did-key" / "nist-curves.json").read_text())
    for did, case in cases.items():
        (method,) = offline(resolve(did)).methods

        assert method.key is not None
        assert create(method.key) == did
        assert method.key == _published(case["verificationMethod"], method.key.curve)
        if "privateKeyJwk" in case["verificationMethod"]:
            assert read_private_jwk(case["verificationMethod"]["privateKeyJwk"]).public == method.key

    assert len(cases) == 7
    conformance("did-key", accepted=len(cases))


def _published(method: Case, curve: Curve) -> PublicKey:
    if "publicKeyJwk" in method:
        return read_jwk(method["publicKeyJwk"])
    if "publicKeyMultibase" in method:
        return read_multikey(method["publicKeyMultibase"])
    raw = unb58(method["publicKeyBase58"])
    if len(raw) == 32:
        return PublicKey(curve, raw)
    return read_multikey(to_multibase(tagged("p256-pub", raw)))


@pytest.mark.parametrize("curve", [Curve.P256, Curve.P384, Curve.P521, Curve.SECP256K1])
def test_a_key_that_can_do_all_is_listed_for_all(curve: Curve) -> None:
    public = create_key(curve).public
    document = offline(resolve(create(public)))
    (method,) = document.methods

    assert document.key(method.id, "authentication") == public
    assert document.key(method.id, "assertionMethod") == public
    assert document.agreement_keys() == [(method.id, public)]


def test_an_ed25519_key_signs_and_its_x25519_key_agrees() -> None:
    public = create_key(Curve.ED25519).public
    document = offline(resolve(create(public)))
    signs, agrees = document.methods

    assert document.authentication == document.assertion_method == (signs.id,)
    assert document.agreement_keys() == [(agrees.id, agreement_of(public))]


def test_an_x25519_key_only_agrees() -> None:
    public = create_key(Curve.X25519).public
    document = offline(resolve(create(public)))

    assert document.authentication == document.assertion_method == ()
    assert [key for _, key in document.agreement_keys()] == [public]


@pytest.mark.parametrize(
    "key",
    [
        to_multibase(tagged("ed25519-pub", bytes(31))),
        to_multibase(tagged("ed25519-pub", bytes(33))),
        to_multibase(tagged("ed25519-pub", b"\x01" + bytes(31))),
        to_multibase(tagged("ed25519-pub", b"\xff" * 32)),
        to_multibase(tagged("ed25519-pub", b"\x02" + bytes(31))),
        to_multibase(tagged("x25519-pub", bytes(32))),
        to_multibase(tagged("p256-pub", b"\x02" + b"\xff" * 32)),
        to_multibase(tagged("p256-pub", create_key(Curve.P256).public.raw)),
        to_multibase(tagged("ed25519-priv", bytes(32))),
        to_multibase(tagged("json", b"{}")),
        to_multibase(tagged("ed25519-pub", create_key(Curve.ED25519).public.raw), "u"),
        to_multibase(b"\xff\x7f" + bytes(32)),
        "z",
        "z0",
        "6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp",
        "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp:x",
    ],
)
def test_a_did_that_is_no_key_does_not_resolve(key: str) -> None:
    with pytest.raises((Malformed, Unsupported)):
        offline(resolve(f"did:key:{key}"))
