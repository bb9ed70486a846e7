"""Back-ups: the whole wallet, as it is at one moment, in one file that only the recovery words open.

Whom to encrypt to is kept in the wallet, so making one needs no words; the same words open a slot of the wallet itself.
An agent may go on working meanwhile: what is read is one state of the store. The form of the file is in
docs/export-format.md. Source: security 5.5 and 5.8.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from time import sleep
from typing import BinaryIO, Final

import msgspec

from agent.config import Config
from agent.errors import Misconfigured
from wallet import age, backup, records
from wallet.backup import FORMAT, Manifest
from wallet.records import Record, Settings
from wallet.store import exporting, instance, items
from wallet.store.change import Change, Item
from wallet.store.store import Store
from wallet.store.transaction import Transaction
from wallet.version import PROGRAM

KIND: Final = "recovery"
ID: Final = "recipient"
SLOT: Final = "recovery"
Snapshot = Callable[[], AbstractContextManager[Transaction]]


class Recovery(msgspec.Struct, frozen=True):
    """What the wallet knows of the recovery words.

    recipient: `age1...`. since: when they were made; last: when the last back-up was. Unix seconds.
    """

    recipient: str
    since: int
    last: int = 0


def recovery(store: Store) -> Recovery | None:
    """Whom back-ups are encrypted to; None while there are no recovery words."""
    row = store.item(KIND, ID)
    return msgspec.json.decode(row.record, type=Recovery) if row else None


async def set_up(store: Store, *, recipient: str, slot: bytes, now: int) -> None:
    """Let these recovery words count from now on. recipient, slot: as wallet/age.py makes them. Raises Misconfigured.

    Back-ups made with earlier words still open with those.
    """
    if recovery(store) is not None:
        raise Misconfigured("this wallet has recovery words already; nothing was changed. Use those.")
    if SLOT in store.vault.slots:
        store.vault.remove_slot(SLOT)
    store.vault.add_slot(SLOT, slot)
    await store.save_header()
    kept = Item(KIND, ID, msgspec.json.encode(Recovery(recipient, now)))
    await store.apply(Change(peer="", keep=(kept,)))


async def forget(store: Store) -> None:
    """Let the recovery words count no more for what comes: the next back-up asks for new ones. Back-ups made with them
    still open with them."""
    if SLOT in store.vault.slots:
        store.vault.remove_slot(SLOT)
        await store.save_header()
    await store.write(partial(items.claim, kind=KIND, id=ID))


async def made(store: Store, now: int) -> None:
    """A back-up was made."""
    known = recovery(store)
    if known is not None:
        kept = Item(KIND, ID, msgspec.json.encode(msgspec.structs.replace(known, last=now)))
        await store.apply(Change(peer="", keep=(kept,)))


def create(wallet: Snapshot, config: Config, *, target: Path, recipient: str | None, now: int) -> Manifest:
    """Write a wallet to a new file. Takes a while: run it on a thread of its own.

    wallet: gives one state of it, its vault open. recipient: `age1...`; None for a file that anybody can read. Returns
    what the file says of itself. Raises Misconfigured if there is something at `target`, Corrupt if the wallet is
    damaged, OSError; then there is no file.
    """
    if target.exists():
        raise Misconfigured(f"there is something at {target} already; nothing was written. Name another file.")
    draft = target.with_name(target.name + ".new")
    draft.unlink(missing_ok=True)
    try:
        with wallet() as tx, _private(draft) as sink:
            manifest = describe(tx, now)
            source = Flow(backup.lines(manifest, everything(tx, config)))
            if recipient is None:
                while chunk := source.read(64 * 1024):
                    sink.write(chunk)
            else:
                age.encrypt(source, sink, recipient)
            sink.flush()
            os.fsync(sink.fileno())
        # failpoint: backup.before-rename
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def _private(path: Path) -> BinaryIO:
    """A new file that only its owner can read."""
    return open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")


def describe(tx: Transaction, now: int) -> Manifest:
    """The manifest of this snapshot."""
    copy = instance.instance(tx)
    return Manifest(
        format=FORMAT,
        program=PROGRAM,
        made_at=now,
        records=1 + exporting.count(tx),
        instance=copy.id if copy else "",
        epoch=copy.epoch if copy else 0,
    )


def everything(tx: Transaction, config: Config) -> Iterator[Record]:
    """The settings, and everything in the store."""
    yield Settings(**records.carried(msgspec.json.encode(config)))
    yield from exporting.records(tx)


class Flow:
    """Lines as a stream of bytes. Whoever reads lets other threads have a turn: the library that encrypts does not."""

    def __init__(self, lines: Iterator[bytes], pause: Callable[[float], None] = sleep) -> None:
        self._lines, self._pause = lines, pause
        self._rest = b""

    def read(self, size: int) -> bytes:
        """At most `size` bytes; b"" at the end."""
        self._pause(0)
        parts, length = [self._rest], len(self._rest)
        while length < size and (line := next(self._lines, b"")):
            parts.append(line)
            length += len(line)
        whole = b"".join(parts)
        self._rest = whole[size:]
        return whole[:size]
