"""The store in one SQLite file: reads at once on the caller's thread, writes by group commit."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from wallet.store import file, marks
from wallet.store.file_transaction import FileTransaction
from wallet.store.file_writer import FileWriter
from wallet.store.snapshot import snapshot
from wallet.store.store import Store, begin
from wallet.store.transaction import Transaction
from wallet.vault import Vault


class FileStore(Store):
    """An open wallet file. Made by `open` or `create`."""

    _writer: FileWriter

    def __init__(self, path: Path, held: int, vault: Vault) -> None:
        self.path = path
        self.vault = vault
        self._held = held
        self._reading = file.connect(path, writes=False)
        self._read = FileTransaction(self._reading, vault)
        self._writer = FileWriter(vault, partial(file.connect, path, writes=True))

    @classmethod
    def open(cls, path: Path | str) -> "FileStore":
        """The store at `path`, sealed: call `unlock` next.

        Raises NotFound; Untrusted if others could alter or read it; Locked if another agent has it open; Unsupported
        if a newer program made it; Corrupt.
        """
        path = Path(path)
        file.check(path)
        held = file.hold(path)
        try:
            return cls(path, held, Vault(file.header(path)))
        except BaseException:
            os.close(held)
            raise

    @classmethod
    def create(cls, path: Path | str, vault: Vault, fill: Callable[[Transaction], None] | None = None) -> "FileStore":
        """A new store sealed by an open vault, empty but for what `fill` writes, which is one transaction with it.

        Raises FileExistsError, and as `open` does; whatever `fill` raises leaves no file.
        """
        path = Path(path)
        file.check_folder(path)
        if path.exists() or path.is_symlink():
            raise FileExistsError(f"there is something at {path} already; nothing was changed. Name another file.")
        held = file.hold(path)
        try:
            file.create(path, lambda connection: _begin(FileTransaction(connection, vault), fill))
            store = cls(path, held, vault)
            marks.load(store._read)
            return store
        except BaseException:
            os.close(held)
            raise

    def snapshot(self) -> AbstractContextManager[Transaction]:
        """The wallet as it is now, whole. See `snapshot.py`."""
        return snapshot(self.path, self.vault)

    def close(self) -> None:
        """Finish what is being written, lock, and let go of the file. Closing again does nothing."""
        if self._held < 0:
            return
        self._writer.close()
        self._reading.close()
        self.vault.lock()
        os.close(self._held)
        self._held = -1


def _begin(tx: Transaction, fill: Callable[[Transaction], None] | None) -> None:
    tx.run("BEGIN IMMEDIATE")
    begin(tx, fill)
    tx.run("COMMIT")
