"""The way out: every message waits in the store until it was delivered, refused for good, or has expired.

A message is tried at once, straight from memory, by the process that committed it; its row says when to try again, and
is what survives a crash. For a protocol that is `reliable` the row goes when the peer acknowledges (vrm-protocols 3.6),
for the others when the transport has taken the message.

What is not delivered is held: the messages of a thread leave in the order they were said, so a later one waits behind
one that could not go. If the peer cannot be reached, all that is for it waits, in the store, and is taken up in order a
few at a time. Source: security, promise P6.
"""

import asyncio
from collections import deque
from collections.abc import Coroutine, Iterable, Sequence
from functools import partial
from math import inf
from time import perf_counter

import msgspec

from agent import parcel as parcels
from agent.agent import Agent
from agent.attendance import Attendance
from agent.breaker import jittered
from agent.delivery import deliver
from agent.errors import Refused, Unreachable
from agent.finished import Finished
from agent.lane import Lane
from agent.logs import note
from agent.owed import Owed
from agent.parcel import Parcel, resend_after
from agent.resending import resent, unsaid
from agent.tracing import span
from agent.turns import Turn
from agent.waits import Waits
from wallet.errors import Unresolved, WalletError
from wallet.store.change import Outgoing

MOST_REFUSALS = 3
LAST_WRITE = 1.0  # seconds that the store gets to let go of what was delivered, when the agent stops
REST = 60.0  # seconds for which a peer is left alone of whom the wallet can tell nothing
LONGEST_TURN = 4.0  # seconds for which a message waits until another worker is done with its peer
NEXT_TURN = 1.0  # seconds after which that is looked at again
MOST_LANES = 256  # peers for whom what was held is taken up at the same time


