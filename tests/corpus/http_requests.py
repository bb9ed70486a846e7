"""Requests that two servers could read differently, or that cost more than they should: the corpus of HT-05.

Each is what goes over the wire. A second request hides in many of them: whoever reads the length otherwise than we do
would see it. It must reach nobody.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from agent.transports.http import ENCRYPTED

HOST: Final = "shop.example"
HIDDEN: Final = f"POST /hidden HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: {ENCRYPTED}\r\nContent-Length: 2\r\n\r\n{{}}"


def posted(*headers: str, body: str = "{}", line: str = "POST / HTTP/1.1", end: str = "\r\n") -> bytes:
    """A request to post a message. headers: lines, after the usual ones. end: of each line."""
    lines = [line, f"Host: {HOST}", f"Content-Type: {ENCRYPTED}", *headers, "", ""]
    return (end.join(lines) + body).encode("latin-1")


CHUNKED: Final = "Transfer-Encoding: chunked"
EMPTY: Final = "0\r\n\r\n"

REFUSED: Final[Mapping[str, bytes]] = MappingProxyType(
    {
        "length-and-chunks": posted(f"Content-Length: {len(EMPTY + HIDDEN)}", CHUNKED, body=EMPTY + HIDDEN),
        "chunks-and-length": posted(CHUNKED, "Content-Length: 4", body="2\r\n{}\r\n" + EMPTY + HIDDEN),
        "two-lengths": posted("Content-Length: 2", f"Content-Length: {2 + len(HIDDEN)}", body="{}" + HIDDEN),
        "two-lengths-in-one": posted("Content-Length: 2, 3", body="{}" + HIDDEN),
        "length-with-a-sign": posted("Content-Length: +2"),
        "length-below-zero": posted("Content-Length: -2"),
        "length-in-hex": posted("Content-Length: 0x2"),
        "length-beyond-numbers": posted("Content-Length: 18446744073709551618"),
        "length-of-nothing": posted("Content-Length:"),
        "chunked-twice": posted("Transfer-Encoding: chunked, chunked", body=EMPTY + HIDDEN),
        "chunked-in-two-headers": posted(CHUNKED, "Transfer-Encoding: identity", body=EMPTY + HIDDEN),
        "chunked-not-last": posted("Transfer-Encoding: chunked, gzip", body=EMPTY + HIDDEN),
        "chunked-misspelled": posted("Transfer-Encoding: xchunked", body=EMPTY + HIDDEN),
        "chunked-behind-a-tab": posted("Transfer-Encoding:\x0bchunked", body=EMPTY + HIDDEN),
        "chunk-size-no-number": posted(CHUNKED, body="zz\r\n{}\r\n" + EMPTY),
        "chunk-size-below-zero": posted(CHUNKED, body="-2\r\n{}\r\n" + EMPTY),
        "chunk-size-in-hex-notation": posted(CHUNKED, body="0x2\r\n{}\r\n" + EMPTY),
        "chunk-size-beyond-numbers": posted(CHUNKED, body="f" * 17 + "\r\n{}\r\n" + EMPTY),
        "chunk-longer-than-it-says": posted(CHUNKED, body="1\r\n{}\r\n" + EMPTY + HIDDEN),
        "chunk-ended-by-a-bare-lf": posted(CHUNKED, body="2\n{}\r\n" + EMPTY + HIDDEN),
        "header-folded": posted("X-Folded: one\r\n two", "Content-Length: 2"),
        "length-folded": posted("Content-Length:\r\n 2"),
        "space-before-the-colon": posted("Content-Length : 2"),
        "header-without-colon": posted("Content-Length 2", "Content-Length: 2"),
        "header-without-name": posted(": nothing", "Content-Length: 2"),
        "line-ended-by-a-bare-cr": posted("X-Bare: one\rContent-Length: 40", "Content-Length: 2"),
        "nul-in-a-header": posted("X-Nul: a\0b", "Content-Length: 2"),
        "nul-in-a-name": posted("X-\0Nul: a", "Content-Length: 2"),
        "nul-in-the-path": posted("Content-Length: 2", line="POST /\0 HTTP/1.1"),
        "thousand-headers": posted(*(f"X-{number}: y" for number in range(1000)), "Content-Length: 2"),
        "header-of-64-kB": posted(f"X-Long: {'y' * 65536}", "Content-Length: 2"),
        "path-of-64-kB": posted("Content-Length: 2", line=f"POST /{'y' * 65536} HTTP/1.1"),
        "no-such-version": posted("Content-Length: 2", line="POST / HTTP/9.9"),
        "no-version": posted("Content-Length: 2", line="POST /"),
        "no-http": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 100 + b"\r\n\r\n",
        "two-hosts": posted("Host: other.example", "Content-Length: 2"),
    }
)
"""Refused by 400, and the connection closed."""

LF: Final = posted("Content-Length: 2", end="\n")
"""Lines that end in a bare LF: RFC 9112 (2.2) lets a server take them; it may not see two requests."""

TRAILERS: Final = posted(CHUNKED, body="2\r\n{}\r\n0\r\n" + "".join(f"X-{n}: {'y' * 1000}\r\n" for n in range(100_000)))
"""A message and a hundred megabytes of trailers."""
