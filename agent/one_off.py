"""A relationship for one exchange: under a DID made for it, with an org whose public DID is known, and without a hello.

She asks for offers, registers a thing or says what she thinks without saying who she is; and an org whom she has met
cannot tell that it is she. The org writes to it as its one public DID, so what comes for such a DID of ours is told
apart by our DID, not by theirs. Source: vrm-protocols, sections 3.2, 3.9 and 5.6.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from agent import identity, invitations, linkage, mediation, names
from agent.agent import CHANGEABLE, Agent
from agent.draft import Draft
from agent.errors import Refused
from agent.relationship import Relationship
from protocols.problems import Misuse
from wallet import dids
from wallet.dids.document import Document
from wallet.errors import NotFound, WalletError
from wallet.keys import new_id
from wallet.needs import Fetch, Lookup
from wallet.store.change import Item, Outcome
from wallet.strict_json import parse_object

KIND: Final = "one-off"  # items: the relationship of an exchange that has a name
MOST_LINKED: Final = 32


@dataclass(frozen=True)
class Org:
    """An org as she named it. did: its public DID; name, domain, kind: as far as they are proved, else empty."""

    did: str
    name: str = ""
    domain: str = ""
    kind: str = ""


async def find(agent: Agent, named: str) -> Org:
    """The org meant by a name or fingerprint of somebody we know, a public DID, an invitation's link, or a domain.

    Raises Refused, saying what to do instead; nothing was said to anybody.
    """
    named = named.strip()
    if named.startswith("did:"):
        return await public(agent, named)
    if "://" in named:
        return await public(agent, invitations.read(named, agent.now()).from_ or "")
    try:
        who = names.find_peer(agent, named)
    except NotFound:
        if "." not in named and ":" not in named:
            raise
        return await at_domain(agent, named)
    return known(who)


def known(who: Relationship) -> Org:
    """An org we have a relationship with. Raises Refused if it has no public DID."""
    did = next((did for did in (who.their_did, who.peer) if did.startswith(CHANGEABLE)), "")
    if not did:
        raise Refused(
            f"{who.called} has no public identity to write to, so it would know who you are. Nothing was done."
        )
    return Org(did, who.name, who.domain, who.kind)


async def public(agent: Agent, did: str) -> Org:
    """An org of which we know no more than its public DID: with the name and domain it proved, if we have met it."""
    if not did.startswith(CHANGEABLE):
        raise Refused("this is not the public DID of an organisation (did:web or did:webvh). Nothing was done.")
    me = identity.own(agent)
    if me is not None and dids.same(me.did, did):
        raise Refused("this is your own DID. Nothing was done.")
    try:
        await agent.meet(agent.resolve(did))
    except WalletError as fault:
        raise Refused(f"this organisation cannot be found now ({fault}). Nothing was done.") from fault
    peer = agent.peer_of(dids.canonical(did))
    return known(agent.relationship(peer)[0]) if peer else Org(did, domain=domain_of(did))


def domain_of(did: str) -> str:
    """The domain that a public DID lives at; its document came from there."""
    return unquote(did.split(":")[3 if did.startswith("did:webvh:") else 2])


async def at_domain(agent: Agent, domain: str) -> Org:
    """The org that a domain names: by its DID document, or by the list in its well-known place. Raises Refused."""
    try:
        place = urlsplit(f"//{domain}")
        whole = place.netloc == domain and bool(place.hostname) and "@" not in domain
    except ValueError:
        whole = False
    if not whole:
        raise Refused(f'"{domain[:100]}" is not a domain. Nothing was done.')
    for lookup in (at_root(agent, domain), listed(agent, domain)):
        try:
            did = await agent.meet(lookup)
        except WalletError:
            continue
        return await public(agent, did)
    raise Refused(
        f"{domain} does not say where its agent is, as organisations with one do on their web site. Nothing was done."
    )


def at_root(agent: Agent, domain: str) -> Lookup[str]:
    """The did:web of a whole domain, if there is one."""
    document: Document = yield from agent.resolve(f"did:web:{domain.replace(':', '%3A')}")
    return document.id


def listed(agent: Agent, domain: str) -> Lookup[str]:
    """The first DID that a domain lists as its own. Raises WalletError if there is none; that the DID says so too is
    seen by its document, whose place names the domain, or by its signature in the list."""
    raw = yield Fetch(f"https://{domain}{linkage.PATH}")
    found = parse_object(raw).get("linked_dids", [])
    for each in found[:MOST_LINKED] if isinstance(found, list) else []:
        did = str(each.get("issuer")) if isinstance(each, dict) else ""
        if isinstance(each, dict) and did.startswith(CHANGEABLE):
            proved = yield from linkage.holds(
                each,
                did=did,
                domain=domain,
                development=agent.config.development,
                now=agent.now(),
                resolve=agent.resolve,
            )
            if proved:
                return did
    raise NotFound(f"{domain} lists no DID that is its own")


async def towards(agent: Agent, org: Org, ours: tuple[str, tuple[Item, ...]] | None = None, *, once: str = "") -> str:
    """Begin a relationship for one exchange. Returns its peer, under which a first message may be said, and which knows
    nothing of any other relationship with this org. ours: the DID to do it under, and the keys of it that are not kept
    yet; None: a fresh one. once: names the exchange; asked again, it is the same relationship.

    Raises Misuse for an org's agent, Unreachable or Refused if our mediator gives no place to be reached at.
    """
    if identity.own(agent) is not None:
        raise Misuse("an organisation speaks as its one public DID; this is for a person's agent. Nothing was done.")
    if once and (begun := agent.store.item(KIND, once)) is not None:
        return begun.peer
    did, items = ours or await mediation.fresh(agent)
    relationship = Relationship(
        peer=dids.canonical(did),
        our_did=did,
        their_did=org.did,
        since=agent.now(),
        name=org.name or org.domain,
        domain=org.domain,
        kind=org.kind,
        one_off=True,
    )
    draft = Draft(agent, relationship, 0, new_id())
    draft.keep += items
    if once:
        draft.add_item(KIND, once, b"{}")
    change = draft.change()
    if await agent.store.apply(change) is not Outcome.APPLIED or change.relationship is None:
        raise Misuse("the fresh DID was not kept; nothing was said. Try again.")
    agent.remember(relationship, change.relationship.version + 1)
    return relationship.peer


def retire(draft: Draft) -> None:
    """The exchange is over: nothing more is said to them under this DID, nor is it registered anywhere for long."""
    if draft.relationship.one_off:
        draft.learn(ended=True)
