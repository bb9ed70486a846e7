"""did:jwk: a DID that is a public JWK. Source: did:jwk Method Specification."""

import json

from wallet.dids.document import CONTEXT, Document, read
from wallet.dids.syntax import specific_id
from wallet.encoding import b64u, unb64u
from wallet.keys import Curve, PublicKey, read_jwk, to_jwk
from wallet.needs import Lookup
from wallet.strict_json import Json, JsonObject, parse_object


def create(public: PublicKey) -> str:
    """The DID of a key, from the JWK with its required members in alphabetical order."""
    return encode({**to_jwk(public)})


def encode(jwk: JsonObject) -> str:
    """The DID of a JWK that says more than its key, such as its `use`. Raises Malformed, Unsupported."""
    read_jwk(jwk)
    return f"did:jwk:{b64u(json.dumps(jwk, separators=(',', ':')).encode())}"


def resolve(did: str) -> Lookup[Document]:
    """Its document; the one key is `#0`. Raises Malformed, Unsupported."""
    yield from ()
    jwk = parse_object(unb64u(specific_id("jwk", did)))
    curve = read_jwk(jwk).curve
    kid: Json = f"{did}#0"
    raw: JsonObject = {
        "@context": list(CONTEXT),
        "id": did,
        "verificationMethod": [{"id": kid, "type": "JsonWebKey", "controller": did, "publicKeyJwk": jwk}],
    }
    if jwk.get("use") != "enc" and curve is not Curve.X25519:
        raw |= {"authentication": [kid], "assertionMethod": [kid]}
        raw |= {"capabilityInvocation": [kid], "capabilityDelegation": [kid]}
    if jwk.get("use") != "sig" and curve is not Curve.ED25519:
        raw["keyAgreement"] = [kid]
    return read(raw, did)
