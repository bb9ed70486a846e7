"""One worker, as whoever looks after it sees it: a process that says that it lives, and ends."""

import asyncio
from asyncio.subprocess import Process
from contextlib import suppress
from typing import Final

import msgspec

from agent.cli.told import Question, Told, line
from agent.logs import note

SILENT: Final = 60.0  # seconds without a sign of life after which one hangs; until the first it has to listen
ANSWERED: Final = 8.0  # seconds in which it has to say how it does; Prometheus waits for ten
STOPPED: Final = 10.0  # seconds in which one has to end, from when it is told to


class Hand:
    """See the module. number: which of them it is. ready: set while it listens; listened: it did."""

    def __init__(self, number: int, process: Process, ready: asyncio.Event, silent: float = SILENT) -> None:
        self.number, self.process, self.ready, self.silent = number, process, ready, silent
        self.listened = False
        self._asked: dict[int, asyncio.Future[Told | None]] = {}
        self._questions = 0

    async def follow(self) -> int:
        """Hear what it says until it ends; end it if it hangs. Returns its exit status."""
        try:
            while said := await self._line():
                told = msgspec.json.decode(said, type=Told)
                if told.listens:
                    self.listened = True
                    self.ready.set()
                if (asked := self._asked.get(told.number)) is not None and not asked.done():
                    asked.set_result(told)
        except (TimeoutError, ValueError) as fault:  # msgspec's are a ValueError
            note("a worker hangs, and is ended", number=self.number, why=type(fault).__name__)
            kill(self.process)
        self.ready.clear()
        for each in self._asked.values():
            if not each.done():
                each.set_result(None)
        return await ended(self.process)

    async def _line(self) -> bytes:
        """The next thing it says; nothing once it has ended. Raises TimeoutError if it is silent for long: twice half
        as long, for it may be this process that was held still, and what was said meanwhile is still to be read."""
        assert self.process.stdout, "it is a pipe"
        with suppress(TimeoutError):
            async with asyncio.timeout(self.silent / 2):
                return await self.process.stdout.readline()
        async with asyncio.timeout(self.silent / 2):
            return await self.process.stdout.readline()

    async def ask(self, *, metrics: bool) -> Told | None:
        """How it does; None if it does not say so in time."""
        if not self.ready.is_set():
            return None
        assert self.process.stdin, "it is a pipe"
        self._questions += 1
        number = self._questions
        asked: asyncio.Future[Told | None] = asyncio.get_running_loop().create_future()
        self._asked[number] = asked
        self.process.stdin.write(line(Question(number, metrics)))
        try:
            async with asyncio.timeout(ANSWERED):
                return await asked
        except TimeoutError:
            return None
        finally:
            del self._asked[number]


def kill(process: Process) -> None:
    """End it at once."""
    with suppress(ProcessLookupError):  # it was quicker
        process.kill()


async def end(process: Process) -> int:
    """Let a worker finish what it is doing, and then end; if it takes too long, at once. Returns its exit status."""
    with suppress(ProcessLookupError):
        process.terminate()
    return await ended(process)


async def ended(process: Process) -> int:
    """The exit status of one that is about to end; if it takes too long, it is ended."""
    try:
        async with asyncio.timeout(STOPPED - 1):
            return await process.wait()
    except TimeoutError:
        kill(process)
        return await process.wait()
