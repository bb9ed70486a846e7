"""The published Token Status Lists, entry by entry.

Source: draft-ietf-oauth-status-list-20, section 4 and the appendix "Test vectors for Status List encoding".
"""

import json
from pathlib import Path

import pytest

from tests.tally import Conformance
from wallet.credentials.jose import read_compact
from wallet.credentials.status_bits import Order, entry, lay_out, pack_token_list, unpack_token_list

LONG = (0, 1993, 25460, 159495, 495669, 554353, 645645, 723232, 854545, 934534, 1000345)
"""Where the long lists have an entry that is not 0."""
TWO_BITS = (1, 2, 1, 3, 1, 1, 2, 1, 1, 2, 3)


def listed(path: Path) -> tuple[int, str]:
    """Bits and `lst` of a published file, whose lines were folded."""
    text = "".join(line.strip() for line in path.read_text().splitlines())
    found = json.loads(text[text.index("{") :])
    return found["bits"], found["lst"]


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("status_list_encoding_json", dict(enumerate([1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]))),
        ("status_list_encoding2_json", dict(enumerate([1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]))),
        ("status_list_encoding1_long_json", dict.fromkeys(LONG, 1)),
        ("status_list_encoding2_long_json", dict(zip(LONG, TWO_BITS, strict=True))),
    ],
)
def test_a_list_says_what_was_published(
    name: str, statuses: dict[int, int], vectors: Path, conformance: Conformance
) -> None:
    bits, lst = listed(vectors / "token-status-list" / f"{name}.txt")

    raw = unpack_token_list(lst)

    size = len(raw) * 8 // bits
    assert raw == lay_out(statuses, size=size, bits=bits, order=Order.LOW_FIRST)
    assert all(entry(raw, index, bits=bits, order=Order.LOW_FIRST) == value for index, value in statuses.items())
    assert unpack_token_list(pack_token_list(raw)) == raw
    conformance("token-status-list", accepted=1)


def test_the_short_lists_are_packed_byte_for_byte(vectors: Path) -> None:
    for name in ("status_list_encoding_json", "status_list_encoding2_json"):
        _, lst = listed(vectors / "token-status-list" / f"{name}.txt")

        assert pack_token_list(unpack_token_list(lst)) == lst


def test_the_published_token_is_read(vectors: Path, conformance: Conformance) -> None:
    folder = vectors / "token-status-list"
    text = "".join((folder / "status_list_jwt_raw.txt").read_text().split())

    claims = read_compact(text, typ="statuslist+jwt").claims()

    assert claims["status_list"] == {"bits": 1, "lst": "eNrbuRgAAhcBXQ"}
    assert claims["sub"] == "https://example.com/statuslists/1"
    conformance("token-status-list", accepted=2)
