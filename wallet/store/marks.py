"""Marks of messages heard under other keys than this wallet's own: those it was restored from, or that were imported.

A mark is three blind values, and says nothing of what it stands for; so an export carries the marks as they are, with
the keys that made them. A wallet into which they come keeps both, and looks a message up under each of the keys, until
the last mark made with it may be forgotten.
"""

import hashlib
from collections.abc import Iterator
from typing import Final

import msgspec

from wallet.records import BlindingKey, Heard
from wallet.store import items, log
from wallet.store.change import Item
from wallet.store.transaction import Transaction
from wallet.vault import BLIND, Former

KIND: Final = "blinding"
PEER, MESSAGE, DIGEST = "peer", "heard.id", "heard.digest"  # the tags under which `log.hear` blinds


def own(tx: Transaction) -> BlindingKey:
    """The keys by which this wallet makes its marks."""
    row = tx.row("SELECT max(forget_at) FROM heard")
    peer, message, digest = (tx.blinding_key(tag) for tag in (PEER, MESSAGE, DIGEST))
    return BlindingKey(peer=peer, message=message, digest=digest, until=row[0] or 0 if row else 0)


def item(keys: BlindingKey) -> Item:
    """What to keep of the keys of another wallet."""
    return Item(KIND, _name(keys), msgspec.json.encode(keys))


def is_known(tx: Transaction, keys: BlindingKey) -> bool:
    """Whether marks made with these keys are recognised here already."""
    return _name(keys) == _name(own(tx)) or items.item(tx, kind=KIND, id=_name(keys)) is not None


def load(tx: Transaction) -> None:
    """Let the vault recognise what the keys kept here have blinded."""
    rows = items.items(tx, kind=KIND, peer=None, tag=None)
    keys = (msgspec.json.decode(row.record, type=BlindingKey) for row in rows)
    tx.vault.former = tuple(Former(each.peer, each.message, each.digest) for each in keys)


def forget(tx: Transaction, *, now: int) -> int:
    """Drop keys whose marks may all be forgotten. Returns how many."""
    rows = tuple(items.items(tx, kind=KIND, peer=None, tag=None))
    over = [row for row in rows if msgspec.json.decode(row.record, type=BlindingKey).until <= now]
    for row in over:
        items.claim(tx, kind=KIND, id=row.id)
    if over:
        load(tx)
    return len(over)


def every(tx: Transaction) -> Iterator[Heard]:
    """All marks, for a snapshot."""
    for peer, id, digest, forget_at in tx.each("SELECT peer, id, digest, forget_at FROM heard"):
        yield Heard(peer=peer, message=id, digest=digest[:BLIND], forget_at=forget_at)


def find(tx: Transaction, mark: Heard) -> Heard | None:
    """The mark of this message."""
    sql = "SELECT digest, forget_at FROM heard WHERE peer = :peer AND id = :id"
    row = tx.row(sql, peer=mark.peer, id=mark.message)
    return Heard(peer=mark.peer, message=mark.message, digest=row[0][:BLIND], forget_at=row[1]) if row else None


def put(tx: Transaction, mark: Heard) -> None:
    """Write a mark as it is."""
    log.mark(tx, peer=mark.peer, id=mark.message, digest=mark.digest, forget_at=mark.forget_at)


def _name(keys: BlindingKey) -> str:
    return hashlib.sha256(keys.peer + keys.message + keys.digest).hexdigest()
