"""A mediator with little and with much to hold: what it remembers in memory, and how soon it hands over and lets go."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import msgspec

from agent import home, identity
from agent.agent import Agent
from agent.calls import read, written
from agent.delivery import matching
from agent.didcomm import envelopes, plaintext
from agent.lines import Address
from protocols.machine import Message, Protocol
from protocols.standard import pickup
from scripts._bench.measure import Effort, Figure, of
from scripts._bench.world import configuration
from wallet import dids, keys
from wallet.dids import peer as did_peer
from wallet.dids.document import Document
from wallet.keys import Curve, Keyring, random_bytes
from wallet.needs import Lookup, offline
from wallet.store import held, mediation
from wallet.store.held import Arriving
from wallet.store.transaction import Transaction

AT_ONCE = 10  # messages fetched, and acknowledged, together
SIZE = 1024  # bytes of a message
BATCH = 500


@dataclass(eq=False)
class Line:
    """A client's connection: what came over it last."""

    single: bool = False
    closed: bool = False
    source: str = ""
    last: bytes = b""

    async def send(self, packed: bytes) -> None:
        """Take one message."""
        self.last = packed

    def expect(self, coming: "asyncio.Future[None]") -> None:
        """Nothing to wait for."""


@dataclass
class Client:
    """A client of the mediator."""

    did: str
    ring: Keyring
    line: Line = field(default_factory=Line)

    async def ask(self, post: Agent, at: Address, message: Message, protocol: Protocol) -> tuple[Message, float]:
        """The answer, and the seconds that the mediator took for it."""
        raw = plaintext.write(written(message, protocol, at, return_route="all"))
        recipients = [(at.their_kid, at.their_key)]
        packed = envelopes.seal(raw, keys=self.ring, sender_kid=at.our_kid, recipients=recipients)
        began = perf_counter()
        await post.receive(packed, self.line)
        took = perf_counter() - began
        opened = offline(envelopes.open(self.line.last, keys=self.ring, resolve=partial(known, post)))
        return read(opened.plaintext)[1], took


def known(post: Agent, did: str) -> Lookup[Document]:
    """The mediator's document, or one that a DID brings along."""
    return post.own_document(did) or (yield from dids.resolve(did))


def client() -> Client:
    """A client with a DID of its own."""
    signing, agreement = keys.create(Curve.ED25519), keys.create(Curve.X25519)
    did = did_peer.create4(signing.public, agreement.public, ())
    made = Client(did, Keyring())
    made.ring.add(f"{did}#key-1", signing)
    made.ring.add(f"{did}#key-2", agreement)
    return made


def figures(effort: Effort) -> Iterator[Figure]:
    """1,000 clients, with 1 and with 100 messages each."""
    few, many, clients = effort.held
    yield from asyncio.run(measured(effort, clients, few, many))


async def measured(effort: Effort, clients: int, few: int, many: int) -> list[Figure]:
    """The same mediator, first with few messages, then with many."""
    async with mediator() as post:
        people = [client() for _ in range(clients)]
        await post.store.write(partial(enrol, people=people, now=post.now()))
        await fill(post, people[: few // AT_ONCE], few)
        little = await served(post, people[: effort.exchanges])
        before = resident()
        await fill(post, people, many - few)
        much = await served(post, people[-effort.exchanges :])
        growth = (resident() - before) / 1024
    fetch, let_go = ([1000 * each for each in took] for took in zip(*much, strict=True))
    both = [one + other for one, other in zip(fetch, let_go, strict=True)]
    ratio = median(sum(each) for each in much) / median(sum(each) for each in little)
    return [
        of(f"mediator: {many:,} held, memory grown", "MiB", [growth], 32.0),
        of(f"mediator: {AT_ONCE} fetched and acknowledged", "ms", both, 2.0),
        of(f"mediator: the same, {many:,} held against {few:,}", "x", [ratio], 1.5),
    ]


@asynccontextmanager
async def mediator() -> AsyncIterator[Agent]:
    """An org that mediates, which nobody but us reaches."""
    with TemporaryDirectory() as folder:
        place, secret = Path(folder) / "post", random_bytes(32)
        await home.make(place, msgspec.structs.replace(configuration("org", "Post"), mediates=True), secret)
        agent = await home.open_agent(place, secret)
        try:
            yield agent
        finally:
            agent.store.close()


def enrol(tx: Transaction, *, people: list[Client], now: int) -> None:
    """Make each of them a client who is reached by its own DID."""
    for each in people:
        mediation.write(tx, mediation.Account(dids.canonical(each.did), closed=False, since=now))
        mediation.register(tx, peer=dids.canonical(each.did), did=each.did)


async def fill(post: Agent, people: list[Client], messages: int) -> None:
    """Hold so many more messages, evenly."""
    now = post.now()
    for start in range(0, messages, BATCH):
        numbers = range(start, min(start + BATCH, messages))
        rows = [Arriving(people[each % len(people)].did, (letter(),), "", now, now, now + 86400) for each in numbers]
        await post.store.write(partial(hold_all, rows=rows))


def letter() -> bytes:
    """Something of the size of a short message."""
    return b'{"ciphertext":"%s"}' % random_bytes(SIZE // 2).hex().encode()


def hold_all(tx: Transaction, *, rows: list[Arriving]) -> None:
    """Hold these."""
    for row in rows:
        held.hold(tx, row=row, limits=held.Limits())


async def served(post: Agent, people: list[Client]) -> list[tuple[float, float]]:
    """Seconds for each client's fetch, and for its acknowledgement."""
    took = []
    me = identity.own(post)
    assert me is not None
    theirs = await post.meet(post.resolve(me.did))
    for each in people:
        mine, (kid, key) = matching(offline(dids.resolve(each.did)), theirs)
        at = Address(each.did, mine, theirs.id, kid, key)
        delivered, fetching = await each.ask(post, at, pickup.DeliveryRequest(AT_ONCE), pickup.pickup)
        assert isinstance(delivered, pickup.Delivery)
        ids = tuple(attachment.id or "" for attachment in delivered.attachments)
        _, letting_go = await each.ask(post, at, pickup.MessagesReceived(ids), pickup.pickup)
        took.append((fetching, letting_go))
    return took


def resident() -> int:
    """Memory of this process now, KiB."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
