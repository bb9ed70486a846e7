"""What she does with a thing of hers: made known to an org, complained of, handed on, claimed, let go.

All of it happens under a DID made for the thing, so that nobody learns from it who she is. Its key is the one its proof
of ownership is bound to, which shows that the two belong together. Source: vrm-protocols, section 5.7.
"""

from collections.abc import Collection
from functools import partial

import msgspec

from agent import cards, effects, invitations, mediation, one_off, owner, things
from agent import conversation as conversations
from agent.agent import Agent
from agent.draft import Draft
from agent.provenance import holder_of
from agent.things import Fields, Owned
from agent.vrm import handing_on
from agent.vrm.handing_on import Handing
from protocols.machine import Attachment, Content, Message
from protocols.problems import Misuse
from protocols.vrm.base import Money
from protocols.vrm.things import claim, registration, service
from protocols.vrm.things_words import Claim, Fault, Register, Release, Report
from wallet.names import canonical, same
from wallet.needs import Lookup, offline
from wallet.store.change import Change

LASTS = 7 * 86400  # seconds for which an offered thing can be taken up
GOAL = "freerange.thing"
SAYS_NOTHING_OF_HER = {  # what a proof of ownership may say and still be passed on
    "id", "type", "name", "identifier", "typeOfGood", "ownedFrom", "acquiredFrom", "gtin", "serialNumber", "url",
    "warrantyUntil", "model", "brand", "itemCondition",
}  # fmt: skip


def mine(agent: Agent, named: str) -> Owned:
    """A thing that is still hers. Raises NotFound, Misuse."""
    owned = things.find(agent, named)
    if owned.state != things.OURS:
        raise Misuse(f"{owned.thing.name} is not yours any more ({owned.state}); nothing was done")
    return owned


async def made_for(agent: Agent, owned: Owned) -> Owned:
    """The thing with a DID made for it, which signs with the key its proof of ownership is bound to. It is that key by
    which she holds the thing: if she is reached in another way by now, there is another DID for it."""
    proof = owned.proof
    card = agent.store.item(cards.KEPT, proof.card) if proof and proof.card else None
    signing = agent.store.key(cards.read(card).kid) if card else None
    kept = agent.store.key(f"{owned.did}#key-1") if owned.did else None
    if kept is not None and (signing is None or kept.public == signing.public) and reached(agent, owned.did):
        return owned
    did, items = await mediation.fresh(agent, signing or kept)
    return await things.keep(agent, msgspec.structs.replace(owned, did=did), items)


def reached(agent: Agent, did: str) -> bool:
    """Whether what is written to a DID of ours comes the way that we are reached by now."""
    known, current = mediation.recipient_of(agent, did), mediation.current(agent)
    if known is None or current is None:
        return known is None and current is None
    return same(known.mediator, current.did)


async def towards(agent: Agent, owned: Owned, named: str, *, shows: bool = True) -> tuple[Owned, str]:
    """The relationship about this thing with an org: whoever issued its papers, unless another is named.

    Whoever issued the proof of ownership knows the DID made for the thing, by whose key it knows its proof again. Any
    other org, and that one too if the proof is not shown, gets a fresh DID, which it can compare with nothing.
    """
    proof = owned.proof
    issuers = [each.issuer for kind in ("ownership", "warranty", "receipt") if (each := owned.paper(kind)) is not None]
    wanted = named or owned.org or next(iter(issuers), "")
    if not wanted:
        raise Misuse(
            f"{owned.thing.name} has no papers; say whom you mean. Nothing was done."
            " Run: freerange things register THING --with ORG"
        )
    org = await one_off.find(agent, wanted)
    if proof is not None and shows and same(org.did, proof.issuer):
        peer = await as_holder(agent, owned, org)
    elif org.did in owned.peers:
        return owned, owned.peers[org.did]
    else:
        peer = await one_off.towards(agent, org)
    if org.did in owned.peers:
        return owned, peer
    return await things.keep(agent, msgspec.structs.replace(owned, peers={**owned.peers, org.did: peer})), peer


async def as_holder(agent: Agent, owned: Owned, org: one_off.Org) -> str:
    """The relationship under the DID made for the thing itself."""
    peer = canonical(owned.did)
    return peer if agent.store.peer(peer) else await one_off.towards(agent, org, (owned.did, ()))


async def register(agent: Agent, named: str, org: str, without: Collection[str]) -> tuple[Owned, str]:
    """Make a thing known, so that recalls arrive; its proof of ownership is shown, unless it is left out."""
    owned = await made_for(agent, mine(agent, named))
    if owned.registration:
        raise Misuse(f"{owned.thing.name} is registered already; nothing was said")
    owned, peer = await towards(agent, owned, org, shows="ownership" not in without)
    proof = owned.proof
    shown = (things.attached(proof),) if proof and "ownership" not in without else ()
    thid = await owner.open_thread(agent, peer, registration, Register(owned.thing, owned.acquired or None, shown))
    return things.find(agent, owned.id), thid


