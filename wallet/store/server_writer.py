"""Group commit on a server: one connection writes what waits, in one transaction, and answers after its commit.

Changes of different relationships touch different rows, so they are carried out side by side; whatever may touch what
others touch too is carried out by itself, in its place. A commit whose answer is lost is told as an error: whoever
asked may ask again, for a change that was written is recognised by its guards.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from wallet.errors import Locked
from wallet.store.apply import apply
from wallet.store.change import Change
from wallet.store.server_queue import LINE, line_up, shared
from wallet.store.server_session import CONTENDED, FAULTS, UNDONE, Session, spoken
from wallet.store.server_writing import Entangled, Mistaken, Piece, Writing, carry_out
from wallet.store.transaction import Transaction
from wallet.store.writer import Job, Undone, Writer
from wallet.vault import Vault

T = TypeVar("T")
TRIES: Final = 5  # of one change, or one transaction, that others stood in the way of
PAUSE: Final = 0.02  # seconds until a transaction that was undone is repeated; longer every time
PAUSES: Final = (0.02, 0.05, 0.1, 0.2, 0.5)  # seconds, while the wallet is still held
LAST: Final = 2.0  # seconds that a commit gets when all is closed
SOBER: Final = 64  # commits in a row, at most, that take nothing for granted after that went wrong
TALLY: Final = (
    f"{LINE}; PREPARE tally (bigint) AS INSERT INTO commits (writer, number) VALUES ($1, 1)"
    " ON CONFLICT (tenant, writer) DO UPDATE SET number = commits.number + 1"
)
"""What a connection of one of several writers begins with: standing in line goes out with what begins a transaction,
counting commits with what ends it, and each is planned once."""


@dataclass(slots=True)
class Hope:
    """Whether the next commit takes its guards for granted: not for some commits after that went wrong, twice as many
    every time. A commit that was mistaken costs twice as much, and where much is heard again most would be."""

    sober: int = 0
    lesson: int = 0

    def taken(self) -> bool:
        """Whether to hope; call it once for each commit."""
        hopes = self.sober == 0
        self.sober -= not hopes
        return hopes

    def learn(self, mistaken: bool) -> None:
        """What became of a commit that hoped."""
        self.lesson = min(SOBER, 2 * self.lesson + 1) if mistaken else self.lesson // 2
        self.sober = self.lesson if mistaken else 0


class ServerWriter(Writer):
    """connect: makes a connection that may write. writer: which of several writers this is; None: there is no other.

    commits: how many there were. Several writers count theirs in the database, too.
    """

    def __init__(
        self, vault: Vault, session: Session, connect: Callable[[], Awaitable[Session]], writer: int | None
    ) -> None:
        super().__init__()
        self._vault, self._connect = vault, connect
        self._session: Session | None = session
        self._finish = "COMMIT" if writer is None else f"EXECUTE tally ({writer}); COMMIT"
        self.alone_writes = writer is None
        self.commits = 0
        self._hope = Hope()
        self._task: asyncio.Task[None] | None = None

    async def alone(self, work: Callable[[Transaction], T]) -> T:
        """Do some writing by itself, before anything else is written. `work` is called once."""
        job = Job(work, asyncio.get_running_loop().create_future())
        try:
            session = await self._begun()
            await self._carefully(session, job)
            await session.execute(self._finish if job.fault is None else "ROLLBACK")
        except FAULTS as fault:
            self._let_go()
            raise spoken(fault) from fault
        if job.fault is not None:
            raise job.fault
        return job.result  # type: ignore[return-value]  # a job does not tell what its work returns

    async def finish(self) -> None:
        """Finish what is being written, refuse what waits, let go of the connection."""
        self._closed = True
        self._refuse()
        if self._task is not None:
            _, slow = await asyncio.wait([self._task], timeout=LAST)
            if slow:
                self._let_go()
                self._task.cancel()  # it may be calling a server that does not answer
                await asyncio.wait(slow)
        # failpoint: server.before-close
        if self._session is not None:
            await self._session.close()
            self._session = None
            # failpoint: server.after-close

    def close(self) -> None:
        """Refuse what waits, and let go of the connection at once: what is being written may or may not be."""
        self._closed = True
        self._refuse()
        self._let_go()

    def _begin(self, batch: list[Job], loop: asyncio.AbstractEventLoop) -> None:
        self._task = loop.create_task(self._commit(batch, loop))

    async def _commit(self, batch: list[Job], loop: asyncio.AbstractEventLoop) -> None:
        said: Exception | None = None
        try:
            await self._write(batch)
        except Exception as fault:  # noqa: BLE001 - whatever it is, nobody is to wait for ever
            said = spoken(fault) if isinstance(fault, FAULTS) else fault
        except asyncio.CancelledError:
            if not self._closed:
                raise
            said = OSError("the wallet was closed")
        if said is not None:
            for job in batch:
                job.result, job.fault = None, said
            self._let_go()
        self._done(batch, loop)

    async def _write(self, batch: list[Job]) -> None:
        """Write a batch: first as if nothing were in the way of any change, then as one that waits to hear whether its
        guards hold, then with care; and all of it again if the database undoes it because of what others write."""
        hopes = self._hope.taken()
        for tried in range(TRIES):
            try:
                if await self._attempt(batch, hopes=hopes and tried == 0, careful=tried > hopes):
                    return
            except UNDONE:
                if tried == TRIES - 1:
                    raise
                await (await self._open()).execute("ROLLBACK")
                await asyncio.sleep(PAUSE * (1 + tried))

    def _let_go(self) -> None:
        """Hang up: whatever stands open on the other side is undone there."""
        if self._session is not None:
            self._session.drop()
            self._session = None

    async def _open(self) -> Session:
        if self._session is None or self._session.lost:
            self._session = None
            self._session = await patiently(self._connect, lambda: self._closed)
        return self._session

    async def _begun(self, begin: str = "BEGIN") -> Session:
        """A connection with a transaction. begin: what begins it.

        A line that broke while nobody used it is replaced: asyncpg notices at the next statement, which says that
        "another operation is in progress" if the server's last words came before.
        """
        session = await self._open()
        try:
            await session.execute(begin)
        except FAULTS:
            if self._closed or not session.lost:
                raise
            self._let_go()
            session = await self._open()
            await session.execute(begin)
        return session

    async def _attempt(self, batch: list[Job], *, hopes: bool, careful: bool) -> bool:
        """Write a batch. Returns False, having written nothing, if a change failed and nobody was careful."""
        several = not self.alone_writes
        session = await self._begun(line_up(self._vault, (job.work for job in batch)) if several else "BEGIN")
        # failpoint: server.begun
        if careful:
            for job in batch:
                await self._carefully(session, job)
        elif not await self._together(session, batch, hopes):
            await session.execute("ROLLBACK")
            return False
        # failpoint: server.before-commit
        try:
            await session.execute(self._finish)
        finally:
            self.commits += 1  # where the answer is lost, too: it may be written
        # failpoint: server.after-commit
        return True

    async def _together(self, session: Session, batch: list[Job], hopes: bool) -> bool:
        """Write a batch, as much of it side by side as may be. Returns False as soon as a change has failed."""
        hoped = False
        for jobs in rounds(batch):
            pieces = [Piece(job.work, Writing(self._vault, hopes=hopes)) for job in jobs]
            try:
                await carry_out(session, pieces, FAULTS)
            except Mistaken:
                self._hope.learn(mistaken=True)
                return False
            except (Entangled, *FAULTS) as fault:
                if session.spent(fault):
                    raise spoken(fault) from fault
                return False
            for job, piece in zip(jobs, pieces, strict=True):
                if piece.fault is not None:
                    return False
                job.result, job.fault = piece.result, None
            hoped = hoped or any(piece.tx.hoped for piece in pieces)
        if hoped:
            self._hope.learn(mistaken=False)
        return True

    async def _carefully(self, session: Session, job: Job) -> None:
        """Write one change, or nothing of it."""
        for left in reversed(range(TRIES)):
            piece = Piece(job.work, Writing(self._vault))
            await session.execute("SAVEPOINT change")
            try:
                await carry_out(session, [piece], FAULTS)
            except FAULTS as refused:
                piece.fault = refused
            if session.spent(piece.fault):
                raise spoken(piece.fault or OSError("the connection to the database is lost"))
            if isinstance(piece.fault, UNDONE):
                raise piece.fault
            if piece.fault is None:
                job.result, job.fault = piece.result, None
                await session.execute("RELEASE change")
                return
            await session.execute("ROLLBACK TO change; RELEASE change")
            job.result, job.fault = _became(piece.fault)
            if not (isinstance(piece.fault, CONTENDED) and left):
                return


async def patiently(connect: Callable[[], Awaitable[Session]], hurried: Callable[[], bool]) -> Session:
    """A new connection that holds the wallet. The server may not have noticed yet that the one before has gone, which
    held it: ours, or that of an agent that was killed. Raises Locked once it is clear that somebody has it."""
    for pause in PAUSES:
        try:
            return await connect()
        except Locked:
            if hurried():
                raise
            await asyncio.sleep(pause)
    return await connect()


def _became(fault: Exception) -> tuple[object, Exception | None]:
    """The result and the fault of a change of which nothing was written."""
    if isinstance(fault, Undone):
        return fault.result, None
    of_database = isinstance(fault, FAULTS) and not isinstance(fault, OSError)  # such a one would be the work's own
    return None, spoken(fault) if of_database else fault


def rounds(batch: list[Job]) -> Iterator[list[Job]]:
    """A batch in parts, one after the other; what is in one part may be carried out side by side."""
    sides: list[list[Job]] = []
    last: dict[str, int] = {}
    for job in batch:
        peer = _apart(job.work)
        if peer is None:
            yield from sides
            sides, last = [], {}
            yield [job]
            continue
        place = last[peer] = last.get(peer, -1) + 1
        if place == len(sides):
            sides.append([])
        sides[place].append(job)
    yield from sides


def _apart(work: object) -> str | None:
    """The relationship whose rows alone a piece of work touches, or None if it may touch others."""
    if not isinstance(work, partial) or work.func is not apply:
        return None
    change: Change = work.keywords["change"]
    return None if shared(change) else change.peer
