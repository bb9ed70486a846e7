"""Routes: the mediator through which others reach us: taking one on, moving to another, going without."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from agent import gathering, identity, invitations, leaving, mediation, rotation
from agent.agent import Agent
from agent.errors import Refused
from agent.mediation import Mediator
from agent.relationship import Relationship, fingerprint
from agent.web.routes import Route
from wallet import dids
from wallet.credentials.vcdm import timestamp
from wallet.store.change import Change

State = Literal["confirmed", "told", "not reached", "to do"]


class Taking(msgspec.Struct, frozen=True):
    """link: an invitation of a mediator, or its DID. instead: of the one there is."""

    link: str
    instead: bool = False


async def show(agent: Agent) -> object:
    """The mediator there is, those that were left and why they are still there, and how everybody is reached."""
    found = mediation.mediators(agent)
    current = mediation.current(agent)
    return {
        "mediator": described(agent, current) if current else None,
        "former": [described(agent, each) for each in found if each.left],
        "address": agent.config.url,
        "relationships": list(standing(agent)),
    }


def described(agent: Agent, mediator: Mediator) -> dict[str, object]:
    """A mediator as it is shown. reached: how it is; waits: how many of our addresses there are still in use."""
    reached = agent.lines.mediators.get(dids.canonical(mediator.did))
    wanted = gathering.needed(agent)
    waits = sum(dids.canonical(each.did) in wanted for each in mediation.recipients(agent, mediator))
    return {
        "name": mediator.name,
        "did": mediator.did,
        "since": timestamp(mediator.since),
        "left": timestamp(mediator.left) if mediator.left else None,
        "reached": reached.how if reached else "unknown",
        "why": reached.why if reached else "",
        "waits": waits,
    }


def standing(agent: Agent) -> Iterator[dict[str, str]]:
    """How each relationship is reached, and how far it has come since it was last moved."""
    names = {dids.canonical(each.did): each.name for each in mediation.mediators(agent)}
    under_way = leaving.waiting(agent)
    for who in gathering.everybody(agent):
        parcels = under_way.get(who.peer, {}).values()
        worst = max(parcels, key=lambda parcel: parcel.tries, default=None)
        registered = mediation.recipient_of(agent, who.our_did)
        yield {
            "with": who.called,
            "fingerprint": fingerprint(who.peer),
            "through": names.get(dids.canonical(registered.mediator), "") if registered else "",
            "state": state(agent, who, worst.tries if worst else 0),
            "why": worst.why if worst and worst.tries else "",
        }


def state(agent: Agent, who: Relationship, tries: int) -> State:
    """How far it is. tries: how often it could not be told."""
    if gathering.misplaced(agent, who):
        return "to do"
    if rotation.standing(who) == "settled":
        return "confirmed"
    return "not reached" if tries else "told"


async def take(agent: Agent, asked: Taking) -> object:
    """Be reached through this mediator from now on; the running agent tells everybody (agent/link.py)."""
    require_person(agent)
    now = mediation.current(agent)
    if now is not None and not asked.instead:
        raise Refused(
            f"you have a mediator, {now.name}; nothing was done. To go to another: freerange mediator move LINK"
        )
    if now is None and asked.instead:
        raise Refused("you have no mediator to move from; nothing was done. To have one: freerange mediator add LINK")
    did, invitation = read(agent, asked.link)
    await mediation.take_on(agent, did, invitation)
    return await show(agent)


async def leave(agent: Agent) -> object:
    """Go without a mediator: everybody is told our own address."""
    now = mediation.current(agent)
    if now is None:
        raise Refused("you have no mediator; nothing was done")
    if not agent.config.url and any(gathering.everybody(agent)):
        raise Refused(
            "without a mediator nobody could reach you, for this agent has no address of its own; nothing was done."
            " To go to another mediator: freerange mediator move LINK"
        )
    left = msgspec.structs.replace(now, left=agent.now())
    await agent.store.apply(Change(peer="", keep=(mediation.item(left),)))
    agent.lines.changed.set()
    return await show(agent)


def read(agent: Agent, link: str) -> tuple[str, str | None]:
    """The DID of a mediator, and the id of its invitation if it is one. Raises Refused."""
    if link.startswith("did:"):
        return link, None
    message = invitations.read(link, agent.now())
    return message.from_ or "", message.id


def require_person(agent: Agent) -> None:
    """An org is reached where its domain is. Raises Refused."""
    if identity.own(agent) is not None:
        raise Refused("an organisation is reached at its own address, and needs no mediator; nothing was done")


ROUTES = (
    Route("GET", "/v1/mediator", show),
    Route("POST", "/v1/mediator", take, Taking),
    Route("POST", "/v1/mediator/leave", leave),
)
