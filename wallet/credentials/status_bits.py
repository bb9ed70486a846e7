"""The bits of a status list, in both orders and both wrappings, with bounded inflation.

Token Status List (draft-ietf-oauth-status-list, section 4): least significant bit first, zlib, base64url.
Bitstring Status List v1.0 (W3C, section 3): most significant bit first, gzip, multibase base64url.
"""

import gzip
import zlib
from collections.abc import Mapping
from enum import IntEnum

from wallet.encoding import b64u, from_multibase, to_multibase, unb64u
from wallet.errors import Malformed

MAX_COMPRESSED = 1024 * 1024
MAX_INFLATED = 8 * 1024 * 1024
MIN_BITSTRING = 131_072
"""Entries of a Bitstring Status List, so that an index does not give its holder away (section 6.1)."""

_ZLIB, _GZIP = 15, 31


class Order(IntEnum):
    """Which bit of a byte is the first entry."""

    LOW_FIRST = 0
    HIGH_FIRST = 1


def inflate(packed: bytes, *, wrapping: int) -> bytes:
    """What was compressed, up to MAX_INFLATED bytes. Raises Malformed: too much, cut off, or followed by more."""
    if len(packed) > MAX_COMPRESSED:
        raise Malformed(f"a status list of {len(packed)} compressed bytes; at most {MAX_COMPRESSED} are read")
    inflater = zlib.decompressobj(wrapping)
    try:
        raw = inflater.decompress(packed, MAX_INFLATED)
    except zlib.error as fault:
        raise Malformed(f"a status list that does not unpack: {fault}") from None
    if inflater.unconsumed_tail or (not inflater.eof and len(raw) >= MAX_INFLATED):
        raise Malformed(f"a status list that unpacks to more than {MAX_INFLATED} bytes; reading stopped there")
    if not inflater.eof or inflater.unused_data:
        raise Malformed("a status list that is cut off, or followed by something else")
    return raw


def pack_token_list(raw: bytes) -> str:
    """`lst` of a Token Status List."""
    return b64u(zlib.compress(raw, 9))


def unpack_token_list(lst: str) -> bytes:
    """The bytes of `lst`. Raises Malformed."""
    return inflate(unb64u(lst), wrapping=_ZLIB)


def pack_bitstring(raw: bytes) -> str:
    """`encodedList` of a Bitstring Status List."""
    return to_multibase(gzip.compress(raw, 9, mtime=0), "u")


def unpack_bitstring(encoded: str) -> bytes:
    """The bytes of `encodedList`. Raises Malformed."""
    if not encoded.startswith("u"):
        raise Malformed("an encodedList that is not multibase base64url")
    return inflate(from_multibase(encoded), wrapping=_GZIP)


def lay_out(statuses: Mapping[int, int], *, size: int, bits: int, order: Order) -> bytes:
    """A list of `size` entries of `bits` bits, 0 but for `statuses` (by index). Raises Malformed for what won't fit."""
    if bits not in (1, 2, 4, 8):
        raise Malformed(f"entries of {bits} bits; 1, 2, 4 and 8 exist")
    raw = bytearray((size * bits + 7) // 8)
    for index, value in statuses.items():
        if not 0 <= index < size or not 0 <= value < 1 << bits:
            raise Malformed(f"status {value} at {index} does not fit a list of {size} entries of {bits} bits")
        raw[index * bits // 8] |= value << _shift(index, bits, order)
    return bytes(raw)


def entry(raw: bytes, index: int, *, bits: int, order: Order) -> int | None:
    """The status at `index`, or None if the list ends before it. bits: 1, 2, 4 or 8."""
    place = index * bits // 8
    if index < 0 or place >= len(raw):
        return None
    return raw[place] >> _shift(index, bits, order) & (1 << bits) - 1


def _shift(index: int, bits: int, order: Order) -> int:
    inside = index * bits % 8
    return inside if order is Order.LOW_FIRST else 8 - bits - inside
