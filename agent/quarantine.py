"""Quarantine: what fails again and again through a fault of ours is kept apart, and harms nothing else.

A message whose handling raises, hangs, or takes the process down with it is answered 503, so its sender keeps it and
sends it again. The third time it is kept whole, for the operator to look at, and answered 202: from then on it is ours.
If there is no room it is refused as before; nothing that was kept is thrown out. Source: security, ST-24 and P14.
"""

import asyncio
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from agent.errors import Unavailable
from agent.flight import Flight
from agent.logs import note
from agent.metrics import Metrics
from wallet.errors import Locked
from wallet.store import meta, quarantine
from wallet.store.quarantine import Quarantined
from wallet.store.store import Store

MOST_TRIES: Final = 3
MOST_SECONDS: Final = 30.0  # in which one message is understood
SOON: Final = 2.0  # seconds


@dataclass(slots=True)
class Case:
    """One message being taken, and what is known of it by now. sender: canonical DID, proven; id: its own.

    unwrapped: it came inside a forward for ourselves. under_way: it is written down that it is. alone: it failed
    before, so no other such one is taken meanwhile: if the process dies again, that says which of them it was.
    """

    packed: bytes
    sender: str = ""
    id: str = ""
    mark: bytes = b""
    unwrapped: bool = False
    under_way: bool = False
    alone: bool = False


class Quarantine:
    """The messages of one agent that are kept apart, and those on their way there."""

    def __init__(self, store: Store, metrics: Metrics) -> None:
        self.store, self.metrics = store, metrics
        self._opened: Flight | None = None
        self.worker = ""  # which of several, with a dot before it: each process marks what it has under way by itself
        self._kept: frozenset[bytes] | None = None
        self._looks = 0  # how often others may have altered it
        self._suspects = asyncio.Lock()

    @property
    def flight(self) -> Flight:
        """The list of what is under way, in a file beside the wallet."""
        if self._opened is None:
            self._opened = Flight(Path(f"{self.store.path}{self.worker}.flight"))
        return self._opened

    @property
    def kept(self) -> frozenset[bytes]:
        """The marks of what is in quarantine."""
        while self._kept is None:
            looks = self._looks
            found = self.store.read(quarantine.marks)
            if self._kept is None and self._looks == looks:  # else somebody knows of what was kept meanwhile
                self._kept = found
        return self._kept

    def look_again(self) -> None:
        """Another worker may have kept one apart, or let go of one."""
        self._kept = None
        self._looks += 1

    async def known(self, case: Case, sender: str, id: str, at: int) -> bool:
        """Begin to take a message, now that it is known whose it is. True: it is in quarantine, and there is no more to
        do; also if the process died with it so often that it goes there now. at: Unix seconds. Raises Unavailable if it
        cannot, for nothing may be heard once more that killed the process so often.
        """
        case.sender, case.id = sender, id
        case.mark = self.store.read(partial(quarantine.mark_of, sender=sender, id=id))
        if case.mark in self.kept:
            return True
        if self.flight.failures(case.mark):
            await self._suspects.acquire()
            case.alone = True
            if case.mark in self.kept:  # it came twice at once, and went there while this one waited
                return True
        if self._begin(case) < MOST_TRIES:
            return False
        if not await self.keep(case, "this agent died of it", at):
            raise Unavailable("there is no room to keep it apart")
        return True

    def _begin(self, case: Case) -> int:
        case.under_way = True
        return self.flight.begin(case.mark)

    def done(self, case: Case) -> None:
        """A message was taken, or dropped for good: it is no case any more."""
        if case.under_way:
            case.under_way = False
            self.flight.end(case.mark)

    def put_off(self, case: Case) -> None:
        """A message was not taken, through no fault of its own; or whatever became of it is known already."""
        if case.under_way:
            case.under_way = False
            self.flight.put_off(case.mark)
        if case.alone:
            case.alone = False
            self._suspects.release()

    async def failed(self, case: Case, fault: Exception, at: int) -> bool:
        """A message could not be taken. Returns whether it is in quarantine now: it failed for the third time.

        What failed because the store refuses or is slow, or the wallet is locked, is not counted against the message.
        """
        late = isinstance(fault, TimeoutError)
        if isinstance(fault, Locked) or (isinstance(fault, OSError) and not late) or (late and not await self.quick()):
            self.put_off(case)
            return False
        try:
            if not case.mark and self.unnamed(case):
                return True
        except OSError:
            return False
        self.metrics.count("messages_failed")
        why = f"it took more than {MOST_SECONDS:g} s" if late else f"a fault of this program ({type(fault).__name__})"
        if not case.under_way:  # what failed was to find out whether it may be taken
            return False
        case.under_way = False
        return self.flight.fail(case.mark) >= MOST_TRIES and await self.keep(case, why, at)

    async def quick(self) -> bool:
        """Whether the store takes a write soon: else it may be what a message waited for."""
        try:
            async with asyncio.timeout(SOON):
                await self.store.write(meta.touch)
        except OSError:
            return False
        return True

    def unnamed(self, case: Case) -> bool:
        """Begin to take a message of which nobody knows whose it is. True: it is in quarantine. Raises OSError."""
        mark = self.store.read(partial(quarantine.mark_of, sender="", id=case.packed))
        known = mark in self.kept
        case.mark = mark
        if not known:
            self._begin(case)
        return known

    async def keep(self, case: Case, why: str, at: int) -> bool:
        """Put a message into quarantine. False: there is no room, or the disk refuses."""
        row = Quarantined(case.mark, case.sender, case.id, case.packed, why, at)
        # failpoint: quarantine.before-keep
        try:
            kept = await self.store.write(partial(quarantine.keep, row=row))
        except OSError:
            return False
        # failpoint: quarantine.after-keep
        note("a message was put into quarantine" if kept else "the quarantine is full", why=why)
        self.metrics.count("quarantined", result="kept" if kept else "full")
        if kept:
            self.flight.forget(case.mark)
            self._kept = self.kept | {case.mark}
        return kept

    def give_another_chance(self, mark: bytes) -> None:
        """This message is taken as if it had never failed. It stays where it is until `release`."""
        self._kept = self.kept - {mark}
        self.flight.forget(mark)

    def took_it_back(self, mark: bytes) -> None:
        """It failed again, and is not tried any more."""
        self._kept = self.kept | {mark}
        self.flight.forget(mark)

    async def release(self, mark: bytes) -> bool:
        """Let go of a message in quarantine: it was taken after all, or is not wanted. False: it is not there."""
        released = await self.store.write(partial(quarantine.drop, mark=mark))
        self._kept = self.kept - {mark}
        return released

    def close(self) -> None:
        """Let go of the list of what is under way."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None
