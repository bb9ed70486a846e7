"""Verification methods: the many ways in which DID documents have written down a public key.

A key of an unknown kind makes a method unusable; so does a type that contradicts its key. A malformed key, or one whose
private part was published, makes the document unacceptable.
Source: Controlled Identifiers 1.0, section 2.2; the older suites by the names registered in DID Extensions.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from wallet.encoding import unb58
from wallet.errors import Malformed, Unsupported
from wallet.keys import Curve, PublicKey, from_compressed, read_jwk, read_multikey
from wallet.strict_json import Json, JsonObject

_TYPE_MEANS: Final[Mapping[str, Curve]] = MappingProxyType(
    {
        "Ed25519VerificationKey2018": Curve.ED25519,
        "Ed25519VerificationKey2020": Curve.ED25519,
        "X25519KeyAgreementKey2019": Curve.X25519,
        "X25519KeyAgreementKey2020": Curve.X25519,
        "EcdsaSecp256k1VerificationKey2019": Curve.SECP256K1,
        "EcdsaSecp256r1VerificationKey2019": Curve.P256,
        "P256Key2021": Curve.P256,
    }
)
_PRIVATE_PREFIXES: Final = ("privateKey", "secretKey")


@dataclass(frozen=True, slots=True)
class VerificationMethod:
    """A key of a DID document. id: absolute. key: None if of a kind that is not known here. controller: as claimed."""

    id: str
    controller: str
    key: PublicKey | None


def absolute(reference: Json, did: str) -> str:
    """A reference to a part of the document of `did`, as a DID URL. Raises Malformed unless it has a fragment."""
    if not isinstance(reference, str) or "#" not in reference or reference.endswith("#"):
        raise Malformed(f"a DID document refers to {str(reference)[:100]!r}, which names no fragment")
    return did + reference if reference.startswith("#") else reference


def read_method(raw: Json, did: str) -> VerificationMethod:
    """One verification method of the document of `did`. Raises Malformed."""
    if not isinstance(raw, dict):
        raise Malformed("a verification method is not an object")
    kid = absolute(raw.get("id"), did)
    if kid.partition("#")[0] != did:
        raise Malformed(f"verification method {kid[:100]!r} belongs to another DID")
    if any(name.startswith(_PRIVATE_PREFIXES) for name in raw):
        raise Malformed(f"verification method {kid[-100:]!r} publishes its private key")
    controller = raw.get("controller", did)
    if not isinstance(controller, str):
        raise Malformed(f"verification method {kid[-100:]!r} has more than one controller, or a nameless one")
    try:
        key = _read_key(raw)
    except Unsupported:
        key = None
    return VerificationMethod(kid, controller, key)


def _read_key(raw: JsonObject) -> PublicKey:
    forms = [name for name in _READERS if name in raw]
    if len(forms) > 1:
        raise Malformed(f"a verification method shows its key twice: {', '.join(forms)}")
    if not forms:
        raise Unsupported("no key in a form known here")
    expected = _TYPE_MEANS.get(str(raw.get("type")))
    key = _READERS[forms[0]](raw[forms[0]], expected)
    if expected is not None and key.curve is not expected:
        raise Unsupported(f"a key of {key.curve} where the type means {expected}")
    return key


def _from_multibase(value: Json, expected: Curve | None) -> PublicKey:
    if not isinstance(value, str):
        raise Malformed("publicKeyMultibase is not a text")
    return read_multikey(value)


def _from_jwk(value: Json, expected: Curve | None) -> PublicKey:
    if not isinstance(value, dict):
        raise Malformed("publicKeyJwk is not an object")
    return read_jwk(value)


def _from_base58(value: Json, expected: Curve | None) -> PublicKey:
    if not isinstance(value, str):
        raise Malformed("publicKeyBase58 is not a text")
    if expected is None:
        raise Unsupported("publicKeyBase58 does not say of which curve it is")
    return from_compressed(expected, unb58(value))


_READERS: Final[Mapping[str, Callable[[Json, Curve | None], PublicKey]]] = MappingProxyType(
    {"publicKeyMultibase": _from_multibase, "publicKeyJwk": _from_jwk, "publicKeyBase58": _from_base58}
)
