"""The one byte form of a JSON value, for hashing and signing: JCS, RFC 8785.

msgspec writes that form already, in C, but for floats, for null (which it also writes for NaN) and for the order of
names outside the basic plane. Where one of these might occur, the value takes the slow, exact path.
"""

import json
import re
from math import isfinite
from typing import Final

import msgspec

from wallet.errors import Malformed
from wallet.strict_json import MAX_INTEGER, Json

_quick: Final = msgspec.json.Encoder(order="sorted").encode
_DIGITS_AS_ZERO: Final = bytes.maketrans(b"123456789", b"000000000")
_FOURTEEN_DIGITS: Final = b"0" * 14
_OUTSIDE_BASIC_PLANE: Final = re.compile(rb"[\xf0-\xf4]")
_quote: Final = json.JSONEncoder(ensure_ascii=False).encode


def canonical(value: Json) -> bytes:
    """The canonical UTF-8 form. Raises Malformed for what JSON cannot carry: NaN, big integers, lone surrogates."""
    try:
        raw = _quick(value)
        if _is_delicate(raw) or (not raw.isascii() and _OUTSIDE_BASIC_PLANE.search(raw)):
            return _exact(value).encode()
        return raw
    except (ValueError, OverflowError, RecursionError) as error:
        raise Malformed(f"no canonical JSON form: {type(error).__name__}") from None


def _is_delicate(raw: bytes) -> bool:
    """Whether outside of texts there is a null, or a number with a fraction, an exponent or fourteen digits."""
    if b"\\" in raw:
        raw = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    bare = b"".join(raw.split(b'"')[::2]).translate(_DIGITS_AS_ZERO)
    return b"." in bare or b"n" in bare or b"0e" in bare or _FOURTEEN_DIGITS in bare


def _exact(value: Json) -> str:
    if isinstance(value, dict):
        names = sorted(value, key=_utf16)
        return "{" + ",".join(f"{_quote(name)}:{_exact(value[name])}" for name in names) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_exact, value)) + "]"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise Malformed(f"no canonical JSON form: {value} lies beyond 2^53-1")
    return _quote(value)


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-be", "surrogatepass")


def _number(value: float) -> str:
    """As ECMAScript writes numbers: the shortest digits that read back (RFC 8785, section 3.2.2.3)."""
    if not isfinite(value):
        raise Malformed(f"no canonical JSON form: {value}")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    point = len(whole) + int(exponent or 0)
    digits = whole + fraction
    point -= len(digits) - len(digits.lstrip("0"))
    digits = digits.strip("0")
    return sign + _placed(digits, point)


def _placed(digits: str, point: int) -> str:
    """`digits` with the decimal point after `point` of them, or with an exponent where that is shorter to read."""
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    fraction = f".{digits[1:]}" if count > 1 else ""
    return f"{digits[0]}{fraction}e{point - 1:+d}"
