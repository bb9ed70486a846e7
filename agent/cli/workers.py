"""`freerange serve --workers N`: several processes that do the work of one agent, and the one that looks after them.

Whichever of them gets a message takes it; what one alone may do (the owner's page, the clock, the bridges) does
whichever has the desk. A worker that dies is started again. SIGHUP starts all of them anew, one after another, so that
new settings hold or a new program runs while messages go on being taken.
"""

import asyncio
import os
import signal
import socket
import sys
from argparse import Namespace
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

import agent
from agent import config as configs
from agent import serving
from agent.agent import unix_now
from agent.cli import unlocking
from agent.cli.exits import DONE, FAILED, HELD, MISUSED, WRONG_SECRET, Stopped, ending
from agent.cli.hand import Hand, end
from agent.cli.overview import seen
from agent.cli.told import MOST_LINE
from agent.cli.words import tell
from agent.cli.worker import Order
from agent.config import Config, placed
from agent.errors import AgentError, Misconfigured
from agent.home import WALLET
from agent.logs import note
from agent.porch import DOOR
from wallet.errors import Locked
from wallet.slots import Secret
from wallet.store import file

MOST: Final = 64
STARTED: Final = 60.0  # seconds in which a worker has to listen, where others wait for it
STEADY: Final = 10.0  # seconds after which one that dies is started again at once
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before one that died young is started again


async def serve(options: Namespace) -> int:
    """Run so many workers until SIGTERM or Ctrl-C. Raises Stopped."""
    home = Path(options.home)
    config = suitable(home, options.workers)
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, serving.unmoved)  # until there is anybody to tell
    secret = await opened(home, config, options)
    with ending({Locked: HELD}):
        held = [file.hold(home / name) for name in (WALLET, DOOR)]
    try:
        vacant(config.listen)
        office = Office(home, secret, options.workers, quiet=options.quiet)
        async with seen(office.hands, config.metrics):
            await office.run(listening(config, options.workers))
    finally:
        for each in held:
            os.close(each)
    return DONE


def suitable(home: Path, workers: int) -> Config:
    """The settings of an agent whose work several processes can do. Raises Misconfigured; Stopped if they cannot."""
    config = configs.read(home)
    if not 1 <= workers <= MOST:
        raise Stopped(f"--workers is {workers}; nothing was started", f"Give a number from 1 to {MOST}", MISUSED)
    why = ""
    if not config.store:
        why = "the wallet is a file, which one process alone can have open"
    elif config.kind != "org":
        why = "this is a person's agent, which is one process"
    elif config.mediates:
        why = "this agent is a mediator, which hands messages over within one process"
    if why:
        what = f"{why}; nothing was started"
        raise Stopped(what, "Leave out --workers, or see docs/how-to/run-on-postgresql.md", MISUSED)
    return config


async def opened(home: Path, config: Config, options: Namespace) -> Secret:
    """The secret that opens the wallet, which nobody else has open; what is to be sent is due. Raises Stopped."""
    store = unlocking.open_store(home, config)
    try:
        with ending({Locked: WRONG_SECRET}):
            secret = await unlocking.unlock(store, options)
        await store.hasten_outgoing(unix_now())
    finally:
        store.close()
    return secret


def vacant(place: str) -> None:
    """Raise Misconfigured if somebody listens there: workers would sit down beside another program that shares its
    place, too, and the system would deal out connections to both."""
    host, port = serving.host_and_port(place)
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as fault:
        raise Misconfigured(serving.taken(place, fault)) from fault


def listening(config: Config, workers: int) -> str:
    """The one line that says that they are there."""
    mode = " DEVELOPMENT MODE, this computer only." if config.development else ""
    where = f"{config.listen} for messages, on {config.api} for you"
    who, them = (f"The {workers} workers", "them") if workers > 1 else ("The one worker", "it")
    return f"{who} of {config.name} listen{'' if workers > 1 else 's'} on {where}.{mode} Stop {them} with Ctrl-C."


