"""Finding an organisation's agent, and the agreements it accepts, from its domain, a link, the text of a QR code, or a
DID. To look tells it nothing; what it accepts it says in its welcome, to whoever says hello under a fresh DID.

Source: vrm-protocols 5.1 and F49.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from agent import conversation as conversations
from agent import effects, invitations, mediation, meeting, one_off, owner, rosters, strangers
from agent.agent import Agent
from agent.agreements import Text
from agent.draft import Draft
from agent.errors import Refused
from agent.one_off import Org
from agent.relationship import Relationship
from protocols.problems import Misuse
from protocols.vrm.base import AgreementRef
from protocols.vrm.relationship import State, Welcome, meet
from wallet import dids
from wallet.errors import WalletError
from wallet.keys import new_id
from wallet.store.change import Outcome


@dataclass(frozen=True, slots=True)
class Accepted:
    """An agreement an organisation says it accepts. title: as on a roster of ours; empty if it is on none, and then it
    is a name and nothing more."""

    ref: AgreementRef
    title: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of an organisation's agent. endpoint: where it is reached, as it publishes that.

    who: our relationship with it, if there is one; accepts: None until it has said so in a welcome.
    """

    org: Org
    endpoint: str
    who: Relationship | None = None
    accepts: tuple[Accepted, ...] | None = None


async def look(agent: Agent, named: str) -> Found:
    """The agent of whoever is named, in public places and in our own store. Raises Refused."""
    org = await one_off.find(agent, domain_in(named))
    try:
        document = await agent.meet(agent.resolve(org.did))
    except WalletError as fault:
        raise Refused(f"this organisation cannot be found now ({fault}). Nothing was done.") from fault
    endpoint = next((place.uri for service in document.services for place in service.endpoints if place.uri), "")
    peer = agent.peer_of(dids.canonical(org.did))
    who = agent.relationship(peer)[0] if peer is not None else None
    return Found(org, endpoint, who, accepted(agent, who) if who else None)


def domain_in(named: str) -> str:
    """The domain of an ordinary web address; an invitation's link, or anything else, as it is."""
    try:
        parts = urlsplit(named.strip())
    except ValueError:
        return named
    return parts.netloc if parts.scheme in ("https", "http") and "_oob=" not in parts.query else named.strip()


def accepted(agent: Agent, who: Relationship) -> tuple[Accepted, ...] | None:
    """What it said in its newest welcome; None if it has said none."""
    threads = (conversations.read(row).thread for _, row in agent.store.threads(who.peer))
    met = [each for each in threads if each.table == meet.id and each.state == State.MET]
    if not met:
        return None
    welcome = max(met, key=lambda each: each.said[-1].at).latest(Welcome)
    return tuple(Accepted(each, text.title if (text := known(agent, each)) else "") for each in welcome.agreements)


def known(agent: Agent, ref: AgreementRef) -> Text | None:
    """The text of this Digest, if it goes by the same name here."""
    text = rosters.text_of(agent, ref.digest)
    return text if text and (text.id, text.version) == (ref.id, ref.version) else None


async def greet(agent: Agent, named: str) -> str:
    """Say hello to an organisation's agent under a DID made for it. Returns the thread. Raises Refused or Misuse."""
    found = await look(agent, named)
    if found.who is not None:
        raise Misuse(f"you know {found.who.called} already; nothing was said")
    if agent.config.kind != "person":
        raise Misuse("people say hello to organisations; invite them with: freerange invite")
    pthid = invitations.read(named, agent.now()).id if "_oob=" in named else ""
    did, items = await mediation.fresh(agent)
    draft = Draft(agent, strangers.befriend(agent, their_did=found.org.did, our_did=did, invitation=pthid), 0, new_id())
    draft.keep += items
    draft.begin(meet, "person", pthid or None)
    effects.say(draft, meeting.hello())
    if await owner.commit(agent, draft) is not Outcome.APPLIED:
        raise Refused("you said hello a moment ago; nothing more was done")
    return draft.thid
