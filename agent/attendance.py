"""To whom which of several workers has a live line: what one says goes to whoever's line the peer is on.

A peer without an address is reached on a connection that it opened, and that is one worker's. Whoever else has
something to say to it leaves it in the store, due, and tells that worker.
"""

import asyncio
from functools import partial
from typing import Final

from agent.agent import Agent
from agent.logs import note
from agent.turns import Turn
from wallet.errors import WalletError
from wallet.keys import new_id
from wallet.store import lines
from wallet.store.lines import Look

PATIENCE: Final = 5.0  # seconds; nobody else has this worker's own name


class Attendance:
    """One worker's lines, and a look at the others'."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self._turn = Turn(agent.store, f"worker {new_id()}")
        self.number = agent.store.number(self._turn.what)
        self._here: dict[str, str] = {}  # by their blind names in hexadecimal, as they are told
        self._fresh: dict[str, None] = {}
        self._task: asyncio.Task[None] | None = None
        agent.ways.told = self.come
        agent.store.hear(self.number, self.called)

    def look_at(self, peer: str) -> Look:
        """What others have to do with this peer; what is remembered of it is as it is stored, then."""
        found = self.agent.store.read(partial(lines.look, peer=peer, worker=self.number))
        self.agent.confirm(peer, found.version)
        return found

    async def tell(self, worker: int, peer: str) -> None:
        """Something is left for that worker to say to this peer. Raises OSError."""
        await self.agent.store.tell(worker, self.agent.store.called(peer))

    def called(self, name: str) -> None:
        """Somebody has left something for a peer to whom we have a line, or had one."""
        if (peer := self._here.get(name)) is not None:
            self.agent.outbox.call(peer)

    def come(self, peer: str) -> None:
        """There is a line to this peer."""
        self._here[self.agent.store.called(peer)] = peer
        self._fresh[peer] = None
        self._write_soon()

    def _write_soon(self) -> None:
        if self._fresh and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._write())

    async def _write(self) -> None:
        while fresh := self._fresh:
            self._fresh = {}
            works = (partial(lines.come, peer=each, worker=self.number, since=self.agent.now()) for each in fresh)
            try:
                await asyncio.gather(*map(self.agent.store.write, works))
            except (OSError, WalletError) as fault:
                note("others are told later whose line is here", error=type(fault).__name__)
                self._fresh = fresh | self._fresh
                return

    async def look(self) -> None:
        """Be known to live, and by whom; forget whose line is gone. Raises OSError, WalletError."""
        if not self._turn.ours:
            await self._turn.take(PATIENCE)
            for peer in self._here.values():
                self.come(peer)
        self._write_soon()  # what could not be written
        gone = {name: peer for name, peer in self._here.items() if not self.agent.ways.all(peer)}
        for name in gone:
            del self._here[name]
        try:
            if gone:
                await self.agent.store.write(partial(lines.gone, peers=tuple(gone.values()), worker=self.number))
        except BaseException:
            self._here = gone | self._here  # others believe still that they are here
            raise

    async def sweep(self) -> None:
        """Forget the lines of those who were killed. Raises OSError, WalletError."""
        await self.agent.store.write(lines.sweep)
