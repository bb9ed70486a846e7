"""What is written together with the next change, whatever that change is: a note of who made it, say.

Whoever acts puts a companion into its context. The first change that the store writes from there takes the companion
into its own transaction, so that there is never the one without the other.
"""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Final, TypeVar

from wallet.store.change import Outcome
from wallet.store.transaction import Transaction

T = TypeVar("T")


class Stands(Enum):
    """How far a companion has come."""

    WAITS = "waits"
    GOES = "goes"  # with a change that is being written
    WRITTEN = "written"
    NEEDLESS = "needless"


@dataclass
class Companion:
    """store: whose change it goes with; write: what it writes, as `Writer.run` demands. within: the one around it."""

    store: object
    write: Callable[[Transaction], None]
    stands: Stands = Stands.WAITS
    within: "Companion | None" = None

    def settle(self, future: "asyncio.Future[T]") -> None:
        """The change is written, or was not to be; then it goes with the next one."""
        done = not future.cancelled() and future.exception() is None and written(future.result())
        self.stands = Stands.WRITTEN if done else Stands.WAITS


BESIDE: Final[ContextVar[Companion | None]] = ContextVar("beside", default=None)


def run(
    store: object, work: Callable[[Transaction], T], write: Callable[[Callable[[Transaction], T]], "asyncio.Future[T]"]
) -> "asyncio.Future[T]":
    """Have some work written, with the companion that waits in this context, if one does. write: see `Writer.run`."""
    found = BESIDE.get()
    if found is None or found.store is not store or found.stands is not Stands.WAITS:
        return write(work)
    found.stands = Stands.GOES
    future = write(partial(both, work=work, other=found.write))
    future.add_done_callback(found.settle)
    return future


def both(tx: Transaction, *, work: Callable[[Transaction], T], other: Callable[[Transaction], None]) -> T:
    """Do the work, and if it came to something, what goes with it."""
    result = work(tx)
    if written(result):
        other(tx)
    return result


def written(result: object) -> bool:
    """Whether a piece of work with this result has written anything."""
    return not isinstance(result, Outcome) or result is Outcome.APPLIED
