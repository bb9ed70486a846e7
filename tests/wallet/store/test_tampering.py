"""Whoever alters the file behind our back is found out, before what was altered is used."""

import asyncio
import random
import sqlite3
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.wallet.store.changes import ANN, full
from wallet.errors import Corrupt, WalletError
from wallet.store import campaigns, held, mediation, quarantine
from wallet.store.campaigns import QUEUED, Campaign, Recipient
from wallet.store.change import Change, Event, Item
from wallet.store.held import Arriving, Limits
from wallet.store.quarantine import Quarantined
from wallet.store.schema import SEALED
from wallet.store.sqlite import FileStore
from wallet.store.store import Store
from wallet.store.transaction import Transaction
from wallet.vault import Vault

BOB = "did:peer:4zBob"


@pytest.fixture
def store(file_store: FileStore) -> FileStore:
    """What is looked at here is the file itself."""
    return file_store


@pytest.fixture
def thief(store: Store) -> Iterator[sqlite3.Connection]:
    """A second hand on the file, with no key."""
    connection = sqlite3.connect(store.path, isolation_level=None)
    yield connection
    connection.close()


async def fill(store: Store) -> None:
    """Two rows at least in every table."""
    await store.apply(full())
    await store.apply(full(relationship=None, threads=(), heard=None, log=(), keep=(Item("credential", "c1", b"c"),)))
    other = full()
    fields = {name: getattr(other, name) for name in ("threads", "log", "timers", "signed", "send", "ask")}
    fields["publish"] = (Event("e2", "rel_2", 1, b"event"),)
    await store.apply(Change(BOB, keep=(Item("credential", "c2", b"c", BOB, "tag"),), **fields))
    for peer in (ANN, BOB):
        await store.bury(peer, "m2", why="late", at=1)
        await store.write(partial(mediate, peer=peer))
        mark = store.read(partial(quarantine.mark_of, sender=peer, id="m1"))
        await store.write(partial(quarantine.keep, row=Quarantined(mark, peer, "m1", b"packed", "why", 1)))
    for id in ("campaign-1", "campaign-2"):
        await store.write(partial(campaigns.write, row=Campaign(id, 0, True, 1, b"campaign")))
        await store.write(partial(campaigns.add, rows=(Recipient(id, "t1", QUEUED, 1, b"recipient"),)))
    await store.apply(Change(ANN, send=other.send))
    await store.apply(Change(BOB, send=other.send))


def mediate(tx: Transaction, *, peer: str) -> None:
    """A client of a mediator, with a DID and a message that waits."""
    did = f"did:example:behind-{peer[-3:]}"
    mediation.grant(tx, peer=peer, key=Item("note", f"routing-{peer}", b"key", peer), now=1)
    mediation.register(tx, peer=peer, did=did)
    held.hold(tx, row=Arriving(did, (b"packed",), "did:example:sender", 1, 2, 3), limits=Limits())


async def test_a_wallet_nobody_touched_has_no_faults(store: Store) -> None:
    await fill(store)

    assert min(store.counts()[table] for table in SEALED) >= 1
    assert store.verify() == ()


async def test_neither_names_nor_contents_stand_in_the_file(store: Store) -> None:
    secret = "canary-of-the-store"
    row = Item(secret, secret, secret.encode(), f"did:example:{secret}", secret)
    await store.apply(full(keep=(row,)))
    await store.apply(Change(secret, keep=(row,), log=full().log, send=full().send, timers=full().timers))

    for each in store.path.parent.iterdir():
        assert secret.encode() not in each.read_bytes()
        assert ANN.encode() not in each.read_bytes()


@pytest.mark.parametrize("table", SEALED)
async def test_every_bound_column_of_every_record_is_protected(
    store: Store, thief: sqlite3.Connection, table: str
) -> None:
    await fill(store)
    key, revision, tags = SEALED[table]
    columns = [*key, *tags, "sealed"] + ([revision] if revision != "0" else [])
    for column in columns:
        ((value,),) = thief.execute(f"SELECT {column} FROM {table} LIMIT 1")
        altered = value + 10_000 if isinstance(value, int) else bytes(b ^ (i == 0) for i, b in enumerate(value))
        thief.execute("BEGIN")
        thief.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (altered, value))
        thief.execute("COMMIT")

        assert any(table in fault for fault in store.verify()), column

        thief.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (value, altered))
    assert store.verify() == ()


async def test_two_records_that_changed_places_do_not_open(store: Store, thief: sqlite3.Connection) -> None:
    await store.apply(Change(ANN, keep=(Item("note", "1", b"one"), Item("note", "2", b"two"))))
    (one, a), (two, b) = thief.execute("SELECT place, sealed FROM item")
    thief.execute("UPDATE item SET sealed = ? WHERE place = ?", (b, one))
    thief.execute("UPDATE item SET sealed = ? WHERE place = ?", (a, two))

    for id in "12":
        with pytest.raises(Corrupt):
            store.item("note", id)


async def test_a_record_of_one_peer_does_not_open_as_another_peers(store: Store, thief: sqlite3.Connection) -> None:
    await fill(store)
    mine, theirs = store._read.blind("peer", ANN), store._read.blind("peer", BOB)
    thief.execute(
        "UPDATE thread SET sealed = (SELECT sealed FROM thread WHERE peer = ?) WHERE peer = ?", (mine, theirs)
    )

    with pytest.raises(Corrupt):
        store.thread(BOB, "t1")


