"""Signed messages. Source: RFC 7515, general and flattened JSON; DIDComm Messaging v2.1, "Message Signing".

Where the key id stands: RFC 7515 lets `kid` be unprotected, and the specification's own examples (appendix C.2), like
every library written after them, put it there. So it is read there and written there. It decides nothing by itself: the
signer must be the `from` of the signed text, which is compared before any look-up, and the algorithm is that of the key
found, so a `kid` exchanged on the way can only make the signature fail.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from agent.didcomm import headers
from agent.errors import BadEnvelope
from wallet import keys, strict_json
from wallet.encoding import b64u, unb64u
from wallet.errors import Malformed, Unsupported
from wallet.keys import ALGORITHM, Keyring, PublicKey
from wallet.strict_json import JsonObject

ALGORITHMS: Final = frozenset({"EdDSA", "ES256", "ES256K"})
MEDIA_TYPE: Final = "application/didcomm-signed+json"
_TYPES: Final = (None, MEDIA_TYPE, MEDIA_TYPE.removeprefix("application/"), "JWM")

MOST_SIGNATURES: Final = 5
SIGNATURE_BYTES: Final = 64  # of every algorithm above; in particular no DER

_PROTECTED_ONLY: Final = frozenset({"alg", "typ", "crit", "b64"})


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature over one signing input. kid: a DID URL with a fragment."""

    kid: str
    alg: str
    covered: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Jws:
    """A signed message, well-formed and not yet verified."""

    payload: bytes
    signatures: tuple[Signature, ...]


def read(envelope: JsonObject) -> Jws:
    """The message in a JSON object with a `payload`. Raises BadEnvelope."""
    try:
        payload = headers.text(envelope, "payload")
        return Jws(unb64u(payload), tuple(_signature(each, payload) for each in _listed(envelope)))
    except Malformed as fault:
        raise BadEnvelope(f"not a signed message: {fault}") from None


def _listed(envelope: JsonObject) -> list[JsonObject]:
    if "signatures" not in envelope:
        return [envelope]  # flattened form (RFC 7515, section 7.2.2)
    listed = envelope["signatures"]
    if not envelope.keys().isdisjoint({"signature", "protected", "header"}):
        raise Malformed("both `signatures` and the one signature of the flattened form")
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_SIGNATURES:
        raise Malformed(f"not 1 to {MOST_SIGNATURES} signatures")
    found = [each for each in listed if isinstance(each, dict)]
    if len(found) != len(listed):
        raise Malformed("a signature is an object")
    return found


def _signature(entry: JsonObject, payload: str) -> Signature:
    header = strict_json.parse_object(headers.protected(headers.text(entry, "protected")))
    loose = entry.get("header", {})
    if not isinstance(loose, dict) or not (header.keys() | _PROTECTED_ONLY).isdisjoint(loose):
        raise Malformed("the unprotected header has what must be protected, or repeats it")
    if "crit" in header or "b64" in header:
        raise Malformed("`crit` and `b64` are never used in DIDComm")
    alg, typ = headers.text(header, "alg"), header.get("typ")
    if alg not in ALGORITHMS or typ not in _TYPES:
        raise Malformed(f"algorithm {alg!r:.40}, `typ` {typ!r:.80}")
    kid = headers.key_id(headers.text(header if "kid" in header else loose, "kid"))
    value = headers.octets(entry, "signature")
    if len(value) != SIGNATURE_BYTES:
        raise Malformed(f"a signature of {len(value)} bytes")
    covered = f"{entry['protected']}.{payload}".encode()
    return Signature(kid, alg, covered, value)


def verify(signature: Signature, public: PublicKey) -> bool:
    """Whether the key made it. The algorithm is the key's; a header that names another is no signature by it."""
    return signature.alg == ALGORITHM.get(public.curve) and keys.verify(public, signature.covered, signature.value)


def sign(plaintext: bytes, *, ring: Keyring, kid: str) -> bytes:
    """`plaintext` signed by the key `kid` of `ring`. Raises NotFound; Unsupported for a curve DIDComm leaves out."""
    alg = ALGORITHM.get(ring.public(kid).curve, "")
    if alg not in ALGORITHMS:
        raise Unsupported(f"{kid} is a {ring.public(kid).curve} key; DIDComm has {', '.join(sorted(ALGORITHMS))}")
    protected = b64u(msgspec.json.encode({"typ": MEDIA_TYPE, "alg": alg}))
    payload = b64u(plaintext)
    signature = ring.sign(kid, f"{protected}.{payload}".encode())
    entry = {"protected": protected, "signature": b64u(signature), "header": {"kid": kid}}
    return msgspec.json.encode({"payload": payload, "signatures": [entry]})
