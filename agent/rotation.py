"""Changing the DID of a relationship, on either side, without losing its name, its threads or what is on its way.

Ours: from now on we speak as the new DID, with a `from_prior` signed by the old one, until they write to the new one;
until then the old one is heard too. Theirs: an unknown DID that brings such a proof is whom we knew, and the old one
speaks no more. Source: DIDComm Messaging v2.1, "DID Rotation"; security, rows ST-12 to ST-17.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal, NamedTuple

from agent import relationship as relationships
from agent import sending
from agent.agent import Agent
from agent.didcomm import envelopes
from agent.didcomm.envelopes import Opened
from agent.draft import Draft
from agent.errors import Dropped, Unavailable
from agent.evidence import ROTATION
from agent.logs import note
from agent.owner import act
from agent.relationship import Former, Relationship
from protocols.problems import Misuse
from wallet import dids, prior
from wallet.errors import Unresolved, WalletError
from wallet.keys import new_id
from wallet.needs import Lookup, aged
from wallet.prior import Prior
from wallet.store.change import Item

LINGER = 7 * 86400  # seconds: as long as a mediator keeps what somebody sent to the old DID
MOST_PRIORS = 8  # DIDs from which we lead to the one we use: the one they have written to, and the newest since


def standing(relationship: Relationship) -> Literal["settled", "announced"]:
    """Whether they have written to the DID we use, or still have to learn of it."""
    return "announced" if relationship.priors else "settled"


# -- ours ---------------------------------------------------------------------------------------------------------


async def rotate(agent: Agent, peer: str, did: str, items: tuple[Item, ...] = (), *, linger: int = LINGER) -> None:
    """Use another DID of ours in this relationship from now on, and tell them at once.

    did: in its long form; items: its keys, kept in the same change. linger: seconds for which what they sent to the old
    one is still heard once they know the new one; 0 if its keys may be in other hands. Raises Misuse.
    """

    def move(draft: Draft) -> Lookup[None]:
        if draft.relationship.ended:
            raise Misuse(f"the relationship with {draft.relationship.called} has ended; its DID stays as it is")
        draft.keep += items
        hand_over(draft, did, linger)
        announce(draft)
        yield from ()

    await act(agent, peer, new_id(), move)
    envelopes.forget()  # secrets shared between the old DID and theirs


def hand_over(draft: Draft, did: str, linger: int) -> None:
    """Move to `did`, leading there from every DID that they may know us by."""
    who, ring = draft.relationship, draft.agent.keys
    at = max(draft.now, who.we_moved + 1)  # whoever reads two of them tells by this which came last
    settled = tuple(each for each in who.our_former if each.until)
    unsettled = [*(each for each in who.our_former if not each.until), Former(who.our_did, who.knows_us, "", linger)]
    skipped = range(1, len(unsettled) - MOST_PRIORS + 1)
    for place, each in enumerate(unsettled):
        proof = "" if place in skipped else prior.make(keys=ring, kid=f"{spelled(each)}#key-1", new=did, at=at)
        unsettled[place] = Former(each.did, each.brief, proof, min(each.linger, linger))
        if proof:
            keep(draft, each.did, at, proof)
    draft.learn(our_did=did, our_former=(*settled, *unsettled), we_moved=at, knows_us=False)


def spelled(former: Former) -> str:
    """A DID of ours as short as the other side can read it."""
    return dids.canonical(former.did) if former.brief else former.did


def keep(draft: Draft, old: str, at: int, proof: str) -> None:
    """Keep a `from_prior` of either side: it shows that what both DIDs signed is one side's word."""
    draft.add_item(ROTATION, f"{draft.peer} {dids.canonical(old)} {at}", proof.encode())


def announce(draft: Draft) -> None:
    """Tell them of our new DID, by a message that says nothing else, until they have heard it."""
    told = sending.aside(draft, sending.EMPTY_TYPE, {}, please_ack=("",))
    if draft.relationship.announcement:
        draft.done += (draft.relationship.announcement,)
    sending.enqueue(draft, told, reliable=True)
    draft.learn(announcement=told.id)


