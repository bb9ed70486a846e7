"""A part of a long list, newest first, for routes like `/v1/things/newest/{start}`."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from protocols.problems import Misuse

SIZE: Final = 50


def part(start: str, total: int, listed: Callable[[int, int], Iterable[Any]]) -> dict[str, object]:
    """A part of a list with its size. start: how many come before it, as it stands in the path. Raises Misuse."""
    if not (start.isascii() and start.isdecimal() and len(start) < 10):
        raise Misuse(f'"{start[:40]}" is no number of entries to leave out; nothing was looked up')
    return {"total": total, "start": int(start), "items": [*listed(int(start), SIZE)]}
