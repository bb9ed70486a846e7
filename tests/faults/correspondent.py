"""People who write to an org over real sockets: they have keys and an address, and know what they said."""

from dataclasses import dataclass, field
from functools import partial
from typing import Self

import msgspec

from agent import identity
from agent.agent import Agent
from agent.didcomm import envelopes, plaintext
from agent.didcomm.envelopes import Opened
from agent.didcomm.plaintext import Plaintext
from protocols.vrm.base import VRM
from tests.agent.customer import TEXT, proffered
from tests.agent.puppet import EMPTY, HELLO, MEET, TERMS
from tests.faults.plants import POISON
from wallet import dids, keys, signed
from wallet.dids import peer as did_peer
from wallet.dids import web
from wallet.dids.document import Document
from wallet.dids.services import at
from wallet.keys import Curve, Keyring, PublicKey, new_id
from wallet.needs import Lookup, answered, offline
from wallet.strict_json import JsonObject

PING = "https://didcomm.org/trust-ping/2.0/ping"
NOTE = "https://didcomm.org/basicmessage/2.0/message"


@dataclass(frozen=True)
class Org:
    """Whom they write to. document: what its did:web publishes."""

    did: str
    url: str
    document: Document

    @classmethod
    def of(cls, agent: Agent) -> Self:
        """An org, as others see it."""
        me = identity.own(agent)
        assert me is not None
        assert me.document is not None
        published = {web.location(me.did, development=True): msgspec.json.encode(me.document)}
        document = answered(dids.resolve(me.did, development=True), published)
        return cls(me.did, agent.config.url, document)

    def resolve(self, did: str) -> Lookup[Document]:
        """The document of a DID, with nothing fetched."""
        return self.document if did == self.did else (yield from dids.resolve(did, development=True))

    @property
    def key(self) -> tuple[str, PublicKey]:
        """The key to write to."""
        return self.document.agreement_keys()[0]


@dataclass(slots=True)
class Sent:
    """One message. answers: the statuses it was answered; acks: ids it acknowledges."""

    id: str
    thid: str
    name: str
    who: "Correspondent"
    plain: bytes
    acks: tuple[str, ...] = ()
    answers: list[int] = field(default_factory=list)

    @property
    def accepted(self) -> bool:
        """Whether we were told that it is kept."""
        return 202 in self.answers


@dataclass(eq=False)
class Correspondent:
    """See the module. ring: everybody's keys. greeted: it has said hello; met: the org has welcomed it; surly: it takes
    nothing that it is sent. seq, head: its chain; busy: it waits for an answer before it signs anything else."""

    org: Org
    did: str
    ring: Keyring
    greeted: bool = False
    met: bool = False
    surly: bool = False
    busy: bool = False
    seq: int = 0
    head: str | None = None
    chat: str = field(default_factory=new_id)

    @classmethod
    def make(cls, org: Org, ring: Keyring, url: str) -> Self:
        """A person at an address."""
        signing, agreement = keys.create(Curve.ED25519), keys.create(Curve.X25519)
        did = did_peer.create4(signing.public, agreement.public, (at(url),))
        ring.add(f"{did}#key-1", signing)
        ring.add(f"{did}#key-2", agreement)
        return cls(org, did, ring)

    @property
    def peer(self) -> str:
        """What the org calls it."""
        return dids.canonical(self.did)

    def seal(self, plain: bytes) -> bytes:
        """A message in a fresh envelope."""
        return envelopes.seal(plain, keys=self.ring, sender_kid=f"{self.did}#key-2", recipients=[self.org.key])

    def hello(self, now: int) -> Sent:
        """The first thing it says."""
        self.greeted = True
        return self.say("hello", f"{MEET}/hello", HELLO, new_id(), now, sender_order=1, please_ack=("",))

    def greeting(self, now: int) -> Sent:
        """The same, by somebody who is answered on the connection it came over."""
        headers = {"sender_order": 1, "please_ack": ("",), "return_route": "all"}
        return self.say("hello", f"{MEET}/hello", HELLO, new_id(), now, **headers)

    def ping(self, now: int) -> Sent:
        """A question that is answered at once, in a thread of its own."""
        return self.say("ping", PING, {"response_requested": True}, new_id(), now)

    def note(self, now: int) -> Sent:
        """One more message of its one chat."""
        return self.say("message", NOTE, {"content": "Good morning"}, self.chat, now)

    def poison(self, now: int) -> Sent:
        """A message at which an agent fails that is planted to."""
        return self.say("poison", NOTE, {"content": POISON}, self.chat, now)

    def proffer(self, now: int) -> Sent:
        """Terms, signed, in a thread of their own."""
        self.busy = True
        thid = new_id()
        body = self.signed("TermsProffer", proffered(), thid, now, re=None)
        return self.say("proffer", f"{TERMS}/proffer", body, thid, now, sender_order=1, please_ack=("",))

    def confirm(self, accept: Plaintext, now: int) -> Sent:
        """What binds both, once the org has accepted."""
        self.busy = False
        promise = accept.body["signed"]
        assert isinstance(promise, dict)
        digest: JsonObject = {"digest": TEXT.digest}
        body = self.signed("TermsConfirm", digest, accept.thread, now, re=signed.digest_of(promise))
        say = partial(self.say, "confirm", f"{TERMS}/confirm", body, accept.thread, now)
        return say(sender_order=2, please_ack=("",), ack=(accept.id,))

    def acknowledge(self, message: Plaintext, now: int) -> Sent:
        """A bare acknowledgement."""
        return self.say("ack", EMPTY, {}, message.thread, now, ack=(message.id,))

    def signed(self, name: str, body: JsonObject, thid: str, now: int, *, re: str | None) -> JsonObject:
        """A signed object, next in its chain."""
        made = signed.make(
            base=VRM,
            type=name,
            id=signed.new_object_id(),
            kid=f"{self.did}#key-1",
            keys=self.ring,
            now=now,
            thid=thid,
            audience=self.org.did,
            seq=self.seq + 1,
            prev=self.head,
            re=re,
            body=body,
        )
        self.seq, self.head = self.seq + 1, signed.digest_of(made)
        return {"signed": made}

    def say(self, name: str, type: str, body: JsonObject, thid: str, now: int, **headers: object) -> Sent:
        """A message to the org, not sent yet."""
        base = Plaintext(
            id=new_id(), type=type, body=body, from_=self.did, to=(self.org.did,), thid=thid, created_time=now
        )
        message = msgspec.structs.replace(base, **headers)
        return Sent(message.id, thid, name, self, plaintext.write(message), message.ack)


def opened(org: Org, ring: Keyring, packed: bytes) -> Opened:
    """What the org wrote."""
    return offline(envelopes.open(packed, keys=ring, resolve=org.resolve))
