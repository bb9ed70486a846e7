"""The one byte form of a JSON value, for hashing and signing: JCS, RFC 8785.

The encoder of the standard library writes that form already, in C, but for floats and for the order of names outside
the basic plane. Where one of these might occur, the value takes the slow, exact path.
"""

import json
from math import isfinite
from typing import Final

from wallet.errors import Malformed
from wallet.strict_json import MAX_INTEGER, Json

_quick: Final = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode
_quote: Final = json.JSONEncoder(ensure_ascii=False).encode


def canonical(value: Json) -> bytes:
    """The canonical UTF-8 form. Raises Malformed for what JSON cannot carry: NaN, big integers, lone surrogates."""
    try:
        text = _quick(value)
        if _has_delicate_number(value) or not (text.isascii() or max(text) <= "\uffff"):
            text = _exact(value)
        return text.encode()
    except (ValueError, RecursionError) as error:
        raise Malformed(f"no canonical JSON form: {type(error).__name__}") from None


def _has_delicate_number(value: Json) -> bool:
    pending = [value]
    for item in pending:  # grows while it is read: every part of the value gets its turn
        if isinstance(item, dict):
            pending.extend(item.values())
        elif isinstance(item, list | tuple):
            pending.extend(item)
        elif isinstance(item, float) or (isinstance(item, int) and abs(item) > MAX_INTEGER):
            return True
    return False


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
