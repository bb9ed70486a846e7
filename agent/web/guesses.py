"""How often a passphrase may be tried at the owner's door: five times a minute, then less and less often.

One guess at a time: each costs as much memory as the passphrase is to cost a thief. Source: security, case UI-11.
"""

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import ceil
from time import monotonic
from typing import TYPE_CHECKING, Final

from agent.errors import TooMany
from wallet.errors import Locked

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

FREE: Final = 5  # wrong guesses that cost nothing but their time
FIRST_WAIT: Final = 12.0  # seconds after one more
LONGEST: Final = 300.0  # seconds


@dataclass
class Guesses:
    """now: seconds of a clock that nobody sets."""

    now: Callable[[], float] = monotonic
    wrong: int = 0
    _not_before: float = 0.0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @asynccontextmanager
    async def guess(self) -> "AsyncIterator[None]":
        """While one secret is tried, which raises Locked if it is wrong. Raises TooMany if it is too early for that."""
        async with self._turn:
            if (left := self._not_before - self.now()) > 0:
                words = f"That was wrong too often. Nothing was tried; wait {ceil(left)} seconds."
                raise TooMany(words, retry_after=ceil(left))
            try:
                yield
            except Locked:
                self.wrong += 1
                if self.wrong >= FREE:
                    self._not_before = self.now() + min(LONGEST, FIRST_WAIT * 2 ** (self.wrong - FREE))
                raise
            self.wrong, self._not_before = 0, 0.0
