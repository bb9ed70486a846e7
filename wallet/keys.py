"""Keys: create, import, sign, verify, agree. The one place for asymmetric cryptography and for randomness.

A `PublicKey` that exists is usable: low-order points, wrong lengths and points off the curve never become one. The
algorithm of a signature is decided by the key alone, never by what a message claims. Private bytes leave a `PrivateKey`
only through `secret_of`, to be sealed.
Source: RFC 7517, 7518, 8037, 8812; W3C Controlled Identifiers 1.0 (Multikey).
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NoReturn, TypeAlias, TypeVar

import msgspec
import nacl.exceptions
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from nacl.bindings import (
    crypto_scalarmult,
    crypto_scalarmult_base,
    crypto_sign,
    crypto_sign_ed25519_pk_to_curve25519,
    crypto_sign_ed25519_sk_to_curve25519,
    crypto_sign_open,
    crypto_sign_seed_keypair,
)

from wallet.curves import ALGORITHM as ALGORITHM
from wallet.curves import CODEC, check_25519
from wallet.curves import Curve as Curve
from wallet.encoding import b64u, from_multibase, tagged, to_multibase, unb64u, untag
from wallet.errors import Malformed, NotFound, Unsupported
from wallet.names import canonical_kid

Jwk: TypeAlias = Mapping[str, object]

_K = TypeVar("_K")
_V = TypeVar("_V")


@dataclass(frozen=True, slots=True)
class _Weierstrass:
    """What `cryptography` must be told of a curve. size: bytes of a coordinate."""

    curve: ec.EllipticCurve
    size: int
    hash: HashAlgorithm


_EC: Final = {
    Curve.P256: _Weierstrass(ec.SECP256R1(), 32, SHA256()),
    Curve.P384: _Weierstrass(ec.SECP384R1(), 48, SHA384()),
    Curve.P521: _Weierstrass(ec.SECP521R1(), 66, SHA512()),
    Curve.SECP256K1: _Weierstrass(ec.SECP256K1(), 32, SHA256()),
}
_CURVE_OF: Final = {("EC" if curve in _EC else "OKP", curve.value): curve for curve in Curve}
_PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class PublicKey(msgspec.Struct, frozen=True):
    """A public key that passed every check.

    raw: 32 bytes for Ed25519 and X25519, the uncompressed point (SEC 1, section 2.3.3) for the other curves.
    Raises Malformed for points that are off the curve, of low order, or (Ed25519) not in canonical form. An X25519
    coordinate above the prime is accepted, as RFC 7748, section 5 demands.
    """

    curve: Curve
    raw: bytes

    def __post_init__(self) -> None:
        if self.curve in _EC:
            _ec_public(self.curve, self.raw)
        else:
            check_25519(self.curve, self.raw)


@lru_cache(maxsize=4096)
def _ec_public(curve: Curve, raw: bytes) -> ec.EllipticCurvePublicKey:
    shape = _EC[curve]
    if len(raw) != 1 + 2 * shape.size or raw[0] != 4:
        raise Malformed(f"not an uncompressed point of {curve}")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(shape.curve, raw)
    except ValueError:
        raise Malformed(f"not a point of {curve}") from None


def _known_curve(jwk: Jwk) -> Curve:
    kty, crv = jwk.get("kty"), jwk.get("crv")
    if not isinstance(kty, str) or not (crv is None or isinstance(crv, str)):
        raise Malformed("a JWK names its key type and its curve by texts")
    if (usual := _CURVE_OF.get((kty, crv or ""))) is not None:
        return usual
    try:
        curve = Curve(crv or "")
    except ValueError:
        raise Unsupported(f"no keys of type {kty!r} and curve {crv!r} here") from None
    if kty != ("EC" if curve in _EC else "OKP"):
        raise Unsupported(f"no keys of type {kty!r} exist on {curve}")
    return curve


def _member(jwk: Jwk, name: str, size: int) -> bytes:
    text = jwk.get(name)
    if not isinstance(text, str):
        raise Malformed(f"a JWK lacks {name!r}")
    raw = unb64u(text)
    if len(raw) != size:
        raise Malformed(f"JWK member {name!r} has {len(raw)} bytes, not {size}")
    return raw


def _public_part(jwk: Jwk) -> PublicKey:
    curve = _known_curve(jwk)
    if curve not in _EC:
        return PublicKey(curve, _member(jwk, "x", 32))
    size = _EC[curve].size
    return PublicKey(curve, b"\x04" + _member(jwk, "x", size) + _member(jwk, "y", size))


def read_jwk(jwk: Jwk) -> PublicKey:
    """The key of a public JWK. Raises Malformed (also if it carries a private part), Unsupported for other kinds."""
    leaked = _PRIVATE_MEMBERS.intersection(jwk)
    if leaked:
        raise Malformed(f"a JWK meant to be public carries its private part ({', '.join(sorted(leaked))})")
    return _public_part(jwk)


def to_jwk(public: PublicKey) -> dict[str, str]:
    """The required members only, in alphabetical order, as RFC 7638 hashes them."""
    if public.curve not in _EC:
        return {"crv": public.curve.value, "kty": "OKP", "x": b64u(public.raw)}
    size = _EC[public.curve].size
    x, y = public.raw[1 : 1 + size], public.raw[1 + size :]
    return {"crv": public.curve.value, "kty": "EC", "x": b64u(x), "y": b64u(y)}


def read_multikey(text: str) -> PublicKey:
    """The key of a Multikey text, such as `z6Mk...`; EC points come compressed. Raises Malformed, Unsupported."""
    codec, raw = untag(from_multibase(text))
    for curve, name in CODEC.items():
        if name == codec:
            return from_compressed(curve, raw)
    raise Unsupported(f"{codec} is not the multicodec of a public key known here")


def from_compressed(curve: Curve, raw: bytes) -> PublicKey:
    """A key from its shortest form: 32 bytes, or a compressed point (SEC 1, section 2.3.3)."""
    if curve not in _EC:
        return PublicKey(curve, raw)
    if len(raw) != 1 + _EC[curve].size or raw[0] not in (2, 3):
        raise Malformed(f"not a compressed point of {curve}")
    try:
        point = ec.EllipticCurvePublicKey.from_encoded_point(_EC[curve].curve, raw)
    except ValueError:
        raise Malformed(f"not a point of {curve}") from None
    return PublicKey(curve, point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def to_multikey(public: PublicKey) -> str:
    """The Multikey text of a key, base58btc."""
    raw = public.raw
    if public.curve in _EC:
        raw = _ec_public(public.curve, raw).public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    return to_multibase(tagged(CODEC[public.curve], raw))


def verify(public: PublicKey, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is that of `message` under `public`. Total: an answer, never an error.

    signature: 64 bytes for Ed25519, else r and s side by side in full length (RFC 7518, section 3.4); never DER.
    """
    if public.curve is Curve.ED25519:
        if len(signature) != 64:
            return False
        try:
            crypto_sign_open(signature + message, public.raw)
        except (nacl.exceptions.BadSignatureError, ValueError):
            return False
        return True
    shape = _EC.get(public.curve)
    if shape is None or len(signature) != 2 * shape.size:
        return False
    r, s = (int.from_bytes(half, "big") for half in (signature[: shape.size], signature[shape.size :]))
    try:
        loaded = _ec_public(public.curve, public.raw)
        loaded.verify(encode_dss_signature(r, s), message, ec.ECDSA(shape.hash))
    except (InvalidSignature, ValueError):
        return False
    return True


