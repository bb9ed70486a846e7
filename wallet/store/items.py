"""Things kept, by kind: keys, DIDs, credentials, agreements, invitations."""

from collections.abc import Iterator

from wallet.store import inventory
from wallet.store.change import Item
from wallet.store.transaction import Columns, Transaction, Value, reader

_read = reader(tuple[str, str, str, str, bytes])
_FIELDS = "place, kind, id, peer, tag, revision, sealed"


def item(tx: Transaction, *, kind: str, id: str) -> Item | None:
    """One item."""
    sql = f"SELECT {_FIELDS} FROM item WHERE kind = :kind AND id = :id"
    row = tx.row(sql, kind=tx.blind("item.kind", kind), id=tx.blind("item.id", id))
    return _opened(tx, row) if row else None


def items(tx: Transaction, *, kind: str, peer: str | None, tag: str | None) -> Iterator[Item]:
    """The items of a kind, oldest first; of one relationship ("": of none), or with one tag, if asked for."""
    where, values = _meant(tx, kind, peer, tag)
    sql = f"SELECT {_FIELDS} FROM item WHERE {where} AND place > :after ORDER BY place LIMIT :page"
    return (_opened(tx, row) for row in tx.pages(sql, after=0, **values))


def count(tx: Transaction, *, kind: str, peer: str | None, tag: str | None) -> int:
    """How many there are, of those that `items` would give; none is opened."""
    where, values = _meant(tx, kind, peer, tag)
    row = tx.row(f"SELECT count(*) FROM item WHERE {where}", **values)
    return int(row[0]) if row else 0


def newest(tx: Transaction, *, kind: str, peer: str | None, tag: str | None, start: int, most: int) -> tuple[Item, ...]:
    """Some of those that `items` would give, newest first. start: how many are left out before them."""
    where, values = _meant(tx, kind, peer, tag)
    sql = f"SELECT {_FIELDS} FROM item WHERE {where} ORDER BY place DESC LIMIT :most OFFSET :start"
    return tuple(_opened(tx, row) for row in tx.rows(sql, most=most, start=start, **values))


def _meant(tx: Transaction, kind: str, peer: str | None, tag: str | None) -> tuple[str, dict[str, Value]]:
    """Which items are meant, in SQL."""
    where, values = "kind = :kind", dict[str, Value](kind=tx.blind("item.kind", kind))
    if peer is not None:
        where, values["peer"] = where + " AND peer = :peer", tx.blind("peer", peer)
    if tag is not None:
        where, values["tag"] = where + " AND tag = :tag", tx.blind("item.tag", tag)
    return where, values


def every(tx: Transaction) -> Iterator[Item]:
    """All items, oldest first, for a snapshot."""
    return (_opened(tx, row) for row in tx.each(f"SELECT {_FIELDS} FROM item ORDER BY place"))


def keep(tx: Transaction, *, row: Item) -> None:
    """Store an item; one with the same kind and id is replaced, at the next revision."""
    kind, id = tx.blind("item.kind", row.kind), tx.blind("item.id", row.id)
    peer, tag = tx.blind("peer", row.peer), tx.blind("item.tag", row.tag)
    known = tx.row(f"SELECT revision FROM item WHERE kind = :kind AND id = :id{tx.held}", kind=kind, id=id)
    precious = row.kind in inventory.PRECIOUS
    revision = inventory.next_revision(tx) if precious else known[0] + 1 if known else 1
    record = (row.kind, row.id, row.peer, row.tag, row.record)
    sealed = tx.seal("item", (kind, id), record, revision=revision, tags=(peer, tag))
    sql = (
        "INSERT INTO item (kind, id, peer, tag, revision, sealed) VALUES (:kind, :id, :peer, :tag, :revision, :sealed)"
        " ON CONFLICT (kind, id) DO UPDATE SET peer = excluded.peer, tag = excluded.tag, revision = excluded.revision,"
        " sealed = excluded.sealed"
    )
    tx.put(sql, kind=kind, id=id, peer=peer, tag=tag, revision=revision, sealed=sealed)
    if precious:
        total = inventory.share(tx, kind=kind, id=id, revision=revision)
        if known:
            total -= inventory.share(tx, kind=kind, id=id, revision=known[0])
        inventory.move(tx, count=0 if known else 1, total=total)


def claim(tx: Transaction, *, kind: str, id: str) -> bool:
    """Take an item away. Returns False if it is not there: somebody else was first."""
    where = "WHERE kind = :kind AND id = :id"
    keys = {"kind": tx.blind("item.kind", kind), "id": tx.blind("item.id", id)}
    known = tx.row(f"SELECT revision FROM item {where}{tx.held}", **keys)
    if known is None:
        return False
    tx.put(f"DELETE FROM item {where}", **keys)
    if kind in inventory.PRECIOUS:
        inventory.move(tx, count=-1, total=-inventory.share(tx, revision=known[0], **keys))
    return True


def _opened(tx: Transaction, row: Columns) -> Item:
    _, kind, id, peer, tag, revision, sealed = row
    fields = tx.unseal(_read, "item", (kind, id), sealed, revision=revision, tags=(peer, tag))
    of_kind, name, of_peer, with_tag, record = fields
    return Item(of_kind, name, record, of_peer, with_tag)
