"""Whether a back-up or an export is good: it opens, every line can be read, nothing is missing, and every key works.

Nothing of the file is used. Source: security 5.8, cases SR-15, SR-21, SR-22.
"""

from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import msgspec

from agent.config import Config
from agent.relationship import Relationship
from wallet import age, keys, records
from wallet.backup import Intake, Manifest
from wallet.errors import Malformed, NotFound
from wallet.keys import Curve
from wallet.names import canonical_kid
from wallet.records import Key, Record, Settings, kept_of


@dataclass
class Proof:
    """What a file was found to be. counts: records by kind; digest: of all its lines."""

    manifest: Manifest
    counts: Counter[str]
    digest: str
    config: Config
    missing: int = 0
    unfit: list[str] = field(default_factory=list)


def prove(file: Path, identity: str | None) -> Proof:
    """Read a whole file, try every key in it, and use nothing of it. identity: AGE-SECRET-KEY-1...; None for one in the
    clear.

    missing: keys that a relationship speaks with and that are not in the file. unfit: key ids that do not do their
    work. Raises Locked, Malformed, Unsupported, OSError.
    """
    examined = _Examined()
    intake = read(file, identity, examined.take)
    if examined.config is None or intake.trailer is None:
        raise Malformed("the file holds no settings; it was not made by `backup create` or `export`")
    return Proof(
        manifest=intake.close(),
        counts=intake.counts,
        digest=intake.trailer.digest,
        config=examined.config,
        missing=examined.missing(),
        unfit=examined.unfit,
    )


def read(file: Path, identity: str | None, take: Callable[[Record], None]) -> Intake:
    """Hand on every record of a file. Nothing of it may count until this returns; raises as `prove` does."""
    intake = Intake(take)
    with file.open("rb") as source:
        if is_encrypted(file):
            if identity is None:
                raise NotFound(f"{file} is encrypted; it opens with the recovery words")
            age.decrypt(source, intake, identity)
        else:
            while chunk := source.read(64 * 1024):
                intake.write(chunk)
    intake.close()
    return intake


def is_encrypted(file: Path) -> bool:
    """Whether this is an age file."""
    with file.open("rb") as source:
        return source.read(len(age.BEGINS)) == age.BEGINS


class _Examined:
    """What is looked at while a file is proved. Key ids are remembered by eight bytes of their digest each."""

    def __init__(self) -> None:
        self.config: Config | None = None
        self.unfit: list[str] = []
        self._held, self._needed = array("Q"), array("Q")

    def take(self, line: Record) -> None:
        """Look at one record. Raises Malformed if its content is none."""
        try:
            self._take(line)
        except msgspec.MsgspecError as fault:
            raise Malformed(
                f"the file is damaged: a record in it cannot be read ({fault}). Nothing of it counts"
            ) from fault

    def _take(self, line: Record) -> None:
        match line:
            case Settings():
                self.config = msgspec.json.decode(kept_of(line), type=Config)
            case Key():
                self._held.append(_short(line.id))
                if not works(line):
                    self.unfit.append(line.id)
            case records.Relationship():
                did = msgspec.json.decode(kept_of(line), type=Relationship).our_did
                self._needed.extend(_short(f"{did}#{name}") for name in ("key-1", "key-2"))

    def missing(self) -> int:
        """How many keys of our own DIDs are not there."""
        return len(set(self._needed) - set(self._held))


def _short(kid: str) -> int:
    return int.from_bytes(sha256(canonical_kid(kid).encode()).digest()[:8])


def works(line: Key) -> bool:
    """Whether a private key signs what its public half verifies, or agrees with another on one secret."""
    try:
        key = keys.read_private_jwk(line.jwk)
        if key.public.curve is Curve.X25519:
            other = keys.create(Curve.X25519)
            return key.agree(other.public) == other.agree(key.public)
        return keys.verify(key.public, b"proof", key.sign(b"proof"))
    except Malformed:
        return False