def agreement_of(public: PublicKey) -> PublicKey:
    """The X25519 key that belongs to an Ed25519 key (did:key, section "Create"). Raises Malformed for a bad point."""
    if public.curve is not Curve.ED25519:
        raise Malformed(f"an X25519 key derives from Ed25519, not from {public.curve}")
    try:
        return PublicKey(Curve.X25519, crypto_sign_ed25519_pk_to_curve25519(public.raw))
    except nacl.exceptions.CryptoError:
        raise Malformed("Ed25519 public key is not a point of the prime-order group") from None


_Engine: TypeAlias = bytes | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PrivateKey:
    """A key that signs or agrees. Made by `create`, `from_secret` or `read_private_jwk`; shows only its curve."""

    public: PublicKey
    _secret: bytes = field(repr=False)
    _engine: _Engine = field(repr=False)

    def __repr__(self) -> str:
        return f"PrivateKey({self.public.curve}, ***)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a private key is not copied or pickled; seal what secret_of returns")

    def sign(self, message: bytes) -> bytes:
        """A signature in the form that `verify` reads. Raises Unsupported for X25519, which does not sign."""
        curve = self.public.curve
        if curve is Curve.ED25519:
            return crypto_sign(message, self._secret + self.public.raw)[:64]
        if not isinstance(self._engine, ec.EllipticCurvePrivateKey):
            raise Unsupported(f"{curve} keys do not sign")
        shape = _EC[curve]
        r, s = decode_dss_signature(self._engine.sign(message, ec.ECDSA(shape.hash)))
        return r.to_bytes(shape.size, "big") + s.to_bytes(shape.size, "big")

    def agree(self, public: PublicKey) -> bytes:
        """The ECDH shared secret with `public`: 32 bytes for X25519, else the x coordinate.

        Raises Malformed if the keys are of different curves, of one that does not agree, or if the secret is zero.
        """
        if public.curve is not self.public.curve or public.curve is Curve.ED25519:
            raise Malformed(f"{self.public.curve} and {public.curve} keys do not agree")
        try:
            if isinstance(self._engine, bytes):
                return crypto_scalarmult(self._engine, public.raw)
            return self._engine.exchange(ec.ECDH(), _ec_public(public.curve, public.raw))
        except (ValueError, nacl.exceptions.CryptoError):
            raise Malformed("the shared secret would be zero: public key of low order") from None


