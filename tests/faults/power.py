"""Loss of power, simulated: what the store writes and syncs is recorded below SQLite, and played back up to any moment,
with any part of what was not synced left out.

The store's own code runs on apsw here, which lets others stand between SQLite and the disk; what is left of a file is
opened by the program as it is. Assumed of a disk: what was synced is there, a write alters none but its own bytes,
and a sector is written or not. Nothing else: unsynced writes come in any order, or not at all, or in part.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

import apsw

NAME: Final = "recorded"
SECTORS: Final = (512, 4096)


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes written at an offset."""

    file: str
    offset: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Truncate:
    """A file cut off."""

    file: str
    size: int


@dataclass(frozen=True, slots=True)
class Delete:
    """A file removed."""

    file: str


@dataclass(frozen=True, slots=True)
class Sync:
    """All that was written to a file before is on the disk now."""

    file: str


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody was told that this number is stored."""

    number: int


Event: TypeAlias = Write | Truncate | Delete | Sync | Told
Image: TypeAlias = dict[str, bytes]


@dataclass
class Recorder(apsw.VFS):
    """A VFS that does what the usual one does, and writes it down."""

    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(NAME, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> "Recorded":
        """Open a file."""
        return Recorded(self.events, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        """Remove a file."""
        super().xDelete(filename, syncdir)
        self.events.append(Delete(Path(filename).name))


class Recorded(apsw.VFSFile):
    """A file whose writes are written down."""

    def __init__(self, events: list[Event], name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self.events = events
        self.name = Path(name.filename() if isinstance(name, apsw.URIFilename) else str(name)).name
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        """Write some bytes."""
        super().xWrite(data, offset)
        self.events.append(Write(self.name, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:
        """Cut the file off."""
        super().xTruncate(newsize)
        self.events.append(Truncate(self.name, newsize))

    def xSync(self, flags: int) -> None:
        """Bring what was written to the disk."""
        super().xSync(flags)
        self.events.append(Sync(self.name))


class Connection:
    """What the store uses of `sqlite3.Connection`, over apsw."""

    def __init__(self, path: Path) -> None:
        self._apsw = apsw.Connection(str(path), vfs=NAME)
        self._apsw.set_busy_timeout(5000)

    def execute(self, sql: str, values: Mapping[str, object] | tuple[()] = ()) -> "Cursor":
        """Execute one statement."""
        return Cursor(self._apsw, self._apsw.execute(sql, values or None))

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction has begun."""
        return self._apsw.in_transaction

    def close(self) -> None:
        """Close it, which checkpoints if nobody else has the file open."""
        self._apsw.close()


class Cursor:
    """What the store uses of `sqlite3.Cursor`."""

    def __init__(self, connection: apsw.Connection, cursor: apsw.Cursor) -> None:
        self.rows = cursor.fetchall()
        self.rowcount = connection.changes()

    def fetchone(self) -> tuple[object, ...] | None:
        """The first row."""
        return self.rows[0] if self.rows else None

    def fetchall(self) -> list[tuple[object, ...]]:
        """All rows."""
        return self.rows

    def __iter__(self) -> Iterator[tuple[object, ...]]:
        return iter(self.rows)


class Disk:
    """A disk on which events happen. synced: what is on it for certain; since: what was done to a file after that."""

    def __init__(self, before: Image) -> None:
        self.synced: Image = dict(before)
        self.since: list[Write | Truncate | Delete] = []
        self.told: set[int] = set()

    def happen(self, event: Event) -> None:
        """One more event."""
        match event:
            case Sync(file):
                mine = [each for each in self.since if each.file == file]
                self.since = [each for each in self.since if each.file != file]
                for each in mine:
                    apply(self.synced, each)
            case Told(number):
                self.told.add(number)
            case _:
                self.since.append(event)

    def images(self, source: random.Random, count: int) -> Iterator[Image]:
        """What may be left after a loss of power now: nothing unsynced, all of it, then parts drawn by lot."""
        for number in range(count):
            image = dict(self.synced)
            for each in self.since:
                if number == 1 or (number > 1 and source.random() < 0.5):
                    apply(image, each)
                elif number > 1 and isinstance(each, Write):
                    for piece in torn(each, source):
                        apply(image, piece)
            yield image


def torn(write: Write, source: random.Random) -> Iterator[Write]:
    """Some sectors of a write."""
    sector, end = source.choice(SECTORS), write.offset + len(write.content)
    at = write.offset
    while at < end:
        until = min(end, at - at % sector + sector)
        if source.random() < 0.3:
            yield Write(write.file, at, write.content[at - write.offset : until - write.offset])
        at = until


def apply(image: Image, event: Write | Truncate | Delete) -> None:
    """Do to an image what was done to the disk."""
    before = image.get(event.file, b"")
    match event:
        case Write(file, offset, content):
            image[file] = before[:offset].ljust(offset, b"\0") + content + before[offset + len(content) :]
        case Truncate(file, size):
            image[file] = before[:size].ljust(size, b"\0")
        case Delete(file):
            image.pop(file, None)
