"""A route: one thing that may be asked of an agent by its owner."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote, unquote

import msgspec

Act = Callable[..., Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Route:
    """One thing that may be asked. path: segments in braces are passed to `act` by name; takes: the body's shape."""

    method: str
    path: str
    act: Act
    takes: type[msgspec.Struct] | None = None

    def matches(self, method: str, path: str) -> Mapping[str, str] | None:
        """The named segments, if this route is the one. path: as it stands in a URL, percent-encoded."""
        return segments(self.path, path) if method == self.method else None


def segments(pattern: str, path: str) -> dict[str, str] | None:
    """The segments of a path that stand in braces in its pattern, by name; None if it does not fit."""
    found = compiled(pattern).fullmatch(path)
    return {name: unquote(text) for name, text in found.groupdict().items()} if found else None


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """How a path that fits is told; there are more of them than `re` keeps by itself."""
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern))


def quoted(segment: str) -> str:
    """A name as one segment of a path."""
    return quote(segment, safe="")
