"""Who of several does what: locks in the database, held for as long as one connection lasts.

Whoever is killed lets go of them, for his connection ends with him. What is asked for in one pass of the loop goes out
as one statement, in the order in which it was asked; what is given back before is given back before. What is given back
waits a little for a statement with which it can go.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from wallet.errors import WalletError
from wallet.store.server_session import FAULTS, Session, kept, spoken
from wallet.store.server_sql import Statement
from wallet.store.server_transaction import COMMITS

_ASK: Final = (
    "SELECT CASE WHEN taken THEN pg_try_advisory_lock(each) ELSE pg_advisory_unlock(each) END"
    " FROM unnest($1::bigint[], $2::boolean[]) WITH ORDINALITY AS v (each, taken, nth) ORDER BY nth"
)
GIVEN: Final = 0.005  # seconds in which what is given back is given back, about as long as whoever asks for it waits
_TELL: Final = Statement("SELECT pg_notify($1, $2)", ("channel", "word"))


class Locks:
    """connect: makes a connection for this tenant. turns: how often all that was held had to be let go of.

    hears: a channel, and who is told what is said in it; set it before anything is asked.
    """

    hears: tuple[str, Callable[[str], None]] | None = None

    def __init__(self, connect: Callable[[], Awaitable[Session]]) -> None:
        self._connect = connect
        self._session: Session | None = None
        self._asked: list[tuple[int, asyncio.Future[bool] | None]] = []
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._speaking = asyncio.Lock()
        self._closed = False
        self.turns = 0

    async def take(self, key: int) -> bool:
        """Whether this is ours from now on; False if somebody else has it. OSError if the database is away.

        Ask for none that is ours already. It is nobody's if whoever asks is cancelled meanwhile.
        """
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._ask(key, future)
        try:
            return await future
        except asyncio.CancelledError:
            if not future.cancelled() and future.exception() is None and future.result():  # it came just now
                self.give(key)
            raise

    def give(self, key: int) -> None:
        """Somebody else may have it now."""
        self._ask(key, None)

    async def look(self) -> int:
        """How often all writers together have committed. Raises OSError, after which nothing is held any more."""
        if self._timer is not None:
            await asyncio.wait([self._begin()])
        async with self._speaking:
            try:
                [(number,)] = await (await self._line()).arrays(COMMITS, ())
            except FAULTS as fault:
                self._lose()
                raise spoken(fault) from fault
        return int(number)

    async def tell(self, channel: str, word: str) -> None:
        """Say something to whoever hears a channel. Raises OSError."""
        async with self._speaking:
            try:
                await (await self._line()).fetch(_TELL, {"channel": channel, "word": word})
            except FAULTS as fault:
                self._lose()
                raise spoken(fault) from fault

    def _ask(self, key: int, future: "asyncio.Future[bool] | None") -> None:
        self._asked.append((key, future))
        if self._task is not None:
            return
        if future is not None:
            self._begin()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GIVEN, self._begin)

    def _begin(self) -> "asyncio.Task[None]":
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._task = asyncio.get_running_loop().create_task(self._serve())
        return self._task

    async def _serve(self) -> None:
        while True:
            asked, self._asked = self._asked, []
            async with self._speaking:
                try:
                    await self._answer(asked)
                except (*FAULTS, WalletError) as fault:
                    self._lose()
                    for _, future in asked:
                        if future is not None and not future.done():
                            future.set_exception(spoken(fault))
            if all(future is None for _, future in self._asked):
                break
        self._task = None
        if self._asked:
            self._timer = asyncio.get_running_loop().call_later(GIVEN, self._begin)

    async def _answer(self, asked: "list[tuple[int, asyncio.Future[bool] | None]]") -> None:
        """All of it at once, in the order of the questions."""
        if self._session is None or self._session.lost:  # with the line, all was let go of
            asked = [(key, future) for key, future in asked if future is not None]
        if not asked:
            return
        session = await self._line()
        rows = await session.arrays(_ASK, ([key for key, _ in asked], [future is not None for _, future in asked]))
        for (key, future), (held,) in zip(asked, rows, strict=True):
            if future is None:
                continue
            if not future.done():
                future.set_result(bool(held))
            elif held:  # whoever asked has gone
                self.give(key)

    async def _line(self) -> Session:
        if self._session is not None and self._session.lost:
            self._lose()
        if self._session is None:
            self._session = await self._called()
        return self._session

    async def _called(self) -> Session:
        """A new line, over which we hear what we are told."""
        if self._closed:
            raise OSError("the wallet is closed")
        session = await self._connect()
        with kept(session):
            if self.hears is not None:
                await session.hear(*self.hears)
            if self._closed:
                raise OSError("the wallet was closed")
        return session

    def _lose(self) -> None:
        if self._session is not None:
            self._session.drop()
            self._session = None
            self.turns += 1

    async def finish(self) -> None:
        """Let go of everything. Once this is done, others may have it."""
        self._closed = True
        session, self._session = self._session, None
        if session is not None:
            self.turns += 1
            await session.close()

    def close(self) -> None:
        """Let go of everything, soon."""
        self._closed = True
        self._lose()
