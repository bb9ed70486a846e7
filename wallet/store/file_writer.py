"""Group commit into a wallet file, on a thread of its own: the one connection that writes also checkpoints."""

import asyncio
import errno
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread

from wallet.errors import Corrupt
from wallet.store import room
from wallet.store.file_transaction import FAULTS, FileTransaction, spoken
from wallet.store.writer import Job, Undone, Writer
from wallet.vault import Vault


class FileWriter(Writer):
    """connect: opens a connection to the file.

    The thread takes batches from a queue, for nobody would ask the futures that an executor makes of them. What it has
    begun when the process ends without `close` is written whole or not at all.
    """

    def __init__(self, vault: Vault, connect: Callable[[], sqlite3.Connection]) -> None:
        super().__init__()
        self._vault, self._connect = vault, connect
        self._connection: sqlite3.Connection | None = connect()
        self._path = room.path_of(self._connection)
        self._batches: SimpleQueue[tuple[list[Job], asyncio.AbstractEventLoop] | None] = SimpleQueue()
        self._thread = Thread(target=self._write, name="wallet-writer", daemon=True)  # started for the first batch

    def close(self) -> None:
        """Finish what is being written, refuse what waits, close the connection."""
        self._closed = True
        if self._thread.is_alive():
            self._batches.put(None)
            self._thread.join()
        self._refuse()
        # failpoint: writer.before-close
        if self._connection is not None:
            self._connection.close()
            # failpoint: writer.after-close

    def _begin(self, batch: list[Job], loop: asyncio.AbstractEventLoop) -> None:
        if not self._thread.is_alive():
            self._thread.start()
        self._batches.put((batch, loop))

    def _write(self) -> None:
        """Commit one batch after another, until there are no more."""
        while (taken := self._batches.get()) is not None:
            self._commit(*taken)
            del taken  # while it waits it holds on to nothing

    def _commit(self, batch: list[Job], loop: asyncio.AbstractEventLoop) -> None:
        try:
            if not self._attempt(batch, careful=False):
                self._attempt(batch, careful=True)
        except Exception as fault:  # noqa: BLE001 - whatever it is, nobody is to wait for ever
            said = spoken(fault) if isinstance(fault, FAULTS) else fault
            for job in batch:
                job.fault = said
            self._give_up(said)
        with suppress(RuntimeError):  # the loop has ended, and nobody waits
            loop.call_soon_threadsafe(self._done, batch, loop)

    def _attempt(self, batch: list[Job], *, careful: bool) -> bool:
        """Write a batch. Returns False, having written nothing, if a change failed and nobody was careful."""
        connection = self._connection = self._connection or _checked(self._connect())
        transaction, execute = FileTransaction(connection, self._vault), connection.execute
        room.make(connection, self._path)
        execute("BEGIN IMMEDIATE")
        # failpoint: writer.begun
        for job in batch:
            job.fault = None
            if careful:
                execute("SAVEPOINT change")
            try:
                job.result = job.work(transaction)
            except Exception as fault:  # whatever it is, it is its caller's, and must not harm the others
                if not careful:
                    _undo(connection)
                    return False
                if not connection.in_transaction:  # the disk refuses, and SQLite gave up the whole transaction
                    raise
                execute("ROLLBACK TO change")
                job.result, job.fault = (fault.result, None) if isinstance(fault, Undone) else (None, fault)
            if careful:
                execute("RELEASE change")
        # failpoint: writer.before-commit
        execute("COMMIT")
        # failpoint: writer.after-commit
        return True

    def _give_up(self, fault: Exception) -> None:
        """Undo a batch. After an error of the disk a connection may believe what is not so: let go of it."""
        connection = self._connection
        if connection is None:
            return
        try:
            _undo(connection)
        except FAULTS as worse:
            fault = spoken(worse)
        if not isinstance(fault, OSError) or fault.errno == errno.EIO:
            connection.close()
            self._connection = None


def _undo(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _checked(connection: sqlite3.Connection) -> sqlite3.Connection:
    ((said,),) = connection.execute("PRAGMA quick_check(1)")
    if said != "ok":
        connection.close()
        raise Corrupt(f"the wallet file is damaged: {said}. Restore it from a back-up.")
    return connection
