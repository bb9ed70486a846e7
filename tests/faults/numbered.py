"""Clients who make numbered changes to a store and note which were acknowledged, whatever becomes of its database.

Each has a peer of its own. Its changes touch five tables, and each says at which number the thread must stand, so one
that was lost or made twice stops everything after it. What fails because the database is away is tried again, as a
sender does whom nobody answered.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from wallet.store.change import Change, Entry, Heard, Item, Outcome, Outgoing, Thread
from wallet.store.store import Store

THREAD: Final = "t1"
FOR_GOOD: Final = 10**11
PAUSE: Final = 0.02  # seconds before what failed is tried again
REPEATED: Final = 7  # every so manieth change is made again, as by a sender who did not hear that it was


@dataclass
class Client:
    """See the module. made: how many were acknowledged; known: of those, told only when it asked again; refused: how
    often it was told that the store is away; news: set whenever a change was acknowledged, or cannot be."""

    store: Store
    lane: int
    made: int = 0
    known: int = 0
    refused: int = 0
    wrong: list[str] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def peer(self) -> str:
        """Whom its changes are about."""
        return f"peer-{self.lane}"

    async def run(self) -> None:
        """Make one change after the other, until cancelled."""
        while not self.wrong:
            await self.make(self.made + 1)
            if self.made % REPEATED == 0:
                await self.make(self.made)
            self.look()
            await asyncio.sleep(0)

    async def make(self, number: int) -> None:
        """Make one change, however often that takes."""
        while True:
            try:
                outcome = await self.store.apply(change(self.peer, self.lane, number))
            except OSError:
                self.refused += 1
                await asyncio.sleep(PAUSE)
                continue
            if outcome not in (Outcome.APPLIED, Outcome.DUPLICATE):
                self.wrong.append(f"{self.peer}: change {number} is a {outcome.value}")
            self.known += outcome is Outcome.DUPLICATE
            self.made = number
            self.news.set()
            return

    def look(self) -> None:
        """What was acknowledged can be read at once."""
        try:
            thread = self.store.thread(self.peer, THREAD)
        except OSError:
            self.refused += 1
            return
        if thread is None or thread.version != self.made:
            found = thread.version if thread else "nothing"
            self.wrong.append(f"{self.peer}: reads {found} after change {self.made}")


def change(peer: str, lane: int, number: int) -> Change:
    """One numbered change."""
    name = f"{lane}-{number}"
    return Change(
        peer,
        heard=Heard(name, b"", FOR_GOOD),
        threads=(Thread(THREAD, number - 1, True, str(number).encode()),),
        log=(Entry(THREAD, name, False, number, b""),),
        keep=(Item("note", name, b"", peer),),
        send=(Outgoing(name, THREAD, number, FOR_GOOD, b""),),
    )


def judge(store: Store, clients: list[Client]) -> list[str]:
    """What is lost, and what happened twice; nothing is being changed any more. The last change of each may have been
    made without anybody hearing of it."""
    wrong = [each for client in clients for each in client.wrong]
    for client in clients:
        thread = store.thread(client.peer, THREAD)
        made = thread.version if thread else 0
        wanted = [f"{client.lane}-{number}" for number in range(1, made + 1)]
        if not client.made <= made <= client.made + 1:
            wrong.append(f"{client.peer}: {client.made} were acknowledged, and it stands at {made}")
        logged = [entry.id for entry in store.log(client.peer, THREAD)]
        queued = [row.id for _, row in store.due_outgoing(client.peer, FOR_GOOD - 1, limit=made + 10)]
        kept = [item.id for item in store.items("note", peer=client.peer)]
        for what, found in (("logged", logged), ("queued", queued), ("kept", kept)):
            wrong += [f"{client.peer}: {name} was not {what}" for name in sorted(set(wanted) - set(found))]
            wrong += [f"{client.peer}: {name} was {what} again" for name in sorted(twice(found, wanted))]
    return wrong


def twice(found: list[str], wanted: list[str]) -> set[str]:
    """What is there more often than it should be."""
    return {name for name in found if found.count(name) > wanted.count(name)} if found != wanted else set()
