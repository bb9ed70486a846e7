"""The way back: a back-up or an export is proved, read, and made a wallet again, or added to one.

A file is read twice. First it is proved: it opens, every line can be read, nothing is missing and nothing was altered.
Only then is it read again, into one transaction; and since a file might change in between, that transaction counts only
if it was the same file. Source: security 5.8, cases SR-15, SR-21, SR-22.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from agent import backup, examining, home, places
from agent import config as configs
from agent.examining import Proof
from agent.many import Plan
from agent.relationship import Relationship
from wallet import keys, records
from wallet.errors import Malformed
from wallet.records import Line, Record, kept_of
from wallet.slots import Secret
from wallet.store import instance
from wallet.store.importing import Import, Report
from wallet.store.instance import Instance
from wallet.store.store import Store
from wallet.store.transaction import Transaction
from wallet.vault import Vault

SKIPPED: Final = 1000
"""Numbers of our chains that a restored wallet leaves out: the lost one may have used them after its last back-up, and
to use one twice would be an equivocation."""


async def restore(
    folder: Path,
    file: Path,
    identity: str | None,
    *,
    secret: Secret,
    slot: bytes,
    now: int,
    store: str = "",
    tenant: str = "",
) -> Proof:
    """Make a wallet in `folder` of a file, whole or not at all, under a secret of its own. Raises as `prove` does, and
    Misconfigured if there is a wallet already.

    slot: what the recovery words open the new wallet with; b"" to leave them out. store, tenant: where it is to be, as
    the settings say it; not where the lost one was.
    """
    home.check_free(folder)
    proof = examining.prove(file, identity)
    config = configs.stored(proof.config, store, tenant)
    places.reach(folder, config)
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

    configs.write(folder, config)
    places.create(folder, config, vault, fill)
    return proof


async def add(store: Store, file: Path, identity: str | None) -> tuple[Proof, Report]:
    """Add what a file holds to an open wallet: what is not there. Nothing that is there is altered. Raises as `prove`
    does."""
    proof = examining.prove(file, identity)
    return proof, await store.write(lambda tx: write(tx, file, identity, proof, change=lambda line: line))


def write(
    tx: Transaction, file: Path, identity: str | None, proof: Proof, *, change: Callable[[Record], Record]
) -> Report:
    """Write a proved file into one transaction. change: made to each record. Raises Malformed if the file is not the
    one that was proved."""
    into = Import(tx)
    intake = examining.read(file, identity, lambda line: into.take(change(line)))
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
