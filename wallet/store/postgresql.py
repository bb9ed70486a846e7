"""The store in a PostgreSQL database, which many wallets share: reads wait as `waiting` does, writes by group commit.

A tenant is one wallet. Every connection is made for one, and the database shows it no other's rows. A store belongs to
the event loop in which it was opened, and is used in tasks that may wait.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from wallet.errors import Corrupt, Locked, NotFound, Unsupported
from wallet.store import marks, meta, waiting
from wallet.store.server_locks import Locks
from wallet.store.server_readers import Readers
from wallet.store.server_schema import MIGRATIONS
from wallet.store.server_session import AS_IT_IS, AT_LENGTH, FAULTS, Session, connect, kept, spoken
from wallet.store.server_sql import Statement
from wallet.store.server_transaction import Reading, Snapshot
from wallet.store.server_writer import TALLY, ServerWriter, patiently
from wallet.store.store import Store, begin
from wallet.store.transaction import Transaction
from wallet.store.transfer.tables import check_here
from wallet.vault import Vault
from wallet.version import PROGRAM

HOLD: Final = 0x46524547  # "FREG": under this number, and the tenant's, the agent that runs holds the wallet
CHANGE: Final = f"SELECT pg_advisory_xact_lock({HOLD}, 0)"  # likewise whoever brings the tables up to date
_HEADER: Final = Statement("SELECT name, value FROM meta WHERE name IN ('header', 'header-digest')", ())
_MARKS: Final = Statement("SELECT name, value FROM meta WHERE name IN ('moved', 'arriving')", ())
HERE: Final = Path("wallet.db")


class ServerStore(Store):
    """An open wallet in a database. Made by `open` or `create`."""

    _writer: ServerWriter
    beside = -1  # a file that is let go of when this is closed

    def __init__(
        self, address: tuple[str, str], path: Path, vault: Vault, readers: Readers, writer: ServerWriter
    ) -> None:
        self.path, self.vault = path, vault
        self._address = address
        self._readers, self._writer = readers, writer
        self._read = Reading(readers, vault, (lambda: writer.commits) if writer.alone_writes else None)
        self._locks: Locks | None = None
        self._open = True

    @property
    def turns(self) -> int:
        """How often all that was taken was lost."""
        return self._locks.turns if self._locks is not None else 0

    async def take(self, what: str) -> bool:
        """See `Store.take`."""
        return await self._locks.take(self.number(what)) if self._locks is not None else True

    def give(self, what: str) -> None:
        """See `Store.give`."""
        if self._locks is not None:
            self._locks.give(self.number(what))

    async def look(self) -> int:
        """See `Store.look`."""
        return await self._locks.look() if self._locks is not None else await super().look()

    def hear(self, number: int, heard: Callable[[str], None]) -> None:
        """See `Store.hear`."""
        if self._locks is not None:
            self._locks.hears = channel(number), heard

    async def tell(self, number: int, word: str) -> None:
        """See `Store.tell`."""
        if self._locks is not None:
            await self._locks.tell(channel(number), word)

    def snapshot(self) -> AbstractContextManager[Transaction]:
        """The wallet as it is now, whole: in a task that may wait, or in a thread without a loop."""
        return snapshot(*self._address, self.vault)

    def close(self) -> None:
        """Finish what is being written, lock, and let go of the wallet. Closing again does nothing.

        Where nothing can wait, the lines are hung up at once, and what is being written may or may not be.
        """
        if not self._open:
            return
        self._open = False
        try:
            with suppress(RuntimeError):  # not in a task of the loop
                waiting.wait(self._close())
        finally:  # whoever closes it may be cancelled
            self._writer.close()
            self._readers.drop()
            if self._locks is not None:
                self._locks.close()
            self.vault.lock()
            if self.beside >= 0:
                os.close(self.beside)
                self.beside = -1

    async def _close(self) -> None:
        await asyncio.gather(self._writer.finish(), self._readers.close())
        if self._locks is not None:  # whoever takes what was ours goes on from what we have written
            await self._locks.finish()


def open(url: str, tenant: str, *, path: Path = HERE, alone: bool = True) -> ServerStore:
    """The wallet of a tenant, sealed: call `unlock` next.

    path: beside which its agent keeps what is its own. alone: no other agent may have it open; else only those may that
    are not alone either. Raises NotFound; Untrusted if the role may see other tenants' rows; Locked if another agent
    has it open; Unsupported if a newer program made the tables; Corrupt; OSError if the database cannot be reached.
    """
    return waiting.wait(_open(url, tenant, path, alone))


def create(
    url: str,
    tenant: str,
    vault: Vault,
    fill: Callable[[Transaction], None] | None = None,
    *,
    path: Path = HERE,
    alone: bool = True,
) -> ServerStore:
    """A new wallet sealed by an open vault, empty but for what `fill` writes, which is one transaction with it.

    Raises FileExistsError if the tenant has one, and as `open` does; whatever `fill` raises leaves none.
    """
    return waiting.wait(_create(url, tenant, vault, fill, path, alone))


async def _open(url: str, tenant: str, path: Path, alone: bool) -> ServerStore:
    number = await prepare(url, tenant)
    if number is None:
        raise _nobody(tenant)
    session = await patiently(partial(_writing, url, tenant, number, alone), lambda: False)
    with kept(session):
        vault = Vault(await _header(session, tenant))
    return _assembled(url, tenant, path, vault, session, alone)


async def _create(
    url: str, tenant: str, vault: Vault, fill: Callable[[Transaction], None] | None, path: Path, alone: bool
) -> ServerStore:
    number = await prepare(url, tenant, new=True)
    assert number is not None, "it was added if it was not there"
    session = await patiently(partial(_writing, url, tenant, number, alone), lambda: False)
    store = _assembled(url, tenant, path, vault, session, alone)
    try:
        await store._writer.alone(partial(_begin, tenant=tenant, fill=fill))
        marks.load(store._read)
    except BaseException:
        store._writer.close()
        store._readers.drop()
        raise
    return store


def _begin(tx: Transaction, *, tenant: str, fill: Callable[[Transaction], None] | None) -> None:
    if meta.read(tx, name="header") is not None:
        raise FileExistsError(f"tenant {tenant!r} has a wallet already; nothing was changed. Name another one.")
    begin(tx, fill)


def _assembled(url: str, tenant: str, path: Path, vault: Vault, session: Session, alone: bool) -> ServerStore:
    number = session.tenant
    writing = partial(_writing, url, tenant, number, alone)
    reading = partial(connect, url, name=tenant, tenant=number, writes=False)
    writer = ServerWriter(vault, session, writing, None if alone else session.process)
    store = ServerStore((url, tenant), path, vault, Readers(number, reading), writer)
    if not alone:
        store.shared = True
        store._locks = Locks(reading)
    return store


async def _writing(url: str, tenant: str, number: int, alone: bool) -> Session:
    """A connection that may write to a wallet, which is here: while there was none, it may have been moved away."""
    session = await _holding(url, tenant, number, alone)
    with kept(session):
        found = {str(row[0]): row[1] for row in await session.fetch(_MARKS, {})}
        check_here(found.get("moved"), found.get("arriving"), f"the wallet of {tenant!r}")
        if not alone:
            await session.execute(TALLY)
    return session


async def _holding(url: str, tenant: str, number: int, alone: bool) -> Session:
    """A connection that has the hold on a wallet, as long as it lasts. Without the hold nothing is written.

    Only whoever has it can tell whether the tenant is still there: its number is never given again.
    """
    session = await connect(url, name=tenant, tenant=number, writes=True)
    hold = "pg_try_advisory_lock" if alone else "pg_try_advisory_lock_shared"
    with kept(session):
        [(held,)] = await session.fetch(Statement(f"SELECT {hold}({HOLD}, {number})", ()), {})
        if not held:
            raise Locked(f"another agent has the wallet of {tenant!r} open; nothing was changed. Stop it first.")
        if not await session.fetch(Statement("SELECT 1 FROM tenant WHERE id = $1", ("id",)), {"id": number}):
            raise _nobody(tenant)
    return session


@asynccontextmanager
async def held(url: str, tenant: str, number: int) -> AsyncIterator[Session]:
    """A connection to the rows of one tenant, for as long as no agent may have the wallet open.

    number: the tenant's, as `prepare` gives it. Raises Locked if an agent has it, and as `connect` does.
    """
    session = await _holding(url, tenant, number, alone=True)
    try:
        yield session
    finally:
        await session.close()


async def _header(session: Session, tenant: str) -> bytes:
    """The vault's header. Raises NotFound if there is no wallet, Corrupt."""
    found = {str(row[0]): row[1] for row in await session.fetch(_HEADER, {})}
    header, digest = found.get("header"), found.get("header-digest")
    if header is None and digest is None:
        raise _nobody(tenant)
    if not isinstance(header, bytes) or digest not in (None, sha256(header).digest()):
        raise Corrupt(f"the header of the wallet of {tenant!r} is damaged or gone. Restore it from a back-up.")
    return header


