"""The signed objects of a relationship: two chains, ours and theirs."""

from collections.abc import Iterator

from wallet.store import peers
from wallet.store.change import SignedRow
from wallet.store.transaction import Columns, Transaction, Value, reader

_read = reader(tuple[str, str, str, bytes])
_COLUMNS = "peer, digest, object, ours, seq, at, sealed"
_ROW = f"SELECT {_COLUMNS} FROM signed WHERE peer = :peer"


def add(tx: Transaction, *, peer: bytes, row: SignedRow) -> None:
    """Add one signed object, once. peer: blind. Nothing is written if one of this digest is there.

    Two objects of one number in one chain are both kept: together they prove an equivocation.
    """
    digest, object, ours = tx.blind("digest", row.digest), tx.blind("object", row.object_id), int(row.ours)
    record = (row.digest, row.object_id, row.thid, row.record)
    sealed = tx.seal("signed", (peer, digest), record, tags=(object, ours, row.seq, row.at))
    sql = (
        "INSERT INTO signed (peer, digest, object, ours, seq, at, sealed)"
        " VALUES (:peer, :digest, :object, :ours, :seq, :at, :sealed) ON CONFLICT (peer, digest) DO NOTHING"
    )
    values: dict[str, Value] = {
        "digest": digest,
        "object": object,
        "ours": ours,
        "seq": row.seq,
        "at": row.at,
        "sealed": sealed,
    }
    tx.put(sql, peer=peer, **values)


def purge(tx: Transaction, *, peer: bytes, digest: str) -> None:
    """Delete one object of the other side. peer: blind. The chain it stood in goes on from its Digest."""
    sql = "DELETE FROM signed WHERE peer = :peer AND digest = :digest AND ours = 0"
    tx.put(sql, peer=peer, digest=tx.blind("digest", digest))


def ledger(tx: Transaction, *, peer: str, ours: bool | None) -> tuple[SignedRow, ...]:
    """The ledger with one peer, or one side of it, in the order it came about."""
    side: dict[str, Value] = {} if ours is None else {"ours": int(ours)}
    sql = f"{_ROW} ORDER BY place" if ours is None else f"{_ROW} AND ours = :ours ORDER BY place"
    return tuple(_opened(tx, row) for row in tx.rows(sql, peer=tx.blind("peer", peer), **side))


def newest(
    tx: Transaction, *, peer: str | None = None, ours: bool | None = None, start: int, most: int
) -> tuple[tuple[str, SignedRow], ...]:
    """Some signed objects with their peers, newest first: with one peer or all, of one side or both.

    start: how many are left out before them.
    """
    source, values = _meant(tx, peer, ours)
    sql = f"SELECT {_COLUMNS} FROM {source} ORDER BY place DESC LIMIT :most OFFSET :start"
    rows = tx.rows(sql, most=most, start=start, **values)
    names = {key: peers.name_of(tx, key=key) or "" for key in {row[0] for row in rows}}
    return tuple((names[row[0]], _opened(tx, row)) for row in rows)


def count(tx: Transaction, *, peer: str | None = None, ours: bool | None = None) -> int:
    """How many there are, of those that `newest` would give; none is opened."""
    source, values = _meant(tx, peer, ours)
    row = tx.row(f"SELECT count(*) FROM {source}", **values)
    return int(row[0]) if row else 0


def _meant(tx: Transaction, peer: str | None, ours: bool | None) -> tuple[str, dict[str, Value]]:
    """Which objects are meant, and the index by which they are found in their order."""
    side: dict[str, Value] = {} if ours is None else {"ours": int(ours)}
    if peer is not None:
        both = "" if ours is None else " AND ours = :ours"
        return f"signed INDEXED BY signed_by_peer WHERE peer = :peer{both}", {"peer": tx.blind("peer", peer), **side}
    return ("signed", {}) if ours is None else ("signed INDEXED BY signed_by_side WHERE ours = :ours", side)


def signed(tx: Transaction, *, peer: str, digest: str) -> SignedRow | None:
    """One signed object."""
    row = tx.row(f"{_ROW} AND digest = :digest", peer=tx.blind("peer", peer), digest=tx.blind("digest", digest))
    return _opened(tx, row) if row else None


def numbered(tx: Transaction, *, peer: str, ours: bool, seq: int) -> tuple[SignedRow, ...]:
    """The objects with one number in one side's chain: none is a gap, more than one an equivocation."""
    sql = f"{_ROW} AND ours = :ours AND seq = :seq ORDER BY place"
    return tuple(_opened(tx, row) for row in tx.rows(sql, peer=tx.blind("peer", peer), ours=int(ours), seq=seq))


def with_object_id(tx: Transaction, *, peer: str, id: str) -> tuple[SignedRow, ...]:
    """The objects that bear this id: more than one is an equivocation."""
    sql = f"{_ROW} AND object = :object ORDER BY place"
    return tuple(_opened(tx, row) for row in tx.rows(sql, peer=tx.blind("peer", peer), object=tx.blind("object", id)))


def every(tx: Transaction) -> Iterator[tuple[bytes, SignedRow]]:
    """All objects with their blind peers, in the order they came about, for a snapshot."""
    return ((row[0], _opened(tx, row)) for row in tx.each(f"SELECT {_COLUMNS} FROM signed ORDER BY place"))


def _opened(tx: Transaction, row: Columns) -> SignedRow:
    peer, digest, object, ours, seq, at, sealed = row
    fields = tx.unseal(_read, "signed", (peer, digest), sealed, tags=(object, ours, seq, at))
    real, object_id, thid, record = fields
    return SignedRow(real, object_id, bool(ours), seq, thid, at, record)
