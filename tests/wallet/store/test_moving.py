"""Everything in a store can be written down as lines, and a store made of them again; nothing is lost on the way."""

import sqlite3
from functools import partial
from pathlib import Path

import pytest

from tests.wallet.store.changes import ANN, full
from wallet import backup, records
from wallet.backup import Manifest
from wallet.errors import Corrupt, Locked
from wallet.keys import Curve, create
from wallet.records import BlindingKey, Line, Record, Settings
from wallet.store import exporting, held, mediation, moving, quarantine
from wallet.store.change import Change, Entry, Item, Outcome, Outgoing, Peer, Thread
from wallet.store.change import Heard as HeardRow
from wallet.store.held import Arriving
from wallet.store.importing import Import, Report
from wallet.store.keys import key_item
from wallet.store.mediation import Account
from wallet.store.quarantine import Quarantined
from wallet.store.sqlite import FileStore
from wallet.store.store import Store
from wallet.store.transaction import Transaction
from wallet.vault import Vault

BOB = "did:peer:4zBob"
KEY = create(Curve.ED25519)


async def fill(store: Store) -> None:
    """Something in every table that a customer has."""
    kept = (
        key_item("did:peer:4zAnn#key-1", KEY),
        Item("credential", "c1", b'{"format": "x",\n "n": 1}', ANN, "tag"),
        Item("note", "n1", b"\xff\x00 no JSON"),
    )
    await store.apply(full(keep=kept, log=(Entry("t1", "m1", False, 1, b'{"a":1}'), Entry("t1", "m2", True, 2, b"{}"))))
    await store.apply(Change(BOB, relationship=Peer(BOB, 0, (BOB, "did:x:2"), b'{"peer":"Bob"}')))
    await store.apply(Change(BOB, heard=HeardRow("M9", b"nine", 500), send=(Outgoing("m8", "t8", 1, 9, b"{}"),)))
    await store.apply(Change(BOB, send=(Outgoing("m7", "t7", 1, 9, b"{}"),)))
    await store.bury(BOB, "m7", why="late", at=4)
    await store.write(aside)


def aside(tx: Transaction) -> None:
    """What a mediator keeps, and what could not be taken."""
    mediation.write(tx, Account(ANN, False, 5))
    mediation.write(tx, Account(BOB, True, 6))
    mediation.add_route(tx, peer=ANN, did="did:example:ann")
    for number in range(3):
        row = Arriving("did:example:ann", (b"packed %d" % number,), "did:example:sender", 5, 5, 900)
        held.hold_again(tx, account=ANN, row=row)
    held.hold_again(tx, account=BOB, row=Arriving("did:example:gone", (b"packed",), "", 5, 7, 900))
    for sender, id in (("did:example:c", "1"), ("", "")):
        mark = quarantine.mark_of(tx, sender=sender, id=id or b"whole")
        quarantine.keep(tx, row=Quarantined(mark, sender, id, b"whole", "a fault", 5))


def lines(store: Store) -> list[Record]:
    """All lines of an export."""
    with store.snapshot() as tx:
        return list(exporting.records(tx))


def copy(path: Path, source: list[Record]) -> Store:
    """A new store with these lines in it."""

    def write(tx: Transaction) -> None:
        into = Import(tx)
        for line in source:
            into.take(line)

    return FileStore.create(path, Vault.create(bytes(32)), write)


async def add(store: Store, source: list[Record]) -> Report:
    """Add lines to a store."""

    def write(tx: Transaction) -> Report:
        into = Import(tx)
        for line in source:
            into.take(line)
        return into.report

    return await store.write(write)


def meaning(found: list[Record]) -> list[str]:
    """Lines without the keys that each store has of its own, in an order that does not depend on blind names."""
    return sorted(repr(encoded(line)) for line in found if not isinstance(line, BlindingKey))


def encoded(line: Line) -> bytes:
    """A line as it stands in a file."""
    manifest = Manifest(format=1, program="x", made_at=0, records=1)
    return list(backup.lines(manifest, [line]))[1]  # type: ignore[list-item]  # any line will do


async def test_a_store_made_of_the_lines_of_another_says_the_same(store: Store, tmp_path: Path) -> None:
    await fill(store)
    before = lines(store)

    other = copy(tmp_path / "other.db", before)

    assert meaning(lines(other)) == meaning(before)
    assert other.verify() == ()
    assert other.log(ANN, "t1") == store.log(ANN, "t1")
    assert other.key("did:peer:4zAnn#key-1") is not None
    assert other.peer_of("did:x:2") == BOB
    assert other.item("note", "n1") == store.item("note", "n1")
    assert other.read(held.recount)
    assert other.read(partial(mediation.account_of, did="did:example:ann")) == ANN
    assert {row.mark for row in other.read(lambda tx: [*quarantine.rows(tx)])} == other.read(quarantine.marks)
    other.close()


async def test_the_lines_are_as_many_as_were_counted(store: Store) -> None:
    await fill(store)

    with store.snapshot() as tx:
        assert exporting.count(tx) == len(lines(store))


async def test_every_table_is_in_the_export_or_said_not_to_be(file_store: FileStore) -> None:
    tables = sqlite3.connect(file_store.path).execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    found = {name for (name,) in tables}

    assert found == {each.table for each in moving.SUBJECTS} | set(moving.NOT_MOVED)


def test_every_kind_of_line_belongs_to_one_table() -> None:
    kinds = [kind for each in moving.SUBJECTS for kind in each.kinds]

    assert len(kinds) == len(set(kinds))
    assert {*kinds, Settings} == set(records.Record.__args__)


