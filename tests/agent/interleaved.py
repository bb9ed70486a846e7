"""A store whose reads let the loop go round, as those of a database across a wire do: other tasks run meanwhile, and
what was read is old by the time it is there. The rows are in a wallet file."""

import asyncio
import threading
from collections.abc import Iterator
from random import Random

from wallet.store import waiting
from wallet.store.file_transaction import FileTransaction
from wallet.store.sqlite import FileStore
from wallet.store.transaction import Columns, Value

MOST_PASSES = 3


class Interleaved(FileTransaction):
    """The statements of a store's reads; each takes some passes of the loop, before it and after it."""

    __slots__ = ("_chance",)

    def __init__(self, store: FileStore, seed: int) -> None:
        super().__init__(store._reading, store.vault)
        self._chance = Random(seed)

    def row(self, sql: str, **values: Value) -> Columns | None:
        self._pause()
        found = super().row(sql, **values)
        self._pause()
        return found

    def rows(self, sql: str, **values: Value) -> list[Columns]:
        self._pause()
        found = super().rows(sql, **values)
        self._pause()
        return found

    def each(self, sql: str, **values: Value) -> Iterator[Columns]:
        for row in super().each(sql, **values):
            self._pause()
            yield row

    def _pause(self) -> None:
        """Let others run, except that a test may look into a store while no loop runs at all."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            if threading.current_thread() is threading.main_thread():
                return
        for _ in range(self._chance.randint(1, MOST_PASSES)):
            waiting.wait(asyncio.sleep(0))


def interleave(store: FileStore, seed: int = 1) -> None:
    """Let every read of this store take its time. Only tasks that may wait can read it from now on."""
    store._read = Interleaved(store, seed)
