"""Reading what a server answers to a POST, by the bytes as they come: strictly, and never more than is wanted.

Whatever could be read in two ways ends the connection. Source: RFC 9112, sections 4 to 7.
"""

import re
from typing import Final, NamedTuple

MOST_HEAD: Final = 16 * 1024  # bytes
MOST_INTERIM: Final = 8  # answers that only say that the answer comes later
MOST_CHUNK_LINE: Final = 256  # bytes of the line that says how long a chunk is, and of what follows the last one

_STATUS: Final = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: [^\x00-\x08\x0a-\x1f\x7f]*)?")
_FIELD: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
_LENGTH: Final = re.compile(r"[0-9]{1,12}")
_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,8})(?:[ \t]*;[^\x00-\x08\x0a-\x1f\x7f]*)?")


class BadAnswer(Exception):
    """It is no answer that can be read. Nothing more is, of this connection."""


class Answer(NamedTuple):
    """headers: by their names in title case, the first of each. body: None if it was longer than was wanted, and was
    not read. keeps: whether the connection may be used again."""

    status: int
    headers: dict[str, str]
    body: bytes | None
    keeps: bool


class Reader:
    """One answer in the making. most: bytes of a body that are wanted."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._raw, self._body = bytearray(), bytearray()
        self._interim = 0
        self._status, self._headers, self._keeps = 0, dict[str, str](), False
        self._length: int | None = None
        self._chunked = self._last = False

    @property
    def begun(self) -> bool:
        """Whether anything was answered yet."""
        return bool(self._raw or self._status or self._interim)

    def feed(self, piece: bytes) -> Answer | None:
        """More bytes: the answer, once it is there. Raises BadAnswer."""
        self._raw += piece
        while not self._status:
            end = self._raw.find(b"\r\n\r\n", 0, MOST_HEAD)
            if end < 0:
                if len(self._raw) >= MOST_HEAD:
                    raise BadAnswer("its header does not end")
                return None
            self._begin(bytes(self._raw[:end]))
            del self._raw[: end + 4]
        if self._chunked:
            return self._chunks()
        if self._length is not None:
            return self._counted(self._length)
        return self._answer(None, keeps=False) if len(self._raw) > self._most else None

    def end(self) -> Answer | None:
        """No more bytes come: the answer, if that is how its body ends."""
        if self._status and self._length is None and not self._chunked:
            return self._answer(bytes(self._raw), keeps=False)
        return None

    def _begin(self, head: bytes) -> None:
        first, *lines = head.split(b"\r\n")
        status = _STATUS.fullmatch(first)
        if status is None:
            raise BadAnswer("it does not begin like HTTP/1.1")
        found = dict[str, str]()
        for line in lines:
            field = _FIELD.fullmatch(line)
            if field is None:
                raise BadAnswer("a header that cannot be read")
            name, value = field[1].decode().title(), field[2].decode("latin-1").strip()
            if name in found and name in ("Content-Length", "Transfer-Encoding"):
                raise BadAnswer("its length is told twice")
            found.setdefault(name, value)
        number = int(status[2])
        if number < 200:
            self._interim += 1
            if number == 101 or self._interim > MOST_INTERIM:
                raise BadAnswer("it goes on to something else, or never comes")
            return
        self._status, self._headers = number, found
        self._measure(found, number)
        said = {each.strip().lower() for each in found.get("Connection", "").split(",")}
        self._keeps = status[1] == b"1" and "close" not in said

    def _measure(self, found: dict[str, str], status: int) -> None:
        """How the end of the body is told."""
        length, coding = found.get("Content-Length"), found.get("Transfer-Encoding")
        if coding is not None and (length is not None or coding.lower() != "chunked"):
            raise BadAnswer("its length is told in two ways, or in one that is not known")
        if length is not None and not _LENGTH.fullmatch(length):
            raise BadAnswer("its length is no number")
        self._chunked = coding is not None
        self._length = 0 if status in (204, 304) else int(length) if length is not None else None
        self._chunked = self._chunked and self._length is None

    def _counted(self, length: int) -> Answer | None:
        if length > self._most:
            return self._answer(None, keeps=False)
        if len(self._raw) < length:
            return None
        return self._answer(bytes(self._raw[:length]), keeps=self._keeps and len(self._raw) == length)

    def _chunks(self) -> Answer | None:
        """Take what is whole of the chunks that are there."""
        at = 0
        while (end := self._raw.find(b"\r\n", at, at + MOST_CHUNK_LINE)) >= 0:
            if self._last:
                if end > at:
                    raise BadAnswer("headers behind the body")
                return self._answer(bytes(self._body), keeps=self._keeps and len(self._raw) == end + 2)
            line = _CHUNK.fullmatch(self._raw, at, end)
            if line is None:
                raise BadAnswer("a chunk that cannot be read")
            size = int(line[1], 16)
            if len(self._body) + size > self._most:
                return self._answer(None, keeps=False)
            if size and len(self._raw) < end + 2 + size + 2:
                break
            if size and self._raw[end + 2 + size : end + 4 + size] != b"\r\n":
                raise BadAnswer("a chunk that is longer than it says")
            self._body += self._raw[end + 2 : end + 2 + size]
            self._last, at = not size, end + 2 + (size + 2 if size else 0)
        else:
            if len(self._raw) - at >= MOST_CHUNK_LINE:
                raise BadAnswer("a chunk that cannot be read")
        del self._raw[:at]
        return None

    def _answer(self, body: bytes | None, *, keeps: bool) -> Answer:
        return Answer(self._status, self._headers, body, keeps)
