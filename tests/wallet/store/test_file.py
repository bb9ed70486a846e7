"""The wallet file is its owner's, one agent's at a time, and of a program no newer than this one."""

import os
import resource
import sqlite3
import stat
from pathlib import Path

import pytest
from sqlite_utils import Database

from wallet.errors import Corrupt, Locked, NotFound, Unsupported, Untrusted
from wallet.store import file, schema
from wallet.store.change import Change, Item, Outcome, Thread
from wallet.store.sqlite import FileStore
from wallet.vault import Vault

ANN = "did:peer:4zAnn"
KEY_FILE = bytes(range(32))


@pytest.fixture
def store(file_store: FileStore) -> FileStore:
    """What is looked at here is the file itself."""
    return file_store


@pytest.fixture
def closed(path: Path) -> Path:
    FileStore.create(path, Vault.create(KEY_FILE)).close()
    return path


async def test_what_was_stored_is_there_when_the_wallet_is_opened_again(path: Path) -> None:
    store = FileStore.create(path, Vault.create(KEY_FILE))
    await store.apply(Change(ANN, threads=(Thread("t1", 0, True, b"record"),)))
    store.close()

    again = FileStore.open(path)
    with pytest.raises(Locked):
        again.thread(ANN, "t1")
    with pytest.raises(Locked):
        await again.unlock(bytes(32))
    await again.unlock(KEY_FILE)

    assert again.thread(ANN, "t1") == Thread("t1", 1, True, b"record")
    again.close()


async def test_a_passphrase_can_be_changed_and_the_old_one_opens_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FREERANGE_TEST_KDF", "1")
    store = FileStore.create(path, Vault.create("the first passphrase"))
    await store.apply(Change(ANN, threads=(Thread("t1", 0, True, b"record"),)))
    await store.change_secret("the first passphrase", "the second passphrase")
    store.close()

    again = FileStore.open(path)
    with pytest.raises(Locked):
        await again.unlock("the first passphrase")
    await again.unlock("the second passphrase")

    assert again.thread(ANN, "t1") == Thread("t1", 1, True, b"record")
    again.close()


def test_a_new_wallet_can_be_read_and_written_by_its_owner_only(store: FileStore) -> None:
    beside = [each for each in store.path.parent.iterdir() if each.name.startswith("wallet.db")]

    assert {each.name for each in beside} == {"wallet.db", "wallet.db-wal", "wallet.db-shm", "wallet.db.lock"}
    assert {stat.S_IMODE(each.stat().st_mode) for each in beside} == {0o600}


def test_a_wallet_is_never_made_over_something_that_is_there(closed: Path) -> None:
    before = closed.read_bytes()

    with pytest.raises(FileExistsError):
        FileStore.create(closed, Vault.create(KEY_FILE))

    assert closed.read_bytes() == before


def test_a_wallet_half_made_is_no_wallet_and_is_no_obstacle(path: Path) -> None:
    Path(f"{path}.new").write_bytes(b"left over by a kill")

    with pytest.raises(NotFound):
        FileStore.open(path)
    FileStore.create(path, Vault.create(KEY_FILE)).close()

    assert not Path(f"{path}.new").exists()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o602])
def test_a_wallet_that_others_may_read_or_alter_is_refused(closed: Path, mode: int) -> None:
    closed.chmod(mode)

    with pytest.raises(Untrusted, match="chmod 600"):
        FileStore.open(closed)


def test_a_symbolic_link_is_refused(closed: Path) -> None:
    link = closed.with_name("link.db")
    link.symlink_to(closed)

    with pytest.raises(Untrusted):
        FileStore.open(link)
    with pytest.raises(FileExistsError):
        FileStore.create(link, Vault.create(KEY_FILE))


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_folder_that_others_may_write_to_is_refused(closed: Path, mode: int) -> None:
    closed.parent.chmod(mode)

    with pytest.raises(Untrusted):
        FileStore.open(closed)
    with pytest.raises(Untrusted):
        FileStore.create(closed.with_name("other.db"), Vault.create(KEY_FILE))


