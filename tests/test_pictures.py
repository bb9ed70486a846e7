"""The script that makes the pictures of the documentation runs, and makes small PNG files of what is seen."""

import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from scripts._pictures.smaller import MAGIC, part, parts, smaller, unfiltered
from tests.browser.sitting import needs_chromium

ROOT = Path(__file__).parents[1]
MOST = 80 * 1024  # bytes of one picture


def png(rows: list[bytes], filters: bytes, size: int = 3) -> bytes:
    """A picture of these rows, each as its filter leaves it."""
    head = struct.pack(">IIBBBBB", len(rows[0]) // size, len(rows), 8, 2 if size == 3 else 6, 0, 0, 0)
    raw = b"".join(bytes([kind]) + row for kind, row in zip(filters, rows, strict=True))
    return MAGIC + part(b"IHDR", head) + part(b"IDAT", zlib.compress(raw)) + part(b"IEND", b"")


@pytest.mark.parametrize(
    ("filters", "second"),
    [
        (b"\0\0", b"\x0a\x14\x1e\x0a\x14\x1e"),
        (b"\0\1", b"\x0a\x14\x1e\0\0\0"),
        (b"\0\2", b"\0\0\0\0\0\0"),
        (b"\0\3", b"\x05\x0a\x0f\0\0\0"),
        (b"\0\4", b"\0\0\0\0\0\0"),
    ],
)
def test_every_filter_is_taken_away(filters: bytes, second: bytes) -> None:
    row = b"\x0a\x14\x1e" * 2
    raw = bytes([filters[0]]) + row + bytes([filters[1]]) + second

    assert [bytes(each) for each in unfiltered(raw, 2, 2, 3)] == [row, row]


def test_a_picture_keeps_its_colours_in_a_palette() -> None:
    rows = [bytes((number % 7, 5, 250)) * 400 for number in range(300)]

    made = smaller(png(rows, bytes(300)))
    chunks = dict(parts(made))
    colours = [chunks[b"PLTE"][at : at + 3] for at in range(0, len(chunks[b"PLTE"]), 3)]
    raw = zlib.decompress(chunks[b"IDAT"])

    assert struct.unpack(">IIB", chunks[b"IHDR"][:9]) == (400, 300, 8)
    assert all(colours[raw[number * 401 + 1]] == rows[number][:3] for number in range(300))
    assert len(made) < len(png(rows, bytes(300)))


@pytest.mark.full
@needs_chromium
def test_the_script_makes_ten_pictures_in_light_and_dark(tmp_path: Path) -> None:
    command = (sys.executable, str(ROOT / "scripts" / "pictures"), "--into", str(tmp_path))

    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)

    assert done.returncode == 0, done.stderr
    made = sorted(tmp_path.glob("*.png"))
    assert len(made) == 20
    assert {each.stem.rpartition("-")[2] for each in made} == {"light", "dark"}
    for each in made:
        picture = each.read_bytes()
        assert struct.unpack(">I", dict(parts(picture))[b"IHDR"][:4]) == (960,)
        assert len(picture) < MOST, json.dumps([each.name, len(picture)])
