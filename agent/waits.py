"""Why messages wait, and how long: their peer cannot be reached, or the place where it is reached, or one of their own
thread goes first. In memory; what waits is in the store, and after a start everything is simply tried.

Moments are seconds of the agent's steady clock.
"""

from collections.abc import Set
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


class Wait(NamedTuple):
    """Until when a message must wait, in Unix seconds: with all that is for its peer, or with all of its thread.

    All that waits for one reason is due at the same moment, or what is said later could overtake the rest.
    """

    peer: int = 0
    thread: int = 0


NOTHING = Wait()


class Until(NamedTuple):
    """A moment by both clocks: of the agent, and Unix seconds, by which rows are due. Whether it is past is judged by
    the latter: where a wait ended before its rows were due, what is said then would overtake them."""

    steady: float = 0.0
    due: int = 0


NEVER = Until()


@dataclass(slots=True)
class Waiting:
    """What one peer's messages wait for. until: all of them, NEVER for no reason; threads: those of a thread.

    place: the destination that could not be reached. hastened: when it was last tried because the peer spoke to us.
    """

    until: Until = NEVER
    threads: dict[str, Until] = field(default_factory=dict)
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

    def knows(self, peer: str) -> bool:
        """Whether something of this peer waits, as far as this process knows."""
        return peer in self._peers

    def threads(self, peer: str) -> Set[str]:
        """The threads of this peer that wait by themselves, as far as this process knows."""
        waiting = self._peers.get(peer)
        return waiting.threads.keys() if waiting is not None else frozenset()

    # -- before an attempt ----------------------------------------------------------------------------------------

    async def of(self, peer: str, message: Outgoing, parcel: Parcel, *, held: bool) -> Wait:
        """Until when a message must wait. held: it waited in the store; else it is fresh, and comes after that."""
        waiting = self._peers.get(peer)
        if waiting is None and not self.breakers:
            return NOTHING
        if waiting is not None and message.thid in waiting.threads:
            until = waiting.threads[message.thid]
            if not (held and self._past(until)):
                return Wait(thread=until.due)
        if self.agent.ways.of(peer, message.thid) is not None:
            return NOTHING
        if waiting is not None and not self._past(waiting.until):
            return Wait(peer=waiting.until.due)
        return await self._of_place(peer, parcel) if self.breakers else NOTHING

    async def _of_place(self, peer: str, parcel: Parcel) -> Wait:
        place = await self._destination(peer, parcel)
        left = self.breakers.wait(place, peer, self.agent.steady())
        if not left:
            self._probing[peer] = place
            return NOTHING
        waiting = self._peers.setdefault(peer, Waiting())
        waiting.until, waiting.place = self._in(left), place
        return Wait(peer=waiting.until.due)

    def over(self, peer: str) -> bool:
        """Whether all that is for this peer waited, and need not wait any longer."""
        waiting = self._peers.get(peer)
        return waiting is not None and waiting.until != NEVER and self._past(waiting.until)

    # -- after it -------------------------------------------------------------------------------------------------

    async def failed(self, peer: str, parcel: Parcel, fault: Unreachable | Unresolved) -> int:
        """A peer could not be reached. Returns when it is tried again, with all that is for it (Unix seconds)."""
        asked = fault.retry_after if isinstance(fault, Unreachable) else None
        alone = isinstance(fault, Unresolved) or fault.there
        place, now = await self._destination(peer, parcel), self.agent.steady()
        tries = parcel.tries + 1 if alone else max(parcel.tries, self.breakers.failures(place)) + 1
        wait = wait_after(tries, asked)
        self.told(peer)
        if place and not alone:
            self.breakers.failed(place, peer, now, wait)
        if self.agent.ways.of(peer) is not None:  # it has just come to us
            wait = 1
        waiting = self._peers.setdefault(peer, Waiting())
        waiting.until, waiting.place = self._in(wait), place
        return waiting.until.due

    async def worked(self, peer: str, message: Outgoing, parcel: Parcel) -> set[str]:
        """A message arrived. Returns other peers who waited for the same place, and need wait no longer."""
        self.told(peer)
        waiting = self._peers.get(peer)
        if waiting is not None:
            waiting.until = NEVER
        if not self.breakers or self.agent.ways.of(peer, message.thid) is not None:
            return set()
        return self.breakers.worked(await self._destination(peer, parcel)) - {peer}

    def freed(self, peer: str) -> int:
        """The place where this peer is reached works again. Returns when what waits for it is tried: now."""
        waiting = self._peers.get(peer)
        if waiting is not None and waiting.until != NEVER:
            waiting.until = self._in(0)
        return self.agent.now()

    def stuck(self, peer: str, thid: str, tries: int) -> int:
        """A message was not taken, after so many tries. Returns when it, and its thread, go on (Unix seconds)."""
        self.told(peer)
        until = self._in(wait_after(tries))
        self._peers.setdefault(peer, Waiting()).threads[thid] = until
        return until.due

    def told(self, peer: str) -> None:
        """An attempt is over: somebody else may be the next to try that destination."""
        if (place := self._probing.pop(peer, None)) is not None:
            self.breakers.told(place)

    def caught_up(self, peer: str, since: int, passed: Set[str]) -> None:
        """All that was due for this peer was tried, and of the threads `passed` something was left waiting. since: when
        that began (Unix seconds).

        A thread whose wait was over by then, and of which nothing was left, is forgotten: else a peer that refuses one
        thread after another would be remembered by all of them. But not while everything waited for the peer, for then
        what is held is due with that; until nothing is held, what is said next could overtake it.
        """
        if peer not in self._peers:
            return
        held = self.agent.store.holds_outgoing(peer)
        waiting = self._peers.get(peer)
        if waiting is None:  # she wanted it tried while we looked
            return
        if not held:
            waiting.threads.clear()
        elif waiting.until == NEVER:
            left = {thid: it for thid, it in waiting.threads.items() if thid in passed or it.due > since}
            waiting.threads = left
        if self._past(waiting.until):
            waiting.until = NEVER
        if waiting.until == NEVER and not waiting.threads:
            self._peers.pop(peer, None)

    def spoken(self, peer: str) -> int | None:
        """The peer spoke to us. Returns when to try what waits for it (Unix seconds), or None if that is planned."""
        waiting = self._peers.get(peer)
        if waiting is None or waiting.until == NEVER:
            return None
        now = self.agent.steady()
        connected = self.agent.ways.of(peer) is not None
        at = now if connected else max(now, waiting.hastened + KNOCK_AGAIN)
        if not connected:
            self.breakers.spoken(waiting.place, now)
        if waiting.until.steady <= at:
            return None
        waiting.until, waiting.hastened = self._in(at - now), at
        return waiting.until.due

    def insisted(self, peer: str) -> int:
        """The owner wants this peer's messages tried. Returns when: now."""
        waiting = self._peers.pop(peer, None)
        if waiting is not None:
            self.breakers.worked(waiting.place)  # the others who wait there find out when they are due
        return self.agent.now()

    def shift(self, by: int) -> None:
        """This computer's clock was set by so many seconds, and what is due in the store was moved likewise."""
        for waiting in self._peers.values():
            waiting.until = moved(waiting.until, by)
            waiting.threads = {thid: moved(until, by) for thid, until in waiting.threads.items()}

    def _past(self, until: Until) -> bool:
        return until.due <= self.agent.now()

    def _in(self, seconds: float) -> Until:
        return Until(self.agent.steady() + seconds, self.agent.now() + ceil(seconds))

    async def _destination(self, peer: str, parcel: Parcel) -> str:
        try:
            return await destination(self.agent, peer, parcel)
        except WalletError:
            return ""


def moved(until: Until, by: int) -> Until:
    """A moment, after the clock was set by so many seconds."""
    return until if until == NEVER else Until(until.steady, until.due + by)
