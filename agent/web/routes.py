"""A route: one thing that may be asked of an agent by its owner."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
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
        if method != self.method:
            return None
        found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path), path)
        return {name: unquote(text) for name, text in found.groupdict().items()} if found else None


def quoted(segment: str) -> str:
    """A name as one segment of a path."""
    return quote(segment, safe="")
