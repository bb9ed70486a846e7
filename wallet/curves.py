"""The curves this program knows: their names in JOSE and multicodec, and which of their points are no keys."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from wallet.errors import Malformed


class Curve(StrEnum):
    """Curves by their JOSE names."""

    ED25519 = "Ed25519"
    X25519 = "X25519"
    P256 = "P-256"
    P384 = "P-384"
    P521 = "P-521"
    SECP256K1 = "secp256k1"


ALGORITHM: Final[Mapping[Curve, str]] = MappingProxyType(
    {
        Curve.ED25519: "EdDSA",
        Curve.P256: "ES256",
        Curve.P384: "ES384",
        Curve.P521: "ES512",
        Curve.SECP256K1: "ES256K",
    }
)
"""The one signature algorithm of each curve that signs."""

CODEC: Final[Mapping[Curve, str]] = MappingProxyType(
    {
        Curve.ED25519: "ed25519-pub",
        Curve.X25519: "x25519-pub",
        Curve.P256: "p256-pub",
        Curve.P384: "p384-pub",
        Curve.P521: "p521-pub",
        Curve.SECP256K1: "secp256k1-pub",
    }
)
"""The multicodec of each curve's public keys."""

_P25519: Final = 2**255 - 19
# Points whose order divides 8, by the coordinate that is sent, without the sign bit. Whoever publishes one can show
# signatures that fit any message, or agree on a secret that everybody knows.
_LOW_ORDER_Y: Final = frozenset(
    {
        0,
        1,
        _P25519 - 1,
        int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"),
        int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"),
    }
)
_LOW_ORDER_U: Final = frozenset(
    {
        0,
        1,
        _P25519 - 1,
        _P25519,
        _P25519 + 1,
        int.from_bytes(bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"), "little"),
        int.from_bytes(bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"), "little"),
    }
)


def check_25519(curve: Curve, raw: bytes) -> None:
    """Raises Malformed unless `raw` may serve as an Ed25519 or X25519 public key.

    Ed25519 must be in canonical form. An X25519 coordinate above the prime is accepted, as RFC 7748, section 5 demands.
    """
    if len(raw) != 32:
        raise Malformed(f"a public key for {curve} has 32 bytes, not {len(raw)}")
    coordinate = int.from_bytes(raw, "little") & ((1 << 255) - 1)
    if curve is Curve.X25519:
        if coordinate in _LOW_ORDER_U:
            raise Malformed("X25519 public key of low order")
    elif coordinate >= _P25519:
        raise Malformed("Ed25519 public key not in canonical form")
    elif coordinate in _LOW_ORDER_Y:
        raise Malformed("Ed25519 public key of low order")
