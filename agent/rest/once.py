"""Once: whoever repeats a request that acts, with the same key of its own choosing, gets the first answer again.

What is remembered goes into the same change as the act, where the act is one change: then neither a crash nor a lost
answer can make it happen twice. Where it is not, a mark is left first, and a repeat that finds
only the mark is told so.
"""

import hashlib
from collections.abc import Iterator
from typing import Final

import msgspec

from agent.agent import Agent
from agent.draft import Draft
from agent.rest.faults import Fault
from wallet.store.change import Change, Item

KIND: Final = "api-answer"
LASTS: Final = 24 * 3600
LONGEST: Final = 255  # characters of an Idempotency-Key


class Memory(msgspec.Struct, frozen=True, omit_defaults=True):
    """One request. digest: of all that was asked, hex; at: Unix seconds. status: 0 while it has not been answered."""

    digest: str
    at: int
    status: int = 0
    answer: msgspec.Raw = msgspec.Raw(b"null")


class Once:
    """The memory of one request. words: the Idempotency-Key; who: the id of the integration's key."""

    def __init__(self, agent: Agent, who: str, words: str, asked: bytes) -> None:
        self.agent = agent
        self.id = hashlib.sha256(f"{who} {words}".encode()).hexdigest()
        self.digest = hashlib.sha256(asked).hexdigest()
        self.kept = False

    def earlier(self) -> Memory | None:
        """The first answer, if there was one in the last 24 hours. Raises Fault if something else was asked then."""
        row = self.agent.store.item(KIND, self.id)
        found = msgspec.json.decode(row.record, type=Memory) if row else None
        if found is None or found.at + LASTS <= self.agent.now():
            return None
        if found.digest != self.digest:
            raise Fault(
                422, "this Idempotency-Key came with another request before; nothing was done", "Use a new key."
            )
        if not found.status:
            raise Fault(
                409,
                "this request was interrupted the first time, and how far it came is not known; nothing more was done",
                "Look what came of it (GET), and send what is missing with a new Idempotency-Key.",
            )
        return found

    def keep(self, draft: Draft, answer: object) -> None:
        """Remember this answer in the same change as the act."""
        draft.keep += (self.item(200, answer),)
        self.kept = True

    async def begin(self) -> None:
        """Leave the mark that it has begun."""
        await self.agent.store.apply(Change(peer="", keep=(self.item(0, None),)))

    async def end(self, status: int, answer: object) -> None:
        """Remember this answer, if the act has not."""
        if not self.kept:
            await self.agent.store.apply(Change(peer="", keep=(self.item(status, answer),)))

    async def drop(self) -> None:
        """It has come to nothing, and may be tried again: take the mark away, if there is one."""
        if self.agent.store.item(KIND, self.id):
            await self.agent.store.apply(Change(peer="", claim=((KIND, self.id),)))

    def item(self, status: int, answer: object) -> Item:
        """What is kept."""
        memory = Memory(self.digest, self.agent.now(), status, msgspec.Raw(msgspec.json.encode(answer)))
        return Item(KIND, self.id, msgspec.json.encode(memory))


async def forget(agent: Agent) -> int:
    """Drop what is older than 24 hours; returns how many."""
    old = tuple(over(agent))
    if old:
        await agent.store.apply(Change(peer="", claim=old))
    return len(old)


def over(agent: Agent) -> Iterator[tuple[str, str]]:
    """What nobody may ask for any more."""
    for row in agent.store.items(KIND):
        if msgspec.json.decode(row.record, type=Memory).at + LASTS <= agent.now():
            yield KIND, row.id
