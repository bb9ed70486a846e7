"""What a worker and whoever looks after it say to each other: lines of JSON, on its standard input and output.

It says that it lives, again and again, for one that hangs looks from outside like one that has nothing to do; and, when
it is asked, how it does.
"""

from typing import Final

import msgspec

LIVES: Final = 5.0  # seconds between two signs of life
MOST_LINE: Final = 4 * 1024 * 1024  # bytes; what a worker counts fills some 30 kB


class Question(msgspec.Struct, frozen=True):
    """How do you do? number: comes back with the answer. metrics: that is wanted, too."""

    number: int
    metrics: bool


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a worker says; with nothing in it, that it lives. listens: it does, from now on.

    number: of the question that this answers, from 1. checks: by its name, whether a condition of its work holds.
    metrics: what it counts, as Prometheus reads it.
    """

    listens: bool = False
    number: int = 0
    checks: dict[str, bool] = {}
    metrics: bytes = b""


def line(said: Question | Told) -> bytes:
    """As it is sent."""
    return msgspec.json.encode(said) + b"\n"
