"""The wallet as it was at one moment, to be read at leisure while others go on writing."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from wallet.store import file
from wallet.store.file_transaction import FAULTS, FileTransaction, spoken
from wallet.store.transaction import Transaction
from wallet.vault import Vault


def sealed(path: Path) -> Vault:
    """The vault of a wallet that an agent may have open, still locked. Raises as `Store.open` does, but for Locked."""
    file.check(path)
    with closing(file.connect(path, writes=False)) as connection:
        return Vault(file.header_of(connection, path))


@contextmanager
def snapshot(path: Path, vault: Vault) -> Iterator[Transaction]:
    """One state of the file, whole. Needs no lock on it; what is read here is never half of a change.

    The file cannot shrink its log of changes (PATH-wal) while this stands open.
    """
    with closing(file.connect(path, writes=False)) as connection:
        try:
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM meta").fetchone()  # the snapshot is taken by the first read
        except FAULTS as fault:
            raise spoken(fault) from fault
        yield FileTransaction(connection, vault)
