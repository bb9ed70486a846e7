"""Calls: counts. They are about nobody: what they were counted from may be gone."""

from collections import Counter
from collections.abc import Iterator

import msgspec

from agent import conversation as conversations
from agent.agent import Agent
from agent.rest.calls import Asked, Call
from agent.web import demand
from protocols.machine import Thread
from protocols.vrm.profile import UpdateReceipt, profile
from protocols.vrm.things import service
from protocols.vrm.things_words import Report


class Demand(msgspec.Struct, frozen=True):
    """What the casts came to. lost, declined, released: how many, by reason."""

    received: int
    bid: int
    won: int
    lost: dict[str, int]
    declined: dict[str, int]
    released: dict[str, int]


class Counters(msgspec.Struct, frozen=True):
    """casts: demand. bounces_avoided: addresses and numbers that people corrected by themselves. cases: problems
    reported; cases_with_full_context: those that came with the thing's papers."""

    casts: Demand
    bounces_avoided: int
    cases: int
    cases_with_full_context: int


class _Counted(msgspec.Struct, frozen=True):
    """What `demand.counters` answers, as far as it is told here."""

    received: int
    bid: int
    won: int
    why: dict[str, dict[str, int]]


async def counters(asked: Asked) -> Counters:
    """What is won by this: counts only."""
    found = msgspec.convert(await demand.counters(asked.agent), _Counted)
    why = found.why
    casts = Demand(
        found.received, found.bid, found.won, *(why.get(each, {}) for each in ("lost", "declined", "released"))
    )
    counts: Counter[str] = Counter(each for thread in threads(asked.agent) for each in counted(thread))
    return Counters(casts, counts["bounce"], counts["case"], counts["full"])


def threads(agent: Agent) -> Iterator[Thread]:
    """All threads."""
    return (conversations.read(row).thread for _, row in agent.store.threads())


def counted(thread: Thread) -> Iterator[str]:
    """What one thread counts as."""
    if thread.table == service.id and thread.role == "org":
        yield "case"
        if thread.latest(Report).attachments:
            yield "full"
    if thread.table == profile.id and any(each.name == "receipt(update)" for each in thread.said):
        results = thread.latest(UpdateReceipt).results
        yield from ("bounce" for each in results if each.result == "applied" and each.ptr.startswith(REACHED_BY))


REACHED_BY = ("/addresses", "/emails", "/phones")

CALLS = (Call("GET", "/v1/counters", "Counts", "counters", counters, Counters),)
