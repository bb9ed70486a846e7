"""Long records, written shorter before they are sealed: their own repetitions, and the phrases that all wallets use.

What two agents leave behind when they have met and agreed is 40 KB of JSON, of which little is theirs alone. Records
that are short, as those of plain messages are, stay as they are: what is read and written most must cost nothing more.
What is seldom read again, lines of logs and signed objects, has its long DIDs taken apart as well: one is a document of
keys in base58, in which nothing can be seen to repeat.

The length of what is sealed tells what is inside, within the vault's step of 256 bytes, packed or not. Somebody who
reads the file and also writes part of a record could try to guess the rest of it by its length; the parts of a record
are one relationship's, so that would be the other side of it, who was told the rest or said it. Private keys are too
short to be packed.
"""

import re
import zlib
from functools import lru_cache
from typing import Final

import msgspec

from wallet.encoding import b58, unb58
from wallet.errors import Corrupt
from wallet.store.phrases import PHRASES

LEAST: Final = 1280  # bytes; a message of 1 KiB has less. Below that nothing is gained but a few pages
MOST: Final = 64 * 1024  # bytes; what is longer is mostly an attachment, and would hold up the writer
SELDOM: Final = frozenset({"log", "signed"})  # tables whose rows are seldom read again
WHOLE: Final = b"\xc1\x01"  # before what is packed as it is. No msgpack begins with the first byte
PARTED: Final = b"\xc1\x02"  # before what is packed as a `_Parted`
_LENGTH: Final = 4
_BITS, _MEMORY, _LEVEL = -14, 7, 6  # 16 KiB of sight: the phrases and a record of 10 KiB; 64 KiB to prepare, not 256
_LONG: Final = re.compile(rb"(?<=:z)[1-9A-HJ-NP-Za-km-z]{200,4096}(?![1-9A-Za-z])")


class _Parted(msgspec.Struct, frozen=True, array_like=True):
    """A record without its long DIDs. documents: what those are in base58; order: which of them follows each text."""

    documents: tuple[bytes, ...]
    order: tuple[int, ...]
    text: tuple[bytes, ...]


_parted = msgspec.msgpack.Decoder(_Parted)
_base58, _bytes = lru_cache(maxsize=64)(b58), lru_cache(maxsize=64)(unb58)  # of one relationship, many at once


def packed(table: str, plain: bytes) -> bytes:
    """A record of a table as it is sealed. plain: msgpack."""
    if not LEAST <= len(plain) <= MOST:
        return plain
    mark, long = (PARTED, _apart(plain)) if table in SELDOM else (WHOLE, plain)
    squeeze = zlib.compressobj(_LEVEL, zlib.DEFLATED, _BITS, _MEMORY, zlib.Z_DEFAULT_STRATEGY, PHRASES)
    short = mark + len(long).to_bytes(_LENGTH, "big") + squeeze.compress(long) + squeeze.flush()
    return short if len(short) < len(plain) else plain


def unpacked(record: bytes) -> bytes:
    """The msgpack of a record. Raises Corrupt if it is packed in a way that this program does not know."""
    mark, rest = record[: len(WHOLE)], record[len(WHOLE) :]
    if mark[:1] != WHOLE[:1]:
        return record
    length = int.from_bytes(rest[:_LENGTH], "big")
    if mark not in (WHOLE, PARTED) or length > 2 * MOST:
        raise Corrupt("a record is packed in a way that this program does not know. Install the newer program.")
    long = zlib.decompressobj(_BITS, PHRASES).decompress(rest[_LENGTH:], length)
    return long if mark == WHOLE else _together(_parted.decode(long))


def _apart(plain: bytes) -> bytes:
    documents, order, text, at = dict[bytes, int](), list[int](), list[bytes](), 0
    for found in _LONG.finditer(plain):
        order.append(documents.setdefault(_bytes(found[0].decode()), len(documents)))
        text.append(plain[at : found.start()])
        at = found.end()
    return msgspec.msgpack.encode(_Parted(tuple(documents), tuple(order), (*text, plain[at:])))


def _together(parted: _Parted) -> bytes:
    first, *rest = parted.text
    parts = [first]
    for index, text in zip(parted.order, rest, strict=True):
        parts += (_base58(parted.documents[index]).encode(), text)
    return b"".join(parts)
