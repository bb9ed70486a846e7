"""The whole store as lines of an export, in constant memory."""

from collections.abc import Iterator

from wallet.errors import Corrupt
from wallet.records import Record
from wallet.store import inventory, log, marks
from wallet.store.moving import SUBJECTS
from wallet.store.transaction import Transaction


def count(tx: Transaction) -> int:
    """How many lines `records` will give."""
    rows = (tx.row(f"SELECT count(*) FROM {each.table}") for each in SUBJECTS)
    return 1 + sum(int(row[0]) for row in rows if row)


def records(tx: Transaction) -> Iterator[Record]:
    """Everything in the store. tx: a snapshot. Raises Corrupt if a record does not open, or a key or credential is
    gone: a back-up of a damaged wallet would pass for a good one."""
    inventory.verify(tx)
    if damaged := log.damaged_marks(tx):
        raise Corrupt(f"{damaged} marks of messages that were heard are damaged. Restore the wallet from a back-up.")
    yield marks.own(tx)
    for subject in SUBJECTS:
        yield from subject.every(tx)
