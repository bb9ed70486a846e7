"""An export is one whole file, or nothing: lines that were altered, lost, added or moved are found out."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet import backup
from wallet.backup import FORMAT, Intake, Manifest
from wallet.errors import Malformed, Unsupported
from wallet.records import Did, Item, Key, Record, Timer, carried, kept_of

RECORDS: tuple[Record, ...] = (
    Key(id="did:x:1#1", jwk={"kty": "OKP", "d": "AA"}),
    Did(id="public", **carried(b'{"did": "did:x:1"}')),
    Item(of="note", id="1", **carried(b"\xff\x00")),
    Timer(peer="p", thread="t", name="n", at=5),
)


def written(records: tuple[Record, ...] = RECORDS) -> list[bytes]:
    """The lines of a file."""
    manifest = Manifest(format=FORMAT, program="this", made_at=1, records=len(records))
    return list(backup.lines(manifest, records))


def taken(file: bytes, size: int = 7) -> list[Record]:
    """The records of a file that is read in pieces."""
    found: list[Record] = []
    intake = Intake(found.append)
    for start in range(0, len(file), size):
        intake.write(file[start : start + size])
    intake.close()
    return found


@pytest.mark.parametrize("size", [1, 7, 100, 10_000])
def test_what_was_written_is_read_whatever_the_pieces(size: int) -> None:
    assert taken(b"".join(written()), size) == list(RECORDS)
    assert taken(b"".join(written(())), size) == []


def test_each_change_of_the_lines_is_found_out() -> None:
    lines, source = written(), random.Random(1)
    changes = {
        "shuffled": [lines[0], *source.sample(lines[1:-1], len(lines) - 2), lines[-1]],
        "one left out": lines[:2] + lines[3:],
        "one repeated": lines[:2] + lines[1:],
        "two manifests": lines[:1] + lines,
        "two trailers": [*lines, lines[-1]],
        "no manifest": lines[1:],
        "no trailer": lines[:-1],
        "something behind": [*lines, b"\n"],
        "a blank line": [lines[0], b"\n", *lines[1:]],
        "cut": [*lines[:-1], lines[-1][:-1]],
        "another number": [lines[0].replace(b'"records":4', b'"records":5'), *lines[1:]],
        "nothing": [],
    }

    for what, changed in changes.items():
        with pytest.raises(Malformed):
            pytest.fail(f"{what}: {taken(b''.join(changed))}")


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_each_byte_counts(place: int, other: int) -> None:
    file = bytearray(b"".join(written()))
    file[place % len(file)] ^= other

    with pytest.raises((Malformed, Unsupported)):
        taken(bytes(file), 10_000)


@pytest.mark.parametrize(
    "line",
    [
        b"{}", b"[]", b"null", b"\xff", b'{"kind":"other"}', b'{"kind":"timer"}', b"[" * 10_000,
        b'{"kind":"timer","peer":"p","thread":"t","name":"n","at":1,"more":2}',
        b'{"kind":"did","id":"x"}', b'{"kind":"did","id":"x","content":1,"content_base64":""}',
        b'{"kind":"did","id":"x","content":"\xff"}',
    ],
    ids=range(11),
)  # fmt: skip
def test_a_line_that_is_none_is_refused_with_its_number(line: bytes) -> None:
    intake = Intake(lambda record: None)
    intake.write(written()[0])

    with pytest.raises(Malformed, match="line 2 cannot be read"):
        intake.write(line + b"\n")


def test_a_file_of_a_newer_format_is_refused_before_anything_else_is_looked_at() -> None:
    first = json.dumps({"kind": "manifest", "format": FORMAT + 1, "program": "later", "new": True})

    with pytest.raises(Unsupported, match="made by later"):
        Intake(lambda record: None).write(first.encode() + b"\n")


def test_a_line_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "MOST_LINE", 1000)

    with pytest.raises(Malformed, match="longer than"):
        taken(b"x" * 5000)


def test_a_count_that_does_not_hold_is_noticed_while_writing() -> None:
    with pytest.raises(Malformed, match="4 records were read"):
        list(backup.lines(Manifest(format=1, program="this", made_at=1, records=5), RECORDS))


@given(st.binary(max_size=200))
def test_any_bytes_are_carried_and_come_back(record: bytes) -> None:
    line = written((Item(of="note", id="1", **carried(record)),))[1]
    [found] = taken(b"".join(written((Item(of="note", id="1", **carried(record)),))))

    assert line.count(b"\n") == 1
    assert isinstance(found, Item)
    if b"\n" not in record and b"\r" not in record:
        assert kept_of(found) == record


def test_json_on_several_lines_is_carried_on_one() -> None:
    found = carried(b'{"a": [1,\n 2],\r\n "b": "x"}')

    assert bytes(found["content"]) == b'{"a":[1,2],"b":"x"}'
