"""What one bridge is handed, in order for each subject, at least once, and again and again if it is not taken.

New events are taken a page at a time, several subjects at once; a subject whose event is not taken is set aside, with
all that follows it, and tried again by itself. While nobody is there at all everything waits where it is.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from typing import Final, TypeVar

from msgspec.structs import replace

from agent import events
from agent.agent import Agent
from agent.bridges import Bridge, CloudEvent, Gone, Undelivered, Unreachable, state
from agent.bridges.state import HeldUp, State, delay
from agent.logs import note
from wallet.credentials.vcdm import timestamp
from wallet.errors import WalletError
from wallet.store import events as rows
from wallet.store.change import Event
from wallet.store.transaction import Transaction

T = TypeVar("T")
PAGE: Final = 64  # events in memory
AT_ONCE: Final = 8  # subjects
TAKES: Final = 15.0  # seconds one event may take
FAULTS: Final = (WalletError, LookupError, TypeError, ValueError)  # of an adapter


class Feed:
    """One bridge and how far it has come. name: its setting."""

    def __init__(self, agent: Agent, name: str, bridge: Bridge) -> None:
        self.agent, self.name, self.bridge = agent, name, bridge
        self._page = asyncio.Lock()  # while events are divided among subjects, none of these is let go
        self._ahead: set[str] = set()  # ids of events handed over that stand after the cursor
        self._seen = self._state.cursor
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def turn(self) -> None:
        """Hand over what is new, and what is due again."""
        if not self._state.rests(self.agent.now()):
            await asyncio.gather(self._new(), self._again())

    @property
    def _state(self) -> State:
        return state.of(self.agent, self.name)

    def _read(self, work: Callable[[Transaction], T]) -> T:
        return self.agent.store.read(work)

    def _place(self, id: str) -> int:
        return self._read(partial(rows.place_of, id=id))

    # -- what is new --------------------------------------------------------------------------------------------

    async def _new(self) -> None:
        while await self._next_page():
            pass

    async def _next_page(self) -> bool:
        """Hand over the next events. Returns whether there may be more to hand over now."""
        async with self._page:
            before = self._state
            page = self._read(partial(rows.after, place=self._place(before.cursor), limit=PAGE))
            if not page or before.rests(self.agent.now()):
                return False
            if before.cursor != self._seen:  # the operator wants events again
                self._ahead.clear()
            passed, lanes = set(state.held_up(self.agent, self.name)), dict[str, list[Event]]()
            for _, row in page:
                if row.subject not in passed and row.id not in self._ahead:
                    lanes.setdefault(row.subject, []).append(row)
            ends = [end for end in await asyncio.gather(*map(self._lane, lanes.values())) if end is not None]
            held = [each for each in ends if isinstance(each, HeldUp)]
            stuck = next((each for each in ends if isinstance(each, Undelivered)), None)
            cursor = self._passed(before.cursor, (row for _, row in page), {*passed, *(each.subject for each in held)})
            await self._move_on(before.cursor, cursor, stuck, hold=held)
            # failpoint: bridges.moved-on
            self._seen = cursor
            return stuck is None

    async def _lane(self, lane: Sequence[Event]) -> HeldUp | Undelivered | None:
        """Hand over the next events of one subject, in order. Returns what is held up if one is not taken, or why
        everything is."""
        async with self._slots:
            for row in lane:
                try:
                    await self._hand_over(row)
                except (Unreachable, Gone) as fault:
                    return fault
                except Undelivered as fault:
                    return self._held_up(row, None, fault)
                self._ahead.add(row.id)
        return None

    def _passed(self, cursor: str, page: Iterable[Event], aside: Collection[str]) -> str:
        """The last event before which nothing is left but what is held up."""
        for row in page:
            if row.subject not in aside and row.id not in self._ahead:
                break
            cursor = row.id
            self._ahead.discard(row.id)
        return cursor

    async def _move_on(
        self, before: str, cursor: str, stuck: Undelivered | None, hold: Collection[HeldUp] = ()
    ) -> None:
        """Put down how far the bridge has come. before: where it was; stuck: why everything waits, if it does."""
        now = self.agent.now()

        def alter(then: State) -> State:
            here = cursor if then.cursor == before else then.cursor
            if stuck is None:
                return replace(then, cursor=here, tries=0, due=0, why="")
            tries, gone = then.tries + 1, isinstance(stuck, Gone)
            due = now + (delay(tries) or state.DELAYS[-1])
            return replace(then, cursor=here, gone=gone, tries=tries, due=due, why=str(stuck))

        await state.save(self.agent, self.name, alter, hold=hold)
        if stuck is not None:
            note("a system of ours takes nothing", bridge=state.called(self.name), why=str(stuck))
            self.agent.metrics.count("bridge_events", result="gone" if isinstance(stuck, Gone) else "unreachable")

    # -- what is due again --------------------------------------------------------------------------------------

    async def _again(self) -> None:
        """Try again the subjects that are held up and due."""
        now = self.agent.now()
        due = [each for each in state.held_up(self.agent, self.name).values() if each.due and each.due <= now]
        for start in range(0, len(due), AT_ONCE):
            await asyncio.gather(*map(self._catch_up, due[start : start + AT_ONCE]))
            if self._state.rests(self.agent.now()):
                return

    async def _catch_up(self, held: HeldUp) -> None:
        """Hand over what waits of one subject, until it has caught up with the rest."""
        place = self._place(held.first)
        while True:
            found = self._next_of(held.subject, place)
            if found is None:
                async with self._page:
                    if (found := self._next_of(held.subject, place)) is None:
                        await state.save(self.agent, self.name, free=[held.subject])
                        return
            place, row = found[0] + 1, found[1]
            try:
                await self._hand_over(row)
            except (Unreachable, Gone) as fault:
                where = self._state.cursor
                await self._move_on(where, where, fault, hold=[replace(held, first=row.id)])
                return
            except Undelivered as fault:
                await state.save(self.agent, self.name, hold=[self._held_up(row, held, fault)])
                return

    def _next_of(self, subject: str, place: int) -> tuple[int, Event] | None:
        """The next event of a subject at a place or after it, as far as the bridge has come."""
        found = self._read(partial(rows.of, subject=subject, place=place, limit=1))
        return found[0] if found and found[0][0] <= self._place(self._state.cursor) else None

    def _held_up(self, row: Event, before: HeldUp | None, fault: Undelivered) -> HeldUp:
        """A subject that waits from this event on, after one more attempt."""
        now = self.agent.now()
        again = before if before is not None and before.first == row.id else None
        tries = again.tries + 1 if again else 1
        wait = delay(tries)
        self.agent.metrics.count("bridge_events", result="held_up" if wait else "given_up")
        return HeldUp(row.subject, row.id, tries, now + wait if wait else 0, again.since if again else now, str(fault))

    # -- one event ----------------------------------------------------------------------------------------------

    async def _hand_over(self, row: Event) -> None:
        """One event. Raises Undelivered in one of its kinds, whatever went wrong."""
        stored = self._read(partial(rows.event, id=row.id)) or row  # a deletion may have been quicker
        # failpoint: bridges.before-deliver
        try:
            async with asyncio.timeout(TAKES):
                await self.bridge.deliver(current(events.read(stored.record), self.agent.now()))
        except TimeoutError as fault:
            raise Undelivered(f"it took more than {TAKES:g} s") from fault
        except OSError as fault:
            raise Unreachable(fault.strerror or "it cannot be reached") from fault
        except FAULTS as fault:
            raise Undelivered(f"its adapter failed: {type(fault).__name__}") from fault
        # failpoint: bridges.delivered
        self.agent.metrics.count("bridge_events", result="delivered")


def current(event: CloudEvent, now: int) -> CloudEvent:
    """An event without the values that may not be used any more. now: Unix seconds."""
    at = timestamp(now)
    over = [each for each in events.items(event.data) if str(events.label(each).get("expires")) <= at]
    return events.without(event, over) if over else event
