"""What one worker does for all of them: the owner's door, the clock, the bridges. Whoever has the desk does it.

The desk is free as soon as the worker who had it is gone, however it went; whichever looks next sits down at it.
Source: docs/architecture.md, section 6.
"""

import asyncio
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from agent import clock, link, resending, serving
from agent.agent import Agent
from agent.attendance import Attendance
from agent.bridges.dispatch import Dispatcher
from agent.logs import note
from agent.rest.server import Counter
from agent.turns import Turn
from agent.web.server import Door
from wallet.errors import WalletError

EVERY: Final = 0.5  # seconds between two looks at what others have written, and whether the desk is free


@dataclass(frozen=True)
class Seat:
    """What runs while we sit there. token_file: how the owner's programs find the door."""

    door: Door
    counter: Counter
    tasks: tuple[asyncio.Task[None], ...]
    token_file: Path


@dataclass
class Desk:
    """One worker's view of the desk. pid: the process that `freerange stop` tells to stop."""

    agent: Agent
    home: Path
    pid: int = field(default_factory=os.getpid)
    seat: Seat | None = None
    attendance: Attendance = field(init=False)
    _seen: int = -1
    _turns: int = 0
    _broken_off: bool = False  # what was being sent, and is in the store

    def __post_init__(self) -> None:
        self._turn = Turn(self.agent.store, "desk")
        self.attendance = Attendance(self.agent)

    async def run(self) -> None:
        """Look after it until cancelled."""
        try:
            while True:
                try:
                    await self.look()
                except (OSError, WalletError) as fault:
                    note("the database is away, and so is who does what", error=type(fault).__name__)
                    await self.lose()
                await asyncio.sleep(EVERY)
        finally:
            await self.leave()

    async def look(self) -> None:
        """Sit down if the desk is free; at it, go on with what others have written. Raises OSError, WalletError."""
        agent, number = self.agent, await self.agent.store.look()
        await self.lose()
        if self._broken_off:
            await resending.take_up(agent.store, agent.now())
            self._broken_off = False
        await self.attendance.look()
        if self.seat is not None and (over := [task for task in self.seat.tasks if task.done()]):
            note("a part of the desk has ended, and it is left", error=failure(over[0]))
            await self.leave()
        if self.seat is None:
            if number != self._seen:
                agent.quarantine.look_again()
            await clock.look(agent, alone=False)
            await agent.outbox.post_due()
            if await self._turn.take():
                await self.sit()
        elif number != self._seen:
            agent.stirred.set()
            agent.published.set()
        self._seen = number

    async def lose(self) -> None:
        """If the database was away, nothing that was ours is ours any more."""
        if self.agent.store.turns != self._turns:
            self._turns = self.agent.store.turns
            self.agent.outbox.leave()
            self._broken_off = True
            await self.leave()

    async def sit(self) -> None:
        """Do what is done at the desk. If somebody still listens where the owner comes in, let others try."""
        agent, door, counter = self.agent, Door(self.agent), Counter(self.agent)
        try:
            await door.start(*serving.host_and_port(agent.config.api))
            if agent.config.integrations:
                await counter.start(*serving.host_and_port(agent.config.integrations))
            token_file = door.write_token(self.home, self.pid)
        except OSError as fault:
            note("the desk cannot be taken yet", why=fault.strerror or type(fault).__name__)
            await asyncio.gather(door.stop(), counter.stop())
            self._turn.give()
            return
        tasks = (
            asyncio.create_task(clock.run(agent)),
            asyncio.create_task(serving.forget(agent)),
            asyncio.create_task(link.run(agent)),
            *([asyncio.create_task(Dispatcher(agent).run())] if agent.config.kind == "org" else ()),
        )
        self.seat = Seat(door, counter, tasks, token_file)
        await self.attendance.sweep()
        note("at the desk", process=os.getpid())

    async def leave(self) -> None:
        """Stop doing it, and let somebody else."""
        seat, self.seat = self.seat, None
        if seat is None:
            return
        if self._turn.ours:  # else the file may be somebody else's by now
            with suppress(OSError):
                seat.token_file.unlink(missing_ok=True)
        for task in seat.tasks:
            task.cancel()
        await asyncio.gather(*seat.tasks, seat.door.stop(), seat.counter.stop(), return_exceptions=True)
        self._turn.give()


def failure(task: asyncio.Task[None]) -> str:
    """What ended a task that is over."""
    return "cancelled" if task.cancelled() else type(task.exception()).__name__
