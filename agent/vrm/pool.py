"""Pools: a broker gathers one want of many; she joins, leaves before the match, and gets the bids it drew.

The broker learns what is wanted and by how many, and never who wants it: she joins under a DID made for the pool, and
orders in a cast of her own. Source: vrm-protocols, section 5.6.
"""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Final

import msgspec

from agent import conversation as conversations
from agent import deletions
from agent.agent import Agent
from agent.draft import Draft
from agent.vrm.side import WAIT, Side, Wait
from protocols.machine import Message
from protocols.messages import unix
from protocols.vrm.demand import Demand
from protocols.vrm.intent import PoolState, pool
from protocols.vrm.intent_words import Join, JoinReceipt, Leave, LeaveReceipt, Matched, PoolDecline
from wallet.needs import Lookup
from wallet.store.change import Change, Item

KIND: Final = "pool"


class Pool(msgspec.Struct, frozen=True, omit_defaults=True):
    """One that this broker keeps. name: as those who join name it; about: for people; until: a Time; most: members."""

    name: str
    about: str = ""
    until: str = ""
    most: int = 10_000


async def keep(agent: Agent, kept: Pool) -> None:
    """Open a pool, or change one."""
    await agent.store.apply(Change(peer="", keep=(Item(KIND, kept.name, msgspec.json.encode(kept)),)))


def every(agent: Agent) -> list[Pool]:
    """The pools of this broker."""
    return [msgspec.json.decode(row.record, type=Pool) for row in agent.store.items(KIND)]


def find(agent: Agent, name: str) -> Pool | None:
    """The pool of this name."""
    row = agent.store.item(KIND, name)
    return msgspec.json.decode(row.record, type=Pool) if row else None


def members(agent: Agent, name: str) -> Iterator[tuple[str, str]]:
    """Who is counted in: peer and thread."""
    for peer, row in agent.store.threads(only_open=True):
        thread = conversations.read(row).thread
        joined = thread.table == pool.id and thread.state == PoolState.JOINED
        if joined and thread.role == "agent" and thread.latest(Join).pool == name:
            yield peer, thread.thid


def wanted(agent: Agent) -> dict[str, Counter[str]]:
    """What is wanted by how many in each pool: counts by category and region, about nobody."""
    found: dict[str, Counter[str]] = {each.name: Counter() for each in every(agent)}
    for _, row in agent.store.threads(only_open=True) if found else ():
        thread = conversations.read(row).thread
        if thread.table == pool.id and thread.state == PoolState.JOINED and thread.role == "agent":
            joined = thread.latest(Join)
            found.setdefault(joined.pool, Counter())[in_words(joined.demand)] += 1
    return found


def in_words(demand: Demand) -> str:
    """What is wanted, and where."""
    return f"{demand.item_offered.category or demand.item_offered.name or 'something'}, {demand.eligible_region}"


def answer(draft: Draft, message: Message) -> Lookup[Message | Wait | None]:
    """The broker counts in and out by itself."""
    yield from ()
    match message:
        case Join():
            return admitted(draft, message)
        case Leave():
            gone = partial(deletions.begin, draft, "left", joined_by(draft), ("",))
            return gone(owes="receipt(leave)") or WAIT
    return None


def admitted(draft: Draft, message: Join) -> JoinReceipt | PoolDecline:
    """Whether there is such a pool, open and with room."""
    kept = find(draft.agent, message.pool)
    if kept is None:
        return PoolDecline("not-us")
    if kept.until and unix(kept.until) <= draft.now:
        return PoolDecline("expired")
    if sum(1 for _ in members(draft.agent, message.pool)) >= kept.most:
        return PoolDecline("quota")
    return JoinReceipt("done")


def joined_by(draft: Draft) -> str:
    """The Digest of the object by which she joined."""
    return next((entry.digest or "" for entry in draft.thread.said if entry.name == Join.name), "")


def follow(draft: Draft, message: Message) -> None:
    """What she joined is over once she is out, or has the bids; the broker then keeps no more than that she was in."""
    match message:
        case LeaveReceipt() | PoolDecline() | Matched() if draft.thread.role == "agent":
            draft.purge += ((draft.thid, joined_by(draft)),)
        case LeaveReceipt() | PoolDecline() if draft.relationship.one_off:
            draft.learn(ended=True)


SIDE = Side(
    tables=(pool,),
    answer=answer,
    follow=follow,
    asks={Join: "Somebody would like to join a pool.", Leave: "{} leaves the pool."},
)
