"""One delivery: a message is sealed for its peer's newest keys and handed to the place where they are reached."""

from agent.agent import Agent
from agent.didcomm import envelopes, plaintext
from agent.didcomm.routing import forward
from agent.errors import Refused
from agent.parcel import Parcel
from wallet.dids.document import Document
from wallet.keys import PublicKey


async def deliver(agent: Agent, peer: str, parcel: Parcel) -> None:
    """Encrypt for the peer's newest keys and hand over to its endpoint. Raises Unreachable, Refused or WalletError.

    From whom and to whom it goes is decided now: either side may have changed its DID since the message was said.
    """
    who = parcel.stranger or agent.relationship(peer)[0]
    document = await agent.meet(agent.resolve(who.their_did))
    endpoint = document.endpoint()
    if endpoint is None:
        raise Refused("its DID document names no place to send messages to")
    ours = await agent.meet(agent.resolve(who.our_did))
    mine, (kid, public) = matching(ours, document)
    packed = envelopes.seal(
        plaintext.addressed(bytes(parcel.plaintext), from_=who.spoken_as, to=who.spoken_to),
        keys=agent.keys,
        sender_kid=respelled(mine, who.spoken_as),
        recipients=[(respelled(kid, who.spoken_to), public)],
    )
    if endpoint.routing_keys:
        way = endpoint.routing_keys
        packed = await agent.meet(forward(packed, to=who.spoken_to, routing_keys=way, resolve=agent.resolve))
    await agent.transport.send(endpoint.uri, packed)


def respelled(kid: str, did: str) -> str:
    """A key id under the spelling of its DID that is spoken."""
    return f"{did}#{kid.partition('#')[2]}"


def matching(ours: Document, theirs: Document) -> tuple[str, tuple[str, PublicKey]]:
    """A key of ours and one of theirs, on the same curve, theirs in their order of preference. Raises Refused."""
    for kid, public in theirs.agreement_keys():
        for mine, key in ours.agreement_keys():
            if key.curve is public.curve:
                return mine, (kid, public)
    raise Refused("no key of its DID document is on a curve of ours; nothing was sent")
