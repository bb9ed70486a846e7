"""A mediator with little and with much to hold: what it remembers in memory, and what handing over and letting go cost.

CPU of all its threads, from the packed request to the packed answer, with several clients at once as it is used. By the
clock, for one client alone, there is the disk on top: letting go waits for a commit as a bare one does, which is
measured beside it.
"""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import msgspec

from agent import home, identity
from agent.agent import Agent
from agent.calls import read, written
from agent.delivery import matching
from agent.didcomm import envelopes, plaintext
from agent.lines import Address
from protocols.machine import Message
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
IN_FLIGHT = 16
FETCH = pickup.DeliveryRequest(AT_ONCE)


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

    def packed(self, at: Address, message: Message) -> bytes:
        """A request."""
        raw = plaintext.write(written(message, pickup.pickup, at, return_route="all"))
        return envelopes.seal(raw, keys=self.ring, sender_kid=at.our_kid, recipients=[(at.their_kid, at.their_key)])

    def acknowledgement(self, post: Agent, at: Address) -> bytes:
        """The answer to what came over the line last, which is a delivery."""
        opened = offline(envelopes.open(self.line.last, keys=self.ring, resolve=partial(known, post)))
        delivered = read(opened.plaintext)[1]
        assert isinstance(delivered, pickup.Delivery)
        assert len(delivered.attachments) == AT_ONCE
        return self.packed(at, pickup.MessagesReceived(tuple(each.id or "" for each in delivered.attachments)))


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
        little = await together(post, people[: few // AT_ONCE], effort.repeats)
        before = resident()
        await fill(post, people, many - few)
        much = await together(post, people[: few // AT_ONCE], effort.repeats)
        growth = (resident() - before) / 1024
        waited, bare = (1000 * median(each) for each in zip(*await alone(post, people[: few // AT_ONCE]), strict=True))
    by_the_clock = f"{waited:.1f} ms by the clock for one alone, where a bare commit takes {bare:.1f}"
    cost = of(f"mediator: {AT_ONCE} fetched and acknowledged", "ms", [1000 * each for each in much], 2.0)
    return [
        of(f"mediator: {many:,} held, memory grown", "MiB", [growth], 32.0),
        replace(cost, note=by_the_clock),
        of(f"mediator: the same, {many:,} held against {few:,}", "x", [median(much) / median(little)], 1.5),
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


async def together(post: Agent, people: list[Client], repeats: int) -> list[float]:
    """CPU seconds of the mediator for one fetch and its acknowledgement, with IN_FLIGHT clients at once."""
    took, step = [], min(IN_FLIGHT, len(people))
    for _ in range(repeats + 1):
        for start in range(0, len(people) - step + 1, step):
            some = people[start : start + step]
            at = [await between(post, each) for each in some]
            fetching = await taken(post, some, [each.packed(to, FETCH) for each, to in zip(some, at, strict=True)])
            received = [each.acknowledgement(post, to) for each, to in zip(some, at, strict=True)]
            took.append((fetching + await taken(post, some, received)) / len(some))
            await give_back(post, some)
    return took[len(took) // (repeats + 1) :]  # in the first round they are strangers


async def taken(post: Agent, people: list[Client], packed: list[bytes]) -> float:
    """CPU seconds in which the mediator takes and answers these, all at once."""
    began = process_time()
    await asyncio.gather(*(post.receive(raw, each.line) for each, raw in zip(people, packed, strict=True)))
    return process_time() - began


async def alone(post: Agent, people: list[Client]) -> list[tuple[float, float]]:
    """Seconds by the clock for one client's fetch and its acknowledgement, and for a bare commit."""
    took = []
    for each in people[:IN_FLIGHT]:
        at = await between(post, each)
        fetch = each.packed(at, FETCH)
        began = perf_counter()
        await post.receive(fetch, each.line)
        fetching = perf_counter() - began
        received = each.acknowledgement(post, at)
        began = perf_counter()
        await post.receive(received, each.line)
        done = perf_counter()
        await post.store.write(bare_commit)
        took.append((fetching + done - began, perf_counter() - done))
    return took


async def give_back(post: Agent, people: list[Client]) -> None:
    """Hold as many more as these have taken."""
    await fill(post, people, AT_ONCE * len(people))


async def between(post: Agent, each: Client) -> Address:
    """From a client to the mediator."""
    me = identity.own(post)
    assert me is not None
    theirs = await post.meet(post.resolve(me.did))
    mine, (kid, key) = matching(offline(dids.resolve(each.did)), theirs)
    return Address(each.did, mine, theirs.id, kid, key)


def bare_commit(tx: Transaction) -> None:
    """The least that can be written."""
    tx.run("INSERT OR REPLACE INTO meta VALUES ('bench', x'')")


def resident() -> int:
    """Memory of this process now, KiB."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
