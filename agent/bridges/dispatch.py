"""The dispatcher: every bridge by itself, so that none waits for another; and old events are let go."""

import asyncio
from functools import partial
from typing import Final

from agent.agent import Agent
from agent.bridges import Bridge, Undelivered, feed, inbound, state
from agent.bridges.adapters import make
from agent.bridges.feed import Feed
from agent.errors import Misconfigured
from agent.logs import note
from wallet.store import events

LONGEST_SLEEP: Final = 30.0
AFTER_A_FAULT: Final = 5.0
KEEP: Final = 7 * 86400  # seconds for which an event that was handed over can be replayed
FORGET_AT_ONCE: Final = 1000
CROWDED: Final = 10_000  # events that wait for one bridge: the operator is told
TROUBLE: Final = "bridges"
FAULTS: Final = (OSError, *feed.FAULTS)


class Dispatcher:
    """The bridges of one agent."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.feeds: dict[str, Feed] = {}
        self._running: dict[str, tuple[asyncio.Task[None], asyncio.Event]] = {}
        self._looked = 0

    def add(self, name: str, bridge: Bridge) -> None:
        """Hand events to a bridge from now on."""
        self.feeds[name] = Feed(self.agent, name, bridge)

    async def follow_settings(self) -> None:
        """Open the bridges that the settings name, and close those that they do not name any more."""
        wanted = self.agent.config.bridges
        for name in self.feeds.keys() - set(wanted):
            await self._drop(name)
        for name in wanted:
            if name not in self.feeds:
                try:
                    self.add(name, await make(self.agent, name))
                except (Misconfigured, OSError) as fault:
                    mend = "mend the setting: freerange bridge list"
                    self.agent.troubles[TROUBLE] = f"{state.called(name)}: {fault}", mend

    async def turn(self) -> None:
        """Do everything that is due now, once: for tests, and for commands that run without a running agent."""
        await self.follow_settings()
        await asyncio.gather(*map(self._turn_of, self.feeds))
        await self.look()

    async def _turn_of(self, name: str) -> None:
        one = self.feeds[name]
        await one.turn()
        if one.bridge.poll_every and not state.of(self.agent, name).rests(self.agent.now()):
            await inbound.take(self.agent, name, one.bridge)

    # -- for as long as the agent runs --------------------------------------------------------------------------

    async def run(self) -> None:
        """Serve the bridges until cancelled."""
        try:
            while True:
                self.agent.published.clear()
                try:
                    await self._wake_all()
                    async with asyncio.timeout(LONGEST_SLEEP):
                        await self.agent.published.wait()
                except TimeoutError:
                    continue
                except FAULTS as fault:  # a full disk, say
                    note("the bridges stopped, and go on", error=type(fault).__name__)
                    await asyncio.sleep(AFTER_A_FAULT)
        finally:
            for name in tuple(self.feeds):
                await self._drop(name)

    async def _wake_all(self) -> None:
        """Let every bridge there is look for something to do, and look after them now and then."""
        await self.follow_settings()
        for name in self.feeds:
            if name not in self._running:
                woken = asyncio.Event()
                self._running[name] = asyncio.create_task(self._serve(name, woken)), woken
            self._running[name][1].set()
        if self.agent.now() - self._looked >= LONGEST_SLEEP:
            self._looked = self.agent.now()
            await self.look()

    async def _serve(self, name: str, woken: asyncio.Event) -> None:
        """Serve one bridge until cancelled."""
        while True:
            woken.clear()
            try:
                await self._turn_of(name)
                sleep = self._until_due(name)
            except (Undelivered, *FAULTS) as fault:  # a full disk, or a system that is down: nothing has moved on
                note("a bridge stopped, and goes on", bridge=state.called(name), error=type(fault).__name__)
                sleep = AFTER_A_FAULT
            try:
                async with asyncio.timeout(sleep):
                    await woken.wait()
            except TimeoutError:
                continue

    def _until_due(self, name: str) -> float:
        """Seconds until this bridge has something to do, if nothing happens meanwhile."""
        now, stands = self.agent.now(), state.of(self.agent, name)
        if stands.paused or stands.gone:
            return LONGEST_SLEEP
        poll = self.feeds[name].bridge.poll_every or LONGEST_SLEEP
        due = [each.due for each in state.held_up(self.agent, name).values() if each.due]
        if stands.due > now:
            return min(LONGEST_SLEEP, stands.due - now)
        return max(0.05, min(poll, LONGEST_SLEEP, *(each - now for each in due)))

    async def _drop(self, name: str) -> None:
        task, _ = self._running.pop(name, (None, None))
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self.feeds.pop(name).bridge.close()

    # -- looking after it ---------------------------------------------------------------------------------------

    async def look(self) -> None:
        """Let go of old events that every bridge has had, and tell the operator what stands still."""
        agent = self.agent
        until = min((state.reached(agent, name) for name in self.feeds), default=agent.store.read(events.last) + 1)
        drop = partial(events.forget, before=until, at=agent.now() - KEEP, limit=FORGET_AT_ONCE)
        while await agent.store.write(drop) == FORGET_AT_ONCE:
            pass
        found = [words for name in self.feeds if (words := self._trouble(name))]
        if found:
            agent.troubles[TROUBLE] = "; ".join(found), "see what it is: freerange bridge list"
        elif not set(agent.config.bridges) - self.feeds.keys():
            agent.troubles.pop(TROUBLE, None)

    def _trouble(self, name: str) -> str:
        """What the operator has to do something about, in words."""
        stands, waiting, who = state.of(self.agent, name), state.waiting(self.agent, name), state.called(name)
        given_up = sum(not each.due for each in state.held_up(self.agent, name).values())
        if stands.gone:
            return f"{who} wants no more events"
        if stands.tries > 1:
            return f"{who} takes nothing: {stands.why}"
        if given_up:
            return f"{who} did not take the events of {given_up} customers, and they are not tried any more"
        return f"{waiting} events wait for {who}" if waiting > CROWDED else ""
