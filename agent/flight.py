"""Which messages are being taken right now, and which failed lately, written where the end of this process is survived.

A small file beside the wallet, mapped into memory: the operating system keeps what was put there when the process is
killed, and nothing waits for the disk. It holds no names, only blind marks. Whoever finds a message under way at a
start knows that the process died with it.
"""

import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from agent.logs import note

SLOTS: Final = 1024
SLOT: Final = 32  # bytes: mark (16), failures (1), under way (1), the rest unused
UNDER_WAY: Final = 1


def mapped(path: Path) -> mmap.mmap:
    """The file at `path`, made if there is none, and begun anew if it has another size. Raises OSError."""
    held = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        if os.fstat(held).st_size != SLOTS * SLOT:
            os.ftruncate(held, 0)
            os.posix_fallocate(held, 0, SLOTS * SLOT)  # else a full disk would end this process by a signal
        return mmap.mmap(held, SLOTS * SLOT)
    finally:
        os.close(held)


class Flight:
    """See the module. A mark that finds no slot is not written down: then a crash is not counted for it."""

    def __init__(self, path: Path) -> None:
        """Open or make the file at `path`, for this process alone; if that cannot be, a crash is not counted."""
        self._path = path
        try:
            self._map = mapped(path)
        except OSError as fault:
            note("messages under way are not written down", why=fault.strerror or "")
            self._map = mmap.mmap(-1, SLOTS * SLOT)
        self._slots: dict[bytes, int] = {}
        self._copies: dict[bytes, int] = {}  # of those under way, for one may come several times at once
        self._failed: dict[bytes, None] = {}  # with a slot and not under way, the longest first
        self._free: list[int] = []
        self._read()

    def _read(self) -> None:
        """What an earlier process left: what was under way failed once more."""
        for place in reversed(range(0, SLOTS * SLOT, SLOT)):
            mark, failures, under_way = self._map[place : place + 16], self._map[place + 16], self._map[place + 17]
            if under_way == UNDER_WAY:
                failures = min(failures + 1, 255)
            if not failures or mark in self._slots:
                self._map[place : place + SLOT] = bytes(SLOT)
                self._free.append(place)
                continue
            self._map[place + 16], self._map[place + 17] = failures, 0
            self._slots[mark], self._failed[mark] = place, None

    def failures(self, mark: bytes) -> int:
        """How often a message has failed."""
        place = self._slots.get(mark)
        return self._map[place + 16] if place is not None else 0

    def begin(self, mark: bytes) -> int:
        """A message is being taken, which counts as a failure if this process ends before that does. mark: 16 bytes.

        Returns how often it has failed. Each beginning comes to one end: by `end`, `put_off` or `fail`.
        """
        self._copies[mark] = self._copies.get(mark, 0) + 1
        place = self._slots.get(mark)
        if place is None:
            place = self._slot()
            if place is None:
                return 0
            self._slots[mark] = place
            self._map[place : place + SLOT] = mark + bytes(SLOT - len(mark))
        self._failed.pop(mark, None)
        self._map[place + 17] = UNDER_WAY
        return self._map[place + 16]

    def end(self, mark: bytes) -> None:
        """It was taken, or dropped for good: nothing is remembered of it."""
        self.forget(mark)
        self.put_off(mark)

    def put_off(self, mark: bytes) -> None:
        """It was not taken, through no fault of its own: what is remembered of it stays as it is."""
        left = self._copies.pop(mark, 0) - 1
        if left > 0:  # this process may die of another copy yet
            self._copies[mark] = left
            return
        place = self._slots.get(mark)
        if place is not None and self._map[place + 16]:
            self._map[place + 17] = 0
            self._failed[mark] = None
        else:
            self._let_go(mark)

    def fail(self, mark: bytes) -> int:
        """It could not be taken. Returns how often that happened by now; 1 if nobody counts."""
        place, failures = self._slots.get(mark), 1
        if place is not None:
            self._map[place + 16] = failures = min(self._map[place + 16] + 1, 255)
        self.put_off(mark)
        return failures

    def forget(self, mark: bytes) -> None:
        """As if it had never failed, whether or not it is under way."""
        if mark not in self._copies:
            self._let_go(mark)
        elif (place := self._slots.get(mark)) is not None:
            self._map[place + 16] = 0

    def failing(self) -> Iterator[int]:
        """How often each message failed that is remembered."""
        return (self._map[self._slots[mark] + 16] for mark in self._failed)

    def close(self) -> None:
        """Let go of the file, and of all that it says if nothing failed lately."""
        self._map.close()
        if not self._slots:
            self._path.unlink(missing_ok=True)

    def _let_go(self, mark: bytes) -> None:
        self._failed.pop(mark, None)
        place = self._slots.pop(mark, None)
        if place is not None:
            self._map[place : place + SLOT] = bytes(SLOT)
            self._free.append(place)

    def _slot(self) -> int | None:
        if self._free:
            return self._free.pop()
        if not self._failed:
            return None
        oldest = next(iter(self._failed))
        del self._failed[oldest]
        return self._slots.pop(oldest)
