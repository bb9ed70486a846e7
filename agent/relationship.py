"""What we know of the other side, and where the two of us stand. One record per relationship, sealed in the store."""

import hashlib

import msgspec

from wallet import dids
from wallet.store.change import Peer


class Link(msgspec.Struct, frozen=True):
    """The newest signed object of one side: its number in that side's chain and its Digest."""

    seq: int = 0
    head: str = ""


class Agreement(msgspec.Struct, frozen=True):
    """An agreement in force. record: Digest that both sides hold; since and ends: Unix seconds, 0 for no end."""

    record: str
    id: str
    version: str
    digest: str
    thid: str
    since: int
    ends: int = 0


class Relationship(msgspec.Struct, frozen=True):
    """One relationship.

    peer: the first DID of the other side, in canonical form; it names the relationship for good.
    knows_us, brief: they have written to the DID we use, so its short form will do for them; they use their own.
    name, domain, kind: what the other side said of itself and proved; empty until then.
    ours, theirs: the two chains of signed objects, followed through every rotation.
    """

    peer: str
    our_did: str
    their_did: str
    since: int
    name: str = ""
    domain: str = ""
    kind: str = ""
    knows_us: bool = False
    brief: bool = False
    met: bool = False
    ended: bool = False
    invitation: str = ""
    protocols: tuple[str, ...] = ()
    ours: Link = Link()
    theirs: Link = Link()
    agreements: tuple[Agreement, ...] = ()

    @property
    def spoken_as(self) -> str:
        """The DID we write from, as short as the other side can read it."""
        return dids.canonical(self.our_did) if self.knows_us else self.our_did

    @property
    def spoken_to(self) -> str:
        """The DID we write to, as short as the other side can read it."""
        return dids.canonical(self.their_did) if self.brief else self.their_did

    @property
    def called(self) -> str:
        """What to call the other side: its proven name, else a fingerprint that nobody can choose."""
        return self.name or fingerprint(self.peer)

    def governing(self, now: int) -> Agreement | None:
        """The agreement in force now: of several, the one confirmed last."""
        valid = [each for each in self.agreements if each.since <= now and (not each.ends or now < each.ends)]
        return valid[-1] if valid else None


_decoder = msgspec.json.Decoder(Relationship)


def read(row: Peer) -> Relationship:
    """The relationship in a row of the store."""
    return _decoder.decode(row.record)


def write(relationship: Relationship, version: int) -> Peer:
    """The row to store, changed from `version`."""
    speaks = tuple({relationship.peer, dids.canonical(relationship.their_did)})
    return Peer(relationship.peer, version, speaks, msgspec.json.encode(relationship))


def fingerprint(did: str) -> str:
    """A short name for a DID, made from a hash of it: eight letters and digits, in two groups."""
    short = hashlib.sha256(did.encode()).hexdigest()[:8]
    return f"{short[:4]}-{short[4:]}"
