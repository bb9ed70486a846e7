"""The owner's side: what she says takes the same path as what is heard. There is no second way in."""

import asyncio
import math
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import TypeVar

from agent import effects, many
from agent.agent import Agent
from agent.draft import ERRAND, Draft
from agent.parcel import MOST_WAITING
from agent.watch import is_plausible, told
from protocols import Protocol
from protocols.machine import Message
from protocols.problems import Misuse
from wallet.keys import new_id
from wallet.needs import Lookup
from wallet.store.change import Change, Outcome

T = TypeVar("T")
TRIES = 5
SIDES = ("person", "org")  # roles that go with what an agent is; others are anybody's


async def commit(agent: Agent, draft: Draft) -> Outcome:
    """Apply a draft, and send what it says."""
    many.progress(draft)
    change = draft.change()
    with agent.changing(change.peer, itself=change.relationship is not None):
        # failpoint: change.before-persist
        began, writing = perf_counter(), asyncio.ensure_future(agent.store.apply(change))
        try:
            outcome = await asyncio.shield(writing)
        except asyncio.CancelledError:  # it is written all the same
            writing.add_done_callback(partial(broken_off, agent, draft, change))
            raise
        agent.metrics.passed("commit", began)
        # failpoint: change.after-persist
        if outcome is Outcome.CONFLICT:
            agent.forget(change.peer)
            agent.forget_thread(change.peer, draft.thid)
        elif outcome is Outcome.APPLIED and change.relationship:
            agent.remember(draft.relationship, change.relationship.version + 1)
        if outcome is Outcome.APPLIED:
            draft.applied()
    if outcome is Outcome.APPLIED and change.publish:
        agent.published.set()
    if outcome is Outcome.APPLIED and change.send:
        agent.outbox.post(change.peer, draft.leased())
        # failpoint: change.posted
        agent.stir(due(draft, change))
    return outcome


def broken_off(agent: Agent, draft: Draft, change: Change, written: asyncio.Future[Outcome]) -> None:
    """Whoever made a change has gone while it was written: what is remembered is old now, and what it says is to go."""
    agent.forget(change.peer)
    agent.forget_thread(change.peer, draft.thid)
    applied = not written.cancelled() and written.exception() is None and written.result() is Outcome.APPLIED
    if applied and not agent.stopping:
        agent.outbox.post(change.peer, draft.leased())
        agent.stir(due(draft, change))


def due(draft: Draft, change: Change) -> float:
    """When the clock has something to do because of a change that says something, in Unix seconds."""
    if change.progress or any(item.kind == ERRAND for item in change.keep):
        return draft.now
    moments = (each.at for each in change.timers)
    return min((*moments, *(each.due for each in change.send)), default=math.inf)


async def act(agent: Agent, peer: str, thid: str, decide: Callable[[Draft], Lookup[T]], *, begins: bool = False) -> T:
    """Do something in one thread of one relationship, as one change. begins: the thread is new, so nothing is looked up
    of it. Raises what `decide` raises, or Misuse."""
    if not is_plausible(agent.now()):
        raise Misuse(f"this computer's clock says {told(agent.now())}, which cannot be; nothing was said. Set it.")
    async with agent.turn_of(peer):
        for _ in range(TRIES):
            draft = Draft.of(agent, peer, thid, begins=begins)
            result = await agent.meet(decide(draft))
            outcome = await commit(agent, draft)
            if outcome is Outcome.APPLIED:
                return result
            if outcome is Outcome.FULL:
                raise Misuse(full(draft))
            if outcome is Outcome.TAKEN:
                raise Misuse(many.PURCHASE)
    raise Misuse(f"thread {thid} kept moving while you spoke; nothing was said. Look at it and try again.")


def full(draft: Draft) -> str:
    """Why nothing more can be said to somebody, in words."""
    who = draft.relationship.called
    return (
        f"{MOST_WAITING} messages to {who} wait already, or were given up; nothing was said."
        " See what they are, and what keeps them: freerange queue"
    )


async def open_thread(agent: Agent, peer: str, protocol: Protocol, message: Message, pthid: str | None = None) -> str:
    """Begin a thread with its first message; returns the thread's id."""
    thid = new_id()

    def say(draft: Draft) -> Lookup[None]:
        ours = "person" if draft.relationship.acting else agent.config.kind
        role = protocol.opener(message, ours)
        if role is None:
            raise Misuse(f"{message.name} cannot begin a thread of {protocol.id}")
        if role in SIDES and role != ours:
            raise Misuse(f"{message.name} is for the other side to say, the {role}; nothing was said")
        draft.begin(protocol, role, pthid)
        effects.say(draft, message)
        yield from ()

    await act(agent, peer, thid, say, begins=True)
    return thid
