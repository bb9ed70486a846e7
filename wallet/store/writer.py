"""Group commit: whatever waits to be written goes into one transaction, and is answered after its commit.

One connection writes. Faults are rare, so a batch is first written without savepoints; if a change in it fails, the
batch is undone and written again with a savepoint each, and only the one that failed stays out.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final, TypeVar

from wallet.errors import Locked
from wallet.store.transaction import Transaction

T = TypeVar("T")
MOST: Final = 256  # changes in one commit
CALM: Final = 2  # passes of the loop in a row that brought no change: the commit begins
PATIENCE: Final = 16  # passes after which it begins anyhow
Seen = Callable[[int, float, float], None]
"""Is told of each commit: how many changes, for how many seconds the first of them waited, and what it took."""


class Undone(Exception):
    """Raised by a piece of work that wants its writes undone and `result` returned."""

    def __init__(self, result: object) -> None:
        self.result = result


@dataclass(slots=True)
class Job:
    """One change in waiting. fault, result: what became of it."""

    work: Callable[[Transaction], Any]
    future: "asyncio.Future[Any]"
    result: object = None
    fault: BaseException | None = None


class Writer:
    """Writes for one event loop at a time.

    seen: is told of each commit, on the thread of the loop.
    """

    seen: Seen | None = None

    def __init__(self) -> None:
        self._waiting: list[Job] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._busy = self._closed = False
        self._since = self._began = 0.0  # when the first of those that wait came, and when the commit began
        self._waited = 0.0

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
        if not self._waiting:
            self._since = perf_counter()
        self._waiting.append(Job(work, future))
        if not self._busy:
            self._busy = True
            loop.call_soon(self._gather, loop)
        return future

    def close(self) -> None:
        """Finish what is being written, refuse what waits, close the connection."""
        raise NotImplementedError

    def _refuse(self) -> None:
        """Tell whoever waits that nothing is written any more."""
        for job in self._waiting:
            if not job.future.done() and not job.future.get_loop().is_closed():
                job.future.set_exception(Locked("the wallet was closed; the change was not written"))
        self._waiting.clear()

    def _gather(self, loop: asyncio.AbstractEventLoop, seen: int = 0, calm: int = 0, passes: int = 0) -> None:
        """Let everybody who is ready put theirs in: a commit costs much the same for one change as for many, and goes
        quicker while the loop has nothing to do."""
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
            self._began = perf_counter()
            self._waited = self._began - self._since
            self._begin(batch, loop)

    def _begin(self, batch: list[Job], loop: asyncio.AbstractEventLoop) -> None:
        """Write a batch, and have `_done` called in the loop once that has come to an end."""
        raise NotImplementedError

    def _done(self, batch: list[Job], loop: asyncio.AbstractEventLoop) -> None:
        # failpoint: writer.before-answers
        if self.seen is not None:
            self.seen(len(batch), self._waited, perf_counter() - self._began)
        for job in batch:
            if job.future.done():  # its caller has given up; the change stands
                continue
            if job.fault is None:
                job.future.set_result(job.result)
            else:
                job.future.set_exception(job.fault)
        self._gather(loop)
