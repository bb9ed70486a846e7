"""Group commit: whatever waits to be written goes into one transaction, and is answered after its commit.

One connection writes and checkpoints. Faults are rare, so a batch is first written without savepoints; if a change in
it fails, the batch is undone and written again with a savepoint each, and only the one that failed stays out.
"""

import asyncio
import errno
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from wallet.errors import Corrupt, Locked
from wallet.store import room
from wallet.store.transaction import FAULTS, Transaction, spoken
from wallet.vault import Vault

T = TypeVar("T")
MOST: Final = 256  # changes in one commit
CALM: Final = 2  # passes of the loop in a row that brought no change: the commit begins
PATIENCE: Final = 16  # passes after which it begins anyhow


class Undone(Exception):
    """Raised by a piece of work that wants its writes undone and `result` returned."""

    def __init__(self, result: object) -> None:
        self.result = result


@dataclass(slots=True)
class _Job:
    """One change in waiting. fault, result: what became of it."""

    work: Callable[[Transaction], Any]
    future: "asyncio.Future[Any]"
    result: object = None
    fault: BaseException | None = None


class Writer:
    """Writes for one event loop at a time, on a thread of its own. connect: opens a connection to the file."""

    def __init__(self, vault: Vault, connect: Callable[[], sqlite3.Connection]) -> None:
        self._vault, self._connect = vault, connect
        self._connection: sqlite3.Connection | None = connect()
        self._thread = ThreadPoolExecutor(1, "wallet-writer")
        self._waiting: list[_Job] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._busy = self._closed = False

    def run(self, work: Callable[[Transaction], T]) -> "asyncio.Future[T]":
        """Do some writing. Done once it is on disk; fails as `work` fails, nothing of it having been written.

        `work` may be called twice, and shares a transaction with others: it must touch nothing but the transaction.
        What raises `Undone` leaves nothing behind either, and still has a result.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        if self._closed:
            future.set_exception(Locked("the wallet is closed; nothing was written"))
            return future
        if self._loop is not loop:  # whoever waited in a loop that has ended waits no more
            self._loop, self._waiting, self._busy = loop, [], False
        self._waiting.append(_Job(work, future))
        if not self._busy:
            self._busy = True
            loop.call_soon(self._gather, loop)
        return future

    def close(self) -> None:
        """Finish what is being written, refuse what waits, close the connection."""
        self._closed = True
        self._thread.shutdown()
        for job in self._waiting:
            if not job.future.done() and not job.future.get_loop().is_closed():
                job.future.set_exception(Locked("the wallet was closed; the change was not written"))
        self._waiting.clear()
        # failpoint: writer.before-close
        if self._connection is not None:
            self._connection.close()
            # failpoint: writer.after-close

    def _gather(self, loop: asyncio.AbstractEventLoop, seen: int = 0, calm: int = 0, passes: int = 0) -> None:
        """Let everybody who is ready put theirs in: a commit costs much the same for one change as for many, and goes
        quicker while the loop has nothing to do, for the two threads have one interpreter."""
        waiting = len(self._waiting)
        calm = 0 if waiting > seen else calm + 1
        if 0 < waiting < MOST and calm < CALM and passes < PATIENCE:
            loop.call_soon(self._gather, loop, waiting, calm, passes + 1)
        else:
            self._next(loop)

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        self._busy = bool(batch) and not self._closed
        if self._busy:
            self._thread.submit(self._commit, batch, loop)

    def _done(self, batch: list[_Job], loop: asyncio.AbstractEventLoop) -> None:
        # failpoint: writer.before-answers
        for job in batch:
            if job.future.done():  # its caller has given up; the change stands
                continue
            if job.fault is None:
                job.future.set_result(job.result)
            else:
                job.future.set_exception(job.fault)
        self._gather(loop)

    def _commit(self, batch: list[_Job], loop: asyncio.AbstractEventLoop) -> None:
        try:
            if not self._attempt(batch, careful=False):
                self._attempt(batch, careful=True)
        except (*FAULTS, OSError, Corrupt) as fault:
            said = spoken(fault) if isinstance(fault, FAULTS) else fault
            for job in batch:
                job.fault = said
            self._give_up(said)
        with suppress(RuntimeError):  # the loop has ended, and nobody waits
            loop.call_soon_threadsafe(self._done, batch, loop)

    def _attempt(self, batch: list[_Job], *, careful: bool) -> bool:
        """Write a batch. Returns False, having written nothing, if a change failed and nobody was careful."""
        connection = self._connection = self._connection or _checked(self._connect())
        transaction, execute = Transaction(connection, self._vault), connection.execute
        room.make(connection)
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