async def report(
    agent: Agent, named: str, org: str, problem: Fault, want: str, tried: tuple[str, ...], without: Collection[str]
) -> tuple[Owned, str]:
    """Raise a problem, with the thing and its papers attached. without: kinds of paper that stay here."""
    owned = await made_for(agent, mine(agent, named))
    owned, peer = await towards(agent, owned, org, shows="ownership" not in without)
    newest = {each.kind: each for each in owned.papers}
    along = tuple(things.attached(each) for kind, each in newest.items() if kind not in without)
    body = {"problem": msgspec.to_builtins(problem), "want": want, "tried": tried}
    message = msgspec.convert(body, Report)
    message = msgspec.structs.replace(message, attachments=(things.described(owned.thing), *along))
    return owned, await owner.open_thread(agent, peer, service, message)


async def release(agent: Agent, named: str, reason: str) -> tuple[Owned, str]:
    """Say that the thing is no longer hers. Without a registration this is only noted here."""
    owned = things.find(agent, named)
    message = msgspec.convert({"reason": reason}, Release)
    if not owned.registration:
        return await things.keep(agent, msgspec.structs.replace(owned, state=reason)), ""
    peer = things.registered_with(agent, owned)
    await owner.act(agent, peer, owned.registration, partial(saying, message))
    return things.find(agent, owned.id), owned.registration


def saying(message: Message, draft: Draft) -> Lookup[None]:
    """Say this in a thread."""
    effects.say(draft, message)
    yield from ()


async def offer(agent: Agent, named: str, price: Money | None) -> tuple[invitations.Standing, str]:
    """An invitation to take a thing over, for one person. Raises Misuse if there is nothing that shows whose it is."""
    owned = mine(agent, named)
    holds, why = things.title(agent, owned)
    proof = owned.proof
    if proof is None or not holds:
        raise Misuse(f"{owned.thing.name} cannot be handed on: {why}. Nothing was done.")
    telling = sorted(set(things.claims_of(proof)) - SAYS_NOTHING_OF_HER)
    if telling:
        raise Misuse(
            f"the proof of ownership says {', '.join(telling)}, which may tell who you are; nothing was done."
            f" Ask {proof.issued_by} for one without it."
        )
    owned = await made_for(agent, owned)
    goal = f"Take over: {owned.thing.name}"
    standing, url = await invitations.invite(agent, goal=goal, once=True, lasts=LASTS, goal_code=GOAL, ours=owned.did)
    handing = Handing(owned.id, standing.id, proof.digest, along(agent, owned), price)
    await agent.store.apply(Change(peer="", keep=(handing_on.item(handing),)))
    return standing, url


def along(agent: Agent, owned: Owned) -> tuple[Attachment, ...]:
    """What goes along with a thing: proof, warranty, the chain of transfers, what orgs did about problems with it, and
    the documents by which its papers verify. No receipt, no note, and nothing that she wrote."""
    papers = [each for kind in ("ownership", "warranty") if (each := owned.paper(kind)) is not None]
    found = [things.attached(each) for each in papers]
    lists: dict[str, object] = {
        "chain": [*owned.chain],
        "history": [*owned.history, *cases_of(agent, owned)],
        "documents": {did: each for did, each in things.snapshots(agent, owned).items() if did_is_public(did)},
    }
    for name, value in lists.items():
        if value:
            found.append(Attachment(id=name, media_type="application/json", data=Content(json=value)))
    return tuple(found)


def did_is_public(did: str) -> bool:
    """Whether a DID needs a document from outside; others carry theirs in themselves."""
    return did.startswith(("did:web:", "did:webvh:"))


def cases_of(agent: Agent, owned: Owned) -> list[Fields]:
    """What orgs signed in cases about this thing that are closed."""
    found: list[Fields] = []
    for peer in owned.peers.values():
        closed = {
            each.thread.thid
            for _, row in agent.store.threads(peer)
            if (each := conversations.read(row)).thread.table == service.id and each.thread.state == "closed"
        }
        rows = agent.store.ledger(peer, ours=False)
        found += [msgspec.json.decode(row.record, type=Fields) for row in rows if row.thid in closed]
    return found


async def ask_for(agent: Agent, named: str) -> tuple[Owned, str]:
    """Claim a thing that was handed to her, at whoever issued its proof of ownership."""
    owned = mine(agent, named)
    proof = owned.proof
    if proof is None or not owned.chain:
        raise Misuse(f"{owned.thing.name} was not handed on to you; there is nothing to claim. Nothing was said.")
    holds, why = things.title(agent, owned)
    if not holds:
        raise Misuse(f"{owned.thing.name} cannot be claimed: {why}. Nothing was said.")
    owned, peer = await towards(agent, await made_for(agent, owned), proof.issuer)
    holder = offline(holder_of(proof.json, things.gated(owned.chain)))
    chain = Attachment(id="chain", media_type="application/json", data=Content(json=[*owned.chain]))
    message = Claim(proof.digest, holder.did, attachments=(things.attached(proof), chain))
    thid = await owner.open_thread(agent, peer, claim, message)
    return things.find(agent, owned.id), thid
