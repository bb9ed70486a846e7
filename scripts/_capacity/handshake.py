"""One real handshake of two agents, and the rows it leaves behind, to be written anew under other names.

The two meet, agree on terms, write to each other once and confirm what they heard, all by the product's own code. What
is new in a wallet after that, as lines of an export, is what one relationship takes. Whatever in it is of this
relationship alone is a name: DIDs, ids, digests, signatures. A copy has other names, of the same length and letters, at
their places: its signatures fit nothing, but its form and its sizes are those of the first.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import shake_256
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec

from agent.agent import Agent
from tests.agent.world import World, public_did, towards
from wallet.encoding import b58, unb58
from wallet.records import BlindingKey, Line, Record
from wallet.records import Relationship as RelationshipLine
from wallet.records import Thread as ThreadLine
from wallet.store.exporting import records
from wallet.store.snapshot import snapshot

Side: TypeAlias = Literal["org", "person"]

KEY: Final = 44  # characters of a public key after the four that say which kind it is
LONG: Final = b":z"
TEXT: Final = "https://didcomm.org/basicmessage/2.0/message"
_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_URL: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_HEX: Final = "0123456789abcdef"
_KINDS: Final = (  # a prefix that stays, what follows, its alphabet
    (rb"zQm", rb"[1-9A-Za-z]{44}", _BASE58),  # the hash in a did:peer:4
    (LONG, rb"[1-9A-Za-z]{300,}", _BASE58),  # the document in its long form
    (rb"z", rb"[1-9A-Za-z]{85,90}", _BASE58),  # a signature
    (rb"uEi", rb"[A-Za-z0-9_-]{43}", _URL),  # a digest
    (rb"rel_", rb"[0-9a-f]{16}", _HEX),
    (rb"", rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", _HEX),
    (rb"", rb"\b[0-9a-f]{32}\b", _HEX),
)


@dataclass(frozen=True, slots=True)
class Name:
    """A stretch of text that each copy has another of. prefix: what it begins with, whatever follows.

    length: how many bytes are drawn for it. document: of the long form of a DID, what stands around its keys.
    """

    prefix: bytes
    length: int
    letters: bytes  # 256 of them, by which any byte becomes one
    document: tuple[bytes, ...] = ()

    def drawn(self, bytes_: bytes) -> bytes:
        """The text for these random bytes."""
        letters = bytes_.translate(self.letters)
        if not self.document:
            return self.prefix + letters
        keys = (letters[at : at + KEY] for at in range(0, self.length, KEY))
        inside = (part for pair in zip(self.document, (*keys, b""), strict=True) for part in pair)
        return self.prefix + b58(b"".join(inside)).encode()


@dataclass(frozen=True, slots=True)
class Copy:
    """One synthetic relationship. heard: how many marks of messages heard belong to it."""

    peer: str
    did: str
    thread: str
    lines: tuple[Line, ...]
    heard: int


@dataclass(frozen=True, slots=True)
class Handshake:
    """The lines of a relationship as JSON. text: what stands around names; order: which of them follows each text."""

    text: tuple[bytes, ...]
    order: tuple[int, ...]
    names: tuple[Name, ...]
    heard: int

    def copy(self, number: int, seed: str = "") -> Copy:
        """The relationship under the names of this number: the same ones for the same number and seed, always."""
        drawn = shake_256(f"{seed} {number}".encode()).digest(sum(name.length for name in self.names))
        names, start = [], 0
        for name in self.names:
            names.append(name.drawn(drawn[start : start + name.length]))
            start += name.length
        parts = [self.text[0]]
        for index, text in zip(self.order, self.text[1:], strict=True):
            parts += (names[index], text)
        lines = tuple(msgspec.json.decode(b"".join(parts), type=list[Record]))
        [known] = [line for line in lines if isinstance(line, RelationshipLine)]
        thread = next(line.thread for line in lines if isinstance(line, ThreadLine))
        return Copy(known.peer, known.dids[0], thread, lines, self.heard)


async def handshake(folder: Path, side: Side = "org", *, only_found: bool = False) -> Handshake:
    """What one relationship leaves in the wallet of an org, or of a person, who has had one before.

    only_found: no more of it than a look-up finds, the relationship and one thread; long DIDs are letters at random,
    for in these rows they are not taken apart.
    folder: for their wallets. What only the first relationship of all brings, as the texts of agreements, is left out.
    """
    os.environ["FREERANGE_TEST_KDF"] = "1"  # the wallets are thrown away: their passphrase need not be slow
    world = World(folder)
    shop, other_shop = await world.add("Shop", "org"), await world.add("Other shop", "org")
    her, somebody = await world.add("her"), await world.add("somebody")
    before_him = (somebody, shop) if side == "org" else (her, other_shop)
    await _meet(world, *before_him)
    wallet = shop if side == "org" else her
    before = set(_lines(wallet))
    await _meet(world, her, shop)
    after = [line for line in _lines(wallet) if line not in before]
    port = shop.config.url.rpartition(":")[2] if side == "person" else ""
    await world.close()
    marks = sum(_kind(line) == b"heard" for line in after)
    kept = [line for line in after if _kind(line) != b"heard"]
    if not only_found:
        return _parsed(kept, before, port, marks)
    found = (next(line for line in kept if _kind(line) == kind) for kind in (b"relationship", b"thread"))
    return _parsed(list(found), before, port, 0, documents=False)


async def _meet(world: World, person: Agent, org: Agent) -> None:
    """From an invitation to two confirmed messages."""
    called = await world.introduce(person, org)
    begun = towards(person, public_did(org))
    await world.do(person, "/v1/terms", peer=public_did(org))
    await world.settle()
    assert towards(person, public_did(org)).agreements, f"{begun.called} has not agreed"
    for agent, peer, words in (
        (person, public_did(org), "Do you have it in green, and could I pick it up on Saturday?"),
        (org, called, "We do. It is put aside for you until Saturday evening."),
    ):
        await world.do(agent, "/v1/threads", peer=peer, type=TEXT, body={"content": words})
        await world.settle()
    await world.pass_time(60)
    for agent in (person, org):
        assert not list(agent.store.outgoing()), "something is still on its way"


def _lines(agent: Agent) -> Iterator[bytes]:
    """All that an export of a wallet says, but for how it blinds."""
    with snapshot(agent.store.path, agent.store.vault) as tx:
        for line in records(tx):
            if not isinstance(line, BlindingKey):
                yield msgspec.json.encode(line)


def _kind(line: bytes) -> bytes:
    return line.split(b'"')[3]


def _parsed(lines: list[bytes], before: set[bytes], port: str, heard: int, *, documents: bool = True) -> Handshake:
    """Where the names are in these lines. before: what others' lines say; what occurs there is nobody's own name."""
    kinds = [*_KINDS, *([(b"", rb"127\.0\.0\.1(?=(?:%3A|:)" + port.encode() + rb"\b)", _HEX)] if port else [])]
    pattern = re.compile(b"|".join(b"(" + re.escape(prefix) + rest + b")" for prefix, rest, _ in kinds))
    shared = {found[0] for line in before for found in pattern.finditer(line)} - {b"127.0.0.1"}
    whole, at = b"[" + b",".join(lines) + b"]", 0
    text, order, names, known = list[bytes](), list[int](), list[Name](), dict[bytes, int]()
    for found in pattern.finditer(whole):
        if found[0] in shared:
            continue
        if found[0] not in known:
            known[found[0]] = len(names)
            prefix, _, letters = kinds[(found.lastindex or 1) - 1]
            names.append(_name(found[0], prefix, letters, documents=documents))
        text.append(whole[at : found.start()])
        order.append(known[found[0]])
        at = found.end()
    return Handshake((*text, whole[at:]), tuple(order), tuple(names), heard)


def _name(text: bytes, prefix: bytes, letters: str, *, documents: bool) -> Name:
    table = bytes(letters[byte % len(letters)].encode()[0] for byte in range(256))
    if prefix != LONG or not documents:
        return Name(prefix, len(text) - len(prefix), table)
    document = tuple(re.split(rb"(?<=z6Mk)\w{44}|(?<=z6LS)\w{44}", unb58(text.removeprefix(LONG).decode())))
    assert len(document) > 1, "a long DID without a key"
    return Name(prefix, KEY * (len(document) - 1), table, document)
