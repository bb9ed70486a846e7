"""The clock: what is due is looked at again, and nothing before. One loop for timers and for the way out."""

import asyncio

from agent import asking, effects
from agent.agent import Agent
from agent.draft import Draft
from agent.logs import note
from agent.owner import commit
from protocols import machine
from wallet.errors import WalletError

LONGEST_SLEEP = 60.0
SHORTEST_SLEEP = 0.05  # what is due still may be on its way already
AFTER_A_FAULT = 1.0
AT_ONCE = 64


async def run(agent: Agent) -> None:
    """Serve the clock until cancelled."""
    while True:
        agent.stirred.clear()
        try:
            await tick(agent)
            due = agent.store.next_due()
        except (OSError, WalletError) as fault:  # a full disk, say: what is due stays due
            note("the clock stopped, and goes on", error=type(fault).__name__)
            await asyncio.sleep(AFTER_A_FAULT)
            continue
        sleep = LONGEST_SLEEP if due is None else min(LONGEST_SLEEP, max(SHORTEST_SLEEP, due - agent.now()))
        try:
            async with asyncio.timeout(sleep):
                await agent.stirred.wait()
        except TimeoutError:
            continue


async def tick(agent: Agent) -> None:
    """Do what is due now."""
    for peer, timer in agent.store.due_timers(agent.now(), limit=AT_ONCE):
        await ring(agent, peer, timer.thid)
    await agent.outbox.post_due()


async def ring(agent: Agent, peer: str, thid: str) -> None:
    """One timer: a wait of ours is over, or a peer waits for our word and the owner was silent; or it came too late."""
    async with agent.turn_of(peer):
        draft = Draft.of(agent, peer, thid)
        draft.wake(None)
        if not draft.lapse():
            say_no_for_a_silent_owner(draft)
        # failpoint: clock.before-ring
        await commit(agent, draft)
        # failpoint: clock.after-ring


def say_no_for_a_silent_owner(draft: Draft) -> None:
    """Whoever holds the other's commitment answers: when the hold date is past, with a no (vrm-protocols 4)."""
    until = machine.hold_date(draft.protocol, draft.thread) if draft.conversation else None
    if until is None or draft.now < until:
        return
    refusal = asking.no(draft)
    if refusal is not None:
        effects.say(draft, refusal)
