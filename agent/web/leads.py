"""Routes of an org: what is asked of it now, a part at a time, and one of these in full."""

from collections.abc import Iterator

import msgspec

from agent import conversation as conversations
from agent import rosters, showing
from agent.agent import Agent
from agent.conversation import Conversation
from agent.relationship import Relationship, fingerprint
from agent.vrm import intent_org
from agent.vrm.bids import WAITING, said
from agent.web import parts
from agent.web.routes import Route
from agent.web.threads import one
from protocols.machine import ABANDONED, LAPSED, Thread
from protocols.messages import unix
from protocols.problems import Misuse
from protocols.standard.present_proof import RequestPresentation, present_proof
from protocols.vrm.intent import State, cast
from protocols.vrm.intent_words import Answer, Bid, Cast, Confirm, Outcome, Question, SelectAck
from wallet.credentials.vcdm import timestamp

MOST = 1_000_000
OVER = frozenset({*cast.final, LAPSED, ABANDONED})


def casts(agent: Agent, start: int = 0, most: int = MOST) -> Iterator[tuple[Relationship, Conversation]]:
    """What was asked of this org and is not forgotten, found by when it will be; the earliest first."""
    for peer, timer in agent.store.named_timers(intent_org.PURGE, start, most):
        found, _ = agent.conversation(peer, timer.thid)
        if found is not None and found.thread.table == cast.id and found.thread.role == "org":
            yield agent.relationship(peer)[0], found


def shown(agent: Agent, who: Relationship, found: Conversation) -> dict[str, object]:
    """A cast as it is listed: without a name, for there is none."""
    thread = found.thread
    wanted = thread.latest(Cast) if said(thread, Cast.name) else None
    bid = thread.latest(Bid) if said(thread, Bid.name) else None
    text = rosters.text_of(agent, wanted.terms.digest) if wanted else None
    return {
        "thread": thread.thid,
        "from": fingerprint(who.peer),
        "state": thread.state,
        "wants": intent_org.in_words(wanted) if wanted else [],
        "level": wanted.level if wanted else None,
        "terms": text.title if text else None,
        "bid_by": wanted.bid_by if wanted else None,
        "select_by": wanted.select_by if wanted else None,
        "bid": f"{bid.offer.price} {bid.offer.price_currency}" if bid else None,
        "questions": sum(each.name == Question.name for each in thread.said),
        "answer": thread.latest(Answer).text if said(thread, Answer.name) else None,
        "waits": thread.state in WAITING and not bid,
    }


async def demand(agent: Agent) -> object:
    """What is asked for now."""
    return [shown(agent, *each) for each in casts(agent) if each[1].thread.state not in OVER]


async def part(agent: Agent, start: str) -> object:
    """A part of what is asked for, the earliest to be forgotten first; what is done stays a day longer."""
    total = agent.store.count_timers(intent_org.PURGE)
    return parts.part(start, total, lambda first, most: [whole(agent, *each) for each in casts(agent, first, most)])


async def in_full(agent: Agent, thread: str) -> object:
    """One of them, with all that was said in it."""
    who, found = of_cast(agent, thread)
    return whole(agent, who, found) | {"proofs": list(proofs(agent, who, found.thread.thid))}


def proofs(agent: Agent, who: Relationship, thid: str) -> Iterator[dict[str, object]]:
    """The proofs asked for before a bid, and what was found of each. verified: None while none has come."""
    for _, row in agent.store.threads(who.peer):
        thread = conversations.read(row).thread
        if thread.table != present_proof.id or thread.pthid != thid:
            continue
        asked = thread.latest(RequestPresentation)
        item = agent.store.item(showing.VERDICT, showing.verdict_id(who.peer, thread.thid))
        found = msgspec.json.decode(item.record, type=dict[str, object]) if item else {}
        yield {
            "thread": thread.thid,
            "purpose": asked.goal,
            "state": thread.state,
            "verified": found.get("verified"),
            "verdicts": found.get("verdicts", []),
        }


def of_cast(agent: Agent, thread: str) -> tuple[Relationship, Conversation]:
    """The cast that is meant. Raises NotFound or Misuse."""
    who, found = one(agent, thread)
    if found.thread.table != cast.id or found.thread.role != "org":
        raise Misuse("this thread is no cast; freerange demand lists them. Nothing was said.")
    return who, found


def whole(agent: Agent, who: Relationship, found: Conversation) -> dict[str, object]:
    """A cast with what it says, our bid, and what became of it. question: the one that waits for us."""
    thread = found.thread
    wanted = thread.latest(Cast) if said(thread, Cast.name) else None
    listed = shown(agent, who, found) | ordered(thread) | {"question": found.question or None, "called": who.called}
    sealed, bid = (
        agent.store.item(intent_org.SEALED, thread.thid),
        thread.latest(Bid) if said(thread, Bid.name) else None,
    )
    bid = msgspec.json.decode(sealed.record, type=Bid) if sealed else bid
    offer = msgspec.to_builtins(bid.offer) | {"conditions": bid.conditions, "until": bid.valid_until} if bid else None
    if wanted is None:
        return listed | {"says": None, "offer": offer, "agreement": None, "kept_until": None}
    return listed | {
        "says": {key: each for key, each in msgspec.to_builtins(wanted).items() if key not in ("nonce", "terms")},
        "offer": offer,
        "agreement": wanted.terms.digest,
        "kept_until": timestamp(unix(wanted.select_by) + intent_org.DAY),
    }


def ordered(thread: Thread) -> dict[str, object]:
    """What became of a bid that was picked: until when it is held, who orders, under which number."""
    held = thread.latest(SelectAck) if said(thread, SelectAck.name) else None
    order = thread.latest(Confirm) if said(thread, Confirm.name) else None
    done = thread.latest(Outcome) if said(thread, Outcome.name) else None
    return {
        "held_until": held.hold_until if held else None,
        "told": [{"ptr": each.ptr, "until": each.expires} for each in order.labels] if order else [],
        "order": done.order if done else None,
        "delivery_on": done.delivery if done else None,
        "asks_release": thread.state == State.RECALLED,
    }


ROUTES = (
    Route("GET", "/v1/demand", demand),
    Route("GET", "/v1/demand/newest/{start}", part),
    Route("GET", "/v1/demand/casts/{thread}", in_full),
)
