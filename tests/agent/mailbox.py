"""A client of a mediator that is moved by hand, and senders who write to it through that mediator."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Self

from agent.agent import Agent
from agent.calls import read, written
from agent.delivery import matching
from agent.didcomm import envelopes, plaintext, routing
from agent.didcomm.attachments import Attachment, Content, content_of
from agent.didcomm.plaintext import Plaintext
from agent.errors import Unreachable
from agent.lines import Address
from protocols.machine import Message, Protocol
from protocols.standard import mediation as table
from protocols.standard import pickup
from tests.agent.world import public_did
from wallet import dids, keys
from wallet.dids import peer as did_peer
from wallet.dids.document import Document
from wallet.keys import Curve, Keyring, new_id
from wallet.needs import Lookup, offline


@dataclass(eq=False)
class Line:
    """A connection to a mediator; `carried` is what came over it. single: it takes one message, as an answer does."""

    single: bool = False
    closed: bool = False
    source: str = ""
    broken: bool = False
    carried: list[bytes] = field(default_factory=list)

    async def send(self, packed: bytes) -> None:
        """Take one message. Raises Unreachable once broken."""
        if self.closed or self.broken:
            raise Unreachable("broken")
        self.carried.append(packed)
        self.closed = self.single

    def expect(self, coming: "asyncio.Future[None]") -> None:
        """Nothing to wait for."""


@dataclass
class Client:
    """Somebody who is reached through a mediator: the DID it writes to the mediator from, its keys, its line."""

    post: Agent
    did: str
    ring: Keyring
    line: Line = field(default_factory=Line)

    @classmethod
    def of(cls, post: Agent) -> Self:
        """A new client, who is not known yet."""
        ring, did = person()
        return cls(post, did, ring)

    def again(self) -> Self:
        """The same client on another line."""
        return replace(self, line=Line())

    async def say(self, message: Message, protocol: Protocol, line: Line | None = None) -> None:
        """Say something over the line."""
        at = await self.address()
        plain = written(message, protocol, at, return_route="all")
        await self.post.receive(self.packed(plain, at), line or self.line)

    async def ask(self, message: Message, protocol: Protocol) -> Message:
        """Say something, and return what came back, which may be a problem report. Fails the test if nothing did."""
        before = len(self.line.carried)
        await self.say(message, protocol)
        [answer] = self.line.carried[before:]
        return self.read(answer)

    def read(self, packed: bytes) -> Message:
        """A message that came."""
        opened = offline(envelopes.open(packed, keys=self.ring, resolve=self.known))
        assert opened.sender == public_did(self.post)
        return read(opened.plaintext)[1]

    def type_of(self, packed: bytes) -> str:
        """The type of a message that came."""
        return offline(envelopes.open(packed, keys=self.ring, resolve=self.known)).plaintext.type

    def known(self, did: str) -> Lookup[Document]:
        """The mediator's document, from what it publishes, and everybody's who needs none."""
        published = self.post.own_document(did)
        return published or (yield from dids.resolve(did))

    async def address(self) -> Address:
        """Both ends of the line."""
        theirs = await self.post.meet(self.post.resolve(public_did(self.post)))
        mine, (kid, key) = matching(offline(dids.resolve(self.did)), theirs)
        return Address(self.did, mine, public_did(self.post), kid, key)

    def packed(self, plain: Plaintext, at: Address) -> bytes:
        """A message sealed for the mediator."""
        return envelopes.seal(
            plaintext.write(plain), keys=self.ring, sender_kid=at.our_kid, recipients=[(at.their_kid, at.their_key)]
        )

    async def granted(self) -> str:
        """A routing DID of this client's."""
        said = await self.ask(table.MediateRequest(), table.mediation)
        assert isinstance(said, table.MediateGrant)
        [did] = said.routing_did
        return did

    async def registered(self, did: str) -> str:
        """Register a DID; returns the result."""
        updates = (table.Update(did, "add"),)
        said = await self.ask(table.RecipientUpdate(updates), table.mediation)
        assert isinstance(said, table.RecipientUpdateResponse)
        return said.updated[0].result

    async def ready(self) -> tuple[str, str]:
        """Everything set up: a routing DID, and a registered DID behind it."""
        routing_did, (_, did) = await self.granted(), person()
        assert await self.registered(did) == "success"
        return routing_did, did

    async def fetched(self, limit: int = 100, protocol: Protocol = pickup.pickup) -> dict[str, bytes]:
        """What is handed over, by the id under which it is acknowledged."""
        version = pickup.DeliveryRequest if protocol is pickup.pickup else pickup.DeliveryRequest4
        said = await self.ask(version(limit), protocol)
        return contents(said) if isinstance(said, pickup.Delivery) else {}

    async def waiting(self) -> int:
        """How many messages are held, as the mediator says."""
        said = await self.ask(pickup.StatusRequest(), pickup.pickup)
        assert isinstance(said, pickup.Status)
        return said.message_count

    async def acknowledge(self, *ids: str) -> Message:
        """Say that these were received."""
        return await self.ask(pickup.MessagesReceived(ids), pickup.pickup)

    async def go_live(self) -> Message:
        """Ask for what comes at once."""
        return await self.ask(pickup.LiveDeliveryChange(live_delivery=True), pickup.pickup)


def contents(delivery: pickup.Delivery) -> dict[str, bytes]:
    """The messages in a delivery."""
    return {
        each.id or "": content_of(Attachment(id=each.id, data=Content(base64=each.data.base64)))
        for each in delivery.attachments
    }


def person() -> tuple[Keyring, str]:
    """Keys, and a DID that names no place."""
    signing, agreement = keys.create(Curve.ED25519), keys.create(Curve.X25519)
    did = did_peer.create4(signing.public, agreement.public, ())
    ring = Keyring()
    ring.add(f"{did}#key-1", signing)
    ring.add(f"{did}#key-2", agreement)
    return ring, did


def letter(text: str = "") -> bytes:
    """Something that only its recipient could read; here nobody tries."""
    return b'{"ciphertext":"%s"}' % (text or new_id()).encode()


async def post(mediator: Agent, routing_did: str, recipient: str, packed: bytes, **headers: int) -> None:
    """Send a message through a mediator, as anybody may."""
    expires = headers.get("expires_time")
    wrapped = offline(
        routing.forward(packed, to=recipient, routing_keys=[routing_did], resolve=dids.resolve, expires_time=expires)
    )
    await mediator.receive(wrapped, None)


async def handed_over(mediator: Agent) -> None:
    """Return once nothing is being handed over unasked."""
    await asyncio.gather(*mediator.lines.handing.tasks.values())
