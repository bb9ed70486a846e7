"""The file of the mini-CRM: a SQLite database beside the wallet, which any program may read.

Every value stands beside its Labels, in tables of their own, and every other row says what it is for and until when.
What is deleted is overwritten (`secure_delete`), in the index, too, and nothing of it stays in a journal.
Source: vrm-protocols, section 6 (the table of events).
"""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

FILE: Final = "crm.db"
VERSION: Final = 1
BUSY_SECONDS: Final = 5.0

TABLES: Final = (
    "CREATE TABLE party (party TEXT PRIMARY KEY, since TEXT NOT NULL, met TEXT NOT NULL DEFAULT '',"
    " invitation TEXT NOT NULL DEFAULT '', rules TEXT NOT NULL DEFAULT '{}',"
    " terms TEXT NOT NULL DEFAULT '{}', ended TEXT NOT NULL DEFAULT '')",
    "CREATE TABLE contact (party TEXT NOT NULL REFERENCES party, ptr TEXT NOT NULL, value TEXT NOT NULL,"
    " changed TEXT NOT NULL, PRIMARY KEY (party, ptr))",
    "CREATE TABLE label (party TEXT NOT NULL, ptr TEXT NOT NULL, purpose TEXT NOT NULL, expires TEXT NOT NULL,"
    " record TEXT NOT NULL, PRIMARY KEY (party, ptr, purpose, record),"
    " FOREIGN KEY (party, ptr) REFERENCES contact ON DELETE CASCADE)",
    "CREATE TABLE word (word TEXT NOT NULL, party TEXT NOT NULL, ptr TEXT NOT NULL, PRIMARY KEY (word, party, ptr),"
    " FOREIGN KEY (party, ptr) REFERENCES contact ON DELETE CASCADE) WITHOUT ROWID",
    "CREATE INDEX word_by_value ON word (party, ptr)",
    "CREATE TABLE lead (thread TEXT PRIMARY KEY, party TEXT NOT NULL REFERENCES party, want TEXT NOT NULL,"
    " state TEXT NOT NULL, since TEXT NOT NULL, purpose TEXT NOT NULL, expires TEXT NOT NULL)",
    "CREATE TABLE \"order\" (thread TEXT PRIMARY KEY, party TEXT NOT NULL REFERENCES party, what TEXT NOT NULL,"
    " record TEXT NOT NULL, since TEXT NOT NULL, purpose TEXT NOT NULL, expires TEXT NOT NULL)",
    "CREATE TABLE \"case\" (thread TEXT PRIMARY KEY, party TEXT NOT NULL REFERENCES party, kind TEXT NOT NULL,"
    " what TEXT NOT NULL, state TEXT NOT NULL, opened TEXT NOT NULL, due TEXT NOT NULL DEFAULT '',"
    " attachments INTEGER NOT NULL DEFAULT 0, purpose TEXT NOT NULL, expires TEXT NOT NULL)",
    "CREATE TABLE counter (name TEXT PRIMARY KEY, count INTEGER NOT NULL)",
    "CREATE TABLE seen (event TEXT PRIMARY KEY, at TEXT NOT NULL)",
    "CREATE TABLE action (key TEXT PRIMARY KEY, at TEXT NOT NULL, party TEXT NOT NULL, thread TEXT NOT NULL,"
    " family TEXT NOT NULL, message TEXT NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'open',"
    " why TEXT NOT NULL DEFAULT '')",
    "CREATE INDEX action_open ON action (at) WHERE state = 'open'",
)  # fmt: skip


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """One transaction on the file, which is made if it is not there. Raises sqlite3.Error, or OSError."""
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))  # nobody else may read it, from the first moment on
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        for pragma in ("foreign_keys = ON", "secure_delete = ON", "journal_mode = DELETE", "synchronous = FULL"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN IMMEDIATE")
        migrate(connection)
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    finally:
        connection.close()


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the file to the form this program knows. Raises OSError if a newer one made it."""
    ((version,),) = connection.execute("PRAGMA user_version").fetchall()
    if version > VERSION:
        raise OSError(None, f"a newer program made the mini-CRM (form {version}); install that one")
    if version == 0:
        for statement in TABLES:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")


def words(value: object) -> set[str]:
    """What a value is found by: its words of two letters or more, without regard to case."""
    text = " ".join(texts(value))
    plain = "".join(letter if letter.isalnum() else " " for letter in text)
    return {word.casefold() for word in plain.split() if len(word) > 1}


def texts(value: object) -> Iterator[str]:
    """All texts and numbers in a JSON value."""
    match value:
        case dict():
            for each in value.values():
                yield from texts(each)
        case list() | tuple():
            for each in value:
                yield from texts(each)
        case str() | int():
            yield str(value)


def text(value: object) -> str:
    """JSON as it is kept."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
