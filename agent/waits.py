"""Why messages wait, and how long: their peer cannot be reached, or the place where it is reached, or one of their own
thread goes first. In memory; what waits is in the store, and after a start everything is simply tried.

Moments are seconds of the agent's steady clock.
"""

from dataclasses import dataclass, field
from math import ceil
from typing import NamedTuple

from agent.agent import Agent
from agent.breaker import KNOCK_AGAIN, Breakers, wait_after
from agent.delivery import destination
from agent.errors import Unreachable
from agent.parcel import Parcel
from wallet.errors import Unresolved, WalletError
from wallet.store.change import Outgoing

SOON = 1.0  # seconds: rows are due at whole ones


class Wait(NamedTuple):
    """How many seconds a message must wait: with all that is for its peer, or with all of its thread."""

    peer: int = 0
    thread: int = 0


NOTHING = Wait()


@dataclass(slots=True)
class Waiting:
    """What one peer's messages wait for. until: all of them, 0.0 for no reason; threads: those of a thread.

    place: the destination that could not be reached. hastened: when it was last tried because the peer spoke to us.
    """

    until: float = 0.0
    threads: dict[str, float] = field(default_factory=dict)
    place: str = ""
    hastened: float = float("-inf")


class Waits:
    """All peers whose messages wait."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.breakers = Breakers()
        self._peers: dict[str, Waiting] = {}
        self._probing: dict[str, str] = {}  # peer -> the destination that its attempt under way tells about

    def __len__(self) -> int:
        return len(self._peers)

    # -- before an attempt ----------------------------------------------------------------------------------------

    async def of(self, peer: str, message: Outgoing, parcel: Parcel, *, held: bool) -> Wait:
        """How long a message must wait. held: it waited in the store, and nothing before it does; else it is fresh."""
        waiting = self._peers.get(peer)
        if waiting is None and not self.breakers:
            return NOTHING
        now = self.agent.steady()
        if waiting is not None and message.thid in waiting.threads:
            left = waiting.threads[message.thid] - now
            if left >= SOON or not held:
                return Wait(thread=max(1, ceil(left)))
        if self.agent.ways.of(peer, message.thid) is not None:
            return NOTHING
        if waiting is not None and waiting.until - now >= SOON:
            return Wait(peer=ceil(waiting.until - now))
        return await self._of_place(peer, parcel, now) if self.breakers else NOTHING

    async def _of_place(self, peer: str, parcel: Parcel, now: float) -> Wait:
        place = await self._destination(peer, parcel)
        left = self.breakers.wait(place, peer, now)
        if not left:
            self._probing[peer] = place
            return NOTHING
        waiting = self._peers.setdefault(peer, Waiting())
        waiting.until, waiting.place = now + left, place
        return Wait(peer=ceil(left))

    def over(self, peer: str) -> bool:
        """Whether all that is for this peer waited, and need not wait any longer."""
        waiting = self._peers.get(peer)
        return waiting is not None and 0.0 < waiting.until < self.agent.steady() + SOON

    # -- after it -------------------------------------------------------------------------------------------------

    async def failed(self, peer: str, parcel: Parcel, fault: Unreachable | Unresolved) -> int:
        """A peer could not be reached. Returns the seconds until it is tried again, with all that is for it."""
        asked = fault.retry_after if isinstance(fault, Unreachable) else None
        alone = isinstance(fault, Unresolved) or fault.there
        place, now = await self._destination(peer, parcel), self.agent.steady()
        tries = parcel.tries + 1 if alone else max(parcel.tries, self.breakers.failures(place)) + 1
        wait = wait_after(tries, asked)
        self._told(peer)
        if place and not alone:
            self.breakers.failed(place, peer, now, wait)
        if self.agent.ways.of(peer) is not None:  # it has just come to us
            wait = 1
        waiting = self._peers.setdefault(peer, Waiting())
        waiting.until, waiting.place = now + wait, place
        return wait

    async def worked(self, peer: str, message: Outgoing, parcel: Parcel) -> set[str]:
        """A message arrived. Returns other peers who waited for the same place, and need wait no longer."""
        self._told(peer)
        waiting = self._peers.get(peer)
        if waiting is not None:
            waiting.until = 0.0
            self.gone(peer, message.thid)
        if not self.breakers or self.agent.ways.of(peer, message.thid) is not None:
            return set()
        others = self.breakers.worked(await self._destination(peer, parcel)) - {peer}
        now = self.agent.steady()
        for other in others:
            if (its := self._peers.get(other)) is not None and its.until:
                its.until = now
        return others

    def stuck(self, peer: str, thid: str, tries: int) -> int:
        """A message was not taken, after so many tries. Returns the seconds until it, and its thread, go on."""
        self._told(peer)
        wait = wait_after(tries)
        self._peers.setdefault(peer, Waiting()).threads[thid] = self.agent.steady() + wait
        return wait

    def gone(self, peer: str, thid: str) -> None:
        """The message for which a thread waited is out of the way."""
        self._told(peer)
        waiting = self._peers.get(peer)
        if waiting is not None:
            waiting.threads.pop(thid, None)
            self._forget(peer, waiting)

    def caught_up(self, peer: str) -> None:
        """All that was due for this peer was tried."""
        waiting, now = self._peers.get(peer), self.agent.steady()
        if waiting is None:
            return
        if waiting.until < now + SOON:
            waiting.until = 0.0
        waiting.threads = {thid: until for thid, until in waiting.threads.items() if until >= now + SOON}
        self._forget(peer, waiting)

    def spoken(self, peer: str) -> int | None:
        """The peer spoke to us. Returns when to try what waits for it (Unix seconds), or None if that is planned."""
        waiting = self._peers.get(peer)
        if waiting is None or not waiting.until:
            return None
        now = self.agent.steady()
        connected = self.agent.ways.of(peer) is not None
        at = now if connected else max(now, waiting.hastened + KNOCK_AGAIN)
        if not connected:
            self.breakers.spoken(waiting.place, now)
        if waiting.until <= at:
            return None
        waiting.until, waiting.hastened = at, at
        return self.agent.now() + ceil(at - now)

    def insisted(self, peer: str) -> int:
        """The owner wants this peer's messages tried. Returns when: now."""
        waiting = self._peers.pop(peer, None)
        if waiting is not None:
            self.breakers.worked(waiting.place)  # the others who wait there find out when they are due
        return self.agent.now()

    def _told(self, peer: str) -> None:
        """An attempt is over: somebody else may be the next to try that destination."""
        if (place := self._probing.pop(peer, None)) is not None:
            self.breakers.told(place)

    def _forget(self, peer: str, waiting: Waiting) -> None:
        if not waiting.until and not waiting.threads:
            self._peers.pop(peer, None)

    async def _destination(self, peer: str, parcel: Parcel) -> str:
        try:
            return await destination(self.agent, peer, parcel)
        except WalletError:
            return ""
