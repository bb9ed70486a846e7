"""The wallet file: who may touch it, who has it open, which program wrote it.

Beside PATH stand PATH-wal and PATH-shm (SQLite's own) and PATH.lock, which one running agent holds.
"""

import fcntl
import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Final

from wallet.errors import Corrupt, Locked, NotFound, Unsupported, Untrusted
from wallet.store.file_transaction import FAULTS, spoken
from wallet.store.schema import APPLICATION_ID, MIGRATIONS
from wallet.store.transfer.tables import check_here
from wallet.version import PROGRAM

PAGE_SIZE: Final = 4096  # names are blind, so a change touches pages all over the file: small ones make it cheaper
BUSY: Final = 5.0  # seconds to wait for another program that has the file locked


def check(path: Path) -> None:
    """Raise unless the wallet is a file that nobody but its owner can alter or read. Raises NotFound, Untrusted."""
    check_folder(path)
    if path.is_symlink():
        raise Untrusted(f"{path} is a symbolic link; nothing was opened. Name the wallet file itself.")
    if not path.is_file():
        raise NotFound(f"there is no wallet at {path}. Create one, or name another file.")
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Untrusted(f"others may read or alter {path}; nothing was opened. Run: chmod 600 '{path}'")


def check_folder(path: Path) -> None:
    """Raise Untrusted if others may replace files beside the wallet."""
    if not path.parent.is_dir():
        raise NotFound(f"there is no folder {path.parent}")
    if path.parent.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise Untrusted(f"others may write to {path.parent}; nothing was opened. Run: chmod go-w '{path.parent}'")


def hold(path: Path) -> int:
    """Hold the wallet for this process. Returns a file descriptor; closing it lets go. Raises Locked if it is held."""
    held = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(held)
        raise Locked(f"another agent has {path} open; nothing was changed. Stop it first.") from None
    return held


def connect(path: Path, *, writes: bool) -> sqlite3.Connection:
    """A connection that waits up to 5 s for others, and makes every commit durable."""
    try:
        connection = sqlite3.connect(
            path, timeout=BUSY, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        if writes:
            connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA cache_size = -16384")  # KiB; what else is read comes from the system's own cache
            connection.execute("PRAGMA wal_autocheckpoint = 8000")  # pages: 32 MiB, half of what we let it grow to
            connection.execute("PRAGMA secure_delete = OFF")  # what is deleted is sealed; 10 % of the time of a change
        else:
            connection.execute("PRAGMA query_only = ON")
    except FAULTS as fault:
        raise spoken(fault) from fault
    return connection


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the file to the newest schema, keeping a copy of what it was at PATH.schema-N.

    Each step is one transaction: a kill leaves the file before or after it. Raises Unsupported for a file of a newer
    program, Corrupt for one that is no wallet, OSError if the disk refuses.
    """
    try:
        ((version,),) = connection.execute("PRAGMA user_version")
        ((kind,),) = connection.execute("PRAGMA application_id")
    except FAULTS as fault:
        raise spoken(fault) from fault
    if version > len(MIGRATIONS):
        raise Unsupported(
            f"{path} was made by a newer program ({_maker(connection)}): it has schema {version}, this one knows"
            f" {len(MIGRATIONS)}. Nothing was changed. Install the newer program."
        )
    if version and kind != APPLICATION_ID:
        raise Corrupt(f"{path} is not a wallet; nothing was changed")
    if version == len(MIGRATIONS):
        return
    try:
        if version:
            _copy(connection, Path(f"{path}.schema-{version}"))
        # failpoint: file.before-migration
        _step(connection, version)
    except FAULTS as fault:
        raise spoken(fault) from fault


def header(path: Path) -> bytes:
    """The vault's header, after bringing the file to the newest schema. Raises as `migrate` does, and Locked if the
    wallet was moved elsewhere, or has not arrived."""
    with closing(connect(path, writes=True)) as connection:
        migrate(connection, path)
        marks = _meta(connection, "moved", "arriving")
        check_here(marks.get("moved"), marks.get("arriving"), f"the wallet in {path}")
        return header_of(connection, path)


def header_of(connection: sqlite3.Connection, path: Path) -> bytes:
    """The vault's header in a file of the newest schema. Raises Unsupported for another, Corrupt."""
    try:
        ((version,),) = connection.execute("PRAGMA user_version")
    except FAULTS as fault:
        raise spoken(fault) from fault
    if version != len(MIGRATIONS):
        raise Unsupported(f"{path} has schema {version}, and this program knows {len(MIGRATIONS)}. Nothing was read.")
    rows = _meta(connection, "header", "header-digest")
    header, digest = rows.get("header"), rows.get("header-digest")
    if not isinstance(header, bytes) or digest not in (None, sha256(header).digest()):
        raise Corrupt(f"the header of {path} is damaged or gone. Restore it from a back-up.")
    return header


def _meta(connection: sqlite3.Connection, one: str, other: str) -> dict[str, bytes]:
    """What `meta` has of these two names. Raises as `migrate` does."""
    try:
        return dict(connection.execute("SELECT name, value FROM meta WHERE name IN (?, ?)", (one, other)))
    except FAULTS as fault:
        raise spoken(fault) from fault


def _step(connection: sqlite3.Connection, version: int) -> None:
    from sqlite_utils import Database  # 80 ms, needed only here

    for number, step in enumerate(MIGRATIONS[version:], version + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            step(Database(connection))
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('program', ?)", (PROGRAM.encode(),))
            # failpoint: file.before-migrated
            connection.execute("COMMIT")
            # failpoint: file.after-migrated
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")


def _maker(connection: sqlite3.Connection) -> str:
    """The program that brought a file to its schema."""
    try:
        row = connection.execute("SELECT value FROM meta WHERE name = 'program'").fetchone()
        return row[0].decode()[:60] if row else "one that does not say its name"
    except (*FAULTS, AttributeError):
        return "one that cannot be told"


def _copy(connection: sqlite3.Connection, path: Path) -> None:
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with closing(sqlite3.connect(path)) as copy:
            connection.backup(copy)
    except FAULTS as fault:
        path.unlink()
        raise spoken(fault) from fault


def create(path: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
    """Make a new wallet file. It takes its name only when it is whole, and replaces nothing (FileExistsError)."""
    made = Path(f"{path}.new")
    beside = (made, Path(f"{made}-wal"), Path(f"{made}-shm"))
    for left in beside:
        left.unlink(missing_ok=True)
    os.close(os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    connection = connect(made, writes=True)
    try:
        migrate(connection, made)
        fill(connection)
    except BaseException:
        connection.close()
        for left in beside:
            left.unlink(missing_ok=True)
        raise
    connection.close()
    # failpoint: file.before-link
    os.link(made, path)
    # failpoint: file.after-link
    made.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
