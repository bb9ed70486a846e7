"""A person moved by hand, who has met an org and talks terms with it, step by step or wrongly."""

from dataclasses import dataclass

from agent import agreements, meeting
from agent.agent import Agent
from agent.didcomm.plaintext import Plaintext
from agent.json_values import as_json
from protocols.messages import encode
from protocols.vrm.terms import Proffer
from tests.agent.puppet import TERMS, Puppet, digest
from tests.agent.world import World, public_did
from wallet.credentials.vcdm import timestamp
from wallet.keys import new_id
from wallet.strict_json import JsonObject

TEXT = agreements.shipped()["freerange-service-only"]
REF: JsonObject = {"id": TEXT.id, "version": TEXT.version, "digest": TEXT.digest}


def proffered(**more: object) -> JsonObject:
    """The body of a proffer."""
    # What a test changes may be of any type: some of it is meant to be refused.
    # A test may give what it likes, here and below.
    body, _ = encode(Proffer(agreement=meeting.reference(TEXT), scope="relationship", **more))  # type: ignore[arg-type]
    return as_json(body)


@dataclass
class Customer(Puppet):
    """See the module. peer: what the org calls her. thid: the thread she speaks in. accepted: what the org promised."""

    peer: str = ""
    thid: str = ""
    accepted: str = ""

    @classmethod
    async def met(cls, world: World, org: Agent, number: int = 0) -> "Customer":
        """A customer who has greeted the org and was welcomed."""
        customer = cls.make(world, number)
        customer.peer = await customer.meet_org(org, public_did(org))
        return customer

    def signed(self, org: Agent, name: str, body: JsonObject, order: int, **how: object) -> Plaintext:
        """A signed message of terms in her thread. how: arguments of `sign`, `re` above all."""
        to = public_did(org)
        type = "Terms" + "".join(word.capitalize() for word in name.split("-"))
        # What a test changes may be of any type: some of it is meant to be refused.
        arguments = {"thid": self.thid, "to": to, "re": self.accepted or None, **how}
        carried = self.sign(type, body, **arguments)  # type: ignore[arg-type]  # see above
        return self.message(f"{TERMS}/{name}", carried, to=to, thid=self.thid, sender_order=order, please_ack=("",))

    async def proffer(self, org: Agent) -> str:
        """Put terms on the table in a fresh thread, and hear what the org promises. Returns the thread's id."""
        self.thid, self.accepted = new_id(), ""
        await self.repeat(org, self.signed(org, "proffer", proffered(), 1))
        await self.world.settle()
        self.accepted = digest(self.object("accept"))
        return self.thid

    def confirm(self, org: Agent, order: int = 2) -> Plaintext:
        """What binds both."""
        return self.signed(org, "confirm", {"digest": TEXT.digest}, order)

    def withdraw(self, org: Agent, order: int = 3) -> Plaintext:
        """What ends it."""
        return self.signed(org, "withdraw", {"from": timestamp(self.world.time), "reason": "moving-on"}, order)
