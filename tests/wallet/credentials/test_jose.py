"""Compact JWS: what is made, and all that is refused before a key is looked at."""

import hashlib
import hmac
import json

import pytest

from wallet import keys
from wallet.credentials.jose import (
    MAX_HEADER,
    fits,
    has_type,
    holds,
    jws_compact,
    period_fault,
    read_compact,
    signing_key,
)
from wallet.encoding import b64u
from wallet.errors import Malformed, NotFound, Unsupported, Untrusted
from wallet.keys import Curve, Keyring
from wallet.strict_json import Json, JsonObject

NOW = 1_760_000_000
RING = Keyring()
for curve in (Curve.ED25519, Curve.P256, Curve.P384, Curve.P521, Curve.SECP256K1):
    RING.add(curve, keys.create(curve))


def token(header: JsonObject, payload: JsonObject | None = None) -> str:
    """A token with a header that nothing was added to; its signature is nonsense."""
    return f"{b64u(json.dumps(header).encode())}.{b64u(json.dumps(payload or {}).encode())}.AA"


@pytest.mark.parametrize("curve", [Curve.ED25519, Curve.P256, Curve.P384, Curve.P521, Curve.SECP256K1])
def test_what_is_signed_holds_under_its_key_and_no_other(curve: Curve) -> None:
    jws = read_compact(jws_compact({"typ": "x"}, {"a": 1}, RING, curve), typ="x")

    assert jws.claims() == {"a": 1}
    assert holds(jws, RING.public(curve))
    assert not holds(jws, keys.create(curve).public)


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "HS256", "RS256", "PS512", "ES256K-R", "", None, 1, ["EdDSA"]])
def test_an_algorithm_that_is_not_ours_is_refused(alg: Json) -> None:
    with pytest.raises(Unsupported):
        read_compact(token({"alg": alg}))


def test_a_missing_algorithm_is_refused() -> None:
    with pytest.raises(Unsupported):
        read_compact(token({}))


def test_the_public_key_is_no_hmac_secret() -> None:
    public = RING.public(Curve.ED25519)
    signed = token({"alg": "HS256"}).rpartition(".")[0]
    mac = hmac.new(public.raw, signed.encode(), hashlib.sha256).digest()

    with pytest.raises(Unsupported):
        read_compact(f"{signed}.{b64u(mac)}")


def test_the_header_has_to_name_the_algorithm_of_the_key() -> None:
    text = jws_compact({"alg": "ES256"}, {}, RING, Curve.ED25519)

    assert not holds(read_compact(text), RING.public(Curve.ED25519))
    assert fits({"alg": "Ed25519"}, RING.public(Curve.ED25519))
    assert not fits({"alg": "EdDSA"}, RING.public(Curve.P256))


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["x"], "x": 1},
        {"crit": []},
        {"crit": ["alg"]},
        {"crit": None},
        {"b64": False},
        {"b64": True},
        {"zip": "DEF"},
    ],
    ids=str,
)
def test_extensions_are_refused(header: JsonObject) -> None:
    with pytest.raises(Unsupported):
        read_compact(token(header | {"alg": "EdDSA"}))


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c"])
def test_keys_in_a_header_are_not_looked_at(name: str) -> None:
    assert not holds(read_compact(token({"alg": "EdDSA", name: "https://a.example"})), RING.public(Curve.ED25519))


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "a.b",
        "a.b.c.d",
        " e30.e30.AA",
        "e30.e30.AA ",
        "e30=.e30.AA",
        "e30.e30.A",
        "bnVsbA.e30.AA",
        "é.e30.AA",
    ],
)
def test_anything_but_three_parts_of_base64url_is_refused(text: str) -> None:
    with pytest.raises((Malformed, Unsupported)):
        read_compact(text)


def test_a_header_has_one_meaning() -> None:
    with pytest.raises(Malformed):
        read_compact(b64u(b'{"alg":"none","alg":"EdDSA"}') + ".e30.AA")


def test_a_header_is_at_most_16_kib() -> None:
    with pytest.raises(Malformed):
        read_compact(token({"alg": "EdDSA", "x": "y" * MAX_HEADER}))


def test_one_kind_of_token_is_not_taken_for_another() -> None:
    text = jws_compact({"typ": "kb+jwt"}, {}, RING, Curve.P256)

    with pytest.raises(Untrusted):
        read_compact(text, typ="statuslist+jwt")
    assert read_compact(text, typ="kb+jwt")


def test_media_types_are_compared_without_case_and_prefix() -> None:
    assert has_type({"typ": "application/DC+SD-JWT"}, "dc+sd-jwt")
    assert not has_type({"typ": ["dc+sd-jwt"]}, "dc+sd-jwt")
    assert not has_type({}, "dc+sd-jwt")


def test_a_key_for_something_else_signs_nothing() -> None:
    jwk: JsonObject = dict(keys.to_jwk(RING.public(Curve.P256)))
    others: list[JsonObject] = [{"use": "enc"}, {"key_ops": ["encrypt"]}, {"key_ops": "verify"}]

    assert signing_key(jwk | {"use": "sig", "key_ops": ["verify"]}) == RING.public(Curve.P256)
    for purpose in others:
        with pytest.raises(Untrusted):
            signing_key(jwk | purpose)


def test_without_the_key_nothing_is_signed() -> None:
    with pytest.raises(NotFound):
        jws_compact({}, {}, RING, "did:example:nobody#1")


@pytest.mark.parametrize(
    ("claims", "good"),
    [
        ({}, True),
        ({"exp": NOW + 1, "nbf": NOW - 1, "iat": NOW}, True),
        ({"exp": NOW - 59}, True),
        ({"exp": NOW - 60}, False),
        ({"nbf": NOW + 60}, True),
        ({"nbf": NOW + 61}, False),
        ({"iat": NOW + 61}, False),
        ({"exp": None}, False),
        ({"exp": "9999999999"}, False),
        ({"exp": True}, False),
        ({"exp": -1}, False),
        ({"exp": [NOW]}, False),
    ],
)
def test_a_token_is_good_in_its_time(claims: JsonObject, good: bool) -> None:
    assert (period_fault(claims, NOW, 60) is None) == good
