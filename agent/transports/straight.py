"""A message that came in one piece, in a request with nothing unusual about it: read and answered without more ado.

aiohttp reads any request, and makes two tasks and a dozen objects of it, which is most of what HTTP costs us. What is
read here is a narrow part of HTTP/1.1; whatever is not plainly in it goes the long way, and is judged there. So nothing
is refused here for its form. Source: RFC 9112.
"""

import re
import time
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Final, NamedTuple

from aiohttp import web

MOST_HEAD: Final = 4096  # bytes
_HEAD: Final = re.compile(rb"POST (/[!-~]*) HTTP/1\.1\r\n((?:[A-Za-z-]+: ?[!-~][ -~]*\r\n){2,24})\r\n")
_LENGTH: Final = re.compile(rb"[0-9]{1,9}")

USUAL: Final = frozenset(
    {b"host", b"content-type", b"content-length", b"accept", b"accept-encoding", b"accept-language", b"connection"}
    | {b"user-agent", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-real-ip"}
)
"""Headers that change nothing in how a message is read, or are looked at here. With any other the way is long."""


class Post(NamedTuple):
    """One message and what matters of its request. kind: the media type, in lower case, without parameters."""

    path: str
    host: str
    kind: str
    forwarded: str
    body: bytes


class _Head(NamedTuple):
    """What matters of a request, up to its body. length: of that, bytes."""

    path: str
    host: str
    kind: str
    forwarded: str
    length: int


def read(piece: bytes) -> Post | None:
    """The one request in these bytes, if they are all of it and nothing is unusual about it."""
    end = piece.find(b"\r\n\r\n", 0, MOST_HEAD) + 4
    head = _read(piece[:end]) if end > 3 else None
    if head is None or head.length != len(piece) - end:
        return None
    return Post(head.path, head.host, head.kind, head.forwarded, piece[end:])


@lru_cache(maxsize=256)
def _read(raw: bytes) -> _Head | None:
    """The head of a request, if nothing is unusual about it: whoever writes often writes the same one often."""
    head = _HEAD.fullmatch(raw)
    if head is None:
        return None
    found: dict[bytes, bytes] = {}
    for line in head[2].split(b"\r\n")[:-1]:
        name, _, value = line.partition(b":")
        name = name.lower()
        if name not in USUAL or name in found:
            return None
        found[name] = value.strip()
    length, host = found.get(b"content-length", b""), found.get(b"host")
    if host is None or not _LENGTH.fullmatch(length):
        return None
    if found.get(b"connection", b"keep-alive").lower() != b"keep-alive":
        return None
    kind = found.get(b"content-type", b"").partition(b";")[0].strip().lower().decode()
    forwarded = found.get(b"x-forwarded-for", b"").decode()
    return _Head(head[1].decode(), host.decode(), kind, forwarded, int(length))


def spelled(answer: web.Response) -> bytes:
    """An answer that has its whole body, as aiohttp would write it."""
    body = answer.body if isinstance(answer.body, bytes) else b""
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    lines += [f"Content-Length: {len(body)}", f"Date: {formatdate(time.time(), usegmt=True)}"]
    if not keeps(answer):
        lines.append("Connection: close")
    return "\r\n".join((*lines, "", "")).encode() + body


def keeps(answer: web.Response) -> bool:
    """Whether the connection stays after this answer; it was not to be closed by the request."""
    return answer.keep_alive is not False
