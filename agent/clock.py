"""The clock: what is due is looked at again, and nothing before. One loop for timers and for the way out."""

import asyncio
from functools import partial

from msgspec.structs import replace

from agent import asking, campaigns, effects, errands, forwarding
from agent.agent import Agent
from agent.draft import LAPSE, Draft
from agent.logs import note
from agent.owner import commit
from agent.parcel import LEASE
from agent.vrm import due_in
from protocols import machine
from protocols.problems import Misuse, Problem
from wallet.errors import WalletError
from wallet.store import timers
from wallet.store.change import Change, Outcome, Timer

LONGEST_SLEEP = float(LEASE)
SHORTEST_SLEEP = 0.05  # what is due still may be on its way already
AFTER_A_FAULT = 1.0
IN_DOUBT = 1.0
PUT_OFF = 600
FAULTS = (Problem, Misuse, WalletError, LookupError, TypeError, ValueError)
AT_ONCE = 64


async def run(agent: Agent) -> None:
    """Serve the clock until cancelled."""
    while True:
        agent.stirred.clear()
        agent.looks_at = agent.now() + LONGEST_SLEEP  # or sooner, by what is found
        try:
            await tick(agent)
            due = agent.store.next_due()
        except (OSError, WalletError) as fault:  # a full disk, say: what is due stays due
            note("the clock stopped, and goes on", error=type(fault).__name__)
            await asyncio.sleep(AFTER_A_FAULT)
            continue
        sleep = LONGEST_SLEEP if due is None else min(LONGEST_SLEEP, max(SHORTEST_SLEEP, due - agent.now()))
        if agent.clock_in_doubt:
            sleep = max(sleep, IN_DOUBT)  # timers are due that do not ring
        agent.looks_at = min(agent.looks_at, agent.now() + sleep)
        try:
            async with asyncio.timeout(sleep):
                await agent.stirred.wait()
        except TimeoutError:
            continue


async def tick(agent: Agent) -> None:
    """Do what is due now."""
    await look(agent)
    if not agent.clock_in_doubt:
        for peer, timer in agent.store.due_timers(agent.now(), limit=AT_ONCE):
            await ring(agent, peer, timer)
        await errands.run(agent)
        await forwarding.sweep(agent)
        await campaigns.attend(agent)
    await agent.outbox.post_due()


async def look(agent: Agent, *, alone: bool = True) -> None:
    """Notice if somebody set this computer's clock: what waits then waits as long as it was to, and after a long jump
    nothing is called over for a while, for the clock may be wrong. alone: nobody else looks, for what is stored."""
    jump = agent.watch.look(agent.now(), agent.steady())
    if not jump:
        return
    note("the clock of this computer was set", seconds=jump, doubted=agent.clock_in_doubt)
    agent.metrics.count("clock_jumps")
    await agent.outbox.shift(jump, stored=alone)


async def ring(agent: Agent, peer: str, timer: Timer) -> None:
    """One timer: a wait of ours is over, or a peer waits for our word and the owner was silent; or it came too late."""
    standing = partial(timers.one, peer=peer, thid=timer.thid, name=timer.name)
    async with agent.turn_of(peer):
        if agent.store.read(standing) != timer:
            return  # what was said while this waited has moved it, or taken it away
        try:
            draft = rung(agent, peer, timer)
        except FAULTS as fault:  # one thread must never stop the clock for all
            note("a thread could not be looked at, and is later", error=type(fault).__name__)
            agent.metrics.count("timers_failed")
            await put_off(agent, peer, timer)
            return
        # failpoint: clock.before-ring
        if await commit(agent, draft) is Outcome.FULL:  # too much waits for this peer for anything more to be said
            await put_off(agent, peer, timer)
        # failpoint: clock.after-ring


def rung(agent: Agent, peer: str, timer: Timer) -> Draft:
    """What follows when a thread's time has come, or a family's reminder."""
    draft = Draft.of(agent, peer, timer.thid)
    if timer.name != LAPSE:
        draft.forget(timer.name)
        message = due_in(timer.name)(draft)
        if message is not None:
            effects.say(draft, message)
        return draft
    draft.wake(None)
    if not draft.lapse():
        say_no_for_a_silent_owner(draft)
    return draft


async def put_off(agent: Agent, peer: str, timer: Timer) -> None:
    """Look at a thread later."""
    await agent.store.apply(Change(peer, timers=(replace(timer, at=agent.now() + PUT_OFF),)))


def say_no_for_a_silent_owner(draft: Draft) -> None:
    """Whoever holds the other's commitment answers: when the hold date is past, with a no (vrm-protocols 4)."""
    until = machine.hold_date(draft.protocol, draft.thread) if draft.conversation else None
    if until is None or draft.now < until:
        return
    refusal = asking.no(draft)
    if refusal is not None:
        effects.say(draft, refusal)
