"""A vendor whose software is another: what it says, when, and how it signs, is `another_implementation.py`, which was
written from the published text and vectors alone. Only the envelopes are ours here; in
`tests/interop/test_other_vendor.py` a library by others makes and opens them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID

from agent.agent import Agent
from agent.didcomm.plaintext import Plaintext
from protocols.vrm.base import VRM
from tests.agent.puppet import EMPTY, REPORT, Puppet
from tests.agent.world import World
from tests.scenarios import another_implementation as other
from wallet.dids import peer as did_peer
from wallet.dids.services import at
from wallet.keys import Curve, Keyring, from_secret

Json = dict[str, Any]
SEED, AGREES = bytes([7]) * 32, bytes([8]) * 32
DOMAIN = "other.example"
CONTEXT = "https://identity.foundation/.well-known/did-configuration/v1"
V2 = "https://www.w3.org/ns/credentials/v2"
PING = "https://didcomm.org/trust-ping/2.0/ping"


@dataclass
class Talk:
    """One thread. said: turns, as the vectors have them; ours: how many messages; latest: Digest of hers."""

    table: str
    said: list[Json] = field(default_factory=list)
    ours: int = 0
    latest: str = ""


@dataclass
class OtherVendor:
    """See the module. accepts: the digest of the agreement it takes."""

    puppet: Puppet
    book: other.Book
    accepts: Json
    her: str = ""
    talks: dict[str, Talk] = field(default_factory=dict)
    seq: int = 0
    head: str | None = None
    numbers: Any = field(default_factory=count)

    @classmethod
    def make(cls, world: World, book: other.Book, accepts: Json, kind: Callable[..., Puppet] = Puppet) -> "OtherVendor":
        """One that listens at an address of its own. kind: who makes and opens its envelopes."""
        url, ring = "http://127.0.0.1:9990", Keyring()
        signing, agreement = from_secret(Curve.ED25519, SEED), from_secret(Curve.X25519, AGREES)
        did = did_peer.create4(signing.public, agreement.public, (at(url),))
        ring.add(f"{did}#key-1", signing)
        ring.add(f"{did}#key-2", agreement)
        puppet = kind(world, url, did, ring)
        world.network.listen(url, puppet.hear)
        return cls(puppet, book, accepts)

    async def work(self, agent: Agent) -> None:
        """Answer all that has come, and what comes of that. Messages that are repeated are answered once."""
        done: set[str] = set()
        while fresh := [each for each in self.puppet.heard if each.id not in done]:
            for each in fresh:
                done.add(each.id)
                await self.answer(agent, each)
            await self.puppet.world.settle()
        self.puppet.heard.clear()

    async def answer(self, agent: Agent, heard: Plaintext) -> None:
        """Take one message as its table says, and answer by the table."""
        assert heard.type != REPORT, heard.body
        if heard.from_ and "z" in heard.from_.rpartition(":")[2][:1] and len(heard.from_) > 200:
            self.her = heard.from_
        thid = heard.thid or heard.id
        if heard.type == PING:
            await self.puppet.say(agent, f"{PING}-response", {}, to=self.her, thid=thid)
        if not heard.type.startswith(VRM):
            return
        turn = self.read(heard, thid)
        if thid not in self.talks:
            self.talks[thid] = Talk(self.table_for(heard.type, turn))
        talk = self.talks[thid]
        stands = self.book.step({"table": talk.table, "role": "org", "said": talk.said, "turn": turn})
        assert "refused" not in stands, (turn, stands)
        talk.said.append(turn)
        talk.latest = turn.get("digest", talk.latest)
        if stands["can_say"] and (said := self.decide(stands["state"], talk)):
            await self.say(agent, thid, talk, said[0], said[1], heard)
        else:
            await self.puppet.say(agent, EMPTY, {}, to=self.her, thid=thid, ack=(heard.id,))

    def read(self, heard: Plaintext, thid: str) -> Json:
        """A message as a turn; if it is signed, its signature holds."""
        name, body = heard.type.rpartition("/")[2], heard.body
        signed: Any = body.get("signed")  # JSON, of which the other implementation knows more than our types
        if signed is None:
            return {"by": "person", "message": name, "body": body}
        subject = signed["credentialSubject"]
        family = heard.type.removeprefix(f"{VRM}/").partition("/")[0]
        given = {"type": camel(family, name), "issuer": signed["issuer"], "thid": thid}
        given["audience"] = subject["audience"]
        verdict = other.verify({"signed": signed, "given": given, "key": other.key_of(self.her)})
        assert verdict["ok"], heard.type
        named = f"{name}({subject['body']['of']})" if name == "receipt" else name
        return {"by": "person", "message": named, "body": subject["body"], "digest": verdict["digest"]}

    def table_for(self, type: str, turn: Json) -> str:
        """The table that a first message selects."""
        uri = type.rpartition("/")[0]
        return next(
            id
            for id, table in self.book.tables.items()
            if table["uri"] == uri and any(self.book.fits(row, table["start"], "org", turn) for row in table["rows"])
        )

    def decide(self, state: str, talk: Talk) -> tuple[str, Json] | None:
        """What this vendor says where it has the word."""
        heard = talk.said[-1]["body"]
        match state:
            case "greeted":
                return "welcome", self.welcome()
            case "proffered":
                return "accept", {"agreement": self.accepts}
            case "ending-by-person":
                receipt = {"of": "withdraw", "result": "done", "ended": heard["from"], "survives": [], "data": "erase"}
                return "receipt", receipt
            case "leaving":
                return "receipt", {"of": "end", "result": "done", "kept": []}
            case "stated":
                return "receipt", {"of": "rules", "result": "done"}
        return None

    def welcome(self) -> Json:
        """Who it is, with a credential that says that this DID belongs to its domain."""
        return {
            "org": {"name": "Other Shop", "url": f"https://{DOMAIN}", "kind": "vendor"},
            "domain": DOMAIN,
            "linkage": self.linkage(),
            "agreements": [self.accepts],
            "protocols": [f"{VRM}/relationship/1.0", f"{VRM}/terms/1.0"],
            "rights_contact": {},
        }

    def linkage(self) -> Json:
        """The domain linkage credential."""
        did = self.puppet.did
        document = {
            "@context": [V2, CONTEXT],
            "type": ["VerifiableCredential", "DomainLinkageCredential"],
            "issuer": did,
            "validFrom": "2027-01-01T00:00:00Z",
            "validUntil": "2032-01-01T00:00:00Z",
            "credentialSubject": {"id": did, "origin": f"https://{DOMAIN}"},
        }
        signed: Json = other.sign({"unsigned": document, "kid": f"{did}#key-1", "seed": SEED.hex()})["signed"]
        return signed

    async def say(self, agent: Agent, thid: str, talk: Talk, name: str, body: Json, heard: Plaintext) -> None:
        """Say one message: signed, numbered, acknowledging what it answers."""
        uri = self.book.tables[talk.table]["uri"]
        subject = {"thid": thid, "audience": self.her, "seq": self.seq + 1, "body": body}
        subject |= {"prev": self.head} if self.head else {}
        subject |= {"re": talk.latest} if talk.latest else {}
        at = heard.created_time or 0
        unsigned = {
            "@context": [V2, f"{VRM}/context/v1"],
            "id": f"urn:uuid:{UUID(int=(4 << 76) | (2 << 62) | next(self.numbers), version=4)}",
            "type": ["VerifiableCredential", camel(uri.removeprefix(f"{VRM}/").partition("/")[0], name)],
            "issuer": self.puppet.did,
            "validFrom": other.time(at),
            "credentialSubject": subject,
        }
        made = other.sign({"unsigned": unsigned, "kid": f"{self.puppet.did}#key-1", "seed": SEED.hex()})
        self.seq, self.head, talk.ours = self.seq + 1, made["digest"], talk.ours + 1
        named = f"{name}({body['of']})" if name == "receipt" else name
        talk.said.append({"by": "org", "message": named, "body": body, "digest": made["digest"]})
        headers = {"thid": thid, "sender_order": talk.ours, "please_ack": ("",), "ack": (heard.id,)}
        await self.puppet.say(agent, f"{uri}/{name}", {"signed": made["signed"]}, to=self.her, **headers)


def camel(family: str, name: str) -> str:
    """The type of a signed object: `data-rights`, `exercise` -> `DataRightsExercise`."""
    return "".join(word.capitalize() for word in f"{family}-{name}".split("-"))
