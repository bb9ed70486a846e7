"""One of several processes that do the work of one agent: `python -m agent.cli.worker LOOP`, started by workers.py.

What it is to do comes as one line on its standard input, the owner's secret with it, which so is never in the command
line or the environment; then come questions (see told.py). It ends when it is told to (SIGTERM), when that input ends,
for then nobody looks after it, or when a part of it does, for then whoever follows it has all of them.
"""

import asyncio
import faulthandler
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from agent import home as homes
from agent import lag, logs, resending, serving, telemetry
from agent.agent import Agent
from agent.cli.exits import DONE, FAILED, FAULTS, stopped
from agent.cli.loops import maker
from agent.cli.memory import no_core_dumps, unseen
from agent.cli.told import LIVES, Question, Told, line
from agent.desk import Desk
from agent.errors import Misconfigured
from agent.logs import note
from agent.outbox import Outbox
from agent.transports.http import Listener
from agent.web.monitor import Monitor
from agent.web.readiness import Lookout
from wallet.store import waiting

HANGS: Final = 50.0  # seconds, less than whoever looks after it is patient
Say = Callable[[Told], None]


class Order(msgspec.Struct, frozen=True):
    """What a worker is to do. typed, kept: the secret, as a passphrase or from a key file. number: which one it is,
    from 0. pid: who started it."""

    home: str
    number: int
    pid: int
    typed: str = ""
    kept: bytes = b""
    quiet: bool = False


@dataclass
class Worker:
    """What runs in this process."""

    agent: Agent
    listener: Listener
    monitor: Monitor
    desk: Desk
    tasks: tuple[asyncio.Task[None], ...]

    async def stop(self) -> None:
        """Leave the desk, finish what is under way, then close everything."""
        self.agent.stopping = True
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.listener.stop()
        await serving.close(self.agent)


async def begin(order: Order) -> Worker:
    """Open the wallet beside the others, and listen. Raises what opening it raises, and Misconfigured."""
    home = Path(order.home)
    agent = await homes.open_agent(home, order.typed or order.kept, alone=False)
    agent.quarantine.worker = f".{order.number}"
    try:
        await resending.take_up(agent.store, agent.now())  # whoever was here before may not have sent all it was to
        listener, monitor = serving.listener_of(agent, home), Monitor(agent, Lookout(agent))
        await agent.outbox.begin()
        desk = Desk(agent, home, order.pid)
        if isinstance(agent.outbox, Outbox):
            agent.outbox.attendance = desk.attendance
        await listen(listener, agent.config.listen)
    except BaseException:
        await serving.close(agent)
        raise
    work = (desk.run(), lag.run(agent), monitor.lookout.run())
    return Worker(agent, listener, monitor, desk, tuple(asyncio.create_task(each) for each in work))


async def listen(listener: Listener, place: str) -> None:
    """Take messages where all do. Raises Misconfigured."""
    try:
        await listener.start(*serving.host_and_port(place))
    except OSError as fault:
        raise Misconfigured(serving.taken(place, fault)) from fault


async def work(read: asyncio.StreamReader, say: Say) -> int:
    """Do what is ordered until told to stop. Returns the exit status."""
    order = msgspec.json.decode(await read.readline(), type=Order)
    if not order.quiet:
        logs.start()
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, serving.unmoved)  # it is for whoever started us
    worker = await begin(order)
    parts = (*worker.tasks, asyncio.create_task(asked(read, say, worker.monitor)), asyncio.create_task(lives(say)))
    for part in parts:
        part.add_done_callback(lambda _: stop.set())
    with telemetry.exported(os.environ):
        serving.settle()
        say(Told(listens=True))
        await stop.wait()
        broken = [task.exception() for task in worker.tasks if task.done()]
        for fault in broken:
            note("a part of a worker has ended, and so it does", error=type(fault).__name__)
        await worker.stop()
    return FAILED if broken else DONE


async def lives(say: Say) -> None:
    """Say so, for as long as this process has its turns. When it has none for long it says where it is, and ends, for
    there may be nobody to end it."""
    try:
        while True:
            faulthandler.dump_traceback_later(HANGS, exit=True)
            say(Told())
            await asyncio.sleep(LIVES)
    finally:
        faulthandler.cancel_dump_traceback_later()


async def asked(read: asyncio.StreamReader, say: Say, monitor: Monitor) -> None:
    """Answer whoever looks after this process, until nobody does. No question waits for another."""
    answering = set[asyncio.Task[None]]()
    while question := await read.readline():
        task = asyncio.create_task(answer(msgspec.json.decode(question, type=Question), say, monitor))
        answering.add(task)
        task.add_done_callback(answering.discard)


async def answer(question: Question, say: Say, monitor: Monitor) -> None:
    """How this worker does."""
    checks = await monitor.checks()
    say(Told(number=question.number, checks=checks, metrics=await monitor.metrics() if question.metrics else b""))


async def main() -> int:
    """Returns the exit status; what went wrong is said on standard error."""
    no_core_dumps()
    unseen()
    read, loop = asyncio.StreamReader(), asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(read), sys.stdin)
    out, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, sys.stdout)
    try:
        return await work(read, lambda told: out.write(line(told)))
    except FAULTS as fault:
        end = stopped(fault)
        print(f"freerange: a worker ended: {end.what.rstrip('.')}. {end.next}".rstrip(), file=sys.stderr)
        return end.code


if __name__ == "__main__":
    sys.exit(waiting.run(main(), loop_factory=maker(sys.argv[1])))
