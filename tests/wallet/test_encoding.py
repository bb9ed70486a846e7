import csv
import secrets
from pathlib import Path

import base58
import multiformats
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tally import Conformance
from wallet.encoding import (
    CODECS,
    MAX_BASE58,
    b58,
    b64u,
    digest,
    from_multibase,
    multihash,
    tagged,
    to_multibase,
    unb58,
    unb64u,
    untag,
)
from wallet.errors import Malformed, Unsupported

BASE_NAMES = {
    "base58btc": "z",
    "base64url": "u",
    "base64urlpad": "U",
    "base64": "m",
    "base64pad": "M",
    "base16": "f",
    "base16upper": "F",
    "base32": "b",
    "base32upper": "B",
}


@given(st.binary(max_size=80))
def test_base64url_says_what_it_was_told(raw: bytes) -> None:
    assert unb64u(b64u(raw)) == raw


@pytest.mark.parametrize(
    "text",
    ["QQ==", "QQ=", "-_+/", "Q Q", "QQ\n", " QQ", "QR", "QUF", "Q", "QQ-", "QQé", "QQ\0", "\ud800"],
    ids=ascii,
)
def test_base64url_has_one_form(text: str) -> None:
    with pytest.raises(Malformed):
        unb64u(text)


@pytest.mark.parametrize("text", ['QQ"', 'Q","', "Q\\n1", r"\u0051Q"])
def test_base64url_is_no_json(text: str) -> None:
    with pytest.raises(Malformed):
        unb64u(text)


@given(st.binary(max_size=80))
def test_base58_says_what_it_was_told(raw: bytes) -> None:
    assert unb58(b58(raw)) == raw


@pytest.mark.parametrize("text", ["0", "O", "I", "l", "2 2", "22 ", "22\n", "é", "+"])
def test_base58_knows_its_alphabet(text: str) -> None:
    with pytest.raises(Malformed):
        unb58(text)


@pytest.mark.parametrize("size", range(0, 200, 7))
def test_base58_is_that_of_the_package_at_any_length(size: int) -> None:
    for raw in (bytes(range(size)), b"\xff" * size, b"\0\0" + bytes(size)):
        text = base58.b58encode(raw).decode()

        assert b58(raw) == text
        assert unb58(text) == raw


def test_base58_is_not_given_what_takes_for_ever() -> None:
    with pytest.raises(Malformed):
        unb58("2" * (MAX_BASE58 + 1))


@pytest.mark.parametrize("name", ["basic", "leading_zero", "two_leading_zeros"])
def test_multibase_agrees_with_the_published_table(vectors: Path, name: str, conformance: Conformance) -> None:
    lines = (vectors / "multibase" / f"{name}.csv").read_text().splitlines()
    header, *rows = csv.reader(lines, skipinitialspace=True)
    raw = header[1].encode().decode("unicode_escape").encode()
    known = {BASE_NAMES[row[0]]: row[1] for row in rows if row[0] in BASE_NAMES}

    assert set(known) == set(BASE_NAMES.values())
    assert {base: to_multibase(raw, base) for base in known} == known
    assert {from_multibase(text) for text in known.values()} == {raw}
    others = ", ".join(sorted({row[0] for row in rows} - set(BASE_NAMES)))
    conformance("multibase", accepted=len(known), not_covered={others: "bases that no protocol here uses"})


def test_multibase_takes_no_second_spelling(vectors: Path, conformance: Conformance) -> None:
    lines = (vectors / "multibase" / "case_insensitivity.csv").read_text().splitlines()
    rows = [row for row in csv.reader(lines[1:], skipinitialspace=True) if row[0] in BASE_NAMES]

    assert rows
    for _, text in rows:
        with pytest.raises(Malformed):
            from_multibase(text)
    reason = "the table reads either case; here one value has one spelling, so the other is refused"
    conformance("multibase", not_covered={"case_insensitivity": reason})


@pytest.mark.parametrize("text", ["", "1", "xabc", "é"])
def test_a_base_that_is_not_known_is_not_guessed(text: str) -> None:
    with pytest.raises(Unsupported):
        from_multibase(text)


@pytest.mark.parametrize("text", ["fa", "f a0", "mQ", "uQQ==", "bA", "z0"])
def test_multibase_is_as_strict_as_its_bases(text: str) -> None:
    with pytest.raises(Malformed):
        from_multibase(text)


@pytest.mark.parametrize("name", CODECS)
def test_our_codes_are_those_of_multiformats(name: str) -> None:
    assert tagged(name, b"raw") == multiformats.multicodec.wrap(name, b"raw")
    assert untag(tagged(name, b"raw")) == (name, b"raw")


@pytest.mark.parametrize("raw", [b"", b"\xed", b"\xff\xff\xff", b"\x80"])
def test_an_unknown_code_is_unsupported(raw: bytes) -> None:
    with pytest.raises(Unsupported):
        untag(raw)


def test_multihash_and_digest_agree_with_multiformats() -> None:
    raw = secrets.token_bytes(100)

    assert multihash(raw) == multiformats.multihash.digest(raw, "sha2-256")
    assert digest(raw) == multiformats.multibase.encode(multihash(raw), "base64url")


def test_a_digest_has_47_characters() -> None:
    assert digest(b"TEST-BASE, version 1\n") == "uEiAxhGqvBEYXZ8ybrDBhE6Yj6GHL6TL0ZtTxRht_1F8nfw"
    assert len(digest(b"")) == 47