def create(curve: Curve) -> PrivateKey:
    """A new random key."""
    if curve in (Curve.X25519, Curve.ED25519):
        return from_secret(curve, secrets.token_bytes(32))
    engine = ec.generate_private_key(_EC[curve].curve)
    return from_secret(curve, engine.private_numbers().private_value.to_bytes(_EC[curve].size, "big"))


def from_secret(curve: Curve, secret: bytes) -> PrivateKey:
    """A key from its secret: Ed25519 seed, X25519 scalar, or the big-endian scalar in full length. Raises Malformed."""
    size = _EC[curve].size if curve in _EC else 32
    if len(secret) != size:
        raise Malformed(f"a secret for {curve} has {size} bytes, not {len(secret)}")
    if curve is Curve.ED25519:
        return PrivateKey(PublicKey(curve, crypto_sign_seed_keypair(secret)[0]), secret, b"")
    if curve is Curve.X25519:
        return PrivateKey(PublicKey(curve, crypto_scalarmult_base(secret)), secret, secret)
    try:
        engine = ec.derive_private_key(int.from_bytes(secret, "big"), _EC[curve].curve)
    except ValueError:
        raise Malformed(f"a secret for {curve} out of range") from None
    point = engine.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return PrivateKey(PublicKey(curve, point), secret, engine)


def read_private_jwk(jwk: Jwk) -> PrivateKey:
    """The key of a private JWK. Raises Malformed, also if public and private part do not belong together."""
    public = _public_part(jwk)
    size = _EC[public.curve].size if public.curve in _EC else 32
    key = from_secret(public.curve, _member(jwk, "d", size))
    if key.public != public:
        raise Malformed("public and private part of a JWK do not belong together")
    return key


