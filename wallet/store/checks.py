"""Questions about the whole file: what is next, how much there is, and whether all of it still opens."""

from collections.abc import Iterator

from wallet.errors import Corrupt
from wallet.store import campaigns, instance, inventory, log
from wallet.store.schema import SEALED
from wallet.store.transaction import Transaction


def next_due(tx: Transaction) -> int | None:
    """The earliest moment in the queue of messages, among the timers, or in a campaign that runs."""
    row = tx.row(
        "SELECT min(due) FROM (SELECT min(due) AS due FROM outgoing UNION ALL SELECT min(at) FROM timer) AS due"
    )
    moments = (row[0] if row else None, campaigns.next_due(tx))
    return min((at for at in moments if at is not None), default=None)


def version(tx: Transaction) -> int:
    """A number that is another one once something was written since."""
    return tx.version()


def counts(tx: Transaction) -> dict[str, int]:
    """Rows by table."""
    found = {}
    for table in ("heard", *SEALED):
        row = tx.row(f"SELECT count(*) FROM {table}")
        found[table] = row[0] if row else 0
    return found


def faults(tx: Transaction) -> Iterator[str]:
    """What is wrong: pages that cannot be read, records that do not open, keys or credentials that are gone."""
    damage = tx.damage()
    if damage:  # then what its rows say means nothing
        yield from (f"the file is damaged: {said}" for said in damage)
        return
    for table in SEALED:
        yield from _unreadable(tx, table)
    if damaged := log.damaged_marks(tx):
        yield f"{damaged} marks of messages that were heard are damaged: a repeat of those would not be known"
    try:
        instance.instance(tx)
        inventory.verify(tx)
    except Corrupt as fault:
        yield str(fault)


def _unreadable(tx: Transaction, table: str) -> Iterator[str]:
    key, revision, tags = SEALED[table]
    columns = ", ".join((*key, *tags, revision, "sealed"))
    for row in tx.rows(f"SELECT {columns} FROM {table}"):
        named, bound, (at, sealed) = row[: len(key)], row[len(key) : -2], row[-2:]
        try:
            tx.unseal(bytes, table, named, sealed, revision=at, tags=bound)
        except Corrupt:
            yield f"a record of table {table} was altered: {named[0].hex()}"
