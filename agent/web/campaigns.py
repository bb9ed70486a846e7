"""Routes: campaigns, how far they have come, and holding them up."""

from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Annotated

import msgspec

from agent import campaigns, wording
from agent.agent import Agent
from agent.campaigns import QUEUED, SKIPPED, Tally, To
from agent.many import DELIVERED, SENT, SILENT
from agent.relationship import fingerprint
from agent.web.routes import Route
from protocols.machine import Thread
from protocols.problems import Misuse
from protocols.vrm.profile import Update, UpdateReceipt, profile
from wallet.credentials.vcdm import timestamp
from wallet.errors import NotFound
from wallet.store import campaigns as rows
from wallet.store.campaigns import Recipient

LISTED = 500  # recipients that are shown one by one
A_PART = 50
FIRST = (QUEUED, SENT, DELIVERED, SILENT, SKIPPED)


class Part(msgspec.Struct, frozen=True):
    """A part of a long list. start: how many are left out before it."""

    start: Annotated[int, msgspec.Meta(ge=0)] = 0
    most: Annotated[int, msgspec.Meta(ge=1, le=LISTED)] = A_PART


class PartOf(Part, frozen=True):
    """A part of the recipients. state: those in one state, all if empty."""

    state: str = ""


def found(agent: Agent, typed: str) -> str:
    """The campaign whose id is, or begins with, what was typed. Raises NotFound, or Misuse if several do."""
    if agent.store.read(partial(rows.campaign, id=typed)) is not None:
        return typed
    fitting = [each.id for each in campaigns.listed(agent) if each.id.startswith(typed)]
    if not fitting:
        raise NotFound(f'no campaign "{typed[:64]}" is known; freerange campaign list shows which are')
    if len(fitting) > 1:
        raise Misuse(f'"{typed}" begins the id of {len(fitting)} campaigns; give more of it')
    return fitting[0]


def shown(each: Tally) -> dict[str, object]:
    """A campaign as it is listed. said: to how many something has been said, or why nothing can be is known."""
    plan = each.plan
    over = plan.state == "running" and not each.unsaid
    return {
        "campaign": each.id,
        "kind": plan.kind,
        "title": plan.title,
        "state": "said" if over else plan.state,
        "begun": timestamp(each.at),
        "size": plan.size,
        "said": plan.size - each.unsaid,
        "answered": sum(count for state, count in each.counts.items() if state not in FIRST),
        "counts": {"unsaid" if state == QUEUED and plan.state == "cancelled" else state: each.counts[state]
                   for state in sorted(each.counts, key=rank)},
    }  # fmt: skip


def rank(state: str) -> tuple[int, str]:
    """In which order states are listed: as they follow each other, the answers last."""
    return (FIRST.index(state), "") if state in FIRST else (len(FIRST), state)


async def listing(agent: Agent) -> object:
    """All campaigns, the newest first."""
    return [shown(each) for each in campaigns.listed(agent)]


async def part(agent: Agent, asked: Part) -> object:
    """Some of all campaigns, the newest first, and how many there are."""
    some = campaigns.listed(agent, asked.start, asked.most)
    return {"total": campaigns.count(agent), "campaigns": [shown(each) for each in some]}


async def one(agent: Agent, id: str) -> object:
    """One campaign."""
    return shown(campaigns.tally(agent, found(agent, id)))


async def recipients(agent: Agent, id: str) -> object:
    """Whom it was or will be said to, and what came of it; so many of them."""
    known = islice(campaigns.recipients(agent, found(agent, id)), LISTED)
    listed = [
        {
            "with": called(agent, to.peer or to.to),
            "state": row.state,
            "thread": row.thid,
            "why": to.why,
            "chosen": row.chosen,
        }
        for row, to in known
    ]
    return sorted(listed, key=lambda row: (rank(str(row["state"])), str(row["with"])))


async def recipients_part(agent: Agent, id: str, asked: PartOf) -> object:
    """Some of the recipients, in the order of their states, each with what it was told and what it did with it."""
    whole = found(agent, id)
    counts = campaigns.tally(agent, whole).counts
    meant = {state: counts[state] for state in sorted(counts, key=rank) if asked.state in ("", state)}
    some = slices(agent, whole, meant, asked.start, asked.most)
    return {"total": sum(meant.values()), "recipients": [in_full(agent, row) for row in some]}


def slices(agent: Agent, id: str, counts: dict[str, int], start: int, most: int) -> Iterator[Recipient]:
    """So many recipients, state after state; only those are read."""
    for state, count in counts.items():
        if start < count and most > 0:
            some = agent.store.read(partial(rows.part, campaign=id, state=state, start=start, most=most))
            yield from some
            most -= len(some)
        start = max(0, start - count)


def in_full(agent: Agent, row: Recipient) -> dict[str, object]:
    """One recipient with what was said to it, field by field, and what it answered."""
    to = msgspec.json.decode(row.record, type=To)
    peer = to.peer or to.to
    conversation, _ = agent.conversation(peer, row.thid)
    thread = conversation.thread if conversation else None
    return {
        "with": called(agent, peer),
        "fingerprint": fingerprint(peer),
        "domain": domain(agent, peer),
        "state": row.state,
        "thread": row.thid if thread else "",
        "at": timestamp(thread.said[-1].at) if thread and thread.said else None,
        "why": to.why,
        "fields": [*results(thread)] if thread and thread.table == profile.id else [],
    }


def results(thread: Thread) -> Iterator[dict[str, object]]:
    """The fields of a change that one org was told, each with what it did with it, once it has said so."""
    said = {entry.name for entry in thread.said}
    if "update" not in said:
        return
    answered = thread.latest(UpdateReceipt).results if "receipt(update)" in said else ()
    known = {each.ptr: each for each in answered}
    for ptr in thread.latest(Update).fields:
        each = known.get(ptr)
        yield {
            "field": wording.card_field(ptr),
            "result": each.result if each else "",
            "reason": each.reason if each else None,
            "by": each.by if each else None,
        }


def domain(agent: Agent, peer: str) -> str:
    """The domain that a recipient has proved; empty if it has not, or was never met."""
    try:
        return agent.relationship(peer)[0].domain
    except NotFound:
        return ""


def called(agent: Agent, peer: str) -> str:
    """What a recipient is called: one that was never met, by its DID."""
    try:
        return agent.relationship(peer)[0].called
    except NotFound:
        return peer


async def pause(agent: Agent, id: str) -> object:
    """Say nothing more for now."""
    whole = found(agent, id)
    await campaigns.pause(agent, whole)
    return shown(campaigns.tally(agent, whole))


async def resume(agent: Agent, id: str) -> object:
    """Go on."""
    whole = found(agent, id)
    await campaigns.resume(agent, whole)
    return shown(campaigns.tally(agent, whole))


async def cancel(agent: Agent, id: str) -> object:
    """Say it to nobody else."""
    whole = found(agent, id)
    unsaid = await campaigns.cancel(agent, whole)
    return {"campaign": whole, "unsaid": unsaid}


ROUTES = (
    Route("GET", "/v1/campaigns", listing),
    Route("GET", "/v1/campaigns/{id}", one),
    Route("GET", "/v1/campaigns/{id}/recipients", recipients),
    Route("POST", "/v1/campaigns/part", part, Part),
    Route("POST", "/v1/campaigns/{id}/recipients", recipients_part, PartOf),
    Route("POST", "/v1/campaigns/{id}/pause", pause),
    Route("POST", "/v1/campaigns/{id}/resume", resume),
    Route("POST", "/v1/campaigns/{id}/cancel", cancel),
)
