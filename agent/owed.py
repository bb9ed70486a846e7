"""What became of deliveries, and the store would not take: a peer of whom that is so is left alone until it is written.

So a message whose delivery cannot be written down is not sent again and again; and as soon as the store takes a write,
all goes on. In memory: after a crash such a message is sent once more, which does no harm.
"""

import asyncio
from collections.abc import Awaitable, Callable, Set
from typing import Final, TypeAlias

from agent.agent import Agent
from agent.logs import note
from wallet.errors import WalletError
from wallet.store import meta

Write: TypeAlias = Callable[[], Awaitable[object]]
ASK_AGAIN: Final = 1.0  # seconds


class Owed:
    """The writes that one agent's store refused, by peer, each peer's in their order."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._writes: dict[str, list[Write]] = {}
        self._asked = float("-inf")  # when the store was last asked to take them (steady)

    @property
    def peers(self) -> Set[str]:
        """To whom nothing may be sent."""
        return self._writes.keys()

    async def write(self, peer: str, write: Write) -> None:
        """Write what became of a delivery. Raises OSError if the store refuses: then it is owed."""
        try:
            await write()
        except OSError:
            self.add(peer, write)
            raise

    def add(self, peer: str, write: Write) -> None:
        """This is to be written before anything more is sent to a peer."""
        self._writes.setdefault(peer, []).append(write)

    async def pay(self, peer: str) -> None:
        """Write what is owed for one peer. Raises OSError if the store still refuses."""
        while writes := self._writes.get(peer):
            first = writes[0]
            try:
                await first()
            except WalletError as fault:  # what cannot be written at all holds up nobody
                note("what became of a delivery cannot be written", error=type(fault).__name__)
            if writes and writes[0] is first:  # else somebody else has written it, too
                del writes[0]
            if not writes and self._writes.get(peer) is writes:  # else something else is owed by now
                del self._writes[peer]

    async def settle(self) -> bool:
        """Ask the store, now and then, to take all that is owed, or else anything. Returns whether it takes writes, as
        far as is known."""
        if not self._writes:
            return True
        now = self._agent.steady()
        if now < self._asked + ASK_AGAIN:
            return False
        self._asked = now
        paid = await asyncio.gather(*map(self.pay, tuple(self._writes)), return_exceptions=True)
        if None in paid:
            return True
        try:
            await self._agent.store.write(meta.touch)
        except OSError as fault:
            note("the store takes no writes", error=type(fault).__name__)
            return False
        return True
