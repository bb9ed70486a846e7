"""A connection to a PostgreSQL server, made for one tenant. It belongs to the event loop in which it was made."""

import errno
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

import asyncpg

from wallet.errors import Corrupt, Untrusted, WalletError
from wallet.store.server_sql import Bulk, Statement, bulk, translated
from wallet.store.transaction import Value

FAULTS: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
CONTENDED: Final = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.UniqueViolationError)
"""Somebody else wrote the same just now: what is repeated sees it."""
UNDONE: Final = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
"""Of these, what no savepoint mends: the transaction is undone, and repeated as a whole."""
SPENT: Final = (TimeoutError, asyncpg.ReadOnlySQLTransactionError, asyncpg.InvalidCachedStatementError)
"""After these a connection is of no use: it still waits for an answer, or leads to a server that only reads, or knows
statements by tables that were altered since. A new one may be."""

REACHED: Final = 10.0  # seconds in which a server has to answer a call
ANSWERED: Final = 60.0  # seconds in which it has to answer a statement
AT_LENGTH: Final = 86_400.0  # seconds for what is done once, to whole tables
GOODBYE: Final = 1.0  # seconds in which it has to answer a good-bye
MOST_STATEMENTS: Final = 1024
SETTINGS: Final = {
    "application_name": "freerange",
    "client_min_messages": "error",
    "default_transaction_isolation": "read committed",  # each statement sees what others wrote; guards do the rest
    "jit": "off",
    # Rows are found by their names, whatever the planner believes of tables whose numbers it has not counted yet.
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_bitmapscan": "off",
    "enable_material": "off",
    # A writer that went silent must not keep others from its rows for as long as a lease, or what it had to send would
    # wait for longer; nor a lost line the wallet from its next agent.
    "idle_in_transaction_session_timeout": "15000",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
AS_IT_IS: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0"
"""Begins a read of one state of a wallet, whole: it keeps nobody from writing, and may be done at leisure."""
_CHECK: Final = (
    "SELECT current_setting('freerange.tenant'), rolsuper OR rolbypassrls,"
    " CASE WHEN current_setting('synchronous_commit') IN ('off', 'local')"
    " THEN set_config('synchronous_commit', 'on', false) END FROM pg_roles WHERE rolname = current_user"
)


class Session:
    """One connection, of asyncpg. tenant: whose rows it sees; 0: nobody's."""

    def __init__(self, connection: Any, tenant: int) -> None:
        self.tenant = tenant
        self.connection = connection
        self._statements: dict[str, Any] = {}
        self._named = 0  # how many were prepared; one without a name would be parsed and planned at every use
        self._bulks: dict[str, Bulk | None] = {}

    @property
    def process(self) -> int:
        """The number of the server's process that serves this connection."""
        return int(self.connection.get_server_pid())

    @property
    def lost(self) -> bool:
        """Whether the line is broken."""
        return bool(self.connection.is_closed())

    def spent(self, fault: BaseException | None) -> bool:
        """Whether nothing more is to be asked here, once this has failed."""
        return self.lost or isinstance(fault, SPENT)

    async def execute(self, sql: str, *, within: float | None = None) -> None:
        """Statements without parameters, as they are. within: seconds for the answer, if not as ever."""
        await self.connection.execute(sql, timeout=within)

    async def fetch(self, statement: Statement, values: dict[str, Value]) -> list[Any]:
        """The rows of a statement."""
        known = self._statements.get(statement.sql) or await self._prepared(statement.sql)
        found: list[Any] = await known.fetch(*[values[name] for name in statement.names])
        return found

    async def count(self, statement: Statement, values: dict[str, Value]) -> int:
        """Execute a statement. Returns how many rows it altered."""
        await self.fetch(statement, values)
        number = self._statements[statement.sql].get_statusmsg().rpartition(" ")[2]
        return int(number) if number.isdigit() else -1

    async def arrays(self, sql: str, arrays: Sequence[Sequence[Value]]) -> list[Any]:
        """The rows of a statement whose parameters are arrays."""
        known = self._statements.get(sql) or await self._prepared(sql)
        found: list[Any] = await known.fetch(*arrays)
        return found

    async def bulk(self, sql: str) -> Bulk | None:
        """A subject's statement for many rows at a time, if it has such a form."""
        if sql not in self._bulks:
            text = translated(sql).sql
            known = self._statements.get(text) or await self._prepared(text)
            self._bulks[sql] = bulk(sql, tuple(each.name for each in known.get_parameters()))
        return self._bulks[sql]

    async def _prepared(self, sql: str) -> Any:
        if len(self._statements) >= MOST_STATEMENTS:
            self._statements.clear()
        self._named += 1
        made = self._statements[sql] = await self.connection.prepare(sql, name=f"s{self._named}")
        return made

    async def cursor(self, statement: Statement, values: dict[str, Value]) -> Any:
        """A cursor over the rows of a statement, in the transaction that is open."""
        return await self.connection.cursor(statement.sql, *[values[name] for name in statement.names])

    async def hear(self, channel: str, heard: Callable[[str], None]) -> None:
        """From now on, pass on what is said in a channel."""
        await self.connection.add_listener(channel, lambda *said: heard(said[-1]))

    async def close(self) -> None:
        """Say good-bye, or hang up where nobody listens."""
        try:
            await self.connection.close(timeout=GOODBYE)
        except FAULTS:
            self.drop()

    def drop(self) -> None:
        """Hang up at once; the server undoes what was not committed."""
        with suppress(RuntimeError, *FAULTS):  # the loop has ended
            self.connection.terminate()


async def connect(url: str, *, name: str, tenant: int = 0, writes: bool) -> Session:
    """A connection for a tenant. name: the tenant's, in words; tenant: its number.

    Raises Untrusted if the role may pass over the walls between tenants; OSError.
    """
    settings = SETTINGS | {
        "freerange.tenant": str(tenant),
        "freerange.name": name,
        "default_transaction_read_only": "off" if writes else "on",
    }
    try:
        connection = await asyncpg.connect(
            url, timeout=REACHED, command_timeout=ANSWERED, statement_cache_size=0, server_settings=settings
        )
        try:
            own, passes, _ = await connection.fetchrow(_CHECK)
        except BaseException:
            connection.terminate()
            raise
    except (*FAULTS, ValueError) as fault:
        raise spoken(fault) from fault
    made = Session(connection, tenant)
    if passes or own != str(tenant):
        made.drop()
        raise Untrusted(
            "the role in the database's address is a superuser or passes over row-level security, so nothing would keep"
            " one tenant's rows from another. Nothing was opened. Name a role without SUPERUSER and BYPASSRLS."
        )
    return made


@contextmanager
def kept(session: Session) -> Iterator[None]:
    """Hang up if what is said at the beginning of a connection fails. Raises faults of the database as `spoken`."""
    try:
        yield
    except BaseException as fault:
        session.drop()
        if isinstance(fault, FAULTS):
            raise spoken(fault) from fault
        raise


def spoken(fault: Exception) -> Exception:
    """A fault of the database in our words: OSError if it cannot do it now, Corrupt if what it holds is damaged."""
    ours = (
        isinstance(fault, OSError) and (fault.errno or 0) > 0 and not isinstance(fault, ConnectionError | TimeoutError)
    )
    if ours or isinstance(fault, WalletError):
        return fault
    code = getattr(fault, "sqlstate", None) or ""
    if code in ("53100", "53400"):
        return OSError(errno.ENOSPC, "the database's disk is full; the change was not written. Free space, try again.")
    if code.startswith("XX") and code != "XX000":
        return Corrupt(f"the database is damaged: {fault}. Restore it from a back-up.")
    if code == "25006":
        return OSError(errno.EROFS, "the database can only be read now; the change was not written. Try again.")
    if isinstance(fault, TimeoutError) or code == "57014":  # no TimeoutError of ours: that says who asked was slow
        return OSError(errno.EIO, "the database did not answer in time; the change was not confirmed. Try again.")
    if code == "53300":
        what = "the database has no connection left; nothing was written. Close others, or raise max_connections,"
        return OSError(errno.EIO, f"{what} or connection limit of the role; it goes on by itself then.")
    if isinstance(fault, UNDONE):
        return OSError(errno.EIO, "others wrote the same again and again; the change was not written. Try again.")
    lost = code.startswith(("08", "57P")) or not isinstance(fault, asyncpg.PostgresError)
    why = "cannot reach the database" if lost else "the database refuses"
    return OSError(errno.EIO, f"{why}: {fault}. What was not confirmed may not be written. Try again.")
