import json
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tally import Conformance
from wallet.canonical import canonical
from wallet.errors import Malformed
from wallet.strict_json import Json, parse

# RFC 8785, appendix B: IEEE 754 bits and how ECMAScript writes the number.
APPENDIX_B = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}


@pytest.mark.parametrize("name", ["arrays", "french", "structures", "values"])
def test_the_published_documents_have_their_published_form(vectors: Path, name: str, conformance: Conformance) -> None:
    value = parse((vectors / "jcs" / "input" / f"{name}.json").read_bytes())

    form = canonical(value)

    assert form == (vectors / "jcs" / "output" / f"{name}.json").read_bytes().rstrip(b"\n")
    assert form == bytes.fromhex((vectors / "jcs" / "outhex" / f"{name}.txt").read_text())
    conformance("jcs", accepted=1)


@pytest.mark.parametrize(("bits", "text"), APPENDIX_B.items())
def test_numbers_are_written_as_ecmascript_does(bits: str, text: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))

    assert canonical(number) == text.encode()
    assert canonical([{"n": number}]) == f'[{{"n":{text}}}]'.encode()


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        [float("-inf")],
        2**53,
        {"n": -(2**53)},
        "\ud800",
        {"\udc00": 1},
        {"\U0001f600": "\ud800"},
    ],
    ids=ascii,
)
def test_what_json_cannot_carry_has_no_form(value: Json) -> None:
    with pytest.raises(Malformed):
        canonical(value)


def test_a_value_that_contains_itself_has_no_form() -> None:
    value: list[Json] = []
    value.append(value)

    with pytest.raises(Malformed):
        canonical(value)


def test_names_are_ordered_by_utf_16_units() -> None:
    assert canonical({"\ufb33": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\ufb33":1}'.encode()
    assert canonical({"b": {"\uffff": 1, "\U00010000": 2}}) == '{"b":{"\U00010000":2,"\uffff":1}}'.encode()


def test_only_the_prescribed_characters_are_escaped() -> None:
    text = '\x00\x01\x08\t\n\x0b\x0c\r\x1f"\\/\x7f\u2028é€\U0001f600'

    assert canonical(text) == '"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f\\"\\\\/\x7f\u2028é€\U0001f600"'.encode()


def test_what_looks_like_a_number_in_a_text_stays_a_text() -> None:
    assert canonical({"a": "[1.0,2e5]", "n": 1.0}) == b'{"a":"[1.0,2e5]","n":1}'


def test_truth_is_not_a_number() -> None:
    assert canonical([True, False, None, 1, 1.0]) == b"[true,false,null,1,1]"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_reads_back_the_same(number: float) -> None:
    text = canonical(number).decode()

    assert float(text) == number
    assert len(text) <= 25


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=3), st.integers(-9, 9) | st.floats(0, 1)))
def test_both_paths_write_one_form(value: dict[str, Json]) -> None:
    form = canonical(value)

    assert canonical(json.loads(form)) == form
    assert json.loads(form) == value
    assert [name.encode("utf-16-be") for name in json.loads(form)] == sorted(n.encode("utf-16-be") for n in value)
