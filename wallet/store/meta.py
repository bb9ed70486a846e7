"""The few values that are one of a kind in a wallet: its vault's header, its inventory, which copy of it this is."""

from wallet.store.transaction import Transaction


def read(tx: Transaction, *, name: str) -> object:
    """One value, or None. Where it is written next, nobody else alters it between."""
    row = tx.row(f"SELECT value FROM meta WHERE name = :name{tx.held}", name=name)
    return row[0] if row else None


def write(tx: Transaction, *, name: str, value: bytes) -> None:
    """Put a value in the place of what is there."""
    sql = (
        "INSERT INTO meta (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
    )
    tx.put(sql, name=name, value=value)


def touch(tx: Transaction) -> None:
    """Write something that changes nothing: whether the store takes writes."""
    tx.run("UPDATE meta SET value = value WHERE name = 'header'")
