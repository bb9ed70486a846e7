"""A picture of a page in at most 256 colours, as PNG: a page has few, but for the edges of its letters."""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import Final

MAGIC: Final = b"\x89PNG\r\n\x1a\n"
COLOURS: Final = 256


def smaller(png: bytes) -> bytes:
    """The same picture with a palette; as it is if that is no smaller. png: 8 bits a channel, not interlaced."""
    chunks = dict(parts(png))
    width, height, depth, kind, *_, interlaced = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    if depth != 8 or kind not in (2, 6) or interlaced:
        return png
    size = 3 if kind == 2 else 4
    rows = list(unfiltered(zlib.decompress(chunks[b"IDAT"]), width, height, size))
    pixels = [bytes(row[at : at + 3]) for row in rows for at in range(0, width * size, size)]
    chosen, meant = palette(Counter(pixels))
    lines = (
        b"\0" + bytes(meant[each] for each in pixels[start : start + width]) for start in range(0, len(pixels), width)
    )
    made = MAGIC + b"".join(
        (
            part(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            part(b"PLTE", b"".join(chosen)),
            part(b"IDAT", zlib.compress(b"".join(lines), 9)),
            part(b"IEND", b""),
        )
    )
    return min(made, png, key=len)


def parts(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a file, those of pixels as one."""
    at, pixels = len(MAGIC), b""
    while at < len(png):
        length, name = struct.unpack(">I4s", png[at : at + 8])
        data = png[at + 8 : at + 8 + length]
        pixels += data if name == b"IDAT" else b""
        yield name, pixels if name == b"IDAT" else data
        at += 12 + length


def part(name: bytes, data: bytes) -> bytes:
    """One chunk."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def unfiltered(raw: bytes, width: int, height: int, size: int) -> Iterator[bytearray]:
    """The rows as they are. size: bytes of a pixel. Source: PNG, section 9."""
    stride, above = width * size, bytearray(width * size)
    for number in range(height):
        start = number * (stride + 1)
        kind, row = raw[start], bytearray(raw[start + 1 : start + 1 + stride])
        if kind == 2:
            row = bytearray((a + b) & 255 for a, b in zip(row, above))
        elif kind:
            for at in range(stride):
                left = row[at - size] if at >= size else 0
                corner = above[at - size] if at >= size else 0
                row[at] = (row[at] + guess(kind, left, above[at], corner)) & 255
        yield row
        above = row


def guess(kind: int, left: int, up: int, corner: int) -> int:
    """What a filter takes a byte for, from those around it."""
    if kind == 1:
        return left
    if kind == 3:
        return (left + up) // 2
    nearest = left + up - corner
    return min((left, up, corner), key=lambda each: abs(nearest - each))


def palette(counted: Counter[bytes]) -> tuple[list[bytes], dict[bytes, int]]:
    """The colours that are kept, and which of them each colour becomes: the nearest."""
    chosen = [bytes(colour) for colour, _ in counted.most_common(COLOURS)]
    meant = {colour: place for place, colour in enumerate(chosen)}
    for colour in counted:
        if colour not in meant:
            meant[colour] = min(range(len(chosen)), key=lambda place: distance(chosen[place], colour))
    return chosen, meant


def distance(one: bytes, other: bytes) -> int:
    """How far two colours are from each other."""
    return sum((a - b) ** 2 for a, b in zip(one, other))
