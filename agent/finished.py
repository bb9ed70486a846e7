"""Messages that were delivered, and leave the store soon and together: to send one twice does no harm."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Final

from agent.agent import Agent
from agent.logs import note
from wallet.errors import WalletError

WITHIN: Final = 0.25  # seconds for which they are collected, so that few commits are for them alone
MOST: Final = 256  # of them, which leave at once
AGAIN: Final = 1.0  # seconds after which the store is asked again to let go of them


class Finished:
    """Those of one agent. start: begins a task that somebody waits for when the agent stops."""

    def __init__(self, agent: Agent, start: Callable[[Coroutine[None, None, None]], object]) -> None:
        self._agent, self._start = agent, start
        self._keys: dict[tuple[str, str], None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def __contains__(self, key: tuple[str, str]) -> bool:
        return key in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    def of(self, peer: str) -> set[str]:
        """The ids of one peer's, which are in the store still."""
        return {id for name, id in self._keys if name == peer}

    def add(self, peer: str, id: str) -> None:
        """Take a message out of the store, soon and with others."""
        self._keys[peer, id] = None
        if self._timer is None:
            self._leave_in(WITHIN)
        elif len(self._keys) == MOST:
            self._timer.cancel()
            self._leave_in(0)

    def _leave_in(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, lambda: self._start(self._leave()))

    async def _leave(self) -> None:
        try:
            await self.leave()
        except (OSError, WalletError) as fault:  # until then nothing of it is sent again
            note("what was delivered stays in the store for now", error=type(fault).__name__)
            if self._timer is None:
                self._leave_in(AGAIN)

    async def leave(self) -> None:
        """Take all of them out of the store now. Raises OSError if it refuses."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if finished := tuple(self._keys):
            # failpoint: outbox.before-finish
            await self._agent.store.finish_outgoing(finished)
            # failpoint: outbox.after-finish
            for key in finished:
                self._keys.pop(key, None)