async def test_a_repeat_is_known_in_the_new_store_and_in_the_one_after(store: Store, tmp_path: Path) -> None:
    await fill(store)
    second = copy(tmp_path / "second.db", lines(store))
    await second.apply(Change(BOB, heard=HeardRow("m10", b"ten", 600)))
    third = copy(tmp_path / "third.db", lines(second))

    for known, id, said in ((second, "m9", b"nine"), (third, "M9", b"nine"), (third, "M10", b"ten")):
        assert known.seen(BOB, id)
        assert await known.apply(Change(BOB, heard=HeardRow(id, said, 900))) is Outcome.DUPLICATE
        assert await known.apply(Change(BOB, heard=HeardRow(id, b"other", 900))) is Outcome.EQUIVOCATION
        assert await known.apply(Change(ANN, heard=HeardRow(id, said, 900))) is Outcome.APPLIED
    assert sum(isinstance(line, BlindingKey) for line in lines(third)) == 3
    for each in (second, third):
        each.close()


async def test_repeats_are_known_after_the_new_store_is_opened_again_and_forgotten_in_time(
    store: Store, tmp_path: Path
) -> None:
    await fill(store)
    copy(tmp_path / "other.db", lines(store)).close()

    other = FileStore.open(tmp_path / "other.db")
    await other.unlock(bytes(32))

    assert other.seen(BOB, "m9")
    await other.forget(499)
    assert other.seen(BOB, "m9")
    await other.forget(500)
    assert not other.seen(BOB, "m9")
    assert [*other.items("blinding")] == []
    assert await other.apply(Change(BOB, heard=HeardRow("m9", b"nine", 900))) is Outcome.APPLIED
    other.close()


async def test_a_store_to_which_nothing_was_moved_looks_under_its_own_keys_only(store: Store) -> None:
    await fill(store)

    assert store.vault.former == ()


async def test_adding_an_export_twice_changes_nothing_the_second_time(store: Store, tmp_path: Path) -> None:
    await fill(store)
    other = FileStore.create(tmp_path / "other.db", Vault.create(bytes(32)))

    first = await add(other, lines(store))
    once = lines(other)
    second = await add(other, lines(store))

    assert first.added.total() == len(lines(store))
    assert (second.added.total(), second.differing.total(), second.left.total()) == (0, 0, 0)
    assert second.same.total() == len(lines(store))
    assert lines(other) == once
    other.close()


async def test_adding_to_the_wallet_it_came_from_finds_everything_the_same(store: Store) -> None:
    await fill(store)
    before = lines(store)

    report = await add(store, before)

    assert report.same.total() == len(before)
    assert lines(store) == before


async def test_what_is_there_already_is_not_overwritten_and_is_listed(store: Store, tmp_path: Path) -> None:
    await fill(store)
    other = FileStore.create(tmp_path / "other.db", Vault.create(bytes(32)))
    mine = full(threads=(Thread("t1", 0, True, b'"mine"'),), relationship=Peer(ANN, 0, (ANN, "did:x:2"), b'"mine"'))
    await other.apply(Change(ANN, relationship=mine.relationship, threads=mine.threads))
    await other.apply(Change(ANN, keep=(Item("credential", "c1", b'"mine"'),)))

    report = await add(other, lines(store))

    assert report.differing == {"relationship": 2, "thread": 1, "credential": 1}
    assert {type(line).__name__ for line in report.conflicts} == {"Relationship", "Thread", "Credential"}
    assert report.left == {"question": 1, "timer": 1, "outgoing": 1}
    thread, item, bob = other.thread(ANN, "t1"), other.item("credential", "c1"), other.peer_of("did:x:2")
    assert thread is not None
    assert item is not None
    assert (thread.record, item.record, bob) == (b'"mine"', b'"mine"', ANN)
    assert other.verify() == ()
    other.close()


async def test_an_import_that_fails_leaves_nothing_behind(store: Store, tmp_path: Path) -> None:
    await fill(store)
    other = FileStore.create(tmp_path / "other.db", Vault.create(bytes(32)))
    before = lines(other)

    def write(tx: Transaction) -> None:
        into = Import(tx)
        for line in lines(store):
            into.take(line)
        raise KeyError("the file ends here")

    with pytest.raises(KeyError):
        await other.write(write)

    assert lines(other) == before
    other.close()


def test_a_store_that_could_not_be_filled_does_not_exist(tmp_path: Path) -> None:
    def write(tx: Transaction) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        FileStore.create(tmp_path / "other.db", Vault.create(bytes(32)), write)

    assert [each.name for each in tmp_path.iterdir()] == ["other.db.lock"]


async def test_a_snapshot_sees_nothing_of_what_is_written_meanwhile(store: Store) -> None:
    await fill(store)
    before = lines(store)

    with store.snapshot() as tx:
        reading = exporting.records(tx)
        seen = [next(reading) for _ in range(3)]
        for number in range(300):
            await store.apply(Change(ANN, keep=(Item("note", f"late {number}", b""),)))
        seen += reading

    assert seen == before


async def test_a_damaged_wallet_is_not_exported_as_if_it_were_whole(file_store: FileStore) -> None:
    await fill(file_store)
    thief = sqlite3.connect(file_store.path, isolation_level=None)
    thief.execute("DELETE FROM item WHERE place = 1")
    with pytest.raises(Corrupt):
        lines(file_store)

    thief.execute("UPDATE log SET at = at + 1")
    with pytest.raises(Corrupt):
        lines(file_store)


async def test_a_locked_wallet_gives_nothing(store: Store) -> None:
    await fill(store)
    store.lock()

    with pytest.raises(Locked):
        lines(store)
