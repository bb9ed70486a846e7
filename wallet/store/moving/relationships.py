"""Relationships and what was said in them, as lines of an export."""

from collections.abc import Iterator

from wallet import records
from wallet.errors import Corrupt
from wallet.records import carried, kept_of
from wallet.store import ledger, log, peers, threads
from wallet.store.change import Entry, Peer, SignedRow, Thread
from wallet.store.moving.subject import Subject, names
from wallet.store.transaction import Transaction

# -- relationships ------------------------------------------------------------------------------------------------


def _relationship(row: Peer) -> records.Relationship:
    return records.Relationship(peer=row.peer, dids=tuple(sorted(row.dids)), **carried(row.record))


def _relationships(tx: Transaction) -> Iterator[records.Relationship]:
    return map(_relationship, peers.peers(tx))


def _find_relationship(tx: Transaction, line: records.Relationship) -> records.Relationship | None:
    """The relationship of this name, or else one for which a DID of this one speaks."""
    speaks = (peers.peer_of(tx, did=did) for did in line.dids)
    for name in (line.peer, *(each for each in speaks if each is not None)):
        row = peers.peer(tx, peer=name)
        if row is not None:
            return _relationship(row)
    return None


def _put_relationship(tx: Transaction, line: records.Relationship) -> None:
    row = Peer(line.peer, 0, line.dids, kept_of(line))
    if not peers.write(tx, key=tx.blind("peer", line.peer), row=row):
        raise Corrupt("two relationships of the file claim the same DID. Nothing was imported.")


# -- threads ------------------------------------------------------------------------------------------------------


def _thread(peer: str, row: Thread) -> records.Thread:
    return records.Thread(peer=peer, thread=row.thid, open=row.open, **carried(row.record))


def _threads(tx: Transaction) -> Iterator[records.Thread]:
    return (_thread(peer, row) for peer, row in threads.every(tx))


def _find_thread(tx: Transaction, line: records.Thread) -> records.Thread | None:
    row = threads.thread(tx, peer=line.peer, thid=line.thread)
    return _thread(line.peer, row) if row else None


def _put_thread(tx: Transaction, line: records.Thread) -> None:
    row = Thread(line.thread, 0, line.open, kept_of(line))
    threads.write(tx, peer=tx.blind("peer", line.peer), name=line.peer, row=row)


# -- messages -----------------------------------------------------------------------------------------------------


def _message(peer: str, row: Entry) -> records.Message:
    return records.Message(peer=peer, thread=row.thid, id=row.id, ours=row.ours, at=row.at, **carried(row.record))


def _messages(tx: Transaction) -> Iterator[records.Message]:
    name = names(tx)
    return (_message(name(key), row) for key, row in log.every(tx))


def _find_message(tx: Transaction, line: records.Message) -> records.Message | None:
    row = log.line(tx, peer=line.peer, thid=line.thread, ours=line.ours, id=line.id)
    return _message(line.peer, row) if row else None


def _put_message(tx: Transaction, line: records.Message) -> None:
    row = Entry(line.thread, line.id, line.ours, line.at, kept_of(line))
    log.add(tx, peer=tx.blind("peer", line.peer), row=row)


# -- signed objects -----------------------------------------------------------------------------------------------


def _signed(peer: str, row: SignedRow) -> records.SignedObject:
    return records.SignedObject(
        peer=peer,
        digest=row.digest,
        id=row.object_id,
        ours=row.ours,
        seq=row.seq,
        thread=row.thid,
        at=row.at,
        **carried(row.record),
    )


def _all_signed(tx: Transaction) -> Iterator[records.SignedObject]:
    name = names(tx)
    return (_signed(name(key), row) for key, row in ledger.every(tx))


def _find_signed(tx: Transaction, line: records.SignedObject) -> records.SignedObject | None:
    row = ledger.signed(tx, peer=line.peer, digest=line.digest)
    return _signed(line.peer, row) if row else None


def _put_signed(tx: Transaction, line: records.SignedObject) -> None:
    row = SignedRow(line.digest, line.id, line.ours, line.seq, line.thread, line.at, kept_of(line))
    ledger.add(tx, peer=tx.blind("peer", line.peer), row=row)


RELATIONSHIPS = Subject("peer", (records.Relationship,), _relationships, _find_relationship, _put_relationship)
THREADS = Subject("thread", (records.Thread,), _threads, _find_thread, _put_thread)
MESSAGES = Subject("log", (records.Message,), _messages, _find_message, _put_message)
SIGNED = Subject("signed", (records.SignedObject,), _all_signed, _find_signed, _put_signed)
