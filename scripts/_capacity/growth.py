"""What a stored message adds to a store, in bytes: a small store before many messages and after."""

from pathlib import Path
from typing import Final

from scripts._capacity import filling, sizes
from scripts._capacity.handshake import Handshake
from wallet.keys import random_bytes
from wallet.store.sqlite import FileStore
from wallet.vault import Vault

MET: Final = 500
MESSAGES: Final = 4  # of each


async def of_a_message(folder: Path, shaken: Handshake) -> dict[str, float]:
    """Bytes in each table, its indexes included, of a message of 1 KiB that begins a thread of its own."""
    path, secret = folder / "said", random_bytes(32)
    store = FileStore.create(path, Vault.create(secret))
    await filling.fill(store, shaken, range(MET))
    store.close()
    before = sizes.trees(path)
    store = FileStore.open(path)
    await store.unlock(secret)
    copies = [shaken.copy(number) for number in range(MET)]
    for number in range(MESSAGES):
        await filling.hear(store, copies, str(number))
    store.close()
    return sizes.by_table(sizes.trees(path), before, MET * MESSAGES)
