"""Keys against the published vectors."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tally import Conformance
from tests.wallet.conftest import Case
from wallet.encoding import b64u
from wallet.errors import Malformed, Unsupported
from wallet.keys import (
    Curve,
    PublicKey,
    from_secret,
    read_jwk,
    read_private_jwk,
    verify,
)

Cases = Callable[[str], list[Case]]


def accepted(case: Case) -> bool:
    return bool(case["result"] == "valid")


def raw(case: Case, name: str) -> bytes:
    return bytes.fromhex(case[name])


def test_ed25519_verifies_what_wycheproof_says(wycheproof: Cases, conformance: Conformance) -> None:
    cases = wycheproof("ed25519")
    for case in cases:
        public = PublicKey(Curve.ED25519, bytes.fromhex(case["group"]["publicKey"]["pk"]))

        assert verify(public, raw(case, "msg"), raw(case, "sig")) is accepted(case), case["tcId"]
    conformance.cases("wycheproof", map(accepted, cases))


@pytest.mark.parametrize(
    ("name", "curve"),
    [
        ("ecdsa_secp256r1_sha256_p1363", Curve.P256),
        ("ecdsa_secp384r1_sha384_p1363", Curve.P384),
        ("ecdsa_secp256k1_sha256_p1363", Curve.SECP256K1),
    ],
)
def test_ecdsa_verifies_what_wycheproof_says(
    wycheproof: Cases, name: str, curve: Curve, conformance: Conformance
) -> None:
    cases = wycheproof(name)
    for case in cases:
        public = PublicKey(curve, bytes.fromhex(case["group"]["publicKey"]["uncompressed"]))

        assert verify(public, raw(case, "msg"), raw(case, "sig")) is accepted(case), case["tcId"]
    conformance.cases("wycheproof", map(accepted, cases))


def test_a_der_signature_is_no_jose_signature(wycheproof: Cases) -> None:
    for case in wycheproof("ecdsa_secp256r1_sha256"):
        public = PublicKey(Curve.P256, bytes.fromhex(case["group"]["publicKey"]["uncompressed"]))

        assert not verify(public, raw(case, "msg"), raw(case, "sig")), case["tcId"]


def test_x25519_agrees_as_wycheproof_says_and_never_on_zero(wycheproof: Cases, conformance: Conformance) -> None:
    refused = 0
    cases = wycheproof("x25519")
    for case in cases:
        key = from_secret(Curve.X25519, raw(case, "private"))
        if "ZeroSharedSecret" in case["flags"]:
            refused += 1
            with pytest.raises(Malformed):
                key.agree(PublicKey(Curve.X25519, raw(case, "public")))
        else:
            assert key.agree(PublicKey(Curve.X25519, raw(case, "public"))) == raw(case, "shared"), case["tcId"]

    assert refused == 31
    conformance("wycheproof", accepted=len(cases) - refused, rejected=refused)


@pytest.mark.parametrize("name", ["x25519_jwk", "ecdh_secp256r1_webcrypto"])
def test_keys_from_jwk_agree_as_wycheproof_says(wycheproof: Cases, name: str, conformance: Conformance) -> None:
    cases = wycheproof(name)
    refused = [case["result"] == "invalid" or "ZeroSharedSecret" in case["flags"] for case in cases]
    for case, bad in zip(cases, refused, strict=True):
        if bad:
            with pytest.raises((Malformed, Unsupported)):
                read_private_jwk(case["private"]).agree(read_jwk(case["public"]))
        else:
            assert read_private_jwk(case["private"]).agree(read_jwk(case["public"])) == raw(case, "shared")
    conformance.cases("wycheproof", (not bad for bad in refused))


def test_the_cookbook_keys_are_read(vectors: Path, conformance: Conformance) -> None:
    book = vectors / "jose-cookbook"
    public = read_jwk(json.loads((book / "3_1.ec_public_key.json").read_text()))
    private = read_private_jwk(json.loads((book / "3_2.ec_private_key.json").read_text()))
    signed = json.loads((book / "jws.json").read_text())
    ed25519 = read_private_jwk(signed["input"]["key"])

    assert public == private.public
    assert public.curve is Curve.P521
    assert b64u(ed25519.sign(signed["signing"]["sig-input"].encode())) == signed["signing"]["sig"]
    conformance("jose-cookbook", accepted=2)
