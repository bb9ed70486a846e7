"""One delivery: a message is sealed for its peer's newest keys and handed to the place where they are reached."""

from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Final
from urllib.parse import urlsplit

from agent.agent import Agent
from agent.didcomm import envelopes, plaintext
from agent.didcomm.plaintext import Plaintext
from agent.didcomm.routing import forward, reached_at
from agent.errors import Refused, Unreachable
from agent.parcel import Parcel
from agent.relationship import Relationship
from agent.ways import WayBack
from protocols.standard.empty import Empty, empty
from wallet.dids.document import Document, Endpoint
from wallet.keys import PublicKey, new_id

QUEUED: Final = "didcomm:transport/queue"  # the place of a DID whose messages wait for it (extension "Return-Route")
ISSUING: Final = b"/issue-credential/"  # nothing is issued by a document that may be out of date (DID-22)
MOST_ANSWERS: Final = 64  # messages fetched after one of ours


async def deliver(agent: Agent, peer: str, parcel: Parcel, thid: str, *, trusting: bool = False) -> None:
    """Encrypt for the peer's newest keys and hand over, on a connection on which it takes messages of this thread, else
    at its endpoint. Raises Unreachable, Refused or WalletError.

    From whom and to whom it goes is decided now: either side may have changed its DID since the message was said. If
    nobody can reach us where we are known to this peer, it is told to answer on the same connection.
    trusting: what is remembered of the peer was seen to hold a moment ago.
    """
    who = parcel.stranger or agent.relationship(peer, trusting=trusting)[0]
    fresh = ISSUING in bytes(parcel.plaintext)
    theirs = await agent.meet((agent.resolve if fresh else agent.resolve_known)(who.their_did))
    ours = await agent.meet(agent.resolve(who.our_did))
    endpoint, back = await reach(agent, theirs), agent.ways.of(peer, thid)
    if endpoint is None and back is None:
        raise Unreachable("it has no address and is not connected; it gets this when it writes next")
    mine, (kid, public) = matching(ours, theirs)
    asks = place(ours) is None and not (endpoint and endpoint.routing_keys)

    def seal(raw: bytes, prior: str | None) -> bytes:
        route, named = "all" if asks else None, None if parcel.goodbye else who.spoken_as
        return envelopes.seal(
            plaintext.addressed(raw, from_=named, to=who.spoken_to, from_prior=prior, return_route=route),
            keys=agent.keys,
            sender_kid=respelled(mine, named) if named else None,
            recipients=[(respelled(kid, who.spoken_to), public)],
        )

    for prior in (parcel.goodbye,) if parcel.goodbye else led_from(who, parcel.tries):
        began = perf_counter()
        packed = seal(bytes(parcel.plaintext), prior)
        agent.metrics.passed("seal", began)
        agent.metrics.sent.add(len(packed))
        if back is not None and await taken(back, packed, elsewhere=endpoint is not None):
            continue
        if endpoint is not None:
            answered = await post(agent, endpoint, packed, who.spoken_to)
            if answered and asks:
                await ask_for_more(agent, endpoint, partial(seal, prior=prior))


def led_from(who: Relationship, tries: int) -> tuple[str | None, ...]:
    """Each `from_prior` by which they may have to be led to the DID we use; usually there is nothing to lead from.

    We may have moved on before they answered to an earlier move. Then it is unknown by which DID they know us, so the
    message goes with each of the proofs; all but one come to nothing, and whoever got two knows the second by its id.
    """
    if not who.priors:
        return (None,)
    first = tries % len(who.priors)  # where only one can be handed over, each has its turn
    return (*who.priors[first:], *who.priors[:first])


async def post(agent: Agent, endpoint: Endpoint, packed: bytes, to: str) -> bool:
    """Hand a packed message over at an endpoint. Returns whether something came back. to: who it is for."""
    if endpoint.routing_keys:
        way = endpoint.routing_keys
        packed = await agent.meet(forward(packed, to=to, routing_keys=way, resolve=agent.resolve))
    return await agent.transport.send(endpoint.uri, packed, agent.receive)


async def destination(agent: Agent, peer: str, parcel: Parcel) -> str:
    """Where a message would be handed over: the origin of an address, "" if there is none. Raises WalletError."""
    who = parcel.stranger or agent.relationship(peer)[0]
    endpoint = await reach(agent, await agent.meet(agent.resolve(who.their_did)))
    if endpoint is None:
        return ""
    parts = urlsplit(endpoint.uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else endpoint.uri


async def reach(agent: Agent, document: Document) -> Endpoint | None:
    """Where messages for this DID are handed over, once what stands for an address is looked up. Raises WalletError."""
    endpoint = place(document)
    return endpoint and await agent.meet(reached_at(endpoint, agent.resolve))


def place(document: Document) -> Endpoint | None:
    """Where messages can be sent to this DID; None if they wait until it comes for them."""
    endpoint = document.endpoint()
    return None if endpoint is None or endpoint.uri.startswith(QUEUED) else endpoint


async def taken(back: WayBack, packed: bytes, *, elsewhere: bool) -> bool:
    """Whether a message went this way. elsewhere: there is another; if there is none, raises Unreachable."""
    try:
        await back.send(packed)
    except Unreachable:
        if not elsewhere:
            raise
        return False
    return True


async def ask_for_more(agent: Agent, endpoint: Endpoint, seal: Callable[[bytes], bytes]) -> None:
    """One answer holds one message: ask until nothing comes, for more may wait for us there."""
    for _ in range(MOST_ANSWERS):
        nothing = Plaintext(id=new_id(), type=empty.type_of(Empty), body={})
        try:
            if not await agent.transport.send(endpoint.uri, seal(plaintext.write(nothing)), agent.receive):
                return
        except (Unreachable, Refused):
            return  # what we had to say was taken; what waits for us there goes on waiting


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
