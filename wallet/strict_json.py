"""The gate for hostile JSON: one text has one meaning, or it does not pass.

Beyond RFC 8259 it refuses what parsers disagree about (duplicate names, numbers that lose digits, lone surrogates, NUL,
byte order marks, other encodings than UTF-8) and what is sent to exhaust (deep nesting, endless digits). I-JSON,
RFC 7493, asks for most of it.
"""

import json
import re
from collections.abc import Iterator
from math import isinf
from typing import Final, NoReturn, TypeAlias

from msgspec import DecodeError
from msgspec.json import Decoder, Encoder

from wallet.errors import Malformed

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = dict[str, Json]

MAX_INTEGER: Final = 2**53 - 1
"""Beyond this, two readers may see two numbers (RFC 7493, section 2.2)."""

MAX_DEPTH: Final = 32

_SIXTEEN_DIGITS: Final = b"0" * len(str(MAX_INTEGER))
_SKETCH: Final = bytes.maketrans(b"{123456789", b"[" + b"0" * 9)  # one bracket and one digit stand for all
_AS_SQUARE: Final = bytes.maketrans(b"{}", b"[]")
_NEITHER_BRACKET_NOR_QUOTE: Final = bytes(set(range(256)) - set(b'[]{}"'))
_quick_decode: Final = Decoder().decode
_quick_encode: Final = Encoder().encode
_MARKS_NUL_OR_SURROGATE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


def parse(raw: bytes | str, *, depth: int = MAX_DEPTH, floats: bool = True) -> Json:
    """The one value that `raw` spells. Raises Malformed for anything doubtful.

    depth: most arrays and objects inside one another. floats: whether numbers with a fraction or an exponent may occur.
    """
    if floats and isinstance(raw, bytes) and is_plain(raw, depth=depth):
        try:
            value: Json = _quick_decode(raw)
            if _quick_encode(value) == raw:
                return value
        except (DecodeError, UnicodeError):
            pass  # the long way says what is wrong
    text = _text(raw)
    if text.count("[") + text.count("{") > depth:
        require_shallow(text, depth)
    try:
        value = (_WITH_FLOATS if floats else _WITHOUT_FLOATS).decode(text)
    except json.JSONDecodeError as error:
        raise Malformed(f"not JSON: {error.msg} at character {error.pos}") from None
    if "\\u" in text and _MARKS_NUL_OR_SURROGATE.search(text):
        _require_clean_texts(value)
    return value


def is_plain(raw: bytes, *, depth: int = MAX_DEPTH) -> bool:
    """Whether a text has no escapes, no long numbers, and too few brackets to be deep.

    If such a text is also what its value is written as, byte for byte, then nothing in it was read in one of several
    ways: no name twice, no lost digit, nothing skipped. That is quickly seen, and holds for what we write ourselves.
    Every other text takes the long way.
    """
    if b"\\" in raw:
        return False
    sketch = raw.translate(_SKETCH)
    return sketch.count(b"[") <= depth and _SIXTEEN_DIGITS not in sketch


def parse_object(raw: bytes | str, *, depth: int = MAX_DEPTH, floats: bool = True) -> JsonObject:
    """Like `parse`, for a text that must be an object."""
    value = parse(raw, depth=depth, floats=floats)
    if not isinstance(value, dict):
        raise Malformed("JSON that should be an object is not")
    return value


def _text(raw: bytes | str) -> str:
    try:
        if isinstance(raw, str):
            raw.encode()
            text = raw
        else:
            text = raw.decode()
    except UnicodeError:
        raise Malformed("not JSON: not UTF-8") from None
    if text.startswith("\ufeff"):
        raise Malformed("not JSON: begins with a byte order mark")
    return text


def require_shallow(text: str, depth: int = MAX_DEPTH) -> None:
    """Raise Malformed for JSON text whose arrays and objects nest deeper, or do not close."""
    # What is escaped goes first: each quote that is left begins or ends a string, and two in a row change nothing. Then
    # only the brackets outside strings are left, and each pass takes the innermost pairs away. No recursion, all in C.
    unescaped = text.encode().replace(b"\\\\", b"").replace(b'\\"', b"")
    marks = unescaped.translate(_AS_SQUARE, _NEITHER_BRACKET_NOR_QUOTE).replace(b'""', b"")
    skeleton = b"".join(marks.split(b'"')[::2])
    for _ in range(depth):
        skeleton = skeleton.replace(b"[]", b"")
    if skeleton:
        raise Malformed(f"not JSON: brackets do not close, or nest deeper than {depth}")


def _require_clean_texts(value: Json) -> None:
    for text in _texts(value):
        if "\0" in text:
            raise Malformed("JSON text contains NUL")
        try:
            text.encode()
        except UnicodeError:
            raise Malformed("JSON text contains half a surrogate pair") from None


def _texts(value: Json) -> Iterator[str]:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            yield from item
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)


def _unique(pairs: list[tuple[str, Json]]) -> JsonObject:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("a JSON object has one name twice")
    return found


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(value := int(digits)) > MAX_INTEGER:
        raise Malformed(f"an integer of {len(digits)} characters lies beyond 2^53-1")
    return value


def _float(digits: str) -> float:
    value = float(digits)
    if isinf(value):
        raise Malformed("a number is too large")
    return value


def _no_float(digits: str) -> NoReturn:
    raise Malformed("a number with fraction or exponent where only integers may stand")


def _no_constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is not JSON")


_WITH_FLOATS: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_float, parse_constant=_no_constant
)
_WITHOUT_FLOATS: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_no_float, parse_constant=_no_constant
)
