"""The way out: every message waits in the store until it was delivered, refused for good, or has expired.

A message is tried at once, straight from memory, by the process that committed it; its row says when to try again, and
is what survives a crash. For a protocol that is `reliable` the row goes when the peer acknowledges (vrm-protocols 3.6),
for the others when the transport has taken the message.
"""

import asyncio
import random
from collections import deque
from collections.abc import Coroutine, Iterable
from dataclasses import replace

import msgspec

from agent import parcel as parcels
from agent.agent import Agent
from agent.delivery import deliver
from agent.didcomm import plaintext
from agent.errors import Refused, Unreachable
from agent.logs import note
from agent.parcel import Parcel, resend_after
from wallet.errors import WalletError
from wallet.store.change import Outgoing

FIRST_WAIT, MOST_WAIT = 1, 3600
MOST_REFUSALS = 3
FINISH_WITHIN = 0.05  # seconds for which finished messages are collected, to leave the store together
AT_ONCE = 64


class Outbox:
    """Lanes, one per peer: within a lane messages go one after another, and lanes do not wait for each other."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self._lanes: dict[str, deque[Outgoing]] = {}
        self._drains: dict[str, asyncio.Task[None]] = {}
        self._unreached: dict[str, set[str]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._finished: list[tuple[str, str]] = []

    def post(self, peer: str, messages: Iterable[Outgoing]) -> None:
        """Try these rows now. They are in the store already, and nobody else tries them yet."""
        for message in messages:
            lane = self._lanes.get(peer)
            if lane is not None:
                lane.append(message)
                continue
            self._lanes[peer] = deque([message])
            self._drains[peer] = self._start(self._drain(peer))

    async def post_due(self) -> None:
        """Try what is due in the store."""
        for peer, message in await self.agent.store.lease_outgoing(self.agent.now(), limit=AT_ONCE):
            # failpoint: outbox.claimed
            self.post(peer, [resent(message)])

    async def quiet(self) -> None:
        """Return once no delivery is under way, and what was delivered has left the store."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await asyncio.sleep(0)  # what is done leaves the set by a callback, which needs its turn
        await self._finish_all()

    def hasten(self, peer: str) -> None:
        """There is a way to this peer: try what could not be delivered to it."""
        if peer in self._unreached and peer not in self._drains:
            self._drains[peer] = self._start(self._hasten(peer, self._unreached.pop(peer)))

    async def _hasten(self, peer: str, ids: set[str]) -> None:
        del self._drains[peer]
        for id in ids:
            await self.agent.store.retry_outgoing(peer, id, due=self.agent.now())
        await self.post_due()

    def under_way(self, peer: str) -> asyncio.Task[None] | None:
        """Done once nothing is being delivered to this peer; None if nothing is."""
        return self._drains.get(peer)

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _drain(self, peer: str) -> None:
        lane = self._lanes[peer]
        try:
            while lane:
                await self._try(peer, lane.popleft())
        finally:
            del self._lanes[peer], self._drains[peer]

    async def _try(self, peer: str, message: Outgoing) -> None:
        """One attempt at one message, and its consequence in the store."""
        parcel = parcels.read(message.record)
        if self.agent.now() >= message.until:
            await self._bury(peer, message, "expired")
            return
        try:
            # failpoint: outbox.before-send
            await deliver(self.agent, peer, parcel, message.thid)
        except Unreachable as fault:
            self._unreached.setdefault(peer, set()).add(message.id)
            await self._again(peer, message, parcel, str(fault))
        except (Refused, WalletError) as fault:
            if parcel.tries + 1 >= MOST_REFUSALS and not parcel.reliable:  # what binds is never given up by us alone
                await self._bury(peer, message, str(fault))
            else:
                await self._again(peer, message, parcel, str(fault))
        except Exception as fault:  # noqa: BLE001 - one delivery must never stop the others
            await self._again(peer, message, parcel, f"a fault of ours ({type(fault).__name__})")
        else:
            # failpoint: outbox.after-send
            await self._delivered(peer, message, parcel)

    async def _delivered(self, peer: str, message: Outgoing, parcel: Parcel) -> None:
        if not parcel.reliable:
            self._finish(peer, message.id)
        elif parcel.resends or parcel.tries:  # else the row says already when to send it again
            wait = resend_after(parcel.resends, self.agent.now() - parcel.since)
            await self._put_back(peer, message, msgspec.structs.replace(parcel, tries=0), wait)

    def _finish(self, peer: str, id: str) -> None:
        """Take a delivered message out of the store, soon and with others: to send one twice does no harm."""
        if not self._finished:
            asyncio.get_running_loop().call_later(FINISH_WITHIN, lambda: self._start(self._finish_all()))
        self._finished.append((peer, id))

    async def _finish_all(self) -> None:
        finished, self._finished = self._finished, []
        if finished:
            # failpoint: outbox.before-finish
            await self.agent.store.finish_outgoing(finished)
            # failpoint: outbox.after-finish

    async def _again(self, peer: str, message: Outgoing, parcel: Parcel, why: str) -> None:
        note("not delivered yet", tries=parcel.tries + 1, why=why)
        wait = min(FIRST_WAIT * 2 ** min(parcel.tries, 12), MOST_WAIT)
        await self._put_back(peer, message, msgspec.structs.replace(parcel, tries=parcel.tries + 1), wait)

    async def _put_back(self, peer: str, message: Outgoing, parcel: Parcel, wait: int) -> None:
        due = self.agent.now() + max(1, round(wait * random.uniform(0.8, 1.2)))
        # failpoint: outbox.before-put-back
        await self.agent.store.retry_outgoing(peer, message.id, due=due, record=parcels.write(parcel))
        # failpoint: outbox.after-put-back
        self.agent.stirred.set()

    async def _bury(self, peer: str, message: Outgoing, why: str) -> None:
        note("given up", why=why)
        if self.agent.store.peer(peer) is None:  # a refusal to a stranger: nobody misses it, and anybody could cause it
            self._finish(peer, message.id)
            return
        # failpoint: outbox.before-bury
        await self.agent.store.bury(peer, message.id, why=why, at=self.agent.now())
        # failpoint: outbox.after-bury


def resent(message: Outgoing) -> Outgoing:
    """A row that has come due. If it was delivered before and not acknowledged, it goes out as the same message again,
    with its count raised; if its delivery failed, as it is."""
    parcel = parcels.read(message.record)
    if not parcel.reliable or parcel.tries:
        return message
    count = parcel.resends + 1
    again = msgspec.Raw(plaintext.resent(bytes(parcel.plaintext), count + 1))
    record = parcels.write(msgspec.structs.replace(parcel, plaintext=again, resends=count))
    return replace(message, record=record)
