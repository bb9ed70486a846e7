import json
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cost import cost
from wallet.errors import Malformed
from wallet.strict_json import MAX_INTEGER, Json, parse, parse_object

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
).filter(lambda value: value not in (math.inf, -math.inf))


def finite(value: Json) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True


@given(JSON.filter(finite), st.booleans())
def test_what_was_written_is_read(value: Json, ascii_only: bool) -> None:
    assert parse(json.dumps(value, ensure_ascii=ascii_only).encode(), depth=64) == value


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b'{"id":1,"id":2}',
        b'{"id":1,"id":1}',
        b'{"a":[{"id":1,"\\u0069d":2}]}',
        b"NaN",
        b"[Infinity]",
        b'{"a":-Infinity}',
        b"1e999",
        b"-1e999",
        b"9007199254740992",
        b"-9007199254740992",
        b"1" * 5000,
        b"-" + b"1" * 5000,
        b"01",
        b"+1",
        b"1.",
        b".5",
        b"0x10",
        b"1_000",
        "\uff11".encode(),
        b"{} {}",
        b"{}x",
        b"{}//",
        b"/**/{}",
        b"{'a':1}",
        b'{"a":1,}',
        b"[1,]",
        b"[,1]",
        b"[1 2]",
        b'{"a" 1}',
        b"{a:1}",
        b'{1:"a"}',
        b'{"a":1',
        b"[",
        b"]",
        b"[}",
        b'"a',
        b'"\n"',
        b'"\t"',
        b'"\0"',
        b'"\\u0000"',
        b'{"\\u0000":1}',
        b'["x",{"y":"a\\u0000b"}]',
        b'"\\ud800"',
        b'"\\udc00\\ud800"',
        b'{"\\ud83d":1}',
        b'"\\ud83d\\ud83d\\ude00"',
        b'"\\u12"',
        b'"\\x41"',
        b'"\\a"',
        b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"),
        "{}".encode("utf-16-le"),
        "{}".encode("utf-32"),
        b'"\xed\xa0\x80"',
        b'"\xc0\xaf"',
        b'"\xff"',
        b"\xc2\xa0{}",
        b"\x0c{}",
        b"nul",
        b"True",
    ],
    ids=lambda raw: ascii(raw[:24]),
)
def test_doubtful_json_does_not_pass(raw: bytes) -> None:
    with pytest.raises(Malformed):
        parse(raw)


@pytest.mark.parametrize("text", ["\ufeff{}", '"\ud800"', "", '{"a":1,"a":1}'], ids=ascii)
def test_a_text_is_judged_like_bytes(text: str) -> None:
    with pytest.raises(Malformed):
        parse(text)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b" \t\r\n[] ", []),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\\\\u0000"', "\\u0000"),
        (b'"\\\\ud800"', "\\ud800"),
        (b'"\\u00e9\\/\\b"', "é/\b"),
        (b"9007199254740991", 2**53 - 1),
        (b"-0", 0),
        (b"1E400e"[:3], 1e4),
        (b"1e-999", 0.0),
        (b"123.5e-1", 12.35),
        (b'"\x7f\xef\xbf\xbf"', "\x7f\uffff"),
        (b'{"":0}', {"": 0}),
        (b'"' + b"[" * 100 + b'"', "[" * 100),
        (b'["\\"' + b"{" * 100 + b'"]', ['"' + "{" * 100]),
    ],
)
def test_unusual_but_plain_json_passes(raw: bytes, value: Json) -> None:
    assert parse(raw) == value


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
def test_nesting_ends_at_32(opening: str) -> None:
    levels = opening.count("[") + opening.count("{")
    closing = "".join({"[": "]", "{": "}"}.get(mark, "") for mark in reversed(opening))
    at_limit = opening * (32 // levels) + "1" + closing * (32 // levels)
    beyond = "[" + at_limit + "]"

    parse(at_limit)
    with pytest.raises(Malformed):
        parse(beyond)


def test_many_brackets_side_by_side_are_not_deep() -> None:
    assert parse("[" + ",".join(["[{}]"] * 1000) + "]") == [[{}]] * 1000


@pytest.mark.parametrize(
    "text", ["[" * 40, '"' + "[" * 40, "\\" + "[" * 40, '\\"' + "[" * 40, "[" * 40 + "\\", "é[" * 40 + '"']
)
def test_brackets_in_a_string_are_neither_deep_nor_open(text: str) -> None:
    assert parse(json.dumps([text, {text: [text]}])) == [text, {text: [text]}]


@pytest.mark.parametrize("text", ['"', "\\", '\\"', '"\\', '""', "]" * 40])
def test_no_string_hides_an_abyss(text: str) -> None:
    quoted = json.dumps(text)

    with pytest.raises(Malformed):
        parse(f"[{quoted}," * 40 + quoted + "]" * 40)


@pytest.mark.parametrize("raw", [b"[" * 10**5, b'{"a":' * 10**5, b"[" * 10**5 + b"]" * 10**5, b"[]" * 10**5])
def test_an_abyss_is_refused_at_once(raw: bytes) -> None:
    def refused() -> None:
        with pytest.raises(Malformed):
            parse(raw)

    assert cost(refused) < 0.05


@pytest.mark.parametrize("raw", [b"1.0", b"1e3", b'{"a":[0.5]}'])
def test_floats_can_be_kept_out(raw: bytes) -> None:
    parse(raw)

    with pytest.raises(Malformed):
        parse(raw, floats=False)


@pytest.mark.parametrize("raw", [b"null", b"[]", b'"x"', b"42", b""])
def test_an_object_is_an_object(raw: bytes) -> None:
    with pytest.raises(Malformed):
        parse_object(raw)


@given(st.binary(max_size=40) | st.text(max_size=40))
def test_whatever_comes_is_read_or_malformed(raw: bytes | str) -> None:
    try:
        parse(raw)
    except Malformed:
        return
    json.loads(raw)


PIECES = ['"a"', '"', "\\", "\\u0000", *"{}[]:, 1", "-0", "0.5", "1e5", "9" * 15, "9" * 16, "é", "\x7f"]


@given(st.lists(st.sampled_from(PIECES)).map("".join) | JSON.map(lambda value: msgspec.json.encode(value).decode()))
def test_the_short_way_and_the_long_way_lead_to_the_same_value(text: str) -> None:
    """Bytes may take the short way; a `str` never does."""
    assert repr(read_or_none(text.encode())) == repr(read_or_none(text))


def read_or_none(raw: bytes | str) -> object:
    """The value, or a word for not reading it."""
    try:
        return parse(raw)
    except Malformed:
        return "malformed"
