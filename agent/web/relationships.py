"""Routes: who we are, whom we know, inviting and being invited."""

from collections.abc import Iterator
from typing import Annotated

import msgspec

from agent import effects, identity, invitations, mediation, meeting, names, owner, strangers
from agent import relationship as relationships
from agent.agent import Agent
from agent.draft import Draft
from agent.errors import Refused
from agent.relationship import Relationship, fingerprint
from agent.vrm.pausing import paused
from agent.web import history, pauses, talks
from agent.web.routes import Route
from protocols.standard.trust_ping import Ping, trust_ping
from wallet import dids
from wallet.credentials.vcdm import timestamp
from wallet.errors import WalletError
from wallet.keys import new_id
from wallet.store.change import Outcome

LONGEST = 100 * 365 * 86400  # seconds


class Inviting(msgspec.Struct, frozen=True):
    """goal: what for, in words others will read. once: the first answer uses it up. lasts: seconds, 0 for no end.

    mediation: it is for those who want us to take messages for them.
    """

    goal: str = "Meet, as equals"
    mediation: bool = False
    once: bool = False
    lasts: Annotated[int, msgspec.Meta(ge=0, le=LONGEST)] = 0


class Accepting(msgspec.Struct, frozen=True):
    """url: an invitation. greet: say hello at once; without it a later message opens the relationship."""

    url: str
    greet: bool = True


class Reading(msgspec.Struct, frozen=True):
    """url: an invitation."""

    url: str


class ToPeer(msgspec.Struct, frozen=True):
    """peer: a name, a fingerprint or a DID."""

    peer: str


async def status(agent: Agent) -> object:
    """Who we are, and how much there is."""
    me = identity.own(agent)
    config = agent.config
    return {
        "name": config.name,
        "kind": config.kind,
        "url": config.url,
        "development": config.development,
        "did": me.did if me else None,
        "counts": agent.store.counts(),
    }


def shown(agent: Agent, each: Relationship) -> dict[str, object]:
    """A relationship as it is listed."""
    governing = each.governing(agent.now())
    begun = "one-off" if each.one_off else "met" if each.met else "waiting"
    state = "ended" if each.ended else "closing" if each.closing else begun
    return {
        "name": each.called,
        "fingerprint": fingerprint(each.peer),
        "kind": each.kind,
        "domain": each.domain,
        "state": state,
        "since": timestamp(each.since),
        "terms": governing.id if governing else None,
        "record": governing.record if governing else None,
        "text": governing.digest if governing else None,
        "peer": each.peer,
        "our_did": each.our_did,
        "paused": timestamp(each.paused) if paused(each, agent.now()) else None,
        "signed": {"ours": each.ours.seq, "theirs": each.theirs.seq},
    }


def known(agent: Agent) -> Iterator[Relationship]:
    """All relationships, oldest first."""
    yield from sorted((relationships.read(row) for row in agent.store.peers()), key=lambda each: each.since)


async def peers(agent: Agent) -> object:
    """All relationships, but for exchanges that are over."""
    return [shown(agent, each) for each in known(agent) if not (each.one_off and each.ended)]


async def peer(agent: Agent, name: str) -> object:
    """One relationship."""
    return shown(agent, names.find_peer(agent, name))


async def invite(agent: Agent, asked: Inviting) -> object:
    """A fresh invitation."""
    if asked.mediation and not agent.config.mediates:
        raise Refused(
            "this agent takes no messages for others; nothing was done. Run: freerange config set mediates true"
        )
    code = mediation.GOAL if asked.mediation else invitations.GOAL
    standing, url = await invitations.invite(agent, goal=asked.goal, once=asked.once, lasts=asked.lasts, goal_code=code)
    until = timestamp(standing.until) if standing.until else None
    return {"id": standing.id, "url": url, "goal": standing.goal, "once": standing.once, "until": until}


async def read(agent: Agent, asked: Reading) -> object:
    """What an invitation says, before anything is done about it. mediation: whoever takes it up gets a mediator."""
    message = invitations.read(asked.url, agent.now())
    code = message.body.get("goal_code")
    return {"from": message.from_, "goal": message.body.get("goal"), "mediation": code == mediation.GOAL}


async def accept(agent: Agent, asked: Accepting) -> object:
    """Take up an invitation: a DID nobody else knows, and a first hello, or a knock at another kind of agent."""
    message = invitations.read(asked.url, agent.now())
    their_did = message.from_ or ""
    if message.body.get("goal_code") == mediation.GOAL:
        raise Refused("this invitation is a mediator's; nothing was done. To use it: freerange mediator add LINK")
    me = identity.own(agent)
    if invitations.standing(agent, message.id) or (me and dids.same(me.did, their_did)):
        raise Refused("this invitation is your own; give it to somebody else. Nothing was done.")
    known_peer = agent.store.peer_of(dids.canonical(their_did))
    more = message.body.get("goal_code") == invitations.GOAL_AND_MORE
    if known_peer is not None and more:
        thid = await owner.open_thread(agent, known_peer, trust_ping, Ping(), pthid=message.id)
        return {"peer": known_peer, "thread": thid, "goal": message.body.get("goal")}
    if known_peer is not None:
        known_as = relationships.read(row).called if (row := agent.store.peer(known_peer)) else known_peer
        raise Refused(f"you know {known_as} already; nothing was done")
    try:
        await agent.meet(agent.resolve(their_did))
    except WalletError as fault:
        raise Refused(f"whoever wrote this invitation cannot be found now ({fault}). Nothing was done.") from fault
    did, items = (me.did, ()) if me else await mediation.fresh(agent)
    relationship = strangers.befriend(agent, their_did=their_did, our_did=did, invitation=message.id)
    thid = new_id()
    draft = Draft(agent, relationship, 0, thid)
    draft.keep += items
    if asked.greet:
        protocol, first = meeting.opening(draft, ours=more or message.body.get("goal_code") == invitations.GOAL)
        draft.begin(protocol, protocol.opener(first) or "", message.id)
        effects.say(draft, first)
    if await owner.commit(agent, draft) is not Outcome.APPLIED:
        raise Refused("you took up this invitation a moment ago; nothing more was done")
    return {"peer": relationship.peer, "thread": thid if asked.greet else None, "goal": message.body.get("goal")}


async def ping(agent: Agent, asked: ToPeer) -> object:
    """Knock, and see in the thread whether somebody answers."""
    relationship = names.find_peer(agent, asked.peer)
    thid = await owner.open_thread(agent, relationship.peer, trust_ping, Ping())
    return {"peer": relationship.called, "thread": thid}


ROUTES = (
    Route("GET", "/v1/status", status),
    Route("GET", "/v1/peers", peers),
    Route("GET", "/v1/peers/{name}", peer),
    Route("POST", "/v1/invitations", invite, Inviting),
    Route("POST", "/v1/invitations/read", read, Reading),
    Route("POST", "/v1/invitations/accept", accept, Accepting),
    Route("POST", "/v1/pings", ping, ToPeer),
    *pauses.ROUTES,
    *talks.ROUTES,
    *history.ROUTES,
)
