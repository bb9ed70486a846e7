"""Leaving: what is said to whom, what must happen to the data, and what came of it.

Whoever speaks relationship/1.0 is told in a signed message, and answers with a signed receipt once the data is gone,
naming what it keeps and why (vrm-protocols 5.1). Another kind of agent is told the one thing DIDComm has for it: that
our DID is given up, and none takes its place (v2.1, "Ending a Relationship").
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from agent import conversation as conversations
from agent import identity, many, sending
from agent import parcel as parcels
from agent.agent import Agent
from agent.draft import Draft
from agent.many import Kind, Order
from agent.owner import act, open_thread
from agent.parcel import Parcel
from agent.relationship import Relationship
from agent.rotation import spelled
from protocols.machine import Thread
from protocols.problems import Misuse
from protocols.vrm.base import Disposal, Reason
from protocols.vrm.data_rights import data_rights
from protocols.vrm.data_rights_words import Exercise
from protocols.vrm.relationship import End, EndReceipt, Kept, State, end
from wallet import dids, prior
from wallet.credentials.vcdm import timestamp
from wallet.keys import new_id
from wallet.needs import Lookup

DAYS = 30  # until when the data must be gone, unless another date is named: what the GDPR gives an organisation
BACK = Exercise("portability", "gdpr")  # said before the end that has the data erased: it is returned first (5.1)
Way = Literal["signed", "goodbye", "silent"]


@dataclass(frozen=True)
class Wish:
    """What must happen to the data. by: a date; reason: a word of the protocol, or none."""

    data: Disposal
    by: str
    reason: Reason | None = None


def usual_date(agent: Agent) -> str:
    """The date by which it must be done, if none is named."""
    return timestamp(agent.now() + DAYS * 86400)[:10]


def today(agent: Agent) -> str:
    """The date, as the protocol writes it."""
    return timestamp(agent.now())[:10]


def way(agent: Agent, who: Relationship) -> Way:
    """How this relationship is ended: a public DID is never given up for one of those who know it, as the proof would
    hold for all of them."""
    if who.met:
        return "signed"
    me = identity.own(agent)
    return "silent" if me is not None and dids.same(me.did, who.our_did) else "goodbye"


async def leave(agent: Agent, peer: str, wish: Wish) -> Way:
    """End one relationship. Returns how. Raises Misuse if it has ended."""
    who = agent.relationship(peer)[0]
    if who.ended:
        raise Misuse(f"the relationship with {who.called} has ended already; nothing was said")
    chosen = way(agent, who)
    if chosen == "signed":
        if wish.data == "return-then-erase":
            await open_thread(agent, peer, data_rights, BACK)
        await open_thread(agent, peer, end, End(data=wish.data, by=wish.by, reason=wish.reason))
    else:
        await act(agent, peer, new_id(), take_leave if chosen == "goodbye" else go)
    return chosen


def end_with(draft: Draft, order: Order) -> Lookup[None]:
    """End one of many: whatever is said to it, in one change."""
    wish = msgspec.convert(order.content, Wish)
    if draft.relationship.ended:
        raise Misuse("it has ended already")
    match way(draft.agent, draft.relationship):
        case "signed":
            if wish.data == "return-then-erase":
                draft.hand_on(draft.peer, new_id(), data_rights, BACK)
            many.opening(draft, end, End(data=wish.data, by=wish.by, reason=wish.reason))
        case "goodbye":
            yield from take_leave(draft)
        case "silent":
            yield from go(draft)


KIND = Kind("leaving", end_with)
"""Ending many relationships in one step. Its content is a Wish."""


def go(draft: Draft) -> Lookup[None]:
    """End it on our side. What still waits for them is given up: it could not be answered."""
    draft.learn(ended=True, closing=0, announcement="")
    waiting = draft.agent.store.due_outgoing(draft.peer, parcels.FOR_EVER, limit=parcels.FOR_EVER)
    draft.done += tuple(row.id for _, row in waiting)
    yield from ()


def take_leave(draft: Draft) -> Lookup[None]:
    """Tell another kind of agent that our DID is given up: each one by which it may know us."""
    yield from go(draft)
    who = draft.relationship
    at = max(draft.now, who.we_moved + 1)
    for did in (*(spelled(each) for each in who.our_former if not each.until), who.spoken_as):
        proof = prior.make(keys=draft.agent.keys, kid=f"{did}#key-1", new=None, at=at)
        sending.enqueue(draft, sending.aside(draft, sending.EMPTY_TYPE, {}), reliable=False, goodbye=proof)
    draft.learn(we_moved=at)


# -- what came of it ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """How far an ending has come. state: see `outcome`; by: the date named; why: what keeps the message back."""

    state: Literal["over", "asked", "asking", "not reached", "told"]
    by: str = ""
    data: str = ""
    erased_at: str = ""
    kept: tuple[Kept, ...] = ()
    why: str = ""


def outcome(agent: Agent, who: Relationship, waiting: Mapping[str, Parcel]) -> Outcome:
    """What came of ending this relationship. waiting: what is on its way to it, by thread.

    over: nothing more will come of it; told: the other side ended it, and we have yet to answer; asked: it has the
    message, and its answer is due; asking: the message is on its way; not reached: it was tried in vain.
    """
    thread = ending(agent, who)
    if thread is None:
        return Outcome("over")
    said = thread.latest(End)
    if thread.state == State.ENDED:
        receipt = thread.latest(EndReceipt)
        return Outcome("over", said.by, said.data, receipt.erased_at or "", receipt.kept)
    ours = thread.said[0].by == thread.role
    parcel = waiting.get(thread.thid)
    if not ours:
        return Outcome("told", said.by, said.data)
    if parcel is None:
        return Outcome("asked", said.by, said.data)
    return Outcome("not reached" if parcel.tries else "asking", said.by, said.data, why=parcel.why)


def ending(agent: Agent, who: Relationship) -> Thread | None:
    """The newest thread by which one side ends it."""
    found = (conversations.read(row).thread for _, row in agent.store.threads(who.peer))
    endings = [thread for thread in found if thread.table == end.id]
    return max(endings, key=lambda thread: thread.said[0].at, default=None)


def waiting(agent: Agent) -> dict[str, dict[str, Parcel]]:
    """What is on its way out: by peer and thread, the oldest."""
    found: dict[str, dict[str, Parcel]] = {}
    for peer, row in agent.store.outgoing():
        found.setdefault(peer, {}).setdefault(row.thid, parcels.read(row.record))
    return found


def finished(agent: Agent, who: Relationship) -> bool:
    """Whether a relationship is over and nothing more will come to, or go from, the DID we used in it."""
    if not who.ended:
        return False
    under_way = waiting(agent).get(who.peer, {})
    return not under_way and outcome(agent, who, under_way).state == "over"