def test_a_second_agent_on_the_same_wallet_is_refused_until_the_first_has_stopped(store: FileStore) -> None:
    with pytest.raises(Locked, match="another agent"):
        FileStore.open(store.path)

    store._writer.close()
    os.close(store._held)
    store._held = -1
    FileStore.open(store.path).close()


def test_a_wallet_of_a_newer_program_is_refused_and_left_alone(closed: Path) -> None:
    connection = sqlite3.connect(closed)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = closed.read_bytes()

    with pytest.raises(Unsupported, match="schema 99"):
        FileStore.open(closed)

    assert closed.read_bytes() == before


def test_an_older_wallet_is_migrated_and_a_copy_of_it_kept(closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def second(database: Database) -> None:
        database.execute("ALTER TABLE heard ADD COLUMN note TEXT")

    monkeypatch.setattr(file, "MIGRATIONS", (*schema.MIGRATIONS, second))
    FileStore.open(closed).close()

    assert "note" in Database(sqlite3.connect(closed))["heard"].columns_dict
    copy = Path(f"{closed}.schema-{len(schema.MIGRATIONS)}")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert "note" not in Database(sqlite3.connect(copy))["heard"].columns_dict


def test_a_migration_that_fails_leaves_the_wallet_as_it_was(closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def second(database: Database) -> None:
        database.execute("ALTER TABLE heard ADD COLUMN note TEXT")
        raise KeyboardInterrupt

    monkeypatch.setattr(file, "MIGRATIONS", (*schema.MIGRATIONS, second))
    with pytest.raises(KeyboardInterrupt):
        FileStore.open(closed)
    monkeypatch.undo()

    FileStore.open(closed).close()
    assert "note" not in Database(sqlite3.connect(closed))["heard"].columns_dict


@pytest.mark.parametrize("content", [b"", b"not a database" * 5000, b"SQLite format 3\0" + bytes(20000)])
def test_a_file_that_is_no_wallet_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)

    with pytest.raises((Corrupt, OSError)):
        FileStore.open(path)


def test_another_kind_of_database_is_refused(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (x)")
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    path.chmod(0o600)

    with pytest.raises(Corrupt, match="not a wallet"):
        FileStore.open(path)


async def test_a_full_disk_is_reported_and_nothing_is_written_until_there_is_room(store: FileStore) -> None:
    connection = store._writer._connection
    assert connection is not None
    ((pages,),) = connection.execute("PRAGMA page_count")
    connection.execute(f"PRAGMA max_page_count = {pages}")
    large = Change(ANN, keep=(Item("note", "n1", bytes(200_000)),))

    with pytest.raises(OSError, match="full"):
        await store.apply(large)

    assert store.item("note", "n1") is None
    connection.execute("PRAGMA max_page_count = 1000000")
    assert await store.apply(large) is Outcome.APPLIED


async def test_after_an_error_of_the_disk_the_store_goes_on_with_a_new_connection(store: FileStore) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    first = store._writer._connection
    resource.setrlimit(resource.RLIMIT_FSIZE, (os.stat(f"{store.path}-wal").st_size, hard))
    try:
        with pytest.raises(OSError, match="cannot use the wallet file"):
            await store.apply(Change(ANN, keep=(Item("note", "n1", bytes(200_000)),)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert store._writer._connection is not first
    assert await store.apply(Change(ANN, keep=(Item("note", "n2", b""),))) is Outcome.APPLIED
    assert [item.id for item in store.items("note")] == ["n2"]


async def test_a_file_kept_locked_by_another_program_is_reported(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "BUSY", 0.05)
    store = FileStore.create(path, Vault.create(KEY_FILE))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(OSError, match="another program"):
        await store.apply(Change(ANN, keep=(Item("note", "n1", b""),)))

    other.execute("ROLLBACK")
    assert await store.apply(Change(ANN, keep=(Item("note", "n1", b""),))) is Outcome.APPLIED
    store.close()