def _nobody(tenant: str) -> NotFound:
    return NotFound(f"the database has no wallet of {tenant!r}. Create one, or name another tenant.")


def channel(number: int) -> str:
    """Where in the database a process is told something."""
    return f"freerange_{number % 2**64:016x}"


async def prepare(url: str, tenant: str, *, new: bool = False) -> int | None:
    """Bring the tables up to date, and find a tenant's number. new: add it if it is not there, and the tables, too.

    Raises Unsupported if a newer program made the tables, and as `connect` does.
    """
    session = await connect(url, name=tenant, writes=True)
    try:
        if not new and not await _version(session):
            return None  # nobody's: whoever named it may have meant another one
        await _migrated(session)
        asked = "SELECT id FROM tenant WHERE name = $1"
        if new:
            await session.fetch(
                Statement("INSERT INTO tenant (name) VALUES ($1) ON CONFLICT (name) DO NOTHING", ("name",)),
                {"name": tenant},
            )
        found = await session.fetch(Statement(asked, ("name",)), {"name": tenant})
        return int(found[0][0]) if found else None
    except FAULTS as fault:
        raise spoken(fault) from fault
    finally:
        await session.close()


async def _migrated(session: Session) -> None:
    """Each step is one transaction: a kill leaves the tables before or after it. It may take as long as a new index of
    a large table does, or as somebody else who is at it."""
    version = await _version(session)
    if version == len(MIGRATIONS):
        return
    while True:
        await session.execute("BEGIN; SET LOCAL statement_timeout = 0")
        await session.execute(CHANGE, within=AT_LENGTH)
        version = await _version(session)
        if version > len(MIGRATIONS):
            raise Unsupported(
                f"the database was made by a newer program: it has schema {version}, this one knows {len(MIGRATIONS)}."
                " Nothing was changed. Install the newer program."
            )
        if version == len(MIGRATIONS):
            await session.execute("COMMIT")
            return
        for statement in MIGRATIONS[version]:
            await session.execute(statement, within=AT_LENGTH)
        await session.execute("CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, program TEXT)")
        made = Statement("INSERT INTO migration VALUES ($1, $2)", ("number", "program"))
        await session.fetch(made, {"number": version + 1, "program": PROGRAM})
        await session.execute("COMMIT")


