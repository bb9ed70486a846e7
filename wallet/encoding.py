"""Bytes as text and back: base64url, base58, multibase, multicodec, multihash. Strict both ways.

Every decoder accepts exactly the text that its encoder would write, so that one value has one spelling and a comparison
of texts is a comparison of values. Whatever else comes is Malformed.
"""

import re
from base64 import b16encode, b32decode, b32encode, b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from binascii import Error, b2a_base64
from collections.abc import Callable, Mapping
from hashlib import sha256
from itertools import product
from types import MappingProxyType
from typing import Final

import base58
import msgspec

from wallet.errors import Malformed, Unsupported

MAX_BASE58 = 16 * 1024
"""Characters. Base58 takes time in the square of the length, so it must not be given whatever a stranger sent."""

_PAIRS: Final = tuple(map("".join, product(base58.BITCOIN_ALPHABET.decode("ascii"), repeat=2)))
_BASE58_TWO: Final = 58**2
_BASE58_TEN: Final = 58**10
_DIGIT: Final = bytes(max(base58.BITCOIN_ALPHABET.find(letter), 0) for letter in range(256))
_LANES: Final = 128
"""Digits that are joined at once: keys, signatures and digests have fewer, DIDs that are their own documents more."""
_BASE58_LANES: Final = 58**_LANES
_JOINS: Final = tuple(
    (lane, 58 ** (lane // 8), sum(((1 << lane) - 1) << place for place in range(0, 8 * _LANES, 2 * lane)))
    for lane in (8, 16, 32, 64, 128, 256, 512)
)
_BASE58 = re.compile(r"[1-9A-HJ-NP-Za-km-z]*")
_SHA2_256 = b"\x12\x20"

_TO_URL = bytes.maketrans(b"+/", b"-_")
# What is of other alphabets, or of JSON, becomes what nobody reads.
_FROM_URL = bytes.maketrans(b'-_+/="\\', b"+/!!!!!")
_decode: Final = msgspec.json.Decoder(bytes).decode  # a text of base64 in half the time that `binascii` takes
_PADDING: Final = (b"", b"===", b"==", b"=")  # by what the length leaves when it is divided by four
_LAST = {2: frozenset("AQgw"), 3: frozenset("AEIMQUYcgkosw048")}  # last characters that leave no bit behind, by length

CODECS: Mapping[str, bytes] = MappingProxyType(
    {
        "ed25519-pub": b"\xed\x01",
        "x25519-pub": b"\xec\x01",
        "p256-pub": b"\x80\x24",
        "p384-pub": b"\x81\x24",
        "p521-pub": b"\x82\x24",
        "secp256k1-pub": b"\xe7\x01",
        "ed25519-priv": b"\x80\x26",
        "x25519-priv": b"\x82\x26",
        "p256-priv": b"\x86\x26",
        "bls12_381-g2-pub": b"\xeb\x01",
        "jwk_jcs-pub": b"\xd1\xd6\x03",
        "json": b"\x80\x04",
        "sha2-256": b"\x12",
        "identity": b"\x00",
    }
)
"""Multicodec names and their codes as unsigned varints: the few that occur here, tested against `multiformats`."""


def b64u(raw: bytes) -> str:
    """Base64url without padding (RFC 7515, section 2)."""
    return b2a_base64(raw, newline=False).translate(_TO_URL, b"=").decode("ascii")


def unb64u(text: str) -> bytes:
    """The bytes of unpadded base64url. Raises Malformed for padding, white space, `+/` and non-zero trailing bits."""
    spare = len(text) % 4
    try:
        raw = _decode(b'"%b%b"' % (text.encode("ascii").translate(_FROM_URL), _PADDING[spare]))
    except (ValueError, msgspec.DecodeError):
        raise Malformed(f"not base64url: {text[:40]!r}") from None
    if spare and text[-1] not in _LAST[spare]:
        raise Malformed(f"not the one base64url form of its bytes: {text[:40]!r}")
    return raw


def b58(raw: bytes) -> str:
    """Base58 with the Bitcoin alphabet. Ten digits a division, because each runs over the whole number."""
    number, tens = int.from_bytes(raw, "big"), list[str]()
    while number:
        number, ten = divmod(number, _BASE58_TEN)
        ten, e = divmod(ten, _BASE58_TWO)
        ten, d = divmod(ten, _BASE58_TWO)
        ten, c = divmod(ten, _BASE58_TWO)
        a, b = divmod(ten, _BASE58_TWO)
        tens.append(_PAIRS[a] + _PAIRS[b] + _PAIRS[c] + _PAIRS[d] + _PAIRS[e])
    tens.reverse()
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + "".join(tens).lstrip("1")  # each leading zero byte is a 1


def unb58(text: str) -> bytes:
    """The bytes of base58. Raises Malformed for other characters and for more than MAX_BASE58 of them."""
    if len(text) > MAX_BASE58:
        raise Malformed(f"base58 text of {len(text)} characters; at most {MAX_BASE58} are read")
    if not _BASE58.fullmatch(text):
        raise Malformed(f"not base58: {text[:40]!r}")
    digits = text.lstrip("1")  # each leading 1 is a zero byte
    value, begin = 0, len(digits) % _LANES
    for end in range(begin, len(digits) + 1, _LANES):
        value = value * _BASE58_LANES + _joined(digits[max(0, end - _LANES) : end])
    return bytes(len(text) - len(digits)) + value.to_bytes((value.bit_length() + 7) // 8, "big")


def _joined(digits: str) -> int:
    # All digits at once: each step joins neighbours, so seven steps do for what would be a multiplication per digit.
    value = int.from_bytes(digits.encode("ascii").translate(_DIGIT), "big")
    for lane, base, mask in _JOINS:
        value = (value & mask) + base * (value >> lane & mask)
    return value


def _b32(raw: bytes) -> str:
    return b32encode(raw).rstrip(b"=").decode("ascii")


def _unb32(text: str) -> bytes:
    return b32decode(text + "=" * (-len(text) % 8))


def _b64(raw: bytes) -> str:
    return b64encode(raw).rstrip(b"=").decode("ascii")


_BASES: Mapping[str, tuple[Callable[[bytes], str], Callable[[str], bytes]]] = MappingProxyType(
    {
        "z": (b58, unb58),
        "u": (b64u, unb64u),
        "U": (lambda raw: urlsafe_b64encode(raw).decode("ascii"), urlsafe_b64decode),
        "m": (_b64, lambda text: b64decode(text + "=" * (-len(text) % 4))),
        "M": (lambda raw: b64encode(raw).decode("ascii"), b64decode),
        "f": (bytes.hex, bytes.fromhex),
        "F": (lambda raw: b16encode(raw).decode("ascii"), bytes.fromhex),
        "b": (lambda raw: _b32(raw).lower(), lambda text: _unb32(text.upper())),
        "B": (_b32, _unb32),
    }
)


def to_multibase(raw: bytes, base: str = "z") -> str:
    """A letter for the base and the text: z base58btc, u U base64url, m M base64, f F hex, b B base32; U, M padded."""
    return base + _BASES[base][0](raw)


def from_multibase(text: str) -> bytes:
    """The bytes of a multibase text. Raises Unsupported for a base that does not occur here, Malformed for the rest."""
    base, rest = text[:1], text[1:]
    if base not in _BASES:
        raise Unsupported(f"multibase prefix {base!r} is not one of {''.join(_BASES)}")
    encode, decode = _BASES[base]
    try:
        raw = decode(rest)
    except (Error, ValueError):
        raise Malformed(f"not multibase {base!r}: {text[:40]!r}") from None
    if base != "z" and encode(raw) != rest:  # base58 has one spelling by construction
        raise Malformed(f"not the one multibase form of its bytes: {text[:40]!r}")
    return raw


def tagged(name: str, raw: bytes) -> bytes:
    """`raw` behind its multicodec code."""
    return CODECS[name] + raw


def untag(raw: bytes) -> tuple[str, bytes]:
    """The multicodec name and what follows it. Raises Unsupported for a code outside CODECS."""
    for size in (2, 1, 3):
        name = _NAMES.get(raw[:size])
        if name is not None:
            return name, raw[size:]
    raise Unsupported(f"multicodec {raw[:3].hex()} is not one of those known here")


_NAMES: Mapping[bytes, str] = MappingProxyType({code: name for name, code in CODECS.items()})


def multihash(raw: bytes) -> bytes:
    """SHA-256 of `raw` as a multihash, 34 bytes."""
    return _SHA2_256 + sha256(raw).digest()


def digest(raw: bytes) -> str:
    """How texts, objects and attachments are named: multibase base64url of the multihash, 47 characters."""
    return "u" + b64u(multihash(raw))
