"""Whose turn it is. Such a block is entered for every message, so it is a class rather than a generator."""

import asyncio
from time import perf_counter
from typing import TypeAlias

from agent.metrics import Metrics

Turns: TypeAlias = dict[str, tuple[asyncio.Lock, int]]
"""By name: whoever has the lock has its turn, and so many have it or wait for it."""


class Turn:
    """A block that begins once all that came before it for this name has ended. How long that took is counted."""

    __slots__ = ("metrics", "name", "turns")

    def __init__(self, turns: Turns, name: str, metrics: Metrics) -> None:
        self.turns, self.name, self.metrics = turns, name, metrics

    async def __aenter__(self) -> None:
        began = perf_counter()
        lock, users = self.turns.get(self.name) or (asyncio.Lock(), 0)
        self.turns[self.name] = lock, users + 1
        try:
            await lock.acquire()
        except asyncio.CancelledError:
            self.leave()
            raise
        self.metrics.passed("turn", began)

    async def __aexit__(self, *fault: object) -> None:
        self.leave().release()

    def leave(self) -> asyncio.Lock:
        """One less that has the lock or waits for it."""
        lock, users = self.turns.pop(self.name)
        if users > 1:
            self.turns[self.name] = lock, users - 1
        return lock
