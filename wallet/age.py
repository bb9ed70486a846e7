"""The age file format: how a back-up is encrypted, so that the `age` tool opens it too.

A back-up has one recipient, made from the recovery key alone:

    X25519 secret = HMAC-SHA-256(key = the 32 bytes of the recovery key, message = "freerange age" 0x01)

which is HKDF-Expand (RFC 5869) with that `info`, and which age writes in Bech32 with the prefix `age-secret-key-`, in
capitals. Encrypting needs the recipient only, so nobody has to type words to make a back-up.
Source: age-encryption.org/v1 (C2SP age); docs/export-format.md.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from wallet import bech32
from wallet.errors import Locked, Malformed
from wallet.hkdf import Prf, expand

BEGINS: Final = b"age-encryption.org/v1\n"
_IDENTITY: Final = b"freerange age"
_SLOT: Final = b"freerange wallet"


class Reader(Protocol):
    """What bytes are read from; b"" at the end."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes."""


class Writer(Protocol):
    """What bytes are written to, all of them at once."""

    def write(self, chunk: bytes, /) -> int:
        """Take a chunk; returns its length."""

    def flush(self) -> None:
        """Nothing more comes."""


def identity(recovery_key: bytes) -> str:
    """The age identity that opens back-ups, a line for `age --identity`. recovery_key: 32 bytes."""
    return bech32.encode("age-secret-key-", expand(Prf(recovery_key), _IDENTITY)).upper()


def slot_secret(recovery_key: bytes) -> bytes:
    """What opens the recovery slot of a wallet: 32 bytes that the age identity does not give away, nor it them."""
    return expand(Prf(recovery_key), _SLOT)


def recipient(identity: str) -> str:
    """The public half of an age identity: `age1...`. Raises Malformed."""
    from pyrage import IdentityError, x25519  # a native library, needed for back-ups only

    try:
        return str(x25519.Identity.from_str(identity.strip()).to_public())
    except IdentityError:
        raise Malformed("this is no age identity; one begins with AGE-SECRET-KEY-1") from None


def encrypt(source: Reader, sink: Writer, recipient: str) -> None:
    """Encrypt all of `source` to one recipient (`age1...`), in constant memory.

    Raises Malformed for a recipient that is none, and whatever reading or writing raises.
    """
    from pyrage import EncryptError, RecipientError, encrypt_io, x25519

    try:
        to = x25519.Recipient.from_str(recipient)
    except RecipientError:
        raise Malformed("this is no age recipient; one begins with age1") from None
    pipe = _Pipe(source, sink)
    try:
        encrypt_io(pipe, pipe, [to])
    except (EncryptError, OSError):
        raise pipe.fault or OSError("the file could not be encrypted") from None


def decrypt(source: Reader, sink: Writer, identity: str) -> None:
    """Decrypt all of `source`, in constant memory. A chunk is passed on once it is proved to be what was written.

    Raises Locked if the identity fits none of the recipients, Malformed if the file is no age file, was altered, cut
    or added to, and whatever reading or writing raises. Nothing that was passed on may count until this returns.
    """
    from pyrage import DecryptError, IdentityError, decrypt_io, x25519

    pipe = _Pipe(source, sink)
    try:
        decrypt_io(pipe, pipe, [x25519.Identity.from_str(identity.strip())])
    except IdentityError:
        raise Malformed("this is no age identity; one begins with AGE-SECRET-KEY-1") from None
    except DecryptError as fault:
        if pipe.fault is not None:
            raise pipe.fault from None
        if "matching" in str(fault):
            raise Locked("the file does not open with these words. Are they those of this wallet?") from None
        raise Malformed("the file is damaged, or no age file. Nothing of it was used.") from None
    except OSError:
        damaged = Malformed("the file is damaged: it was altered, cut, or added to. Nothing of it was used.")
        raise pipe.fault or damaged from None


class _Pipe:
    """A source and a sink whose failure is remembered: the library turns every failure into one of its own."""

    def __init__(self, source: Reader, sink: Writer) -> None:
        self._source, self._sink = source, sink
        self.fault: Exception | None = None

    def read(self, size: int) -> bytes:
        with self._remembering():
            return self._source.read(size)

    def write(self, chunk: bytes) -> int:
        with self._remembering():
            return self._sink.write(chunk)

    def flush(self) -> None:
        with self._remembering():
            self._sink.flush()

    @contextmanager
    def _remembering(self) -> Iterator[None]:
        try:
            yield
        except Exception as fault:
            self.fault = fault
            raise
