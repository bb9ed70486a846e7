"""Gathering the relationships behind one mediator, or at home: whoever is still reached elsewhere gets a fresh DID.

What is to be done is read from what there is: a relationship whose DID is registered at a mediator that was left moves
on, and a DID that nobody needs is removed where it is registered. So a move goes on after any interruption, and nobody
keeps a list of it. A mediator that was left is let go once nothing can come through it.
"""

import asyncio
from collections.abc import Iterator
from typing import Final

import msgspec

from agent import identity, invitations, mediation, rotation
from agent import relationship as relationships
from agent.agent import Agent
from agent.errors import Refused, Unreachable
from agent.logs import note
from agent.mediation import Mediator, Recipient
from agent.relationship import Relationship
from protocols.problems import Misuse
from wallet import dids
from wallet.store.change import Change

SETTLING: Final = 3600  # seconds for which a DID that nobody uses yet may be about to be shown to somebody
LINGER: Final = 86400  # seconds for which a DID stays registered after the last relationship left it
INVITING: Final = 7 * 86400  # seconds for which an invitation is answered through a mediator that was left
GIVEN_UP: Final = 30 * 86400  # seconds after which a mediator that was left, and does not answer, is forgotten
AT_A_TIME: Final = 64  # relationships that are looked at before somebody else has a turn


def everybody(agent: Agent) -> Iterator[Relationship]:
    """Relationships that have not ended, and in which we are known by a DID of their own; oldest first."""
    return iter(sorted(one_by_one(agent), key=lambda each: each.since))


def one_by_one(agent: Agent) -> Iterator[Relationship]:
    """The same, in no order, so that no more than some of them are in memory."""
    me = identity.own(agent)
    known = (relationships.read(row) for row in agent.store.peers())
    return (each for each in known if not each.ended and not (me and dids.same(me.did, each.our_did)))


def misplaced(agent: Agent, who: Relationship) -> bool:
    """Whether this relationship is to be reached in another way than it is."""
    current, registered = mediation.current(agent), mediation.recipient_of(agent, who.our_did)
    if current is None:
        return registered is not None and bool(agent.config.url)
    return registered is None or not dids.same(registered.mediator, current.did)


def settled(agent: Agent) -> bool:
    """Whether nobody can be misplaced, for there is no mediator, and nothing is registered at one that was left."""
    return mediation.current(agent) is None and not agent.store.newest_items(mediation.RECIPIENT, 0, 1)


async def astray(agent: Agent) -> list[Relationship]:
    """Everybody who is misplaced, oldest first. However many relationships there are, others have their turns between;
    without a mediator, none is looked at."""
    found = list[Relationship]()
    if settled(agent):
        return found
    for place, who in enumerate(one_by_one(agent)):
        if place % AT_A_TIME == AT_A_TIME - 1:
            await asyncio.sleep(0)
        if misplaced(agent, who):
            found.append(who)
    return sorted(found, key=lambda each: each.since)


async def gather(agent: Agent) -> int:
    """Move everybody who is reached elsewhere. Returns how many moved. Raises Unreachable or Refused."""
    moved = 0
    async with agent.turn_of(mediation.MEDIATOR):
        for known in await astray(agent):
            who, _ = agent.relationship(known.peer)
            if who.ended or not misplaced(agent, who):
                continue
            did, items = await mediation.fresh(agent)
            # failpoint: gathering.fresh
            try:
                await rotation.rotate(agent, who.peer, did, items)
            except Misuse as fault:  # it has just ended, or too much waits for it already
                note("a relationship stays where it is for now", why=str(fault))
                continue
            # failpoint: gathering.rotated
            moved += 1
    return moved


# -- what nobody needs --------------------------------------------------------------------------------------------


def needed(agent: Agent) -> set[str]:
    """The DIDs of ours, in canonical form, to which somebody may still write."""
    now, found = agent.now(), set[str]()
    for row in agent.store.peers():
        who = relationships.read(row)
        if who.ended and not any(agent.store.threads(who.peer, only_open=True)):
            continue
        found.add(dids.canonical(who.our_did))
        found.update(dids.canonical(each.did) for each in who.our_former if not each.until)
    left = {dids.canonical(each.did): each.left for each in mediation.mediators(agent)}
    for each in agent.store.items(invitations.KIND):
        standing = invitations.standing(agent, each.id)
        registered = mediation.recipient_of(agent, standing.did) if standing else None
        since = left.get(dids.canonical(registered.mediator), 0) if registered else 0
        if standing and (not since or now < since + INVITING):
            found.add(dids.canonical(standing.did))
    return found


async def tidy(agent: Agent) -> None:
    """Remove what nobody needs any more where it is registered, and let mediators go through which nothing comes.

    Without one, nothing is looked at. Raises Unreachable or Refused; then it is done later.
    """
    if not mediation.mediators(agent):
        return
    wanted, now = needed(agent), agent.now()
    await agree_on_one(agent)
    for mediator in mediation.mediators(agent):
        over = await unused(agent, mediator, wanted)
        try:
            await mediation.remove(agent, mediator, over)
        except (Unreachable, Refused):
            if not mediator.left or now < mediator.left + GIVEN_UP:
                raise
            note("a former mediator does not answer, and is forgotten")
        if mediator.left and is_empty(agent, mediator, wanted):
            await mediation.forget(agent, mediator)
            note("a former mediator was let go")


async def agree_on_one(agent: Agent) -> None:
    """Of several that were taken on, each in another copy of this wallet, keep the first; the others are left."""
    current = mediation.current(agent)
    others = [each for each in mediation.mediators(agent) if not each.left and each != current]
    if others:
        left = (mediation.item(msgspec.structs.replace(each, left=agent.now())) for each in others)
        await agent.store.apply(Change(peer="", keep=tuple(left)))


async def unused(agent: Agent, mediator: Mediator, wanted: set[str]) -> list[Recipient]:
    """What is registered there and has been of no use for long. Since when is written down."""
    now, over, changed = agent.now(), list[Recipient](), list[Recipient]()
    for each in mediation.recipients(agent, mediator):
        if dids.canonical(each.did) in wanted or now < each.since + SETTLING:
            if each.unused:
                changed.append(msgspec.structs.replace(each, unused=0))
        elif not each.unused:
            changed.append(msgspec.structs.replace(each, unused=now))
        elif now >= each.unused + LINGER:
            over.append(each)
    if changed:
        await agent.store.apply(Change(peer="", keep=tuple(map(mediation.recipient_item, changed))))
    return over


def is_empty(agent: Agent, mediator: Mediator, wanted: set[str]) -> bool:
    """Whether nothing more can come through a mediator that was left, or nothing is awaited, and it does not answer."""
    registered = mediation.recipients(agent, mediator)
    given_up = agent.now() >= mediator.left + GIVEN_UP
    return not registered or (given_up and not any(dids.canonical(each.did) in wanted for each in registered))
