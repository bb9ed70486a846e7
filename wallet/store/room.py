"""Room on the disk: so much stays free that what stands in SQLite's log (PATH-wal) can be worked into the file.

The log may grow to 32 MiB before that happens by itself. On a disk that is nearly full it would take the last byte, and
nothing could be written any more, although most of it is not needed.
"""

import errno
import os
import sqlite3
from contextlib import suppress
from typing import Final

NEAR: Final = 16 * 1024 * 1024  # bytes free, below which the log is emptied before every commit
LEAST: Final = 2 * 1024 * 1024  # bytes free, below which nothing is written


def path_of(connection: sqlite3.Connection) -> str:
    """Where the file lies."""
    (_, _, path), *_ = connection.execute("PRAGMA database_list")
    return str(path)


def make(connection: sqlite3.Connection, path: str) -> None:
    """Before a commit: see that there is room for it. path: of the file. Raises OSError (ENOSPC) if there is not."""
    if free(path) >= NEAR:
        return
    with suppress(sqlite3.Error):  # another program has the file, or there is no room even for this
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    if free(path) < LEAST:
        raise OSError(errno.ENOSPC, "the disk is nearly full; the change was not written. Free space and try again.")


def free(path: str) -> int:
    """Bytes that we may still write to the disk of a file."""
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize
