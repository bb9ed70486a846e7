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
from dataclasses import dataclass, field, replace

import msgspec

from agent import parcel as parcels
from agent.agent import Agent
from agent.breaker import jittered
from agent.delivery import deliver
from agent.didcomm import plaintext
from agent.errors import Refused, Unreachable
from agent.logs import note
from agent.parcel import Parcel, resend_after
from agent.waits import Waits
from wallet.errors import Unresolved, WalletError
from wallet.store.change import Outgoing

MOST_REFUSALS = 3
FINISH_WITHIN = 0.05  # seconds for which finished messages are collected, to leave the store together
REST = 60.0  # seconds
MOST_LANES = 256  # peers for whom what was held is taken up at the same time


@dataclass(slots=True)
class Lane:
    """What is under way for one peer. fresh: just said; behind: what is due in the store goes before that.

    wake: what is held in the store is due at that moment, and no later; Unix seconds. passed: threads of which
    something was left waiting while what is due is being tried; the rest of them waits too.
    """

    fresh: deque[Outgoing] = field(default_factory=deque)
    behind: bool = False
    wake: int | None = None
    passed: set[str] = field(default_factory=set)


class Outbox:
    """Lanes, one per peer: within a lane messages go one after another, and lanes do not wait for each other."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.waits = Waits(agent)
        self._lanes: dict[str, Lane] = {}
        self._drains: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._finished: dict[tuple[str, str], None] = {}  # delivered, and still in the store
        self._finishing: asyncio.TimerHandle | None = None
        self._resting: dict[str, float] = {}  # peers left alone because the store failed, until then (steady)
        self._begun = self._caught_up = False  # whether every row that is held is known in `waits`

    # -- what is to be sent ---------------------------------------------------------------------------------------

    async def shift(self, by: int) -> None:
        """This computer's clock was set by so many seconds: what waits goes on waiting as long as it was to."""
        self.waits.shift(by)
        await self.agent.store.shift_outgoing(by)

    async def begin(self) -> None:
        """Take up whatever an earlier process left: all of it is tried now, in order."""
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
        if room <= 0:
            return
        now = self.agent.steady()
        self._resting = {peer: until for peer, until in self._resting.items() if until > now}
        peers = self.agent.store.due_peers(self.agent.now(), besides=self._lanes.keys() | self._resting.keys())
        for peer in peers[:room]:
            # failpoint: outbox.claimed
            self._open(peer, behind=True)
        self._caught_up = self._caught_up or (self._begun and not peers)

    def hasten(self, peer: str, *, insist: bool = False) -> None:
        """This peer has just spoken to us: try what is held for it, at once if it keeps a connection open, or soon.

        insist: the owner wants it tried now, whatever speaks against it.
        """
        at = self.waits.insisted(peer) if insist else self.waits.spoken(peer)
        if at is None:
            return
        lane = self._lanes.get(peer)
        if lane is None:
            self._open(peer, behind=True, wake=at)
        elif insist:
            lane.behind, lane.wake = True, at

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
        try:
            async with asyncio.timeout(within):
                while self._tasks:
                    await asyncio.wait(tuple(self._tasks))
                    await asyncio.sleep(0)  # what is done leaves the set by a callback, which needs its turn
        except TimeoutError:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._finish_all()

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _open(self, peer: str, *, behind: bool = False, wake: int | None = None) -> Lane:
        """A lane for a peer that has none. What was held before this process came is taken up before what is fresh."""
        if not behind and not self._caught_up and self.agent.store.holds_outgoing(peer):
            behind, wake = True, self.agent.now()
        lane = self._lanes[peer] = Lane(behind=behind, wake=wake)
        self._drains[peer] = self._start(self._drain(peer, lane))
        return lane

    # -- one peer -------------------------------------------------------------------------------------------------

    async def _drain(self, peer: str, lane: Lane) -> None:
        try:
            while lane.fresh or lane.behind:
                if lane.wake is not None:
                    await self.agent.store.wake_outgoing(peer, lane.wake)
                    lane.wake = None
                    self.agent.stirred.set()
                if lane.behind or self.waits.over(peer):
                    lane.behind = False
                    await self._catch_up(peer, lane)
                elif lane.fresh:
                    await self._try(peer, lane, lane.fresh.popleft(), held=False)
        except (
            OSError,
            WalletError,
        ) as fault:  # a full disk, say: what could not be written down is in the store still
            note("what became of a delivery could not be written", error=type(fault).__name__)
            self._resting[peer] = self.agent.steady() + REST
        finally:
            del self._lanes[peer], self._drains[peer]

    async def _catch_up(self, peer: str, lane: Lane) -> None:
        """Try what is due in the store, in the order it was said, until there is no more or the peer must wait."""
        store, place = self.agent.store, 0
        lane.passed.clear()
        for message in () if self.agent.clock_in_doubt else store.expired_outgoing(peer, self.agent.now()):
            await self._bury(peer, message, "expired")
        while rows := store.due_outgoing(peer, self.agent.now(), after=place):
            fresh = {each.id for each in lane.fresh}  # they have waited for their turn so long that they are due
            for _, row in rows:
                if (peer, row.id) in self._finished or row.id in fresh:
                    continue
                if not await self._try(peer, lane, row, held=True):
                    return
            place = rows[-1][0]
        await self._finish_all()
        self.waits.caught_up(peer)

    async def _try(self, peer: str, lane: Lane, message: Outgoing, *, held: bool) -> bool:
        """One attempt at one message, if it may go, and its consequence in the store. False: the peer must wait."""
        if self.agent.now() >= message.until and not self.agent.clock_in_doubt:
            await self._bury(peer, message, "expired")
            return True
        try:
            parcel = parcels.read(resent(message) if held else message.record)
        except msgspec.MsgspecError:
            await self._bury(peer, message, "this program cannot read it")
            return True
        wait = await self.waits.of(peer, message, parcel, held=held)
        if wait.peer:
            await self._hold(peer, lane, wait.peer, None if held else message)
            return False
        if wait.thread or (held and message.thid in lane.passed):
            lane.passed.add(message.thid)
            due = wait.thread or self.agent.now()
            await self._put_back(peer, message, message.record if held else unsaid(message), due, held=True)
            return True
        try:
            # failpoint: outbox.before-send
            await deliver(self.agent, peer, parcel, message.thid)
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
            self._finish(peer, message.id)
        elif parcel.resends or parcel.tries or message.held:  # else the row says already when to send it again
            due = self.agent.now() + jittered(resend_after(parcel.resends, self.agent.now() - parcel.since))
            delivered = msgspec.structs.replace(parcel, tries=0, refusals=0, why="")
            await self._put_back(peer, message, parcels.write(delivered), due, held=False)

    async def _release(self, peers: Iterable[str]) -> None:
        """The place where these are reached works again: what is held for them is due."""
        for peer in peers:
            await self.agent.store.wake_outgoing(peer, self.agent.now())
        self.agent.stirred.set()

    async def _unreached(
        self, peer: str, lane: Lane, message: Outgoing, parcel: Parcel, fault: Unreachable | Unresolved
    ) -> None:
        why = str(fault)
        note("not delivered yet", tries=parcel.tries + 1, why=why)
        self.agent.metrics.count("deliveries", result="unreachable")
        due = await self.waits.failed(peer, parcel, fault)
        tried = msgspec.structs.replace(parcel, tries=parcel.tries + 1, why=why)
        await self._hold(peer, lane, due, replace(message, record=parcels.write(tried)))

    async def _hold(self, peer: str, lane: Lane, due: int, message: Outgoing | None) -> None:
        """Let all that is for this peer wait, this message first. due: Unix seconds."""
        records = [(message.id, unsaid(message))] if message is not None else []
        records += [(each.id, unsaid(each)) for each in lane.fresh]
        lane.fresh.clear()
        # failpoint: outbox.before-hold
        await self.agent.store.hold_outgoing(peer, due, self.agent.now(), records)
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
        # failpoint: outbox.before-put-back
        await self.agent.store.retry_outgoing(peer, message.id, due=due, record=record, held=held)
        # failpoint: outbox.after-put-back
        self.agent.stirred.set()

    async def _bury(self, peer: str, message: Outgoing, why: str) -> None:
        note("given up", why=why)
        self.waits.told(peer)
        if self.agent.store.peer(peer) is None:  # a refusal to a stranger: nobody misses it, and anybody could cause it
            self._finish(peer, message.id)
            return
        self.agent.metrics.count("dead_letters", reason="expired" if why == "expired" else "refused")
        # failpoint: outbox.before-bury
        await self.agent.store.bury(peer, message.id, why=why, at=self.agent.now())
        # failpoint: outbox.after-bury

    # -- what is finished -----------------------------------------------------------------------------------------

    def _finish(self, peer: str, id: str) -> None:
        """Take a delivered message out of the store, soon and with others: to send one twice does no harm."""
        self._finished[peer, id] = None
        if self._finishing is None:
            loop = asyncio.get_running_loop()
            self._finishing = loop.call_later(FINISH_WITHIN, lambda: self._start(self._finish_all()))

    async def _finish_all(self) -> None:
        if self._finishing is not None:
            self._finishing.cancel()
            self._finishing = None
        if finished := tuple(self._finished):
            # failpoint: outbox.before-finish
            await self.agent.store.finish_outgoing(finished)
            # failpoint: outbox.after-finish
            for key in finished:
                self._finished.pop(key, None)


def unsaid(message: Outgoing) -> bytes:
    """The record of a message that could not go: whenever it goes, that is no repetition."""
    parcel = parcels.read(message.record)
    return parcels.write(msgspec.structs.replace(parcel, tries=max(1, parcel.tries)))


def resent(message: Outgoing) -> bytes:
    """The record of a row that has come due. If it was delivered before and not acknowledged, it goes out as the same
    message again, with its count raised; if its delivery failed, as it is."""
    parcel = parcels.read(message.record)
    if not parcel.reliable or parcel.tries:
        return message.record
    count = parcel.resends + 1
    again = msgspec.Raw(plaintext.resent(bytes(parcel.plaintext), count + 1))
    return parcels.write(msgspec.structs.replace(parcel, plaintext=again, resends=count))
