import json
from pathlib import Path

import pytest

from tests.tally import Conformance
from wallet.dids import resolve
from wallet.dids.jwk import create, encode
from wallet.encoding import b64u
from wallet.errors import Malformed, Unsupported
from wallet.keys import Curve, read_jwk, secret_of, to_jwk
from wallet.keys import create as create_key
from wallet.needs import offline


def test_the_published_dids_resolve_to_their_keys_and_back(vectors: Path, conformance: Conformance) -> None:
    cases = json.loads((vectors / "did-jwk" / "examples.json").read_text())
    blocks = [case["blocks_did_didurl_document"] for case in cases if case["blocks_did_didurl_document"]]
    for did, kid, text in blocks:
        published = json.loads(text)
        jwk = published["verificationMethod"][0]["publicKeyJwk"]

        document = offline(resolve(did))

        (method,) = document.methods
        assert (method.id, method.key) == (kid, read_jwk(jwk))
        assert encode(jwk) == did
        assert bool(document.authentication) == ("authentication" in published)
        assert bool(document.key_agreement) == ("keyAgreement" in published)

    assert len(blocks) == 2
    conformance("did-jwk", accepted=len(blocks))


@pytest.mark.parametrize("curve", Curve)
def test_a_did_is_its_key(curve: Curve) -> None:
    public = create_key(curve).public

    (method,) = offline(resolve(create(public))).methods

    assert method.key == public


@pytest.mark.parametrize(("use", "signs", "agrees"), [("sig", True, False), ("enc", False, True), (None, True, True)])
def test_the_use_of_a_key_decides_what_it_may_do(use: str | None, signs: bool, agrees: bool) -> None:
    jwk = {**to_jwk(create_key(Curve.P256).public)} | ({"use": use} if use else {})

    document = offline(resolve(encode({**jwk})))

    assert bool(document.authentication) is bool(document.assertion_method) is signs
    assert bool(document.key_agreement) is agrees


def test_a_private_key_is_no_did() -> None:
    key = create_key(Curve.P256)
    jwk = to_jwk(key.public) | {"d": b64u(secret_of(key))}

    with pytest.raises(Malformed):
        encode({**jwk})
    with pytest.raises(Malformed):
        offline(resolve("did:jwk:" + b64u(json.dumps(jwk).encode())))


@pytest.mark.parametrize(
    "text",
    [
        "e30",
        "bnVsbA",
        "W10",
        "e30=",
        "x",
        b64u(b'{"kty":"OKP","crv":"X25519","x":"AA"}'),
        b64u(b'{"kty":"OKP","kty":"OKP","crv":"X25519","x":"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"}'),
        b64u(b'{"kty":"RSA","n":"AQAB","e":"AQAB"}'),
        b64u(b"\xff"),
    ],
)
def test_a_did_that_is_no_jwk_does_not_resolve(text: str) -> None:
    with pytest.raises((Malformed, Unsupported)):
        offline(resolve(f"did:jwk:{text}"))
