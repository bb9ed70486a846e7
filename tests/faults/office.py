"""A mediator's process as its client and those who write to her see it: HTTP on loopback, and a ledger of what it said.

`accepted`: letters whose forward was answered 202. `had`: letters that were handed over. `let_go`: letters whose
acknowledgement was answered; these must not come again.
"""

from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from typing import Final

import aiohttp

from agent.calls import read, written
from agent.delivery import matching
from agent.didcomm import envelopes, plaintext, routing
from agent.lines import Address
from protocols.machine import Message, Protocol
from protocols.standard import mediation as table
from protocols.standard import pickup
from tests.agent.mailbox import contents, letter, person
from tests.faults.correspondent import Org
from wallet import dids
from wallet.dids.document import Document
from wallet.keys import Keyring
from wallet.needs import Lookup, offline

HEADERS: Final = {"Content-Type": "application/didcomm-encrypted+json"}
MOST_MOVES: Final = 900  # a mediator grants a thousand keys to a client, and registers as many DIDs
AT_ONCE: Final = 3  # letters before she looks whether there is one


class Gone(Exception):
    """The mediator does not answer."""


@dataclass
class Visitor:
    """Ada, who is reached through the mediator, and everybody who writes to her. See the module."""

    url: str
    document: Document
    session: aiohttp.ClientSession
    ring: Keyring
    did: str
    routing_did: str = ""
    behind: str = ""
    accepted: set[bytes] = field(default_factory=set)
    had: Counter[bytes] = field(default_factory=Counter)
    let_go: set[bytes] = field(default_factory=set)
    again: list[bytes] = field(default_factory=list)
    moves: int = 0
    numbers: "count[int]" = field(default_factory=count)

    @classmethod
    def of(cls, org: Org, session: aiohttp.ClientSession) -> "Visitor":
        """A new client."""
        ring, did = person()
        return cls(org.url, org.document, session, ring, did)

    def known(self, did: str) -> Lookup[Document]:
        """The mediator's document, or one that a DID brings along."""
        return self.document if did == self.document.id else (yield from dids.resolve(did))

    async def post(self, packed: bytes) -> bytes:
        """POST one message. Returns what came back. Raises Gone."""
        try:
            async with self.session.post(self.url, data=packed, headers=HEADERS) as answer:
                body = await answer.read()
        except (aiohttp.ClientError, OSError) as fault:
            raise Gone from fault
        if answer.status not in (200, 202):
            raise Gone(f"it answered {answer.status}")
        return body

    async def ask(self, message: Message, protocol: Protocol) -> Message:
        """The mediator's answer. Raises Gone."""
        mine, (kid, key) = matching(offline(dids.resolve(self.did)), self.document)
        at = Address(self.did, mine, self.document.id, kid, key)
        raw = plaintext.write(written(message, protocol, at, return_route="all"))
        packed = envelopes.seal(raw, keys=self.ring, sender_kid=mine, recipients=[(kid, key)])
        answer = await self.post(packed)
        return read(offline(envelopes.open(answer, keys=self.ring, resolve=self.known)).plaintext)[1]

    async def move_in(self) -> None:
        """Be granted a key, and register a DID."""
        self.moves += 1
        granted = await self.ask(table.MediateRequest(), table.mediation)
        assert isinstance(granted, table.MediateGrant)
        _, behind = person()
        await self.ask(table.RecipientUpdate((table.Update(behind, "add"),)), table.mediation)
        self.routing_did, self.behind = granted.routing_did[0], behind

    async def write(self) -> None:
        """Somebody writes to her."""
        text = letter(str(next(self.numbers)))
        keys = [self.routing_did]
        await self.post(offline(routing.forward(text, to=self.behind, routing_keys=keys, resolve=dids.resolve)))
        self.accepted.add(text)

    async def look(self, limit: int = 2) -> bool:
        """She looks whether there is something, and takes it. Returns whether there was."""
        said = await self.ask(pickup.DeliveryRequest(limit), pickup.pickup)
        if not isinstance(said, pickup.Delivery):
            return False
        letters = contents(said)
        self.had.update(letters.values())
        self.again += [each for each in letters.values() if each in self.let_go]
        await self.ask(pickup.MessagesReceived(tuple(letters)), pickup.pickup)
        self.let_go |= set(letters.values())
        return True

    async def live(self) -> None:
        """Writing and looking, until the mediator is gone."""
        try:
            while True:
                if self.moves < MOST_MOVES:
                    await self.move_in()
                for _ in range(AT_ONCE):
                    await self.write()
                await self.look()
        except Gone:
            return

    async def write_only(self) -> None:
        """Writing, until the mediator is gone."""
        try:
            while True:
                await self.write()
        except Gone:
            return

    async def fetch_all(self) -> None:
        """Take everything there is."""
        while await self.look(20):
            pass

    @property
    def lost(self) -> set[bytes]:
        """Letters that were accepted and never handed over."""
        return self.accepted - set(self.had)
