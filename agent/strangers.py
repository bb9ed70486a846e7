"""Who may begin: somebody we have no relationship with, and the first thing it says."""

from agent import identity, invitations
from agent.agent import Agent
from agent.conversation import thread_of
from agent.didcomm.envelopes import Opened
from agent.draft import Draft
from agent.errors import Dropped
from agent.relationship import Relationship
from protocols import find
from protocols.problems import Problem
from protocols.standard.discover_features import discover_features
from protocols.standard.trust_ping import trust_ping
from protocols.vrm.base import VRM
from protocols.vrm.relationship import meet
from wallet import dids

OPEN_DOOR = {discover_features.id, trust_ping.id, meet.id}  # what an org hears from anybody
NO_HELLO = {  # what a person may say to an org without having met it: she asks, or tells, before she says who she is
    f"{VRM}/intent/1.0": ("cast", "join"),
    f"{VRM}/things/1.0": ("register", "report", "claim"),
    f"{VRM}/experience/1.0": ("share",),
    f"{VRM}/delegation/1.0": ("introduce", "strike"),
}


def admit(agent: Agent, opened: Opened) -> Draft:
    """A draft with a new relationship, for the first message of a stranger. Raises Dropped if it may not begin.

    It may with an invitation of ours that was made for the DID it wrote to, or at an org's open door. A single-use
    invitation is claimed in the same change, so of two who come at once exactly one wins.
    """
    plain, sender = opened.plaintext, opened.sender
    if sender is None or opened.recipient_kid is None:
        raise Dropped("stranger")
    ours = dids.did_of(opened.recipient_kid)
    invitation = invitations.standing(agent, plain.pthid)
    if invitation is not None and not dids.same(invitation.did, ours):
        raise Dropped("stranger")
    if invitation is None and not at_the_door(agent, plain.type, ours):
        raise Dropped("stranger")
    relationship = Relationship(
        peer=dids.canonical(sender),
        our_did=invitation.did if invitation else ours,
        their_did=dids.did_of(opened.sender_kid or opened.signer or sender),  # resolved, so it is the long form
        since=agent.now(),
        invitation=invitation.id if invitation else "",
    )
    draft = Draft(agent, relationship, 0, thread_of(plain), stranger=True)
    if invitation is not None and invitation.once:
        draft.claim += ((invitations.KIND, invitation.id),)
    return draft


def at_the_door(agent: Agent, type: str, ours: str) -> bool:
    """Whether an org's public DID may hear this from anybody."""
    me = identity.own(agent)
    if me is None or not agent.config.welcomes or not dids.same(me.did, ours):
        return False
    try:
        tables, name = find(type)
    except Problem:
        return False
    return any(table.id in OPEN_DOOR or name in NO_HELLO.get(table.uri, ()) for table in tables)


def befriend(agent: Agent, *, their_did: str, our_did: str, invitation: str) -> Relationship:
    """The relationship that begins when we take up somebody's invitation."""
    return Relationship(
        peer=dids.canonical(their_did), our_did=our_did, their_did=their_did, since=agent.now(), invitation=invitation
    )