class Outbox:
    """Lanes, one per peer: within a lane messages go one after another, and lanes do not wait for each other."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.waits = Waits(agent)
        self.attendance: Attendance | None = None  # where several workers have lines to our peers
        self._lanes: dict[str, Lane] = {}
        self._drains: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.finished = Finished(agent, self._start)
        self._owed = Owed(agent)
        self._resting: dict[str, float] = {}  # peers left alone because of the wallet, until then (steady)
        self._begun = self._caught_up = False  # whether every row that is held is known in `waits`

    # -- what is to be sent ---------------------------------------------------------------------------------------

    async def shift(self, by: int, *, stored: bool = True) -> None:
        """This computer's clock was set by so many seconds: what waits goes on waiting as long as it was to."""
        self.waits.shift(by)
        if stored:
            await self.agent.store.shift_outgoing(by)

    async def begin(self) -> None:
        """Take up whatever an earlier process left: all of it is tried now, in order."""
        if not self.agent.store.shared:  # else others are at work, and have leases
            await self.agent.store.hasten_outgoing(self.agent.now())
        self._begun = True

    def post(self, peer: str, messages: Sequence[Outgoing]) -> None:
        """Try these rows now. They are in the store already, and nobody else tries them yet."""
        if messages:
            lane = self._lanes.get(peer) or self._open(peer)
            lane.fresh.extend(messages)

    async def post_due(self) -> None:
        """Try what is due in the store."""
        room = MOST_LANES - len(self._lanes)
        if room <= 0 or not await self._owed.settle():
            return
        now = self.agent.steady()
        self._resting = {peer: until for peer, until in self._resting.items() if until > now}
        besides = self._lanes.keys() | self._resting.keys() | self._owed.peers
        peers = self.agent.store.due_peers(self.agent.now(), besides=besides)
        for peer in [each for each in peers if each not in self._lanes][:room]:  # some were opened meanwhile
            # failpoint: outbox.claimed
            self._open(peer, behind=True)
        self._caught_up = self._caught_up or (self._begun and not peers)

    def hasten(self, peer: str, *, insist: bool = False) -> None:
        """This peer has just spoken to us: try what is held for it, at once if it keeps a connection open, or soon.

        insist: the owner wants it tried now, whatever speaks against it.
        """
        at = self.waits.insisted(peer) if insist else self.waits.spoken(peer)
        if at is not None:
            self._rouse(peer, at)
        elif self.agent.store.shared and peer not in self._lanes and not self.waits.knows(peer):
            self._open(peer)  # somebody else may have held something

    def _rouse(self, peer: str, at: int) -> None:
        """What waits for this peer is due at that moment: its lane sees to that, before what is said next. One that is
        there already may be about to hold what could not be sent, until later."""
        if (lane := self._lanes.get(peer)) is not None:
            lane.behind, lane.wake = True, at
        else:
            self._open(peer, behind=True, wake=at)

    def under_way(self, peer: str) -> asyncio.Task[None] | None:
        """Done once nothing is being delivered to this peer; None if nothing is."""
        return self._drains.get(peer)

    def busy(self) -> int:
        """To how many peers something is being delivered."""
        return len(self._lanes)

    def resting(self) -> int:
        """How many destinations are given a rest, because messages failed there."""
        return self.waits.breakers.open()

    def held_up(self) -> int:
        """For how many peers something waits because an attempt failed."""
        return len(self.waits)

    async def quiet(self, within: float | None = None) -> None:
        """Return once no delivery is under way, and what was delivered has left the store.

        within: seconds after which attempts under way are broken off; their messages stay in the store.
        """
        if not self._tasks and not self.finished:
            return
        try:
            async with asyncio.timeout(within):
                while self._tasks:
                    await asyncio.wait(tuple(self._tasks))
                    await asyncio.sleep(0)  # what is done leaves the set by a callback, which needs its turn
        except TimeoutError:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            async with asyncio.timeout(None if within is None else LAST_WRITE):
                await self.finished.leave()
        except OSError as fault:  # it stays in the store, and is sent once more
            note("what was delivered stays in the store", error=type(fault).__name__)

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _open(self, peer: str, *, behind: bool = False, wake: int | None = None) -> Lane:
        """A lane for a peer that has none. What was held before this process came is taken up before what is fresh.

        Nothing is read here, for meanwhile somebody else could open one.
        """
        sure = behind or (self._caught_up and not self.agent.store.shared)
        lane = self._lanes[peer] = Lane(behind=behind, unsure=not sure, wake=wake)
        self._drains[peer] = self._start(self._drain(peer, lane))
        self._drains[peer].add_done_callback(lambda _: self._close(peer, lane))
        return lane

    def _close(self, peer: str, lane: Lane) -> None:
        """This lane is no more; the second time, nothing happens. What is broken off before it began tells nobody."""
        if self._lanes.get(peer) is lane:
            del self._lanes[peer], self._drains[peer]

    def call(self, peer: str) -> None:
        """Another worker has left something for this peer, which can be reached from here."""
        lane = self._lanes.get(peer) or self._open(peer, behind=True)
        lane.behind = lane.called = True

    def leave(self) -> None:
        """Nothing says any more that the lanes are ours: break off what is under way. It is in the store."""
        for task in self._drains.values():
            task.cancel()

    # -- one peer -------------------------------------------------------------------------------------------------

    async def _drain(self, peer: str, lane: Lane) -> None:
        ours = Turn(self.agent.store, f"lane {peer}")
        try:
            await self._owed.pay(peer)
            if self._held(peer, lane):
                lane.behind, lane.wake = True, self.agent.now()
            elif not lane.fresh and not lane.behind and lane.wake is None:
                return
            if ours.shared and not await self._alone(peer, lane, ours):
                return
            while lane.fresh or lane.behind:
                if lane.wake is not None:
                    at, lane.wake = lane.wake, None
                    await self._wake(peer, at)
                if lane.behind or self.waits.over(peer):
                    lane.behind = False
                    await self._catch_up(peer, lane)
                elif lane.fresh:
                    await self._try(peer, lane, lane.fresh.popleft(), held=False)
        except OSError as fault:  # a full disk, say: what is left is in the store, and due once that takes a write
            note("what became of a delivery could not be written", error=type(fault).__name__)
            now, left = self.agent.now(), [(each.id, unsaid(each.record)) for each in lane.fresh]
            if left or peer not in self._owed.peers:
                self._owed.add(peer, lambda: self.agent.store.hold_outgoing(peer, now, now, left))
        except WalletError as fault:
            note("a delivery was broken off", error=type(fault).__name__)
            self._resting[peer] = self.agent.steady() + REST
        finally:
            self._close(peer, lane)
            self.waits.told(peer)
            ours.give()

    def _held(self, peer: str, lane: Lane) -> bool:
        """Whether something is held that nobody has looked up yet; and what other workers have to do with a peer."""
        if self.attendance is None:
            return lane.unsure and self.agent.store.holds_outgoing(peer)
        found = self.attendance.look_at(peer)
        lane.elsewhere, lane.looked = found.elsewhere, self.agent.steady()
        return lane.unsure and found.held

    def _just_looked(self, lane: Lane) -> bool:
        """Whether what is remembered of its peer was seen to hold a moment ago, and not been relied on since."""
        looked, lane.looked = lane.looked, -inf
        return self.agent.steady() - looked < NEXT_TURN

    async def _alone(self, peer: str, lane: Lane, ours: Turn) -> bool:
        """Have the lane to ourselves, among all workers. Else what is for this peer is put back, due: who has the lane
        now may be slow, and whoever has it next takes all of it up in order."""
        there = None
        if await ours.take(patience=LONGEST_TURN if lane.fresh or lane.called else 0.0):
            if self.agent.steady() - lane.looked >= NEXT_TURN:  # whoever had it was slow
                self._held(peer, lane)
            left = [each for each in lane.fresh if each.due > self.agent.now()]
            if len(left) < len(lane.fresh):  # this process was held still, and others may have sent the rest
                lane.fresh, lane.behind = deque(left), True
            there = None if lane.called or self.agent.ways.of(peer) is not None else lane.elsewhere
            if there is None:
                return True
        if lane.wake is not None:
            await self._wake(peer, lane.wake)
        self._resting[peer] = self.agent.steady() + NEXT_TURN
        while lane.fresh:  # some may be added meanwhile
            await self._hold(peer, lane, self.agent.now(), None)
        ours.give()
        if there is not None and self.attendance:
            await self.attendance.tell(there, peer)
            if lane.fresh or lane.called:  # meanwhile more was said, or the peer has come here
                return await self._alone(peer, lane, ours)
        return False

    async def _catch_up(self, peer: str, lane: Lane) -> None:
        """Try what is due in the store, in the order it was said, until there is no more or the peer must wait."""
        store, place, began = self.agent.store, 0, self.agent.now()
        lane.passed.clear()
        for message in () if self.agent.clock_in_doubt else store.expired_outgoing(peer, self.agent.now()):
            await self._bury(peer, message, "expired")
        while True:
            finished = self.finished.of(peer)  # they may leave while we read
            rows = store.due_outgoing(peer, self.agent.now(), after=place)
            if not rows:
                break
            fresh = {each.id for each in lane.fresh}  # they have waited for their turn so long that they are due
            for _, row in rows:
                if row.id in finished or (peer, row.id) in self.finished or row.id in fresh:
                    continue
                if not await self._try(peer, lane, row, held=True):
                    return
            place = rows[-1][0]
        await self.finished.leave()
        self.waits.caught_up(peer, began, lane.passed)

    async def _try(self, peer: str, lane: Lane, message: Outgoing, *, held: bool) -> bool:
        """One attempt at one message, if it may go, and its consequence in the store. False: the peer must wait."""
        if self.agent.now() >= message.until and not self.agent.clock_in_doubt:
            await self._bury(peer, message, "expired")
            return True
        try:
            parcel = parcels.read(resent(message.record) if held else message.record)
        except msgspec.MsgspecError:
            await self._bury(peer, message, "this program cannot read it")
            return True
        wait = await self.waits.of(peer, message, parcel, held=held)
        if wait.peer:
            await self._hold(peer, lane, wait.peer, None if held else message)
            return False
        if wait.thread or (held and message.thid in lane.passed):
            lane.passed.add(message.thid)
            record = message.record if held else unsaid(message.record)
            await self._put_back(peer, message, record, wait.thread or self.agent.now(), held=True)
            return True
        try:
            # failpoint: outbox.before-send
            began = perf_counter()
            with span("deliver"):
                await deliver(self.agent, peer, parcel, message.thid, trusting=self._just_looked(lane))
            self.agent.metrics.delivered(began)
        except (Unreachable, Unresolved) as fault:
            await self._unreached(peer, lane, message, parcel, fault)
            return False
        except (Refused, WalletError) as fault:
            await self._refused(peer, lane, message, parcel, str(fault))
        except Exception as fault:  # noqa: BLE001 - one delivery must never stop the others
            lane.passed.add(message.thid)
            await self._again(peer, message, parcel, f"a fault of ours ({type(fault).__name__})")
        else:
            # failpoint: outbox.after-send
            await self._delivered(peer, message, parcel)
        return True

    # -- what follows from an attempt -----------------------------------------------------------------------------

    async def _delivered(self, peer: str, message: Outgoing, parcel: Parcel) -> None:
        self.agent.metrics.count("deliveries", result="taken")
        if others := await self.waits.worked(peer, message, parcel):
            self._start(self._release(others))
        if not parcel.reliable:
            self.finished.add(peer, message.id)
        elif parcel.resends or parcel.tries or message.held:  # else the row says already when to send it again
            due = self.agent.now() + jittered(resend_after(parcel.resends, self.agent.now() - parcel.since))
            delivered = msgspec.structs.replace(parcel, tries=0, refusals=0, why="")
            await self._put_back(peer, message, parcels.write(delivered), due, held=False)

    async def _release(self, peers: Iterable[str]) -> None:
        """The place where these are reached works again: what is held for them is tried, some at a time."""
        for peer in peers:
            while peer not in self._lanes and len(self._lanes) >= MOST_LANES:
                await asyncio.wait(tuple(self._drains.values()), return_when=asyncio.FIRST_COMPLETED)
            self._rouse(peer, self.waits.freed(peer))

    async def _wake(self, peer: str, at: int) -> None:
        await self._owed.write(peer, lambda: self.agent.store.wake_outgoing(peer, at))
        self.agent.stirred.set()

    async def _unreached(
        self, peer: str, lane: Lane, message: Outgoing, parcel: Parcel, fault: Unreachable | Unresolved
    ) -> None:
        why = str(fault)
        note("not delivered yet", tries=parcel.tries + 1, why=why)
        self.agent.metrics.count("deliveries", result="unreachable")
        due = await self.waits.failed(peer, parcel, fault)
        tried = msgspec.structs.replace(parcel, tries=parcel.tries + 1, why=why)
        await self._hold(peer, lane, due, msgspec.structs.replace(message, record=parcels.write(tried)))

    async def _hold(self, peer: str, lane: Lane, due: int, message: Outgoing | None) -> None:
        """Let all that is for this peer wait, this message first. due: Unix seconds."""
        records = [(message.id, unsaid(message.record))] if message is not None else []
        records += [(each.id, unsaid(each.record)) for each in lane.fresh]
        lane.fresh.clear()
        now = self.agent.now()
        # failpoint: outbox.before-hold
        await self._owed.write(peer, lambda: self.agent.store.hold_outgoing(peer, due, now, records))
        # failpoint: outbox.after-hold
        self.agent.stirred.set()

    async def _refused(self, peer: str, lane: Lane, message: Outgoing, parcel: Parcel, why: str) -> None:
        self.agent.metrics.count("deliveries", result="refused")
        parcel = msgspec.structs.replace(parcel, refusals=parcel.refusals + 1)
        if parcel.refusals >= MOST_REFUSALS and not parcel.reliable:  # what binds is never given up by us alone
            await self._bury(peer, message, why)
        else:
            lane.passed.add(message.thid)
            await self._again(peer, message, parcel, why)

    async def _again(self, peer: str, message: Outgoing, parcel: Parcel, why: str) -> None:
        """This message waits, and what is said after it in its thread; the peer's other threads go on."""
        note("not delivered yet", tries=parcel.tries + 1, why=why)
        due = self.waits.stuck(peer, message.thid, parcel.tries + 1)
        tried = msgspec.structs.replace(parcel, tries=parcel.tries + 1, why=why)
        await self._put_back(peer, message, parcels.write(tried), due, held=True)

    async def _put_back(self, peer: str, message: Outgoing, record: bytes, due: int, *, held: bool) -> None:
        retry = partial(self.agent.store.retry_outgoing, peer, message.id, due=due, record=record, held=held)
        # failpoint: outbox.before-put-back
        await self._owed.write(peer, retry)
        # failpoint: outbox.after-put-back
        self.agent.stirred.set()

    async def _bury(self, peer: str, message: Outgoing, why: str) -> None:
        note("given up", why=why)
        self.waits.told(peer)
        if self.agent.store.peer(peer) is None:  # a refusal to a stranger: nobody misses it, and anybody could cause it
            self.finished.add(peer, message.id)
            return
        self.agent.metrics.count("dead_letters", reason="expired" if why == "expired" else "refused")
        bury = partial(self.agent.store.bury, peer, message.id, why=why, at=self.agent.now())
        # failpoint: outbox.before-bury
        await self._owed.write(peer, bury)
        # failpoint: outbox.after-bury
