"""The form of an export: JSON Lines, a manifest first, then records, a trailer last.

The trailer holds how many records there are and a digest over every line before it, so that a file that was cut, or
put together anew, is not taken for a whole one. Each line is chained to those before it:

    digest(0) = 32 zero bytes,  digest(n) = SHA-256(digest(n-1) + line n with its newline)

A back-up is such a file inside an age file (`wallet/age.py`). Source: security 5.8; docs/export-format.md.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import Final, TypeAlias

import msgspec

from wallet.errors import Malformed, Unsupported
from wallet.records import Content, Line, Record, kept_of

FORMAT: Final = 1
MOST_LINE: Final = 96 * 1024 * 1024  # bytes; a record of 64 MiB in base64, and room for its names
NOTHING: Final = bytes(32)


class Manifest(Line, tag="manifest", frozen=True, kw_only=True):
    """The first line. program: what wrote the file; records: how many lines lie between this one and the last.

    made_at: Unix seconds. instance, epoch: which copy of the wallet this was, and how often it had been restored.
    """

    format: int
    program: str
    made_at: int
    records: int
    instance: str = ""
    epoch: int = 0


class Trailer(Line, tag="trailer", frozen=True, kw_only=True):
    """The last line. digest: of all lines before it, in hexadecimal digits."""

    records: int
    digest: str


_Any: TypeAlias = Manifest | Trailer | Record
_encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[_Any] = msgspec.json.Decoder(_Any)


def lines(manifest: Manifest, records: Iterable[Record]) -> Iterator[bytes]:
    """The whole file, a line at a time. Raises Malformed if there are not as many records as the manifest says."""
    chain, count = NOTHING, -1
    for each in _with_manifest(manifest, records):
        line = _encode(each) + b"\n"
        chain, count = sha256(chain + line).digest(), count + 1
        yield line
    if count != manifest.records:
        raise Malformed(f"{count} records were read, and {manifest.records} were counted; the file is of no use")
    yield _encode(Trailer(records=count, digest=chain.hex())) + b"\n"


def _with_manifest(manifest: Manifest, records: Iterable[Record]) -> Iterator[_Any]:
    yield manifest
    yield from records


class Intake:
    """Takes a file apart, chunk by chunk, and hands its records on. Nothing that was handed on may count until `close`
    returns: only then is it known that the file is whole.

    take: called with each record. manifest: None until its line has come. counts: records by kind.
    """

    def __init__(self, take: Callable[[Record], None]) -> None:
        self._take = take
        self._rest = bytearray()
        self._chain, self._next, self._lines = NOTHING, NOTHING, 0
        self.manifest: Manifest | None = None
        self.trailer: Trailer | None = None
        self.counts: Counter[str] = Counter()

    def write(self, chunk: bytes) -> int:
        """Take the next bytes of the file. Raises Malformed, Unsupported."""
        *whole, rest = chunk.split(b"\n")
        for part in whole:
            self._rest += part
            line, self._rest = bytes(self._rest), bytearray()
            self._line(line)
        self._rest += rest
        if len(self._rest) > MOST_LINE:
            raise Malformed(f"line {self._lines + 1} is longer than {MOST_LINE} bytes. Nothing of the file was used.")
        return len(chunk)

    def flush(self) -> None:
        """Nothing is held back but an unfinished line."""

    def close(self) -> Manifest:
        """The file has ended. Raises Malformed unless it was whole, and nothing was altered, left out or added."""
        if self.manifest is None or self.trailer is None or self._rest:
            raise Malformed("the file has no end: it was cut. Nothing of it was used. Look for another copy.")
        found, said = self.counts.total(), {self.manifest.records, self.trailer.records}
        if said != {found}:
            raise Malformed(f"the file should hold {max(said)} records and holds {found}. Nothing of it was used.")
        if self.trailer.digest != self._chain.hex():
            raise Malformed("the lines of the file are not those that were written. Nothing of it was used.")
        return self.manifest

    def _line(self, line: bytes) -> None:
        self._lines += 1
        if self.trailer is not None:
            raise Malformed("something stands behind the end of the file. Nothing of it was used.")
        found = self._read(line)
        if isinstance(found, Trailer):
            self.trailer = found
            return
        self._chain = sha256(self._chain + line + b"\n").digest()
        if isinstance(found, Manifest) != (self.manifest is None):
            raise Malformed(f"line {self._lines} is out of place: the first is the manifest, and no other is.")
        if isinstance(found, Manifest):
            self.manifest = found
            return
        self.counts[str(found.__struct_config__.tag)] += 1
        self._take(found)

    def _read(self, line: bytes) -> _Any:
        try:
            line.decode()  # nobody looks into a content here
            if self.manifest is None:
                check_format(line)
            found = _decoder.decode(line)
            if isinstance(found, Content):
                kept_of(found)
        except (msgspec.DecodeError, ValueError, RecursionError) as fault:
            raise Malformed(f"line {self._lines} cannot be read: {fault}. Nothing of the file was used.") from None
        return found


class _Start(msgspec.Struct):
    """As much of a manifest as every version of the format has."""

    kind: str
    format: int
    program: str = "a program that does not say its name"


def check_format(line: bytes) -> None:
    """Raise Malformed unless this is the first line of an export, Unsupported if it is of a newer format."""
    try:
        start = msgspec.json.decode(line, type=_Start)
    except msgspec.DecodeError:
        raise Malformed("this is no export of a wallet: it begins with no manifest. Name another file.") from None
    if start.kind != "manifest":
        raise Malformed("this is no export of a wallet: it begins with no manifest. Name another file.")
    if start.format > FORMAT:
        raise Unsupported(
            f"the file was made by {start.program[:60]}, in format {start.format}; this program knows {FORMAT}."
            " Nothing of it was used. Install the newer program."
        )
