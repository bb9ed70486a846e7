"""An issuer and verifier moved by hand: it offers one thing and may hand over another, and asks what it likes."""

from dataclasses import dataclass, field

import msgspec

from agent import cards
from agent.agent import Agent
from agent.didcomm.attachments import Attachment, Content
from agent.didcomm.plaintext import Plaintext
from agent.relationship import Relationship
from protocols import machine
from protocols.standard.issue_credential import DATA_INTEGRITY, KEY_PROOF, OFFER, SD_JWT
from protocols.standard.present_proof import QUERY
from tests.agent.puppet import Puppet
from tests.agent.world import World
from wallet.credentials import integrity, jose, sd_jwt
from wallet.credentials.vcdm import BASE_CONTEXT, timestamp
from wallet.dids import key as did_key
from wallet.encoding import b64u
from wallet.keys import PublicKey, new_id
from wallet.strict_json import Json, JsonObject

ISSUE = "https://didcomm.org/issue-credential/3.0"
PROVE = "https://didcomm.org/present-proof/3.0"
CLAIMS: JsonObject = {"given_name": "Augusta", "over_18": True}
TYPE = "urn:card:member"


@dataclass
class Issuer(Puppet):
    """See the module. her: how the person stands towards it. thid: the thread it speaks in."""

    thid: str = field(default_factory=new_id)
    our_did: str = ""

    @classmethod
    async def known_to(cls, world: World, person: Agent, number: int = 0) -> "Issuer":
        """An issuer that a person has a relationship with."""
        issuer = cls.make(world, number)
        relationship: Relationship = await issuer.befriend(person)
        issuer.our_did = relationship.our_did
        return issuer

    async def send(self, person: Agent, type: str, attachment: Attachment | None) -> Plaintext:
        """Say something with one attachment in its thread."""
        attachments = () if attachment is None else (attachment,)
        message = self.message(type, {}, to=self.our_did, thid=self.thid, attachments=attachments)
        await self.repeat(person, message)
        await self.world.settle()
        return message

    async def offer(self, person: Agent, **changes: object) -> Plaintext:
        """Offer a card."""
        details: JsonObject = {"format": SD_JWT, "issuer": self.did, "vct": TYPE, "name": "Card", "claims": CLAIMS}
        # What a test changes may be of any type: some of it is meant to be refused.
        details |= {"nonce": b64u(bytes(16)), "audience": self.did, **changes}  # type: ignore[dict-item]  # a test gives JSON
        json: JsonObject = {name: value for name, value in details.items() if value is not None}
        return await self.send(
            person, f"{ISSUE}/offer-credential", Attachment(id="o", format=OFFER, data=Content(json=json))
        )

    def requested_key(self) -> PublicKey:
        """The key that the holder proved."""
        [attachment] = self.last("request-credential").attachments
        assert attachment.format == KEY_PROOF
        read = msgspec.convert(msgspec.to_builtins(attachment), machine.Attachment)
        jwk = jose.read_compact(cards.text_of(read), typ=KEY_PROOF).header["jwk"]
        assert isinstance(jwk, dict)
        return jose.signing_key(jwk)

    def sd_jwt(
        self, holder: PublicKey, *, claims: JsonObject = CLAIMS, vct: str = TYPE, open: bool = False
    ) -> Attachment:
        """An SD-JWT VC. open: it can only be shown whole."""
        every: JsonObject = {**claims, "vct": vct, "iat": self.world.time}
        kid, hidden = f"{self.did}#key-1", [] if open else [[name] for name in claims]
        text = sd_jwt.issue(every, disclosable=hidden, keys=self.ring, kid=kid, holder=holder)
        return Attachment(id="1", format=SD_JWT, data=Content(base64=b64u(text.encode())))

    def vcdm(self, holder: PublicKey, *, claims: JsonObject = CLAIMS) -> Attachment:
        """A VCDM 2.0 credential."""
        credential: JsonObject = {
            "@context": [BASE_CONTEXT, cards.UNDEFINED_TERMS],
            "type": ["VerifiableCredential", "Member"],
            "issuer": self.did,
            "validFrom": timestamp(self.world.time),
            "credentialSubject": {"id": did_key.create(holder), **claims},
        }
        signed = integrity.issue(credential, keys=self.ring, kid=f"{self.did}#key-1", now=self.world.time)
        return Attachment(id="1", format=DATA_INTEGRITY, data=Content(json=signed))

    async def issue(self, person: Agent, attachment: Attachment | None) -> Plaintext:
        """Hand something over."""
        return await self.send(person, f"{ISSUE}/issue-credential", attachment)

    async def give(self, person: Agent, *, open: bool = False, **changes: object) -> str:
        """Offer a card, have it taken up, and hand over what was offered. Returns the thread's id."""
        self.thid = new_id()
        await self.offer(person, **changes)
        await self.world.answer(person)
        claims, vct = changes.get("claims", CLAIMS), changes.get("vct", TYPE)
        # What a test changes may be of any type: some of it is meant to be refused.
        card = self.sd_jwt(self.requested_key(), claims=claims, vct=str(vct), open=open)  # type: ignore[arg-type]  # likewise
        await self.issue(person, card)
        return self.thid

    async def ask(self, person: Agent, query: JsonObject, **changes: object) -> Plaintext:
        """Ask for a proof. query: DCQL."""
        self.thid = new_id()
        details: JsonObject = {"dcql_query": query, "nonce": "a-nonce-of-mine", "audience": self.did, "purpose": "Why"}
        # What a test changes may be of any type: some of it is meant to be refused.
        json: JsonObject = {**details, **changes}  # type: ignore[dict-item]  # likewise
        attachment = Attachment(id="q", format=QUERY, data=Content(json=json))
        return await self.send(person, f"{PROVE}/request-presentation", attachment)


def wants(*claims: str, type: str = TYPE) -> JsonObject:
    """A DCQL query for some claims of one SD-JWT VC."""
    paths: list[Json] = [{"path": [each]} for each in claims]
    query: JsonObject = {"id": "card", "format": SD_JWT, "meta": {"vct_values": [type]}, "claims": paths}
    return {"credentials": [query]}
