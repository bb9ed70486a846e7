"""One kind of thing that an export carries: how it is read, found again, and written."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

from wallet.errors import Corrupt
from wallet.records import Line
from wallet.store import peers
from wallet.store.transaction import Transaction, reader

L = TypeVar("L", bound=Line)
_read_thread = reader(tuple[str, str, bytes])


@dataclass(frozen=True, slots=True)
class Subject(Generic[L]):
    """A table of the store, as lines of an export.

    every: its lines, in an order in which they can be written again. find: the line that stands where this one would,
    whatever it says. put: writes a line for which nothing was found.
    """

    table: str
    kinds: tuple[type[L], ...]
    every: Callable[[Transaction], Iterator[L]]
    find: Callable[[Transaction, L], Line | None]
    put: Callable[[Transaction, L], None]


def names(tx: Transaction) -> Callable[[bytes], str]:
    """What turns a blind peer into its name, for tables that hold the blind one only. Raises Corrupt."""

    @lru_cache(maxsize=4096)
    def name(key: bytes) -> str:
        known = peers.name_of(tx, key=key)
        if known is not None:
            return known
        row = tx.row("SELECT thid, version, open, sealed FROM thread WHERE peer = :peer LIMIT 1", peer=key)
        if row is None:
            raise Corrupt("a message was kept whose relationship is gone. Restore the wallet from a back-up.")
        thid, version, still_open, sealed = row
        return tx.unseal(_read_thread, "thread", (key, thid), sealed, revision=version, tags=(still_open,))[0]

    return name
