"""Both chains of signed objects of a relationship as they are held here: where they end, and what is missing in them.

Source: vrm-protocols 3.5 and 5.11. An object that was deleted because its data had to be is not missing: its number and
Digest are remembered.
"""

from collections.abc import Iterator, Sequence

import msgspec

from agent import parcel as parcels
from agent.didcomm import plaintext
from agent.didcomm.plaintext import Plaintext
from agent.draft import PURGED, Draft, Line, Purged
from agent.parcel import Parcel
from protocols.vrm.audit import Aligned, Checkpoint, Diverged, Head
from wallet.store.change import Outgoing, SignedRow

MOST = 1000  # numbers named in one answer; what is beyond is found by the next comparison


def held(draft: Draft, *, ours: bool) -> dict[int, str]:
    """The Digest of each object of one chain that is here, by its number."""
    store, peer = draft.agent.store, draft.peer
    found = {row.seq: row.digest for row in store.ledger(peer, ours=ours)}
    if not ours:
        gone = (msgspec.json.decode(item.record, type=Purged) for item in store.items(PURGED, peer=peer))
        found |= {each.seq: each.digest for each in gone}
    return found


def unbroken(numbers: dict[int, str], until: int) -> Head:
    """How far a chain is here without a hole, and no further than `until`."""
    last = 0
    while last < until and last + 1 in numbers:
        last += 1
    return Head(last, numbers[last]) if last else Head(0)


def checkpoint(draft: Draft) -> Checkpoint:
    """Our chain as it ends before this object, and theirs as far as it is here."""
    theirs = held(draft, ours=False)
    return Checkpoint(mine=ours_ends(draft), yours=unbroken(theirs, max(theirs, default=0)))


def ours_ends(draft: Draft) -> Head:
    """Where our chain ends, before what is being said."""
    link = draft.relationship.ours
    return Head(link.seq, link.head) if link.seq else Head(0)


def compared(draft: Draft, asked: Checkpoint) -> Aligned | Diverged:
    """The answer to a comparison: the same on both sides, or what either lacks."""
    mine, theirs = ours_ends(draft), held(draft, ours=False)
    missing = [seq for seq in range(1, min(asked.mine.seq, len(theirs) + MOST) + 1) if seq not in theirs][:MOST]
    known = unbroken(theirs, asked.mine.seq)
    if not missing and known == asked.mine and mine == asked.yours:
        return Aligned(mine=mine, yours=known)
    unseen = range(asked.yours.seq + 1, mine.seq + 1)[:MOST]
    return Diverged(mine=mine, yours=known, missing=tuple(missing), unseen=tuple(unseen))


def resend(draft: Draft, numbers: Sequence[int]) -> None:
    """Put the messages that carry these objects of ours on their way again, as they were: same ids, same places."""
    for row in (row for seq in numbers for row in draft.agent.store.numbered(draft.peer, ours=True, seq=seq)):
        for said in carrying(draft, row):
            raw = plaintext.write(msgspec.structs.replace(said, from_=None, to=None, from_prior=None))
            record = parcels.write(Parcel(msgspec.Raw(raw), since=draft.now, reliable=True))
            due = draft.now + parcels.RESEND_AFTER[0]
            draft.send += (Outgoing(said.id, row.thid, due, parcels.FOR_EVER, record),)


def carrying(draft: Draft, row: SignedRow) -> Iterator[Plaintext]:
    """The message of ours that carried this object, as it stands in the log of its thread."""
    for entry in draft.agent.store.log(draft.peer, row.thid) if row.thid != draft.thid else ():
        if entry.ours:
            said = plaintext.read(bytes(msgspec.json.decode(entry.record, type=Line).message))
            object = said.body.get("signed")
            if isinstance(object, dict) and object.get("id") == row.object_id:
                yield said
