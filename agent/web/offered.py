"""Routes: who can be asked for what she wants, who was, and what each of them offers, as rows of lists."""

from itertools import islice
from typing import Final, TypeVar

import msgspec

from agent import campaigns, groups, offers, wants
from agent import relationship as relationships
from agent.agent import CHANGEABLE, Agent
from agent.casting import KNOWN
from agent.offers import Asked
from agent.relationship import Relationship, fingerprint
from agent.vrm import bids
from agent.vrm.intent_person import DECIDED
from agent.wants import Want
from agent.web import parts
from agent.web.routes import Route
from protocols.machine import Message, Thread
from protocols.messages import label
from protocols.vrm.intent_words import CloseReceipt, Decline, Outcome, SelectAck

M = TypeVar("M", bound=Message)
PART: Final = 50  # of those who were asked, in one part of the list


def row(agent: Agent, each: Asked) -> dict[str, object]:
    """An offer as it is listed."""
    bid, wanted = each.bid, each.wanted
    offer = msgspec.to_builtins(bid.offer) if bid else {}
    return {
        "number": each.number,
        "by": each.who.called if each.who else each.to.given.get("name"),
        **signs(each),
        "thread": each.thid,
        "state": offers.word(each),
        "price": offer.get("price"),
        "each": offers.of_one(each),
        "amount": wanted.demand.item_offered.amount if wanted else None,
        "currency": offer.get("priceCurrency"),
        "item": offer.get("itemOffered"),
        "terms": wanted.terms.digest if wanted else None,
        "our_terms": bid.accepts == wanted.terms.digest if bid and wanted else None,
        "delivery": offer.get("deliveryLeadTime"),
        "warranty": offer.get("warranty"),
        "description": offer.get("description"),
        "conditions": bid.conditions if bid else None,
        "valid_until": bid.valid_until if bid else None,
        **became(agent, each),
    }


def signs(each: Asked) -> dict[str, object]:
    """What tells an org from another of the same name: the domain it proved, and a name made from its DID."""
    if each.who is not None:
        did = each.who.their_did if each.who.one_off else each.who.peer
        return {"domain": each.who.domain, "fingerprint": fingerprint(did)}
    return {"domain": "", "fingerprint": fingerprint(each.to.to.removeprefix(KNOWN))}


def became(agent: Agent, each: Asked) -> dict[str, object]:
    """What became of an offer, as far as it has come."""
    thread = each.thread
    held = last(thread, SelectAck)
    outcome, gone, no = last(thread, Outcome), last(thread, CloseReceipt), last(thread, Decline)
    return {
        "decided": thread is not None and agent.store.item(DECIDED, each.thid) is not None,
        "held_until": held.hold_until if held else None,
        "order": outcome.order if outcome else None,
        "delivery_on": outcome.delivery if outcome else None,
        "declined": no.reason if no else None,
        "deleted_at": gone.deleted_at if gone else None,
    }


def last(thread: Thread | None, kind: type[M]) -> M | None:
    """The last message of a kind in a thread, if there is one."""
    return thread.latest(kind) if thread and bids.said(thread, label(kind)) else None


# -- routes -------------------------------------------------------------------------------------------------------


async def listed(agent: Agent, name: str) -> object:
    """The offers side by side, the cheapest first; who asked what; and how far the cast has come."""
    want = await current(agent, name)
    found = offers.offered(agent, want)
    questions = [
        {"by": each.who.called if each.who else None, **signs(each), "thread": each.thid, "text": text, "question": id}
        for each, text, id in offers.questions(agent, want)
    ]
    tally = offers.tally(agent, want) if want.campaign else None
    rows = [row(agent, each) for each in found]
    return {"want": want.words, "state": want.state, "tally": tally, "bids": rows, "questions": questions}


async def current(agent: Agent, name: str) -> Want:
    """The want she means, as it stands now."""
    return await offers.settle(agent, wants.find(agent, name))


async def recipients(agent: Agent, name: str) -> object:
    """Everybody who was asked, and how far it has come with each."""
    want = await current(agent, name)
    return [row(agent, each) | {"why": each.to.why or None} for each in offers.asked(agent, want)]


async def part(agent: Agent, name: str, number: str) -> object:
    """One part of those who were asked: fifty of them, and how many there are. number: from 1."""
    want = await current(agent, name)
    size = campaigns.tally(agent, want.campaign).plan.size if want.campaign else 0
    last = max(1, -(-size // PART))
    now = min(parts.number(number), last)
    found = islice(offers.asked(agent, want), (now - 1) * PART, now * PART)
    rows = [row(agent, each) | {"why": each.to.why or None} for each in found]
    return {"want": want.words, "asked": rows, "number": now, "parts": last, "total": size}


async def askable(agent: Agent, name: str) -> object:
    """The orgs she knows that could be asked, by name, and her groups; `to` is how each org is named when it is cast.
    asked: it was."""
    want = wants.find(agent, name)
    before = {to.to for _, to in campaigns.recipients(agent, want.campaign)} if want.campaign else set()
    known = (relationships.read(found) for found in agent.store.peers())
    found = []
    for who in known:
        to = address(want, who)
        if to and who.met and not who.ended and not who.one_off:
            was = to in before or KNOWN + who.peer in before
            found.append({"to": to, "name": who.called, **signs_of(who), "kind": who.kind, "asked": was})
    by_name = sorted(found, key=lambda each: str(each["name"]).casefold())
    return {"vendors": by_name, "groups": sorted(groups.groups(agent))}


def address(want: Want, who: Relationship) -> str:
    """How an org is named when this is cast to it; empty if it cannot be."""
    if want.level == wants.FAMILIAR:
        return who.peer
    return next((did for did in (who.their_did, who.peer) if did.startswith(CHANGEABLE)), "")


def signs_of(who: Relationship) -> dict[str, object]:
    """As `signs`, of a relationship."""
    return {"domain": who.domain, "fingerprint": fingerprint(who.peer)}


ROUTES = (
    Route("GET", "/v1/wants/{name}/asked", recipients),
    Route("GET", "/v1/wants/{name}/asked/{number}", part),
    Route("GET", "/v1/wants/{name}/askable", askable),
    Route("GET", "/v1/wants/{name}/bids", listed),
)
