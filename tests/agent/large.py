"""`python -m tests.agent.large RECORDS`: make a large wallet, back it up, restore it, and say what memory that took.

Prints the greatest size of this process in MiB, before the back-up and after the restore, and the number of records.
"""

import asyncio
import resource
import sys
import tempfile
from pathlib import Path

import msgspec

from agent import backup, restoring
from agent.config import Config
from wallet import age
from wallet.store import log, peers
from wallet.store.change import Entry, Heard, Peer
from wallet.store.sqlite import FileStore
from wallet.store.transaction import Transaction
from wallet.vault import Vault

EACH = 1000  # records of one relationship
SECRET = bytes(range(32))
IDENTITY = age.identity(bytes(32))


def fill(tx: Transaction, relationships: int) -> None:
    """Relationships with what was said in them, and marks of what was heard."""
    said = msgspec.json.encode(
        {"message": {"id": "x" * 32, "type": "https://x.example/1.0/y", "body": {"z": "z" * 200}}}
    )
    for number in range(relationships):
        name = f"did:peer:2.{number}"
        key, known = tx.blind("peer", name), {"peer": name, "our_did": "did:x:1", "their_did": name, "since": 1}
        peers.write(tx, key=key, row=Peer(name, 0, (name,), msgspec.json.encode(known)))
        for each in range(EACH // 2):
            log.add(tx, peer=key, row=Entry(f"t{each % 50}", f"m{each}", False, each, said))
            log.hear(tx, peer=key, name=name, row=Heard(f"m{each}", b"digest", 99))


def greatest() -> int:
    """MiB that this process has taken at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main(records: int) -> None:
    """See the module."""
    with tempfile.TemporaryDirectory() as scratch:
        folder, config = Path(scratch), Config(kind="person", name="x", development=True)
        store = FileStore.create(folder / "wallet.db", Vault.create(SECRET), lambda tx: fill(tx, records // EACH))
        before, file = greatest(), folder / "b.age"
        to = age.recipient(IDENTITY)
        backup.create(store.snapshot, config, target=file, recipient=to, now=1)
        store.close()
        work = restoring.restore(folder / "new", file, IDENTITY, secret=SECRET, slot=b"", now=2)
        proof = asyncio.run(work)
        print(before, greatest(), proof.manifest.records)


if __name__ == "__main__":
    main(int(sys.argv[1]))
