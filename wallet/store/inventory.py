"""The inventory of the two small, precious collections: keys and credentials.

It holds how many there are and the sum, modulo 2**256, of one keyed digest each over (kind, id, revision), sealed in
one row that changes in the same transaction as they do; and a counter from which every revision is drawn, so that what
was deleted and kept anew does not come back as what it was. A row deleted or put back to an earlier revision behind our
back is found by adding up again; what a change costs does not depend on how many there are. The sum is sealed, for who
saw many sums could look for rows to remove that cancel out. A whole file put back is not found.
"""

from typing import Final

import msgspec

from wallet.errors import Corrupt
from wallet.store import meta
from wallet.store.transaction import Transaction, Value, reader

PRECIOUS: Final = frozenset({"key", "credential"})
_TABLE: Final = "inventory"


class Inventory(msgspec.Struct, frozen=True, array_like=True):
    """count: how many there are; total: the sum, 32 bytes; last: the highest revision given out. An inventory of the
    first release has none, and counted from 1 for each record."""

    count: int
    total: bytes
    last: int = 2**32


_read = reader(Inventory)


def begin(tx: Transaction) -> None:
    """An inventory of nothing, for a new wallet."""
    _write(tx, Inventory(0, bytes(32), 0))


def next_revision(tx: Transaction) -> int:
    """A revision that no record has had."""
    known = _stored(tx)
    _write(tx, msgspec.structs.replace(known, last=known.last + 1))
    return known.last + 1


def share(tx: Transaction, *, kind: bytes, id: bytes, revision: int) -> int:
    """What one record adds to the sum. kind, id: blind."""
    return tx.vault.inventory_mac(kind + id, revision)


def move(tx: Transaction, *, count: int, total: int) -> None:
    """Add to the number of records and to the sum. Raises Corrupt if the inventory itself was altered."""
    known = _stored(tx)
    added = (int.from_bytes(known.total, "big") + total) % 2**256
    _write(tx, msgspec.structs.replace(known, count=known.count + count, total=added.to_bytes(32, "big")))


def verify(tx: Transaction) -> None:
    """Raise Corrupt unless the keys and credentials in the file are those that were put there."""
    kinds: dict[str, Value] = {kind: tx.blind("item.kind", kind) for kind in PRECIOUS}
    marks = ", ".join(f":{kind}" for kind in kinds)
    found = total = 0
    for kind, id, revision in tx.rows(f"SELECT kind, id, revision FROM item WHERE kind IN ({marks})", **kinds):
        found, total = found + 1, (total + share(tx, kind=kind, id=id, revision=revision)) % 2**256
    known = _stored(tx)
    if (found, total) != (known.count, int.from_bytes(known.total, "big")):
        raise Corrupt(
            f"the wallet should hold {known.count} keys and credentials and holds {found}, or some are older than they"
            " should be. Restore it from a back-up."
        )


def _stored(tx: Transaction) -> Inventory:
    value = meta.read(tx, name="inventory")
    if value is None:
        raise Corrupt("the inventory of keys and credentials is gone. Restore the wallet from a back-up.")
    return tx.unseal(_read, _TABLE, (), value)


def _write(tx: Transaction, inventory: Inventory) -> None:
    sealed = tx.seal(_TABLE, (), inventory)
    meta.write(tx, name="inventory", value=sealed)
