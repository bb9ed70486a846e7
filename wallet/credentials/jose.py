"""Compact JSON Web Signatures: made and read strictly (RFC 7515, RFC 8725).

The algorithm is that of the key, and the header has to agree with it. No key is ever taken from a header (`jwk`, `jku`,
`x5c`, `x5u` are not looked at), no extension is understood (`crit` and `b64` are refused), nothing is inflated.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from wallet import keys as crypto
from wallet.canonical import canonical
from wallet.encoding import b64u, unb64u
from wallet.errors import Malformed, Unsupported, Untrusted
from wallet.keys import ALGORITHM, Curve, Keyring, PublicKey
from wallet.strict_json import Json, JsonObject, parse_object

MAX_HEADER = 16 * 1024
"""Bytes of one protected header."""
MAX_TEXT = 1024 * 1024
"""Characters of a whole JWS."""

ALGORITHMS: Mapping[str, Curve] = MappingProxyType(
    {**{name: curve for curve, name in ALGORITHM.items()}, "Ed25519": Curve.ED25519}
)
"""What a header may say, and the curve that has to stand behind it. "Ed25519" is RFC 9864's name for EdDSA there."""


class Jws(NamedTuple):
    """One signed text in its parts. signed: the bytes under the signature. Nothing here is verified."""

    header: JsonObject
    payload: bytes
    signature: bytes
    signed: bytes

    def claims(self) -> JsonObject:
        """The payload as a JSON object. Raises Malformed."""
        return parse_object(self.payload)


def jws_compact(header: JsonObject, payload: JsonObject | bytes, keys: Keyring, kid: str) -> str:
    """A compact JWS by the key `kid`; `alg` is set from the key, all else in the header is the caller's.

    Raises NotFound if the key is not held.
    """
    full: JsonObject = {"alg": ALGORITHM[keys.public(kid).curve], **header}
    body = payload if isinstance(payload, bytes) else canonical(payload)
    signed = f"{b64u(canonical(full))}.{b64u(body)}"
    return f"{signed}.{b64u(keys.sign(kid, signed.encode('ascii')))}"


def split_compact(text: str) -> Jws:
    """The parts of a compact JWS, whatever its header asks for. Raises Malformed."""
    if len(text) > MAX_TEXT:
        raise Malformed(f"a signed text of {len(text)} characters; at most {MAX_TEXT} are read")
    parts = text.split(".", 3)
    if len(parts) != 3 or not parts[0]:
        raise Malformed("a compact JWS is three parts joined by dots")
    protected, payload, signature = parts
    if len(protected) > MAX_HEADER * 4 // 3:
        raise Malformed(f"a protected header of more than {MAX_HEADER} bytes")
    signed = text[: len(protected) + 1 + len(payload)]
    return Jws(parse_object(unb64u(protected)), unb64u(payload), unb64u(signature), signed.encode("ascii"))


def algorithm_fault(header: JsonObject) -> str | None:
    """Why the header's algorithm is not one of ours, or None."""
    alg = header.get("alg")
    if isinstance(alg, str) and alg in ALGORITHMS:
        return None
    return f"the algorithm {alg!r} is not one of {', '.join(ALGORITHMS)}"


def extension_fault(header: JsonObject) -> str | None:
    """Why the header cannot be understood as a whole, or None: no extension of JWS is."""
    for name in ("crit", "b64", "zip"):
        if name in header:
            return f"the header asks for {name!r}, which is not understood here"
    return None


def read_compact(text: str, *, typ: str | None = None) -> Jws:
    """A compact JWS, with a header that is acceptable: our algorithms, no extensions, and `typ` if one is asked for.

    Raises Malformed, Unsupported (algorithm, extensions), Untrusted (another typ: one kind of token is never taken for
    another, RFC 8725 section 3.11). The signature is not verified.
    """
    jws = split_compact(text)
    fault = algorithm_fault(jws.header) or extension_fault(jws.header)
    if fault:
        raise Unsupported(fault)
    if typ is not None and not has_type(jws.header, typ):
        raise Untrusted(f"a token of type {jws.header.get('typ')!r} where {typ!r} is wanted")
    return jws


def has_type(header: JsonObject, *wanted: str) -> bool:
    """Whether `typ` is one of `wanted`: media types without case, "application/" may be left out (RFC 7515, 4.1.9)."""
    typ = header.get("typ")
    return isinstance(typ, str) and typ.lower().removeprefix("application/") in wanted


def fits(header: JsonObject, public: PublicKey) -> bool:
    """Whether the header names the algorithm of this key."""
    alg = header.get("alg")
    return isinstance(alg, str) and ALGORITHMS.get(alg) == public.curve


def holds(jws: Jws, public: PublicKey) -> bool:
    """Whether the signature is this key's, and the header names the key's own algorithm. Never raises."""
    return fits(jws.header, public) and crypto.verify(public, jws.signed, jws.signature)


def signing_key(jwk: JsonObject) -> PublicKey:
    """A public key from a JWK that is not meant for something else. Raises Malformed, Unsupported, Untrusted.

    `use` and `key_ops` are binding where present (RFC 7517, sections 4.2 and 4.3).
    """
    operations = jwk.get("key_ops", ["verify"])
    if jwk.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations:
        raise Untrusted("the key is not meant for signatures")
    return crypto.read_jwk(jwk)


def period_fault(claims: JsonObject, now: int, leeway: int) -> str | None:
    """Why a token is not good at `now` (Unix seconds), or None. Reads exp, nbf and iat (RFC 7519, section 4.1)."""
    for name in ("exp", "nbf", "iat"):
        if name in claims and not _is_date(claims[name]):
            return f"{name!r} is {claims[name]!r}, which is not a time"
    if _seconds(claims.get("exp"), now + 1) <= now - leeway:
        return f"it expired at {claims['exp']}, and now is {now}"
    if _seconds(claims.get("nbf"), now) > now + leeway:
        return f"it is not good before {claims['nbf']}, and now is {now}"
    if _seconds(claims.get("iat"), now) > now + leeway:
        return f"it says it was issued at {claims['iat']}, and now is {now}"
    return None


def _is_date(value: Json) -> bool:
    return isinstance(value, (int, float)) and value is not True and value is not False and 0 <= value < 2**53


def _seconds(value: Json, absent: int) -> float:
    return value if isinstance(value, (int, float)) else absent