@dataclass
class Office:
    """The workers of one agent. hands: by number."""

    home: Path
    secret: Secret
    count: int
    quiet: bool = False
    hands: dict[int, Hand] = field(default_factory=dict)
    _ready: dict[int, asyncio.Event] = field(default_factory=dict)
    _rolling: "asyncio.Task[None] | None" = None
    _again: bool = False

    async def run(self, line: str) -> None:
        """Start them all, say so, and keep them until told to stop. Raises Stopped if one does not start."""
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        self._ready = {number: asyncio.Event() for number in range(self.count)}
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        loop.add_signal_handler(signal.SIGHUP, self.roll)
        keeping = [asyncio.create_task(self.keep(number)) for number in range(self.count)]
        stopping = asyncio.create_task(stop.wait())
        listening = asyncio.create_task(self.listen())
        try:
            await first_of(listening, stopping, *keeping)
            if listening.done():
                tell([line])
                await first_of(stopping, *keeping)
            for each in keeping:
                if each.done():
                    each.result()  # raises Stopped
        finally:
            listening.cancel()
            for task in (*keeping, stopping, *([self._rolling] if self._rolling else ())):
                task.cancel()
            await asyncio.gather(*keeping, return_exceptions=True)
            await asyncio.gather(*(end(each.process) for each in self.hands.values()))

    async def listen(self) -> None:
        """Return once all of them listen."""
        for each in self._ready.values():
            await each.wait()

    async def keep(self, number: int) -> None:
        """Have one worker, and another when it ends. Raises Stopped or OSError if the first does not even start."""
        first, pause = True, FIRST_PAUSE
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            try:
                hand = self.hands[number] = Hand(number, await self.start(number), self._ready[number])
                status = await hand.follow()
            except OSError as fault:  # there is no room for a process, say
                if first:
                    raise
                note("no worker can be started now", number=number, why=fault.strerror or type(fault).__name__)
                status = FAILED
            if first and not hand.listened:
                what = "a worker did not start; it said why above"
                raise Stopped(what, "Or look: freerange doctor", max(status, FAILED))
            first = False
            if status != DONE:
                pause = FIRST_PAUSE if clock() - began > STEADY else min(2 * pause, LONGEST_PAUSE)
                wait = 0.0 if clock() - began > STEADY else pause / 2
                note("a worker has ended, and is started again", number=number, status=status, seconds=wait)
                await asyncio.sleep(wait)

    async def start(self, number: int) -> Process:
        """A new process. The secret reaches it through a pipe."""
        source, known = str(Path(agent.__file__).parents[1]), os.environ.get("PYTHONPATH")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "agent.cli.worker", placed(self.home).loop),
            env={**os.environ, "PYTHONPATH": f"{source}{os.pathsep}{known}" if known else source},
            stdin=PIPE,
            stdout=PIPE,
            limit=MOST_LINE,
            start_new_session=True,  # Ctrl-C is for us, who tell them
        )
        assert process.stdin, "it is a pipe"
        process.stdin.write(msgspec.json.encode(self.order(number)) + b"\n")
        return process

    def order(self, number: int) -> Order:
        """What one of them is to do."""
        typed, kept = (self.secret, b"") if isinstance(self.secret, str) else ("", self.secret)
        return Order(
            home=str(self.home.absolute()),
            number=number,
            pid=os.getpid(),
            typed=typed,
            kept=kept,
            quiet=self.quiet,
        )

    def roll(self) -> None:
        """Start all of them anew, one after another (SIGHUP); if that goes on already, once more after it."""
        self._again = True
        if self._rolling is None or self._rolling.done():
            self._rolling = asyncio.get_running_loop().create_task(self.rolled())

    async def rolled(self) -> None:
        """Whoever has started may have read settings of before, so each is started anew. If none could be with what is
        set now, all of them stay."""
        while self._again:
            self._again = False
            try:
                serving.certificate(suitable(self.home, self.count), self.home)
            except (AgentError, Stopped) as fault:
                note("the workers stay as they are", why=str(fault))
                continue
            if await self.anew():
                note("all workers were started anew")

    async def anew(self) -> bool:
        """Each is told to end only once the one before it listens again. Returns whether all of them do."""
        for number, ready in self._ready.items():
            for told in (False, True):
                try:
                    async with asyncio.timeout(STARTED):
                        await ready.wait()
                except TimeoutError:
                    note("a worker does not start; the others stay as they are", number=number)
                    return False
                if not told:
                    ready.clear()
                    await end(self.hands[number].process)
        return True


async def first_of(*tasks: "asyncio.Task[Any]") -> None:
    """Return once one of them has ended."""
    ended = asyncio.Event()
    for task in tasks:
        task.add_done_callback(lambda _: ended.set())
    await ended.wait()