# -- theirs -------------------------------------------------------------------------------------------------------


class Move(NamedTuple):
    """A rotation of theirs that is proved. did: their new one, in its long form; text: the `from_prior` itself."""

    peer: str
    did: str
    prior: Prior
    text: str


async def claimed(agent: Agent, opened: Opened, known: str | None, *, trusting: bool = False) -> Move | None:
    """Whom an authenticated sender is known to replace; None if it speaks for itself, as a peer of ours or a stranger.

    known: the peer that it speaks for, or spoke for before it moved, if there is one. trusting: what is remembered will
    do (see Agent), for a sender that speaks for itself.
    Raises Dropped if it proves nothing, or is a DID that its peer has left; Unavailable if that cannot be told now.
    """
    sender, text = opened.who, opened.plaintext.from_prior
    if known is not None and agent.relationship(known, trusting=trusting)[0].is_theirs(sender):
        return None  # what it brings has done its work
    if text is None:
        if known is not None:
            raise Dropped("former")  # ST-15: what was sent before a rotation may come after it, from anybody's hands
        return None
    claim = read(agent, text)
    peer = agent.peer_between(dids.canonical(claim.old), opened.ours)
    if peer is None and known is None:
        return None
    if peer is None or (known is not None and known != peer):
        raise refused(agent, "replay")
    require_newer(agent, agent.relationship(peer)[0], claim)
    if claim.new is None or not dids.same(claim.new, sender):
        raise refused(agent, "names another DID")
    await prove(agent, peer, claim)
    return Move(peer, dids.did_of(opened.sender_kid or opened.signer or opened.sender or ""), claim, text)


def read(agent: Agent, text: str) -> Prior:
    """A `from_prior` in its form. Raises Dropped."""
    try:
        return prior.read(text, now=agent.now())
    except WalletError as fault:
        raise refused(agent, "form") from fault


def require_newer(agent: Agent, who: Relationship, claim: Prior) -> None:
    """It leads away from the DID they use now, and was signed after the last one that did. Raises Dropped."""
    if not who.is_theirs(claim.old) or claim.at <= who.they_moved:
        raise refused(agent, "replay", who.called)


async def prove(agent: Agent, peer: str, claim: Prior) -> None:
    """The old DID signed it, with a key that its document lists at this very moment (ST-14). Raises Dropped,
    Unavailable."""
    charge: Callable[[], None] = partial(agent.limits.lookup_of, peer)
    try:
        await agent.meet(prior.prove(claim, agent.resolve), charge)
        await agent.meet(aged(prior.prove(claim, agent.resolve), max_age=0), charge)  # asked anew of whoever signs well
    except Unresolved as fault:
        raise Unavailable("the DID that moves cannot be looked up") from fault
    except WalletError as fault:
        raise refused(agent, "proof", agent.relationship(peer)[0].called) from fault


def refused(agent: Agent, why: str, called: str = "") -> Dropped:
    """What becomes of a message whose `from_prior` does not hold: nothing, but that it is counted and noted."""
    agent.metrics.count("rotations_heard", result="replay" if why == "replay" else "refused")
    note("rotation_replay" if why == "replay" else "rotation_refused", why=why, peer=called)
    return Dropped("rotation")


def follow(draft: Draft, move: Move) -> None:
    """They speak as their new DID from now on; name, threads and chains stay. Raises Dropped if it is not the next."""
    who = draft.relationship
    if who.is_theirs(move.did):
        return  # another message of theirs came first
    require_newer(draft.agent, who, move.prior)
    draft.relationship = relationships.moved(who, move.did, move.prior.at)
    keep(draft, move.prior.old, move.prior.at, move.text)
    draft.agent.metrics.count("rotations_heard", result="followed")
    note("rotation_followed", peer=who.called)
