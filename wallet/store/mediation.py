"""A mediator's clients: who they are, and the DIDs for which they are reached.

An account is a relationship, and named by its peer. A route leads from a DID, in canonical form, to the one account
that registered it; two spellings of one DID are one route.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from wallet.names import canonical
from wallet.store import items
from wallet.store.change import Item
from wallet.store.keys import KIND
from wallet.store.transaction import Transaction, reader

MOST_ROUTES: Final = 1000
MOST_GRANTS: Final = 1000
GRANTED: Final = "routing"  # the tag of a key that senders encrypt forwards to

Outcome: TypeAlias = Literal["success", "no_change", "client_error"]

_read_account = reader(tuple[str, int])
_read_route = reader(tuple[str, str])


@dataclass(frozen=True, slots=True)
class Account:
    """closed: its routes and keys are gone, and it gets no others. since: Unix seconds."""

    peer: str
    closed: bool
    since: int


def account(tx: Transaction, *, peer: str) -> Account | None:
    """One account."""
    key = tx.blind("peer", peer)
    row = tx.row("SELECT closed, sealed FROM account WHERE peer = :peer", peer=key)
    return _opened(tx, key, *row) if row else None


def accounts(tx: Transaction) -> tuple[Account, ...]:
    """All accounts, in no order."""
    return tuple(_opened(tx, *row) for row in tx.rows("SELECT peer, closed, sealed FROM account"))


def every_route(tx: Transaction) -> Iterator[tuple[str, str]]:
    """All routes, account and DID as it was spelled, for a snapshot."""
    for did, key, sealed in tx.each("SELECT did, account, sealed FROM route"):
        yield tx.unseal(_read_route, "route", (did,), sealed, tags=(key,))


def add_route(tx: Transaction, *, peer: str, did: str) -> None:
    """Lead messages for a DID to this account, whatever the limits say."""
    name, key = tx.blind("recipient", canonical(did)), tx.blind("peer", peer)
    sealed = tx.seal("route", (name,), (peer, did), tags=(key,))
    sql = "INSERT INTO route (did, account, sealed) VALUES (:did, :account, :sealed)"
    tx.run(sql, did=name, account=key, sealed=sealed)


def grant(tx: Transaction, *, peer: str, key: Item, now: int) -> bool:
    """Give an account one more key to be reached by, opening the account if it has none. Returns False if it may not.

    key: as `keys.key_item` makes it, with this peer and the tag GRANTED.
    """
    known = account(tx, peer=peer)
    if known is None:
        write(tx, Account(peer, False, now))
    elif known.closed or _granted(tx, peer) >= MOST_GRANTS:
        return False
    items.keep(tx, row=key)
    return True


def register(tx: Transaction, *, peer: str, did: str, most: int = MOST_ROUTES) -> Outcome:
    """Lead messages for a DID to this account. did: as its owner spells it.

    client_error: there is no open account, it has too many, or somebody else has this one; which of them is not told.
    """
    name, key = tx.blind("recipient", canonical(did)), tx.blind("peer", peer)
    taken = tx.row("SELECT account FROM route WHERE did = :did", did=name)
    if taken is not None:
        return "no_change" if taken[0] == key else "client_error"
    known = account(tx, peer=peer)
    if known is None or known.closed or routes_of(tx, peer=peer) >= most:
        return "client_error"
    add_route(tx, peer=peer, did=did)
    return "success"


def unregister(tx: Transaction, *, peer: str, did: str) -> Outcome:
    """Lead messages for a DID to this account no more. One that is not its own is left alone, whoever has it."""
    name = tx.blind("recipient", canonical(did))
    sql = "DELETE FROM route WHERE did = :did AND account = :account"
    return "success" if tx.run(sql, did=name, account=tx.blind("peer", peer)) else "no_change"


def registered(tx: Transaction, *, peer: str, limit: int, offset: int) -> tuple[str, ...]:
    """The DIDs of an account as they were spelled, in an order that stays."""
    sql = "SELECT did, account, sealed FROM route WHERE account = :account ORDER BY did LIMIT :limit OFFSET :offset"
    rows = tx.rows(sql, account=tx.blind("peer", peer), limit=limit, offset=offset)
    return tuple(tx.unseal(_read_route, "route", (did,), sealed, tags=(key,))[1] for did, key, sealed in rows)


def routes_of(tx: Transaction, *, peer: str) -> int:
    """How many DIDs an account has registered."""
    row = tx.row("SELECT count(*) FROM route WHERE account = :account", account=tx.blind("peer", peer))
    return int(row[0]) if row else 0


def account_of(tx: Transaction, *, did: str) -> str | None:
    """The account to which messages for a DID go."""
    name = tx.blind("recipient", canonical(did))
    row = tx.row("SELECT account, sealed FROM route WHERE did = :did", did=name)
    return tx.unseal(_read_route, "route", (name,), row[1], tags=(row[0],))[0] if row else None


def close(tx: Transaction, *, peer: str) -> bool:
    """End an account: its routes and keys go at once. What is held for it stays until it is fetched or expires.

    Returns False if it is not open.
    """
    known = account(tx, peer=peer)
    if known is None or known.closed:
        return False
    write(tx, Account(peer, True, known.since))
    tx.run("DELETE FROM route WHERE account = :account", account=tx.blind("peer", peer))
    for key in items.items(tx, kind=KIND, peer=peer, tag=GRANTED):
        items.claim(tx, kind=KIND, id=key.id)
    return True


def write(tx: Transaction, row: Account) -> None:
    """Store an account as it is to be."""
    key, closed = tx.blind("peer", row.peer), int(row.closed)
    sealed = tx.seal("account", (key,), (row.peer, row.since), tags=(closed,))
    sql = (
        "INSERT INTO account (peer, closed, sealed) VALUES (:peer, :closed, :sealed)"
        " ON CONFLICT (peer) DO UPDATE SET closed = excluded.closed, sealed = excluded.sealed"
    )
    tx.put(sql, peer=key, closed=closed, sealed=sealed)


def _granted(tx: Transaction, peer: str) -> int:
    sql = "SELECT count(*) FROM item WHERE kind = :kind AND peer = :peer AND tag = :tag"
    kind, tag = tx.blind("item.kind", KIND), tx.blind("item.tag", GRANTED)
    row = tx.row(sql, kind=kind, peer=tx.blind("peer", peer), tag=tag)
    return int(row[0]) if row else 0


def _opened(tx: Transaction, key: bytes, closed: int, sealed: bytes) -> Account:
    peer, since = tx.unseal(_read_account, "account", (key,), sealed, tags=(closed,))
    return Account(peer, bool(closed), since)