def to_private_jwk(key: PrivateKey) -> dict[str, str]:
    """The JWK of a private key. Only for an export, which says loudly what it holds."""
    return {**to_jwk(key.public), "d": b64u(secret_of(key))}


def secret_of(key: PrivateKey) -> bytes:
    """The private bytes that `from_secret` reads. Only for sealing."""
    return key._secret


def agreement_secret_of(key: PrivateKey) -> PrivateKey:
    """The private X25519 key that belongs to an Ed25519 key, as `agreement_of` is the public one."""
    if key.public.curve is not Curve.ED25519:
        raise Malformed(f"an X25519 key derives from Ed25519, not from {key.public.curve}")
    return from_secret(Curve.X25519, crypto_sign_ed25519_sk_to_curve25519(key._secret + key.public.raw))


def random_bytes(size: int) -> bytes:
    """Bytes nobody can foresee."""
    return secrets.token_bytes(size)


def new_id() -> str:
    """A fresh id: 32 lower-case hex digits, 128 random bits."""
    return secrets.token_hex(16)


def _nowhere(kid: str) -> PrivateKey | None:
    return None


class Keyring:
    """Private keys by key id, a DID URL. A did:peer:4 key answers to its long and its short id alike.

    load: fetches the key of a canonical key id from where keys are kept, or None. With it, at most `bound` keys stay
    loaded and the least recently used go first; without it, none goes. Not safe to share between threads.
    """

    def __init__(self, load: Callable[[str], PrivateKey | None] = _nowhere, *, bound: int = 4096) -> None:
        self._load = load
        self._bound = bound if load is not _nowhere else None
        self._keys: OrderedDict[str, PrivateKey] = OrderedDict()
        self._shared: OrderedDict[tuple[str, PublicKey], bytes] = OrderedDict()

    def __repr__(self) -> str:
        return f"Keyring({len(self._keys)} loaded)"

    def add(self, kid: str, key: PrivateKey) -> None:
        """Hold `key` under `kid`."""
        kid = canonical_kid(kid)
        if kid in self._keys:
            self._shared.clear()  # what the former key agreed on is not what this one would
        self._keys[kid] = key
        self._trim(self._keys, self._bound)

    def holds(self, kid: str) -> bool:
        """Whether the key is here or can be loaded."""
        return self._find(canonical_kid(kid)) is not None

    def public(self, kid: str) -> PublicKey:
        """The public part. Raises NotFound."""
        return self._get(kid).public

    def sign(self, kid: str, message: bytes) -> bytes:
        """A signature by the key. Raises NotFound."""
        return self._get(kid).sign(message)

    def agree(self, kid: str, public: PublicKey, *, lasting: bool = False) -> bytes:
        """The ECDH shared secret. lasting: both keys will meet again, so remember it. Raises NotFound, Malformed."""
        if not lasting:
            return self._get(kid).agree(public)
        pair = (canonical_kid(kid), public)
        if pair in self._shared:
            self._shared.move_to_end(pair)
            return self._shared[pair]
        kept = self._shared
        shared = kept[pair] = self._get(kid).agree(public)
        self._trim(kept, 4096)
        return shared

    def forget(self) -> None:
        """Let go of every key and every secret, as on lock."""
        self._keys, self._shared = OrderedDict(), OrderedDict()

    def _get(self, kid: str) -> PrivateKey:
        key = self._find(canonical_kid(kid))
        if key is None:
            raise NotFound(f"no private key {kid[:200]} here")
        return key

    def _find(self, kid: str) -> PrivateKey | None:
        if kid in self._keys:
            self._keys.move_to_end(kid)
            return self._keys[kid]
        kept = self._keys  # loading may take a while: what was let go of meanwhile is not held again
        key = self._load(kid)
        if key is not None:
            kept[kid] = key
            self._trim(kept, self._bound)
        return key

    @staticmethod
    def _trim(kept: OrderedDict[_K, _V], bound: int | None) -> None:
        while bound is not None and len(kept) > bound:
            kept.popitem(last=False)
