"""Some work that one worker does at a time, of all that have one wallet open."""

import asyncio
from typing import Final

from wallet.store.store import Store

FIRST_PAUSE: Final = 0.004  # seconds
LONGEST_PAUSE: Final = 0.25


class Turn:
    """One piece of work, by its name. Where nobody else has the wallet open, it is ours at once."""

    __slots__ = ("_held", "_store", "_turns", "what")

    def __init__(self, store: Store, what: str) -> None:
        self._store, self.what = store, what
        self._held, self._turns = False, 0

    @property
    def shared(self) -> bool:
        """Whether anybody else could do it."""
        return self._store.shared

    @property
    def ours(self) -> bool:
        """Whether we have it, as far as the database was there all the time."""
        return self._held and self._store.turns == self._turns

    async def take(self, patience: float = 0.0) -> bool:
        """Whether it is ours now. patience: seconds for which somebody else may go on with it. Raises OSError."""
        pause, until = FIRST_PAUSE, asyncio.get_running_loop().time() + patience
        while not await self._store.take(self.what):
            if asyncio.get_running_loop().time() + pause > until:
                return False
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, 2 * pause)
        self._held, self._turns = True, self._store.turns
        return True

    def give(self) -> None:
        """Somebody else may do it now."""
        if self.ours:
            self._store.give(self.what)
        self._held = False
