"""How many pages of a wallet file a message costs that arrives: whatever is on a page, all of it is written."""

import random
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from wallet.keys import new_id, random_bytes
from wallet.store import file
from wallet.store.apply import apply
from wallet.store.change import Change, Entry, Heard, Outcome, Thread
from wallet.store.file_transaction import FileTransaction
from wallet.vault import Vault

FRAME = 24 + file.PAGE_SIZE  # bytes of a page in SQLite's log, with what is said of it before
PEOPLE, AT_ONCE = 16, 8
BEFORE, COUNTED = 120, 30  # commits
MOST = 5.75  # pages a message; 6.2 to 6.3 with indexes by time of all that is said, and 5.1 to 5.4 without


def heard(chance: random.Random) -> Iterator[tuple[Change, ...]]:
    """What some people say at one moment, each something new: the next, and so on."""
    people = [f"did:peer:4z{new_id()}" for _ in range(PEOPLE)]
    while True:
        yield tuple(message(peer) for peer in chance.sample(people, AT_ONCE))


def message(peer: str) -> Change:
    """What a message of 1 KiB alters that asks for no answer."""
    thid, at = new_id(), 1_700_000_000
    return Change(
        peer,
        heard=Heard(thid, random_bytes(32), at),
        threads=(Thread(thid, 0, False, random_bytes(600)),),
        log=(Entry(thid, thid, False, at, random_bytes(1024)),),
    )


def test_a_message_that_arrives_alters_few_pages(path: Path) -> None:
    moments = heard(random.Random(1))
    file.create(path, lambda _: None)
    with closing(file.connect(path, writes=True)) as connection:
        transaction = FileTransaction(connection, Vault.create(bytes(32)))

        def hear(commits: int) -> None:
            for moment in islice(moments, commits):
                connection.execute("BEGIN IMMEDIATE")
                assert {apply(transaction, each) for each in moment} == {Outcome.APPLIED}
                connection.execute("COMMIT")

        hear(BEFORE)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        hear(COUNTED)

        pages = Path(f"{path}-wal").stat().st_size // FRAME
    assert pages / COUNTED / AT_ONCE < MOST
