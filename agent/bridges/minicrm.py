"""The mini-CRM: the bridge that is there from the first minute, a SQLite file that anybody can open (`crm.db`).

An event is taken in one transaction of the file, with the mark that it was seen. Deleting leaves word in the table
`action`, where what a person does in the CRM stands, too; the agent fetches both from there.
"""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from agent.agent import Agent
from agent.bridges import Completion, Inbound, Kept, Saying, Undelivered, Unreachable, crm_events, crm_file
from agent.events import CloudEvent
from wallet.credentials.vcdm import timestamp
from wallet.keys import new_id

T = TypeVar("T")
AT_ONCE: Final = 64
KEEP_SEEN_DAYS: Final = 60
PURGE_EVERY: Final = 60  # seconds


class MiniCrm:
    """One file. now: Unix seconds."""

    poll_every = 1.0

    def __init__(self, path: Path, now: Callable[[], int]) -> None:
        self.path, self.now = path, now
        self._turn = asyncio.Lock()
        self._purged = 0

    async def deliver(self, event: CloudEvent) -> None:
        """See `Bridge`."""
        await self._run(lambda crm: crm_events.take(crm, event))

    async def poll(self) -> Sequence[Inbound]:
        """See `Bridge`. What is over is deleted now and then, too."""
        now = self.now()
        if now - self._purged >= PURGE_EVERY:
            await self._run(lambda crm: purge(crm, now))
            self._purged = now
        return await self._run(open_actions)

    async def settle(self, key: str, refused: str = "") -> None:
        """See `Bridge`."""
        done = "refused" if refused else "done"
        sql = "UPDATE action SET state = ?, why = ? WHERE key = ?"
        await self._run(lambda crm: crm.execute(sql, (done, refused, key)))

    async def close(self) -> None:
        """Nothing is held open."""

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        async with self._turn:
            try:
                return await asyncio.to_thread(self._work, work)
            except sqlite3.OperationalError as fault:
                raise Unreachable(f"{self.path.name}: {fault}") from fault
            except sqlite3.Error as fault:  # of this event, and its words might quote it
                raise Undelivered(f"{self.path.name} does not take it: {type(fault).__name__}") from fault

    def _work(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with crm_file.opened(self.path) as crm:
            return work(crm)


def make(agent: Agent, address: str = "") -> MiniCrm:
    """The bridge of the setting `minicrm`: the file beside the wallet; or of `minicrm:FILE`."""
    home = agent.store.path.parent
    return MiniCrm(home / (address or crm_file.FILE), agent.now)


def open_actions(crm: sqlite3.Connection) -> list[Inbound]:
    """What waits to be carried out, oldest first."""
    rows = crm.execute("SELECT * FROM action WHERE state = 'open' ORDER BY at, key LIMIT ?", (AT_ONCE,))
    found: list[Inbound] = []
    for row in rows.fetchall():
        try:
            found.append(inbound(row))
        except (ValueError, TypeError, LookupError):  # any program may write there
            why = "its body is not a JSON object with what belongs there"
            crm.execute("UPDATE action SET state = 'refused', why = ? WHERE key = ?", (why, row["key"]))
    return found


def inbound(row: sqlite3.Row) -> Inbound:
    """A row of `action`."""
    body = json.loads(row["body"])
    if not isinstance(body, dict):
        raise TypeError("not an object")
    if row["message"]:
        return Saying(row["key"], row["party"], row["message"], body, row["thread"], row["family"])
    kept = tuple(Kept(**each) for each in body["kept"])
    return Completion(row["key"], str(body["deletion"]), tuple(body["deleted"]), kept, tuple(body["told"]))


def act(crm: sqlite3.Connection, saying: Saying, now: int) -> str:
    """Note that something is to be said; the agent says it within seconds. Returns its key."""
    key = saying.key or new_id()
    crm.execute(
        "INSERT INTO action (key, at, party, thread, family, message, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            key,
            timestamp(now),
            saying.subject,
            saying.thread,
            saying.family,
            saying.message,
            crm_file.text(saying.body),
        ),
    )
    return key


def purge(crm: sqlite3.Connection, now: int) -> None:
    """Delete what is over, and marks of events so old that they do not come again."""
    crm_events.purge(crm, timestamp(now))
    crm.execute("DELETE FROM seen WHERE at < ?", (timestamp(now - KEEP_SEEN_DAYS * 86400),))
