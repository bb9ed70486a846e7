"""The way out: every message waits in the store until it was delivered, refused for good, or has expired.

A message is tried at once, straight from memory, by the process that committed it; the row, leased meanwhile, is what
survives a crash. A protocol that is `reliable` resends until the peer acknowledges (vrm-protocols 3.6); for the others
the transport's word is enough.
"""

import asyncio
import random
from collections import deque
from collections.abc import Iterable

import msgspec

from agent import parcel as parcels
from agent.agent import Agent
from agent.didcomm import envelopes, plaintext
from agent.didcomm.routing import forward
from agent.errors import Refused, Unreachable
from agent.logs import note
from agent.parcel import Parcel, resend_after
from wallet.dids.document import Document
from wallet.errors import WalletError
from wallet.keys import PublicKey
from wallet.store.change import Outgoing

FIRST_WAIT, MOST_WAIT = 1, 3600
MOST_REFUSALS = 3


class Outbox:
    """Lanes, one per peer: within a lane messages go one after another, and lanes do not wait for each other."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self._lanes: dict[str, deque[Outgoing]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def post(self, peer: str, messages: Iterable[Outgoing]) -> None:
        """Try these rows now. They are in the store already, leased to us."""
        for message in messages:
            lane = self._lanes.get(peer)
            if lane is not None:
                lane.append(message)
                continue
            self._lanes[peer] = deque([message])
            task = asyncio.create_task(self._drain(peer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def post_due(self) -> None:
        """Lease what is due in the store and try it."""
        for peer, message in await self.agent.store.lease_outgoing(self.agent.now(), limit=64):
            self.post(peer, [message])

    async def quiet(self) -> None:
        """Return once no delivery is under way."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def _drain(self, peer: str) -> None:
        lane = self._lanes[peer]
        try:
            while lane:
                await self._try(peer, lane.popleft())
        finally:
            del self._lanes[peer]

    async def _try(self, peer: str, message: Outgoing) -> None:
        """One attempt at one message, and its consequence in the store."""
        agent, parcel = self.agent, parcels.read(message.record)
        try:
            if agent.now() >= message.until:
                await self._bury(peer, message, "expired")
                return
            await deliver(agent, parcel)
        except Unreachable as fault:
            await self._again(peer, message, parcel, str(fault))
        except (Refused, WalletError) as fault:
            if parcel.tries + 1 >= MOST_REFUSALS:
                await self._bury(peer, message, str(fault))
            else:
                await self._again(peer, message, parcel, str(fault))
        except Exception as fault:  # noqa: BLE001 - one delivery must never stop the others
            note("delivery failed", error=type(fault).__name__)
            await self._again(peer, message, parcel, "a fault of ours")
        else:
            await self._delivered(peer, message, parcel)

    async def _delivered(self, peer: str, message: Outgoing, parcel: Parcel) -> None:
        if not parcel.reliable:
            await self.agent.store.finish_outgoing(peer, message.id)
            return
        wait = resend_after(parcel.resends, self.agent.now() - parcel.since)
        again = plaintext.resent(bytes(parcel.plaintext), parcel.resends + 1)
        record = msgspec.structs.replace(parcel, plaintext=msgspec.Raw(again), tries=0, resends=parcel.resends + 1)
        await self._put_back(peer, message, record, wait)

    async def _again(self, peer: str, message: Outgoing, parcel: Parcel, why: str) -> None:
        note("not delivered yet", tries=parcel.tries + 1, why=why)
        wait = min(FIRST_WAIT * 2**parcel.tries, MOST_WAIT)
        await self._put_back(peer, message, msgspec.structs.replace(parcel, tries=parcel.tries + 1), wait)

    async def _put_back(self, peer: str, message: Outgoing, parcel: Parcel, wait: int) -> None:
        due = self.agent.now() + max(1, round(wait * random.uniform(0.8, 1.2)))
        await self.agent.store.retry_outgoing(peer, message.id, due=due, record=parcels.write(parcel))
        self.agent.stirred.set()

    async def _bury(self, peer: str, message: Outgoing, why: str) -> None:
        note("given up", why=why)
        await self.agent.store.bury(peer, message.id, why=why, at=self.agent.now())


async def deliver(agent: Agent, parcel: Parcel) -> None:
    """Encrypt for the peer's newest keys and hand over to its endpoint. Raises Unreachable, Refused or WalletError."""
    document = await agent.meet(agent.resolve(parcel.their_did))
    endpoint = document.endpoint()
    if endpoint is None:
        raise Refused("its DID document names no place to send messages to")
    ours = await agent.meet(agent.resolve(parcel.our_did))
    sender, recipient = matching(ours, document)
    packed = envelopes.seal(bytes(parcel.plaintext), keys=agent.keys, sender_kid=sender, recipients=[recipient])
    if endpoint.routing_keys:
        way = endpoint.routing_keys
        packed = await agent.meet(forward(packed, to=parcel.their_did, routing_keys=way, resolve=agent.resolve))
    await agent.transport.send(endpoint.uri, packed)


def matching(ours: Document, theirs: Document) -> tuple[str, tuple[str, PublicKey]]:
    """A key of ours and one of theirs, on the same curve, theirs in their order of preference. Raises Refused."""
    for kid, public in theirs.agreement_keys():
        for mine, key in ours.agreement_keys():
            if key.curve is public.curve:
                return mine, (kid, public)
    raise Refused("no key of its DID document is on a curve of ours; nothing was sent")