@pytest.mark.parametrize("kind", ["key", "credential"])
async def test_a_key_or_credential_deleted_behind_our_back_is_noticed(
    store: Store, thief: sqlite3.Connection, kind: str
) -> None:
    await store.apply(Change(ANN, keep=(Item(kind, "1", b""), Item(kind, "2", b""))))
    store.verify_inventory()
    thief.execute("DELETE FROM item WHERE place = 1")

    with pytest.raises(Corrupt, match="2 keys and credentials and holds 1"):
        store.verify_inventory()


async def test_a_credential_put_back_to_an_earlier_revision_is_noticed(store: Store, thief: sqlite3.Connection) -> None:
    await store.apply(Change(ANN, keep=(Item("credential", "1", b"old"),)))
    ((revision, sealed),) = thief.execute("SELECT revision, sealed FROM item")
    await store.apply(Change(ANN, keep=(Item("credential", "1", b"new"),)))
    store.verify_inventory()
    thief.execute("UPDATE item SET revision = ?, sealed = ?", (revision, sealed))

    assert store.item("credential", "1") is not None
    with pytest.raises(Corrupt):
        store.verify_inventory()
    await store.apply(Change(ANN, keep=(Item("credential", "1", b"newer"),)))
    with pytest.raises(Corrupt):
        store.verify_inventory()


async def test_a_key_that_was_deleted_and_kept_anew_does_not_come_back_as_it_was(
    store: Store, thief: sqlite3.Connection
) -> None:
    await store.apply(Change(ANN, keep=(Item("key", "1", b"old"),)))
    ((revision, sealed),) = thief.execute("SELECT revision, sealed FROM item")
    await store.apply(Change(ANN, claim=(("key", "1"),)))
    await store.apply(Change(ANN, keep=(Item("key", "1", b"new"),)))
    store.verify_inventory()
    thief.execute("UPDATE item SET revision = ?, sealed = ?", (revision, sealed))

    with pytest.raises(Corrupt):
        store.verify_inventory()


async def test_the_inventory_itself_cannot_be_altered_or_removed(store: Store, thief: sqlite3.Connection) -> None:
    await store.apply(Change(ANN, keep=(Item("key", "1", b""),)))
    ((value,),) = thief.execute("SELECT value FROM meta WHERE name = 'inventory'")
    for altered in (value[:-1] + bytes([value[-1] ^ 1]), b""):
        thief.execute("UPDATE meta SET value = ? WHERE name = 'inventory'", (altered,))
        with pytest.raises(Corrupt):
            store.verify_inventory()
        with pytest.raises(Corrupt):
            await store.apply(Change(ANN, keep=(Item("key", "2", b""),)))
    thief.execute("DELETE FROM meta WHERE name = 'inventory'")

    with pytest.raises(Corrupt):
        store.verify_inventory()


async def test_the_inventory_follows_every_honest_change(store: Store) -> None:
    source = random.Random(7)
    for _ in range(60):
        row = Item(source.choice(["key", "credential", "note"]), source.choice("abcd"), b"")
        if store.item(row.kind, row.id) and source.random() < 0.5:
            await store.apply(Change(ANN, claim=((row.kind, row.id),)))
        else:
            await store.apply(Change(ANN, keep=(row,)))

        store.verify_inventory()


@pytest.mark.parametrize("flips", [500, pytest.param(10_000, marks=pytest.mark.full)])
def test_a_flipped_bit_anywhere_in_the_file_is_noticed_or_without_effect(path: Path, flips: int) -> None:
    store = FileStore.create(path, Vault.create(bytes(32)))
    asyncio.run(fill(store))
    expected = reading(store)
    store.close()
    whole, source = path.read_bytes(), random.Random(3)
    used = [position for position, byte in enumerate(whole) if byte]

    missed = [position for position in source.choices(used, k=flips) if differs(path, whole, position, expected)]

    assert missed == []


def reading(store: Store) -> tuple[object, ...]:
    """All there is to read of what `fill` wrote."""
    peers = (ANN, BOB)
    items = (tuple(store.items(kind)) for kind in ("key", "credential", "note"))
    per_peer = [
        (store.peer(peer), store.thread(peer, "t1"), store.log(peer, "t1"), store.ledger(peer)) for peer in peers
    ]
    queues = (store.questions(), store.due_timers(10**9), store.dead_letters(), store.peer_of(ANN))
    return (*items, *per_peer, *queues, tuple(store.read(quarantine.rows)))


def differs(path: Path, whole: bytes, position: int, expected: tuple[object, ...]) -> bool:
    """Whether a bit flipped at `position` changes what is read, and nothing objects: not opening, not checking."""
    damaged = bytearray(whole)
    damaged[position] ^= 1 << position % 8
    path.write_bytes(damaged)
    try:
        store = FileStore.open(path)
    except (WalletError, OSError):
        return False
    try:
        store.vault.unlock(bytes(32))
        return store.verify() == () and reading(store) != expected
    except (WalletError, OSError):
        return False
    finally:
        store.close()
        for suffix in ("-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
