"""Statements on a server: each waits for its answer, and whatever else the loop has to do goes on meanwhile."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any, Final, TypeAlias

from wallet.store import waiting
from wallet.store.server_readers import Readers
from wallet.store.server_session import FAULTS, Session, spoken
from wallet.store.server_sql import translated
from wallet.store.transaction import PAGE, Columns, Transaction, Value
from wallet.vault import Vault

Wait: TypeAlias = Callable[[Awaitable[Any]], Any]
COMMITS: Final = "SELECT coalesce(sum(number), 0)::bigint FROM commits"  # of all writers together


class ServerTransaction(Transaction):
    """What reading and writing have in common: how PostgreSQL says what SQLite says otherwise."""

    __slots__ = ()

    by_time = True

    def flagged(self, column: str) -> str:
        """The condition that a flag is set, word for word as in the index."""
        return f"{column} = 1"

    def none_of(self, column: str, name: str, names: Iterable[bytes]) -> tuple[str, Value]:
        """The condition that a column has none of these values, and the value of its parameter `name`."""
        return f"{column} <> ALL(:{name})", list(names)

    def version(self) -> int:
        """A number that is another one once something was written since, by whomever."""
        row = self.row(COMMITS)
        return int(row[0]) if row else 0

    def damage(self) -> tuple[str, ...]:
        """Nothing: a server looks after its own pages, and whoever runs it is told."""
        return ()


class Reading(ServerTransaction):
    """Each query sees what was committed before it. commits: how many there were, where one alone writes."""

    __slots__ = ("_commits", "_readers")

    def __init__(self, readers: Readers, vault: Vault, commits: Callable[[], int] | None = None) -> None:
        super().__init__(vault)
        self._readers, self._commits = readers, commits

    def version(self) -> int:
        """A number that is another one once something was written since, by whomever."""
        return self._commits() if self._commits is not None else super().version()

    def run(self, sql: str, **values: Value) -> int:
        """The server refuses whatever alters a row."""
        self.rows(sql, **values)
        return 0

    def put(self, sql: str, **values: Value) -> None:
        """Likewise."""
        self.rows(sql, **values)

    def row(self, sql: str, **values: Value) -> Columns | None:
        """The first row of a query."""
        found = waiting.wait(self._readers.ask(sql, values))
        return found[0] if found else None

    def rows(self, sql: str, **values: Value) -> list[Columns]:
        """All rows of a query."""
        return waiting.wait(self._readers.ask(sql, values))

    def each(self, sql: str, **values: Value) -> Iterator[Columns]:
        """All rows of a query, held in memory."""
        return iter(self.rows(sql, **values))


class Snapshot(ServerTransaction):
    """One state of a wallet, whole. wait: how to wait where it is read."""

    __slots__ = ("_session", "_wait")

    def __init__(self, session: Session, vault: Vault, wait: Wait) -> None:
        super().__init__(vault)
        self._session, self._wait = session, wait

    def run(self, sql: str, **values: Value) -> int:
        """The server refuses whatever alters a row."""
        return int(self._asked(self._session.count(translated(sql), values)))

    def put(self, sql: str, **values: Value) -> None:
        """Likewise."""
        self.run(sql, **values)

    def row(self, sql: str, **values: Value) -> Columns | None:
        """The first row of a query."""
        found = self.rows(sql, **values)
        return found[0] if found else None

    def rows(self, sql: str, **values: Value) -> list[Columns]:
        """All rows of a query."""
        return [tuple(row) for row in self._asked(self._session.fetch(translated(sql), values))]

    def each(self, sql: str, **values: Value) -> Iterator[Columns]:
        """All rows of a query, a few at a time."""
        cursor = self._asked(self._session.cursor(translated(sql), values))
        while some := self._asked(cursor.fetch(PAGE)):
            yield from (tuple(row) for row in some)

    def _asked(self, asked: Awaitable[Any]) -> Any:
        try:
            return self._wait(asked)
        except FAULTS as fault:
            raise spoken(fault) from fault
