"""The way back: a back-up or an export is proved, read, and made a wallet again, or added to one.

A file is read twice. First it is proved: it opens, every line can be read, nothing is missing and nothing was altered.
Only then is it read again, into one transaction; and since a file might change in between, that transaction counts only
if it was the same file. Source: security 5.8, cases SR-15, SR-21, SR-22.
"""

from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from agent import backup, home
from agent import config as configs
from agent.config import Config
from agent.many import Plan
from agent.relationship import Relationship
from wallet import age, keys, records
from wallet.backup import Intake, Manifest
from wallet.errors import Malformed, NotFound
from wallet.keys import Curve
from wallet.names import canonical_kid
from wallet.records import Key, Line, Record, Settings, kept_of
from wallet.slots import Secret
from wallet.store import instance
from wallet.store.importing import Import, Report
from wallet.store.instance import Instance
from wallet.store.sqlite import Store
from wallet.store.transaction import Transaction
from wallet.vault import Vault

SKIPPED: Final = 1000
"""Numbers of our chains that a restored wallet leaves out: the lost one may have used them after its last back-up, and
to use one twice would be an equivocation."""


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


async def restore(folder: Path, file: Path, identity: str | None, *, secret: Secret, slot: bytes, now: int) -> Proof:
    """Make a wallet in `folder` of a file, whole or not at all, under a secret of its own. Raises as `prove` does, and
    Misconfigured if there is a wallet already.

    slot: what the recovery words open the new wallet with; b"" to leave them out.
    """
    home.check_free(folder)
    proof = prove(file, identity)
    vault = Vault.create(secret, home.cost(secret))
    if slot:
        vault.add_slot(backup.SLOT, slot)

    def fill(tx: Transaction) -> None:
        report = write(tx, file, identity, proof, change=renewed)
        if report.same or report.differing:
            raise Malformed("the file holds something twice. Nothing was restored.")
        was = proof.manifest
        made = Instance(keys.new_id(), was.epoch + 1, was.instance, was.made_at, now)
        instance.write(tx, made)

    configs.write(folder, proof.config)
    Store.create(folder / home.WALLET, vault, fill).close()
    return proof


async def add(store: Store, file: Path, identity: str | None) -> tuple[Proof, Report]:
    """Add what a file holds to an open wallet: what is not there. Nothing that is there is altered. Raises as `prove`
    does."""
    proof = prove(file, identity)
    return proof, await store.write(lambda tx: write(tx, file, identity, proof, change=lambda line: line))


def write(
    tx: Transaction, file: Path, identity: str | None, proof: Proof, *, change: Callable[[Record], Record]
) -> Report:
    """Write a proved file into one transaction. change: made to each record. Raises Malformed if the file is not the
    one that was proved."""
    into = Import(tx)
    intake = read(file, identity, lambda line: into.take(change(line)))
    if intake.trailer is None or intake.trailer.digest != proof.digest:
        raise Malformed(f"{file} was altered while it was read. Nothing of it was used.")
    # failpoint: restoring.before-commit
    return into.report


def renewed(line: Record) -> Record:
    """A record as it goes on in a restored wallet: our chain leaves out the numbers that may be used already. One that
    has not begun begins at its beginning, for every other number names the one before. A campaign that ran is paused:
    some may have been told after the back-up, and she decides whether to go on."""
    if isinstance(line, records.Campaign) and line.running:
        plan = msgspec.json.decode(kept_of(line), type=Plan)
        paused = msgspec.json.encode(msgspec.structs.replace(plan, state="paused"))
        return msgspec.structs.replace(line, running=False, content=msgspec.Raw(paused))
    if not isinstance(line, records.Relationship):
        return line
    known = msgspec.json.decode(kept_of(line), type=Relationship)
    if not known.ours.head:
        return line
    ours = msgspec.structs.replace(known.ours, seq=known.ours.seq + SKIPPED)
    return msgspec.structs.replace(
        line, content=msgspec.Raw(msgspec.json.encode(msgspec.structs.replace(known, ours=ours)))
    )


def called(line: Line) -> str:
    """What to call a record in a list."""
    names = (str(getattr(line, name, "")) for name in ("peer", "thread", "id", "did", "name"))
    return " ".join(each for each in names if each)


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
