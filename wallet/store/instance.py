"""Which copy of a wallet this is: an id of its own, and how often it has been restored.

Two copies of one wallet that run at the same time contradict each other towards everybody they know. The id tells the
copies apart; the epoch tells which is the later one. Source: security, case SR-15.
"""

import msgspec

from wallet.store import meta
from wallet.store.transaction import Transaction, reader


class Instance(msgspec.Struct, frozen=True):
    """One copy. from_instance: the one whose back-up it was made from; made_at: when that back-up was; "" and 0 for a
    wallet that never was restored. restored_at: Unix seconds."""

    id: str
    epoch: int = 0
    from_instance: str = ""
    made_at: int = 0
    restored_at: int = 0


_read = reader(Instance)


def instance(tx: Transaction) -> Instance | None:
    """This copy; None in a wallet of a program that knew of none."""
    value = meta.read(tx, name="instance")
    return None if value is None else tx.unseal(_read, "instance", (), value)


def write(tx: Transaction, made: Instance) -> None:
    """Say which copy this is."""
    sealed = tx.seal("instance", (), made)
    meta.write(tx, name="instance", value=sealed)
