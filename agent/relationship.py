"""What we know of the other side, and where the two of us stand. One record per relationship, sealed in the store."""

import hashlib
from functools import cached_property

import msgspec
from msgspec.structs import replace

from wallet import dids
from wallet.store.change import Peer

MOST_FORMER = 64  # DIDs of theirs that are remembered; an older one is a stranger's


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


class Former(msgspec.Struct, frozen=True, omit_defaults=True):
    """A DID that we used in this relationship before: in its long form while they may know us by it.

    brief: they know its short form. prior: the `from_prior` that leads from it to the one we use, empty once they are
    known to know a newer one. linger: seconds for which it is still heard after that, for what is on its way; until:
    when they are over, Unix seconds, 0 while they have not begun.
    """

    did: str
    brief: bool = False
    prior: str = ""
    linger: int = 0
    until: int = 0


class Relationship(msgspec.Struct, frozen=True, omit_defaults=True, dict=True):
    """One relationship.

    peer: the first DID of the other side, in canonical form; it names the relationship for good.
    knows_us, brief: they have written to the DID we use, so its short form will do for them; they use their own.
    name, domain, kind: what the other side said of itself and proved; empty until then.
    ours, theirs: the two chains of signed objects, followed through every rotation.
    our_former, their_former: DIDs used here before, oldest first; those of theirs in canonical form.
    we_moved, they_moved: when each side last changed its DID, as its `from_prior` says; Unix seconds, 0 for never.
    announcement: id of the message that tells them of our new DID, until they have written to it.
    local: what an org's own systems call the relationship, and nobody else; empty until they hear of it.
    acting: we deal with them for somebody else, under her mandate, and in her role.
    closing: the time in a message that says they end it, which anybody could have passed on to us; 0 for none.
    blocked: how much of their advertising was refused, because the owner's rules forbid it.
    paused: until when the owner wants nothing new of them, Unix seconds; 0 for no pause (agent/vrm/pausing.py).
    one_off: for one exchange with an org, named by our DID and told apart by it (agent/one_off.py).
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
    our_former: tuple[Former, ...] = ()
    their_former: tuple[str, ...] = ()
    we_moved: int = 0
    they_moved: int = 0
    announcement: str = ""
    closing: int = 0
    acting: bool = False
    blocked: int = 0
    local: str = ""
    paused: int = 0
    one_off: bool = False

    @property
    def our_dids(self) -> tuple[str, ...]:
        """Every DID that has been ours here: what was signed for any of them was signed for us."""
        return (self.our_did, *(each.did for each in self.our_former))

    @property
    def their_dids(self) -> tuple[str, ...]:
        """Every DID that has been theirs here: what any of them signed, they signed."""
        return (self.their_did, *(() if self.one_off else (self.peer,)), *self.their_former)

    @property
    def priors(self) -> tuple[str, ...]:
        """What may lead them to the DID we use: one `from_prior` for each DID they may know us by, oldest first."""
        return tuple(each.prior for each in self.our_former if each.prior)

    @property
    def signed_as(self) -> str:
        """The DID in whose name we sign: the newest that they have written to. What a later one signed might come to
        them without a proof that it is ours, if we move once more before they hear of it.
        """
        return next((each.did for each in self.our_former if not each.until), self.our_did)

    def hears(self, did: str, now: int) -> bool:
        """Whether what they write to this DID of ours is heard."""
        if did == self._ours or dids.canonical(did) == self._ours:  # most often it comes in that form
            return True
        found = [each for each in self.our_former if dids.same(did, each.did)]
        return any(not each.until or now < each.until for each in found)

    def is_theirs(self, did: str) -> bool:
        """Whether they speak as this DID now."""
        return did == self._theirs or dids.canonical(did) == self._theirs

    @cached_property
    def _ours(self) -> str:
        """The DID we use, in canonical form."""
        return dids.canonical(self.our_did)

    @cached_property
    def _theirs(self) -> str:
        """The DID they use, in canonical form."""
        return dids.canonical(self.their_did)

    @property
    def spoken_as(self) -> str:
        """The DID we write from, as short as the other side can read it."""
        return self._ours if self.knows_us else self.our_did

    @property
    def spoken_to(self) -> str:
        """The DID we write to, as short as the other side can read it."""
        return self._theirs if self.brief else self.their_did

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
    named_by = relationship.our_dids if relationship.one_off else relationship.their_dids
    known = tuple({dids.canonical(did): None for did in named_by})
    return Peer(relationship.peer, version, known, msgspec.json.encode(relationship))


def moved(relationship: Relationship, did: str, at: int) -> Relationship:
    """The relationship once the other side speaks as `did`. at: Unix seconds, of their rotation."""
    former = (*relationship.their_former, dids.canonical(relationship.their_did))[-MOST_FORMER:]
    return replace(relationship, their_did=did, they_moved=at, their_former=former, brief=False)


def reached(relationship: Relationship, did: str, now: int) -> Relationship:
    """The relationship once they have written to `did` of ours: from older ones they need not be led there any more."""
    places = [place for place, each in enumerate(relationship.our_former) if dids.same(did, each.did)]
    last = dids.same(did, relationship.our_did)
    newest = len(relationship.our_former) if last else places[-1] if places else 0
    known = tuple(settled(each, now) for each in relationship.our_former[:newest])
    return replace(
        relationship,
        our_former=(*known, *relationship.our_former[newest:]),
        knows_us=relationship.knows_us or last,
        announcement="" if last else relationship.announcement,
    )


def settled(former: Former, now: int) -> Former:
    """A DID of ours that they need no more: heard for what is on its way, and not longer."""
    if former.until:
        return former
    return Former(dids.canonical(former.did), linger=former.linger, until=max(1, now + former.linger))


def fingerprint(did: str) -> str:
    """A short name for a DID, made from a hash of it: eight letters and digits, in two groups."""
    short = hashlib.sha256(did.encode()).hexdigest()[:8]
    return f"{short[:4]}-{short[4:]}"
