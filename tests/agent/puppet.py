"""A peer that is moved by hand: it has keys and an address, says whatever a test wants, and remembers what it hears."""

from dataclasses import dataclass, field
from typing import Self

import msgspec

from agent import inbox
from agent.agent import Agent
from agent.delivery import matching
from agent.didcomm import envelopes, plaintext
from agent.didcomm.plaintext import Plaintext
from agent.relationship import Relationship
from agent.ways import WayBack
from protocols.standard.out_of_band import Invitation, out_of_band, to_url
from protocols.standard.report_problem import ProblemReport, report_problem
from protocols.vrm.base import VRM
from tests.agent.world import Near, World, peer_of, towards
from wallet import dids, keys, signed
from wallet.dids import peer as did_peer
from wallet.dids.document import Document
from wallet.dids.services import at
from wallet.keys import Curve, Keyring, new_id
from wallet.needs import Lookup
from wallet.strict_json import Json, JsonObject

MEET = f"{VRM}/relationship/1.0"
TERMS = f"{VRM}/terms/1.0"
REPORT = report_problem.type_of(ProblemReport)
EMPTY = "https://didcomm.org/empty/1.0/empty"
HELLO: JsonObject = {"protocols": [MEET]}


@dataclass
class Puppet:
    """See the module. heard: what it was sent, repeats included. seq, head: its chain towards whom it talks to."""

    world: World
    url: str
    did: str
    ring: Keyring
    heard: list[Plaintext] = field(default_factory=list)
    long_forms: dict[str, str] = field(default_factory=dict)
    seq: int = 0
    head: str | None = None

    @classmethod
    def make(cls, world: World, number: int = 0, url: str | None = "") -> Self:
        """A puppet at an address of its own, one that says it is at `url`, or, for None, one that is nowhere."""
        own = f"http://127.0.0.1:{9900 + number}"
        signing, agreement = keys.create(Curve.ED25519), keys.create(Curve.X25519)
        places = () if url is None else (at(url or own),)
        did = did_peer.create4(signing.public, agreement.public, places)
        ring = Keyring()
        ring.add(f"{did}#key-1", signing)
        ring.add(f"{did}#key-2", agreement)
        made = cls(world, own, did, ring)
        world.network.listen(own, made.hear)
        return made

    async def hear(self, packed: bytes, back: WayBack | None = None) -> None:
        """Remember one message."""
        opened = await Near(self.world).meet(envelopes.open(packed, keys=self.ring, resolve=self.resolve))
        self.remember(opened.sender or "")
        self.heard.append(opened.plaintext)

    def remember(self, did: str) -> None:
        """A DID whose short form may be used from now on."""
        if did.startswith("did:peer:4") and did != dids.canonical(did):
            self.long_forms[dids.canonical(did)] = did

    def resolve(self, did: str) -> Lookup[Document]:
        """The document of a DID, also of one whose long form was seen before."""
        if did in self.long_forms:
            return dids.short_document(self.long_forms[did])
        return (yield from dids.resolve(did, development=True))

    # -- what it says ----------------------------------------------------------------------------------------------

    def message(self, type: str, body: JsonObject, *, to: str, **headers: object) -> Plaintext:
        """A message to `to`, which no one has sent yet."""
        base = Plaintext(id=new_id(), type=type, body=body, from_=self.did, to=(to,), created_time=self.world.time)
        return msgspec.structs.replace(base, **headers)

    async def pack(self, agent: Agent, message: Plaintext, *, anonymous: bool = False) -> bytes:
        """The message in an envelope for its one recipient. agent: whose resolver may be used."""
        return await self.pack_raw(agent, plaintext.write(message), (message.to or ("",))[0], anonymous=anonymous)

    async def pack_raw(self, agent: Agent, raw: bytes, to: str, *, anonymous: bool = False) -> bytes:
        """Any bytes in an envelope for `to`."""
        self.remember(to)
        theirs, ours = await agent.meet(self.resolve(to)), await agent.meet(self.resolve(self.did))
        sender, recipient = matching(ours, theirs)
        kid = None if anonymous else sender
        return envelopes.seal(raw, keys=self.ring, sender_kid=kid, recipients=[recipient])

    async def say(self, agent: Agent, type: str, body: JsonObject, *, to: str, **headers: object) -> Plaintext:
        """Say something straight into an agent's ear; whatever that raises is raised here."""
        message = self.message(type, body, to=to, **headers)
        await self.repeat(agent, message)
        return message

    async def repeat(self, agent: Agent, message: Plaintext) -> None:
        """Say a message, perhaps again, in a fresh envelope."""
        await inbox.receive(agent, await self.pack(agent, message))

    def sign(
        self, name: str, body: JsonObject, *, thid: str, to: str, re: str | None = None, **changes: object
    ) -> JsonObject:
        """A signed object, next in this puppet's chain. name: its type. changes: arguments of `signed.make`."""
        arguments: dict[str, object] = {
            "base": VRM,
            "type": name,
            "id": signed.new_object_id(),
            "kid": f"{self.did}#key-1",
            "keys": self.ring,
            "now": self.world.time,
            "thid": thid,
            "audience": to,
            "seq": self.seq + 1,
            "prev": self.head,
            "re": re,
            "body": body,
        }
        made = signed.make(**(arguments | changes))  # type: ignore[arg-type]  # a test may give what it likes
        self.seq, self.head = self.seq + 1, signed.digest_of(made)
        return {"signed": made}

    # -- whom it knows ---------------------------------------------------------------------------------------------

    async def meet_org(self, org: Agent, did: str) -> str:
        """Greet an org as a person would. Returns the name of the relationship there."""
        await self.say(org, f"{MEET}/hello", HELLO, to=did, sender_order=1, please_ack=("",))
        await self.world.settle()
        return peer_of(org, self.did)

    async def acknowledge(self, agent: Agent, to: str) -> None:
        """Acknowledge all it was told, thread by thread."""
        for each in [each for each in self.heard if each.please_ack]:
            await self.say(agent, EMPTY, {}, to=to, thid=each.thid, ack=(each.id,))

    async def invite(self, person: Agent, goal_code: str = "freerange.relationship") -> Relationship:
        """Let a person take up an invitation of this puppet. Returns her side of the relationship."""
        message = Plaintext(
            id=new_id(),
            type=out_of_band.type_of(Invitation),
            from_=self.did,
            body={"goal": "Meet", "goal_code": goal_code, "accept": ["didcomm/v2"]},
        )
        await self.world.do(
            person, "/v1/invitations/accept", url=to_url("https://example.com", plaintext.write(message))
        )
        await self.world.settle()
        return towards(person, self.did)

    async def befriend(self, person: Agent) -> Relationship:
        """Let a person take up an invitation of this puppet, and acknowledge her hello."""
        relationship = await self.invite(person)
        hello = self.last("hello")
        await self.say(person, EMPTY, {}, to=relationship.our_did, thid=hello.thid, ack=(hello.id,))
        self.heard.clear()
        return relationship

    # -- what it heard ---------------------------------------------------------------------------------------------

    def reports(self) -> list[JsonObject]:
        """Bodies of the problem reports it was sent, each once."""
        found = {each.id: each.body for each in self.heard if each.type == REPORT}
        return list(found.values())

    def acknowledged(self) -> set[str]:
        """Ids of its messages that were acknowledged."""
        return {id for each in self.heard for id in each.ack}

    def last(self, name: str) -> Plaintext:
        """The newest message of this name."""
        return next(each for each in reversed(self.heard) if each.type.endswith(f"/{name}"))

    def object(self, name: str) -> JsonObject:
        """The signed object in the newest message of this name."""
        found = self.last(name).body["signed"]
        assert isinstance(found, dict)
        return found


def digest(object: JsonObject) -> str:
    """The Digest of a signed object."""
    return signed.digest_of(object)


def canonical(did: str) -> str:
    """A DID as relationships are named by."""
    return dids.canonical(did)


__all__ = ["EMPTY", "HELLO", "MEET", "REPORT", "TERMS", "Json", "Puppet", "canonical", "digest"]
