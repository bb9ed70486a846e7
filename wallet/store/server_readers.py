"""A few connections to read by. What several tasks ask at the same time is asked in one statement.

A query is sent in the next pass of the loop; whatever else was asked until then in the same words goes with it, as one
query over many rows. So each sees what was committed before it was asked, and sixty tasks cost little more than one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeAlias

from wallet.errors import Locked
from wallet.store.server_session import FAULTS, Session, spoken
from wallet.store.server_sql import translated
from wallet.store.transaction import Columns, Value

READERS: Final = 8
MOST: Final = 128  # queries in one statement
LAST: Final = 1.0  # seconds that queries under way get when all is closed
Values: TypeAlias = dict[str, Value]
Rows: TypeAlias = list[Columns]


class Readers:
    """connect: makes a connection for this tenant."""

    def __init__(self, tenant: int, connect: Callable[[], Awaitable[Session]]) -> None:
        self._tenant, self._connect = tenant, connect
        self._idle: list[Session] = []
        self._room = asyncio.Semaphore(READERS)
        self._closed = False
        self._asked: dict[str, list[tuple[Values, asyncio.Future[Rows]]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def ask(self, sql: str, values: Values) -> "asyncio.Future[Rows]":
        """The rows of a subject's query, soon. Await it; OSError if the database cannot be reached."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Rows] = loop.create_future()
        if not self._asked:
            loop.call_soon(self._send, loop)
        self._asked.setdefault(sql, []).append((values, future))
        return future

    def _send(self, loop: asyncio.AbstractEventLoop) -> None:
        asked, self._asked = self._asked, {}
        for sql, group in asked.items():
            for start in range(0, len(group), MOST):
                task = loop.create_task(self._answer(sql, group[start : start + MOST]))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _answer(self, sql: str, group: "Sequence[tuple[Values, asyncio.Future[Rows]]]") -> None:
        try:
            found = await self._found(sql, [values for values, _ in group])
        except (Exception, asyncio.CancelledError) as fault:  # noqa: BLE001 - whatever it is, nobody is to wait for ever
            ended = isinstance(fault, asyncio.CancelledError)
            said = Locked("the wallet was closed; nothing was read") if ended else fault
            for _, future in group:
                if not future.done():
                    future.set_exception(said)
            return
        for (_, future), rows in zip(group, found, strict=True):
            if not future.done():  # whoever asked has gone
                future.set_result(rows)

    async def _found(self, sql: str, asked: list[Values]) -> list[Rows]:
        """The rows of each. A line that turns out to be of no use is replaced, once."""
        async with self._room:
            for last in (False, True):
                session = await (self._connect() if last else self._taken())
                try:
                    found = await _read(session, sql, asked)
                except FAULTS as fault:
                    if not session.spent(fault):
                        self._give(session)
                        raise spoken(fault) from fault
                    session.drop()
                    if last or isinstance(fault, TimeoutError):
                        raise spoken(fault) from fault
                    self._hang_up()  # it is likely to be so with the others
                    continue
                except BaseException:  # nobody waits any more, perhaps in the middle of the answer
                    session.drop()
                    raise
                self._give(session)
                return found
        raise AssertionError("the second attempt returned or raised")

    async def _taken(self) -> Session:
        while self._idle:
            session = self._idle.pop()
            if not session.lost and session.tenant == self._tenant:
                return session
            session.drop()
        return await self._connect()

    def _give(self, session: Session) -> None:
        if session.lost or self._closed:
            session.drop()
        else:
            self._idle.append(session)

    async def close(self) -> None:
        """Answer what is asked, and say good-bye on every line."""
        self._closed = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LAST)
        for task in tuple(self._tasks):
            task.cancel()
        idle, self._idle = self._idle, []
        await asyncio.gather(*(session.close() for session in idle))

    def drop(self) -> None:
        """Hang up on every line at once."""
        self._closed = True
        self._hang_up()

    def _hang_up(self) -> None:
        for session in self._idle:
            session.drop()
        self._idle.clear()


async def _read(session: Session, sql: str, asked: list[Values]) -> list[Rows]:
    form = await session.bulk(sql) if len(asked) > 1 else None
    if form is None:
        statement = translated(sql)
        return [_rows(await session.fetch(statement, values)) for values in asked]
    found: list[Rows] = [[] for _ in asked]
    arrays = [[values[name] for values in asked] for name in form.names]
    for nth, *columns in await session.arrays(form.sql, arrays):
        found[nth - 1].append(tuple(columns))
    return found


def _rows(found: list[Any]) -> Rows:
    return [tuple(row) for row in found]
