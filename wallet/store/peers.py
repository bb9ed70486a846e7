"""Relationships, and the DIDs by which they are, or were, known."""

from collections.abc import Iterator

from wallet.store.change import Peer
from wallet.store.transaction import Columns, Transaction, reader

_read = reader(tuple[str, tuple[str, ...], bytes])
_read_did = reader(tuple[str])


def peer_of(tx: Transaction, *, did: str) -> str | None:
    """The peer that is, or was, known by `did`."""
    key = tx.blind("did", did)
    row = tx.row("SELECT peer, sealed FROM did WHERE did = :did", did=key)
    return tx.unseal(_read_did, "did", (key,), row[1], tags=(row[0],))[0] if row else None


def peer(tx: Transaction, *, peer: str) -> Peer | None:
    """One relationship."""
    row = tx.row("SELECT peer, version, sealed FROM peer WHERE peer = :peer", peer=tx.blind("peer", peer))
    return _opened(tx, row) if row else None


def name_of(tx: Transaction, *, key: bytes) -> str | None:
    """The name of a relationship by its blind one."""
    row = tx.row("SELECT peer, version, sealed FROM peer WHERE peer = :peer", peer=key)
    return _opened(tx, row).peer if row else None


def peers(tx: Transaction) -> Iterator[Peer]:
    """All relationships, in no order."""
    sql = "SELECT peer, version, sealed FROM peer WHERE peer > :after ORDER BY peer LIMIT :page"
    return (_opened(tx, row) for row in tx.pages(sql, after=b""))


def write(tx: Transaction, *, key: bytes, row: Peer) -> bool:
    """Store a relationship at version + 1. key: its blind peer.

    Returns False if it is not at `version` now, or if one of its DIDs speaks for another relationship.
    """
    sealed = tx.seal("peer", (key,), (row.peer, row.dids, row.record), revision=row.version + 1)
    if row.version == 0:
        sql = (
            "INSERT INTO peer (peer, version, sealed) VALUES (:peer, :version + 1, :sealed)"
            " ON CONFLICT (peer) DO NOTHING"
        )
    else:
        sql = "UPDATE peer SET version = version + 1, sealed = :sealed WHERE peer = :peer AND version = :version"
    return tx.guard(sql, peer=key, version=row.version, sealed=sealed) and _write_dids(tx, key, row)


def stands(tx: Transaction, *, key: bytes, version: int) -> bool:
    """Whether a relationship is at this version still. key: its blind peer."""
    sql = "SELECT 1 FROM peer WHERE peer = :peer AND version = :version"
    return tx.guard(sql, peer=key, version=version)


def _write_dids(tx: Transaction, key: bytes, row: Peer) -> bool:
    wanted = {tx.blind("did", did) for did in row.dids}
    present = {did for (did,) in tx.rows("SELECT did FROM did WHERE peer = :peer", peer=key)}
    for did in present - wanted:
        tx.put("DELETE FROM did WHERE did = :did", did=did)
    for did in wanted - present:
        sealed = tx.seal("did", (did,), (row.peer,), tags=(key,))
        sql = "INSERT INTO did (did, peer, sealed) VALUES (:did, :peer, :sealed) ON CONFLICT (did) DO NOTHING"
        if not tx.guard(sql, did=did, peer=key, sealed=sealed):
            return False
    return True


def _opened(tx: Transaction, row: Columns) -> Peer:
    key, version, sealed = row
    peer, dids, record = tx.unseal(_read, "peer", (key,), sealed, revision=version)
    return Peer(peer, version, dids, record)