async def _version(session: Session) -> int:
    [(there,)] = await session.fetch(Statement("SELECT to_regclass('migration') IS NOT NULL", ()), {})
    if not there:
        return 0
    [(number,)] = await session.fetch(Statement("SELECT coalesce(max(number), 0) FROM migration", ()), {})
    return int(number)


@contextmanager
def snapshot(url: str, tenant: str, vault: Vault) -> Iterator[Transaction]:
    """One state of a wallet, whole, to be read at leisure while others go on writing: in a task that may wait, or in
    a thread without a loop. Raises as `open` does, but for Locked."""
    runner = None
    wait: Callable[[Awaitable[Any]], Any] = waiting.wait
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        runner = asyncio.Runner()
        wait = partial(_run, runner)
    try:
        session = wait(_reading(url, tenant))
        try:
            yield Snapshot(session, vault, wait)
        finally:
            wait(session.close())
    finally:
        if runner is not None:
            runner.close()


def _run(runner: asyncio.Runner, awaitable: Awaitable[Any]) -> Any:
    async def awaited() -> Any:
        return await awaitable

    return runner.run(awaited())


async def _reading(url: str, tenant: str) -> Session:
    number = await prepare(url, tenant)
    if number is None:
        raise _nobody(tenant)
    session = await connect(url, name=tenant, tenant=number, writes=False)
    with kept(session):
        await session.execute(f"{AS_IT_IS}; SELECT 1 FROM meta LIMIT 1")  # the snapshot is taken by the first read
    return session
