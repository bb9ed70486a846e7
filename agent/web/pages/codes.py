"""Codes in a picture: QR codes and the barcodes of articles, read from grey pixels that a browser sent.

The picture stays on this computer and is kept nowhere.
"""

import base64
import binascii
from typing import Final

import zxingcpp

MOST_PIXELS: Final = 4_000_000
MOST_CODES: Final = 8  # of one picture
LEAST: Final = 20  # pixels of a side: no code is smaller


class NoPicture(Exception):
    """The pixels do not fit together, or there are too many."""


def grey(width: object, height: object, content: object) -> memoryview:
    """Pixels as a table. width, height: in pixels; content: a byte for each, in base64. Raises NoPicture."""
    if type(width) is not int or type(height) is not int or not isinstance(content, str):
        raise NoPicture("a picture has a width, a height and pixels")
    if min(width, height) < LEAST or width * height > MOST_PIXELS:
        raise NoPicture(f"the picture is {width} by {height} pixels; at most {MOST_PIXELS} in all can be looked at")
    try:
        pixels = base64.b64decode(content, validate=True)
    except binascii.Error as fault:
        raise NoPicture("the pixels are not in base64") from fault
    if len(pixels) != width * height:
        raise NoPicture(f"the picture has {len(pixels)} pixels, and not {width} by {height}")
    return memoryview(pixels).cast("B", (height, width))


def texts(pixels: memoryview) -> list[str]:
    """What the codes in a picture say, each once."""
    found = (each.text for each in zxingcpp.read_barcodes(pixels) if each.valid and each.text)
    return list(dict.fromkeys(found))[:MOST_CODES]
