"""A market of vendors who know one person: each has real keys and a DID of its own, takes what is sent to it, and can
open it. They hold her address by leave of hers, and answer nothing.

Vendor n is made of its number, so that no one has to remember a hundred thousand of them.
"""

import asyncio
from array import array
from collections.abc import Awaitable, Iterator, Mapping
from hashlib import sha256

import msgspec

from agent import contact, identity, relationship, told
from agent.agent import Agent
from agent.didcomm import envelopes
from agent.didcomm.plaintext import Plaintext
from agent.errors import Unreachable
from agent.relationship import Relationship
from agent.told import Told
from agent.ways import Line, Receive
from protocols.vrm.base import Label
from wallet import dids
from wallet.dids import peer
from wallet.dids.document import Document
from wallet.dids.services import at
from wallet.encoding import digest
from wallet.keys import Curve, Keyring, PrivateKey, from_secret, new_id
from wallet.needs import Lookup, offline
from wallet.store.change import Change, Item, Outcome

HOME = "/addresses/home"
OLD = {"full": "9 Old Road, 1000 Lisboa, PT", "countryCode": "PT"}
AT_ONCE = 64


def keys_of(number: int) -> tuple[PrivateKey, PrivateKey]:
    """The Ed25519 and X25519 keys of a vendor."""
    signing, agreement = (sha256(b"%d %s" % (number, use)).digest() for use in (b"signing", b"agreement"))
    return from_secret(Curve.ED25519, signing), from_secret(Curve.X25519, agreement)


def did_of(number: int, url: str) -> str:
    """The DID of a vendor that is reached at `url`, in its long form."""
    signing, agreement = keys_of(number)
    return peer.create4(signing.public, agreement.public, (at(url),))


async def acquaint(her: Agent, urls: Iterator[str]) -> int:
    """Let her know one vendor at each address, as if they had met and she had told it her address. Returns how many."""
    await contact.edit(her, {HOME: {**OLD}})
    count = 0
    while batch := [url for _, url in zip(range(AT_ONCE), urls)]:
        rows = [known(her, count + place, url) for place, url in enumerate(batch)]
        assert set(await asyncio.gather(*map(her.store.apply, rows))) == {Outcome.APPLIED}
        count += len(batch)
    return count


def known(her: Agent, number: int, url: str) -> Change:
    """A vendor as her wallet knows it."""
    theirs, now = did_of(number, url), her.now()
    ours, items = identity.pairwise(her.config)
    who = Relationship(
        peer=dids.canonical(theirs), our_did=ours, their_did=theirs, since=now, met=True, knows_us=True,
        name=f"Vendor {number}", kind="vendor",
    )  # fmt: skip
    label = Label("dpv:DeliveryOfGoods", "2099-01-01T00:00:00Z", digest(b"record %d" % number))
    telling = Told(HOME, OLD, label, "jscontact", new_id(), now)
    row = Item(told.TOLD, new_id(), msgspec.json.encode(telling), who.peer, label.record)
    mine = [Item(each.kind, each.id, each.record, who.peer, each.tag) for each in items]
    return Change(who.peer, relationship=relationship.write(who, 0), keep=(*mine, row))


class Market:
    """A transport to all of them, inside of this process. counts: how many packets each has taken.

    keep: whether what they took is remembered, with the number of who took it. down: whether none of them is there.
    """

    def __init__(self, count: int, *, keep: bool = True) -> None:
        self.counts = array("L", bytes(8 * count))
        self.taken: list[tuple[int, bytes]] = []
        self.keep, self.down = keep, False

    def urls(self) -> Iterator[str]:
        """Where they live."""
        return (f"https://v{number}.example/" for number in range(len(self.counts)))

    async def send(self, url: str, packed: bytes, receive: Receive | None = None) -> bool:
        """Hand one packet over."""
        if self.down:
            raise Unreachable("nobody is there")
        number = int(url.removeprefix("https://v").partition(".")[0])
        self.counts[number] += 1
        if self.keep:
            self.taken.append((number, packed))
        return False

    def open(self, url: str) -> Awaitable[Line]:
        """They keep no lines open. Raises Unreachable."""
        raise Unreachable("no lines here")

    async def close(self) -> None:
        """Nothing is kept open."""


def spellings(her: Agent) -> dict[str, str]:
    """Her DIDs in their long forms, by their short ones: what the vendors were shown when they met."""
    found = (relationship.read(row).our_did for row in her.store.peers())
    return {dids.canonical(did): did for did in found}


def opened(number: int, url: str, packed: bytes, hers: Mapping[str, str]) -> Plaintext:
    """What a vendor reads in a packet of hers. Raises Dropped if it is not for this vendor, or not authentic."""
    did, ring = did_of(number, url), Keyring()
    for name, key in zip(("key-1", "key-2"), keys_of(number)):
        ring.add(f"{did}#{name}", key)

    def resolve(asked: str) -> Lookup[Document]:
        yield from ()
        return dids.short_document(hers[dids.canonical(asked)])

    found = offline(envelopes.open(packed, keys=ring, resolve=resolve))
    assert found.sender is not None, "nobody says who wrote this"
    return found.plaintext


def duplicates(read: Iterator[tuple[int, Plaintext]], count: int) -> list[str]:
    """What is wrong if every vendor was to be told exactly once: empty if nothing is.

    The same message may come again, which its receiver knows by its id; a second message, or a second thread, is one
    too many, and so is one that two of them got.
    """
    told: dict[int, set[tuple[str, str]]] = {}
    for number, message in read:
        told.setdefault(number, set()).add((message.thread, message.id))
    wrong = [f"vendor {number} was told {len(found)} times" for number, found in told.items() if len(found) != 1]
    wrong += [f"vendor {number} was never told" for number in range(count) if number not in told]
    threads = [thread for found in told.values() for thread, _ in found]
    return wrong + (["two of them share a thread"] if len(set(threads)) != len(threads) else [])


def edit() -> dict[str, str | None]:
    """Her change of address."""
    return {"address": "1 New Street, 1100 Lisboa, PT"}
