"""One agent: its parts, put together. Whatever has a life of its own takes the agent as its first argument."""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol, TypeVar

from agent import conversation as conversations
from agent import relationship as relationships
from agent.config import Config
from agent.conversation import Conversation
from agent.histories import Histories
from agent.limits import Limits
from agent.lines import Lines
from agent.metrics import Metrics
from agent.needs import Needs
from agent.quarantine import Quarantine
from agent.relationship import Relationship
from agent.under_way import Turn, Turns
from agent.watch import Watch
from agent.ways import Line, Receive, Ways
from wallet import dids, strict_json
from wallet.dids.document import Document, read
from wallet.errors import NotFound, Untrusted
from wallet.keys import Keyring
from wallet.needs import Lookup, aged
from wallet.store.change import Outgoing
from wallet.store.store import Store

T = TypeVar("T")
MOST_KEPT = 2048
MOST_THREADS = 1024
CHANGEABLE = ("did:web:", "did:webvh:")  # DIDs whose documents are fetched, and change
MINUTE, DAY = 60, 86400
MOST_COMPLAINTS = 5  # problem reports to one peer in one minute


class Transport(Protocol):
    """A way to send packed messages."""

    def send(self, url: str, packed: bytes, receive: Receive | None = None) -> Awaitable[bool]:
        """Hand one packed message over to `url`. Raises Unreachable or Refused.

        receive: takes what comes back on the same connection. Returns whether anything came back at once.
        """

    def open(self, url: str) -> Awaitable[Line]:
        """A line of our own to `url`, which whoever asked for it closes. Raises Unreachable or Refused."""

    def close(self) -> Awaitable[None]:
        """Close idle connections."""


class WayOut(Protocol):
    """Where committed messages go."""

    def post(self, peer: str, messages: Sequence[Outgoing]) -> None:
        """Try these rows now. They are in the store already, and nobody else tries them yet."""

    def begin(self) -> Awaitable[None]:
        """Take up what an earlier process left."""

    def shift(self, by: int, *, stored: bool = True) -> Awaitable[None]:
        """This computer's clock was set by so many seconds. stored: and nobody else moves what is stored."""

    def post_due(self) -> Awaitable[None]:
        """Try what is due in the store."""

    def hasten(self, peer: str, *, insist: bool = False) -> None:
        """This peer has just spoken to us: try what could not be delivered to it. insist: now, as she wants."""

    def call(self, peer: str) -> None:
        """Another worker has left something for this peer, which can be reached from here."""

    def leave(self) -> None:
        """Break off what is under way, for somebody else may be at it."""

    def under_way(self, peer: str) -> "asyncio.Future[None] | None":
        """Done once nothing is being delivered to this peer; None if nothing is."""

    def busy(self) -> int:
        """To how many peers something is being delivered."""

    def resting(self) -> int:
        """How many destinations are given a rest, because messages failed there."""

    def held_up(self) -> int:
        """For how many peers something waits because an attempt failed."""

    def quiet(self, within: float | None = None) -> Awaitable[None]:
        """Return once no delivery is under way. within: seconds after which they are broken off."""


def unix_now() -> int:
    """Seconds since 1970, whole."""
    return int(time.time())


def steady_now() -> float:
    """Seconds that passed, those in which this computer slept included; no setting of its clock changes them."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass
class Agent:
    """The parts of one agent.

    now: Unix seconds; steady: seconds of a clock that nobody sets, from an arbitrary moment; tests pass clocks of their
    own. stirred: set when something is due sooner than the clock's loop knows. published: set when an org's own systems
    have something to hear. stopping: nothing more is taken.
    receive: `inbox.receive`, for what comes back on connections we opened. troubles: what keeps a part of this agent
    from its work, by a fixed word like `mediator`: what happened, and what to do; whoever notices sets and clears it.
    desk: what those who sit at its pages call themselves, by session. fingerprints: relationships by theirs, once
    somebody has asked for one; "" for one that several have. _reading: the last read under way of a relationship, or of
    a thread of its; whatever changes what is remembered takes it away, for then it is older than that by the time it is
    there. looks_at: when the clock's loop looks again at the latest (Unix seconds); `stir` wakes it for what is sooner.
    """

    config: Config
    store: Store
    keys: Keyring
    needs: Needs
    transport: Transport
    outbox: WayOut = field(init=False)
    receive: Receive = field(init=False)
    stopping: bool = False
    now: Callable[[], int] = unix_now
    steady: Callable[[], float] = steady_now
    stirred: asyncio.Event = field(default_factory=asyncio.Event)
    looks_at: float = math.inf
    published: asyncio.Event = field(default_factory=asyncio.Event)
    watch: Watch = field(default_factory=Watch)
    metrics: Metrics = field(default_factory=Metrics)
    limits: Limits = field(default_factory=Limits)
    lines: Lines = field(default_factory=Lines)
    ways: Ways = field(default_factory=Ways)
    histories: Histories = field(init=False)
    quarantine: Quarantine = field(init=False)
    troubles: dict[str, tuple[str, str]] = field(default_factory=dict)
    desk: dict[str, str] = field(default_factory=dict)
    fingerprints: dict[str, str] = field(default_factory=dict)
    _known: dict[str, tuple[Relationship, int]] = field(default_factory=dict)
    _speakers: dict[str, str] = field(default_factory=dict)
    _threads: dict[tuple[str, str], tuple[Conversation, int]] = field(default_factory=dict)
    _reading: dict[tuple[str, ...], object] = field(default_factory=dict)
    _changing: Counter[str] = field(default_factory=Counter)
    _altering: Counter[str] = field(default_factory=Counter)
    _complaints: dict[str, tuple[int, int]] = field(default_factory=dict)
    _turns: Turns = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.histories = Histories(self.store)
        self.quarantine = Quarantine(self.store, self.metrics)
        self.needs.metrics = self.limits.metrics = self.metrics  # one place to count
        self.store.watch(self.metrics.committed)

    @property
    def clock_in_doubt(self) -> bool:
        """Whether this computer's clock has just been moved so far that nothing may be called over because of it."""
        return self.steady() < self.watch.doubted_until

    def resolve(self, did: str) -> Lookup[Document]:
        """The document of a DID; of a did:peer:4 in its short form, if the relationship has shown the long one."""
        if did.startswith("did:peer:4") and dids.canonical(did) == did:
            known = self._long_form(did, trusting=True) or self._long_form(did)
            if not known:
                raise Untrusted("the short form of a DID whose long form we have not seen, or that has been left")
            return dids.short_document(known)
        if (own := self.own_document(did)) is not None:
            return own
        seen, development = self.histories.seen(did), self.config.development
        document = yield from dids.resolve(did, development=development, now=self.now(), seen=seen)
        self.histories.note(document)
        return document

    def _long_form(self, did: str, *, trusting: bool = False) -> str:
        """What the one who uses a did:peer:4 has shown of it; empty if that is nobody we know, or has left it."""
        peer = self.peer_of(did, trusting=trusting)
        who = self.relationship(peer, trusting=trusting)[0] if peer is not None else None
        return who.their_did if who is not None and who.is_theirs(did) else ""

    def own_document(self, did: str) -> Document | None:
        """The document of our public DID, as we publish it: the way to our own place on the web may lead nowhere."""
        own = self._own if did.startswith(CHANGEABLE) else None
        return own if own is not None and own.id == did else None

    @cached_property
    def public(self) -> bytes | None:
        """What is kept of our public DID (see identity.Self); None for a person. Read once: it is made with the wallet,
        and stays."""
        row = self.store.item("did", "public")
        return row.record if row else None

    @cached_property
    def _own(self) -> Document | None:
        """The document of our public DID."""
        me = strict_json.parse_object(self.public) if self.public is not None else {}
        did, published = me.get("did"), me.get("document")
        return read(published, did) if isinstance(did, str) and isinstance(published, dict) else None

    def resolve_known(self, did: str) -> Lookup[Document]:
        """As `resolve`; but of somebody we know, the last good document will do for a day while its place is down."""
        if did.startswith(CHANGEABLE) and self.peer_of(did) is not None:
            return aged(self.resolve(did), stale_if_error=DAY)
        return self.resolve(did)

    def resolve_anew(self, did: str) -> Lookup[Document]:
        """As `resolve`, from what was published a minute ago or later: for what fails by an older document."""
        return aged(self.resolve(did), max_age=MINUTE)

    # -- relationships and threads, remembered: a change computed from one that has moved on conflicts, and is computed
    # again from what is stored. Where other workers may change them any moment, only who says so is told what is
    # remembered (trusting): who does nothing but by a change, which the store takes only if that still holds -----

    def peer_of(self, did: str, *, trusting: bool = False) -> str | None:
        """The peer that `did` speaks for, or spoke for before it moved to another. did: in canonical form."""
        known = self._speakers.get(did) if trusting or not self.store.shared else None
        peer = known or self.store.peer_of(did)
        if peer is not None:
            self._speakers[did] = peer
        return peer

    def peer_between(self, theirs: str, ours: str | None, *, trusting: bool = False) -> str | None:
        """The peer that `theirs` speaks for when it writes to `ours`, by which a relationship for one exchange is told
        apart; what somebody else writes to the same DID of ours is no part of it. Both in canonical form.
        """
        peer = self.peer_of(theirs, trusting=trusting)
        if ours is None or (peer is not None and self.relationship(peer, trusting=trusting)[0].hears(ours, self.now())):
            return peer
        alone = self.peer_of(ours, trusting=trusting)
        if alone is None:
            return peer
        exchange, _ = self.relationship(alone, trusting=trusting)
        return alone if exchange.one_off and theirs in map(dids.canonical, exchange.their_dids) else peer

    def unlearn(self, *dids: str | None) -> bool:
        """Forget whom these speak for, in canonical form, and what is known of them. Returns whether anything was."""
        peers = {peer for did in dids if did is not None and (peer := self._speakers.pop(did, None)) is not None}
        for peer in peers:
            self.forget(peer)
        return bool(peers)

    def confirm(self, peer: str, version: int) -> None:
        """A relationship is at this version: what is remembered of another one is forgotten."""
        if (known := self._known.get(peer)) is not None and known[1] != version:
            self.forget(peer)

    def relationship(self, peer: str, *, trusting: bool = False) -> tuple[Relationship, int]:
        """A relationship and its version. Raises NotFound."""
        told = peer not in self._altering and (trusting or not self.store.shared)
        known = self._known.get(peer) if told else None
        if known is None:
            row, newest = self._read((peer,), lambda: self.store.peer(peer))
            if row is None:
                raise NotFound(f"there is no relationship with {peer[:100]}")
            known = relationships.read(row), row.version
            if newest:
                self.remember(*known)
        return known

    def remember(self, relationship: Relationship, version: int) -> None:
        """A relationship as it is now in the store."""
        self._reading.pop((relationship.peer,), None)
        if version == 1 and self.fingerprints:  # somebody new: whoever asks for her need not look through all
            short = relationships.fingerprint(relationship.peer)
            if self.fingerprints.setdefault(short, relationship.peer) != relationship.peer:
                self.fingerprints[short] = ""
        if len(self._known) >= MOST_KEPT:
            self._known.clear()
            self._speakers.clear()
        self._known[relationship.peer] = relationship, version

    def _read(self, what: tuple[str, ...], read: Callable[[], T]) -> tuple[T, bool]:
        """What was read, and whether that is still the newest known of it: reading may take a while."""
        mark = self._reading[what] = object()
        try:
            found = read()
        finally:
            newest = self._reading.pop(what, None) is mark
        return found, newest

    def changing(self, peer: str, *, itself: bool) -> "Changing":
        """While a change is being stored, what is remembered may be older than what the store says, and whoever looks
        at both would see half of the change: until it is over, all that it alters is read from the store.

        itself: it alters the relationship, too, and not its threads alone.
        """
        return Changing((self._changing, self._altering) if itself else (self._changing,), peer)

    def forget(self, peer: str) -> None:
        """A relationship that is not as we thought: read it anew next time."""
        self._known.pop(peer, None)
        self._reading.pop((peer,), None)

    def conversation(self, peer: str, thid: str) -> tuple[Conversation | None, int]:
        """A thread and its version; (None, 0) if it has not begun."""
        known = self._threads.get((peer, thid)) if peer not in self._changing else None
        if known is None:
            row, newest = self._read((peer, thid), lambda: self.store.thread(peer, thid))
            if row is None:
                return None, 0
            known = conversations.read(row), row.version
            if newest:
                self.remember_thread(peer, *known)
        return known

    def remember_thread(self, peer: str, conversation: Conversation, version: int) -> None:
        """A thread as it is now in the store; the one that was longest unheard of makes room."""
        key = peer, conversation.thread.thid
        self._reading.pop(key, None)
        self._threads.pop(key, None)
        if not conversation.early and not self.store.shared:  # it may be large, or changed by another worker
            self._threads[key] = conversation, version
        if len(self._threads) > MOST_THREADS:
            del self._threads[next(iter(self._threads))]

    def forget_thread(self, peer: str, thid: str) -> None:
        """A thread that is not as we thought."""
        self._threads.pop((peer, thid), None)
        self._reading.pop((peer, thid), None)

    def stir(self, at: float) -> None:
        """Something is due at a moment, in Unix seconds: wake the clock's loop then, unless it looks by then anyhow."""
        if at >= self.looks_at:
            return
        left = at - self.now()
        if left <= 0:
            self.stirred.set()
        else:
            self.looks_at = at
            asyncio.get_running_loop().call_later(left, self.stirred.set)

    def may_complain(self, peer: str) -> bool:
        """Whether one more problem report may go to this peer now, and if so counts it (vrm-protocols 3.11)."""
        minute = self.now() // 60
        since, count = self._complaints.get(peer, (minute, 0))
        if since == minute and count >= MOST_COMPLAINTS:
            return False
        if len(self._complaints) >= MOST_KEPT:
            self._complaints.clear()
        self._complaints[peer] = minute, count + 1 if since == minute else 1
        return True

    async def meet(
        self, lookup: Lookup[T], charge: Callable[[], None] | None = None, *, within: float | None = None
    ) -> T:
        """Finish a look-up, fetching what may be fetched. charge: see Needs.meet. within: seconds for all that is
        fetched. Raises TimeoutError.
        """
        try:
            need = next(lookup)
        except StopIteration as done:  # most look-ups ask for nothing
            result: T = done.value
        else:
            began = time.perf_counter()
            async with asyncio.timeout(within):
                result = await self.needs.meet(lookup, charge, need)
            self.metrics.passed("look_up", began)
        if self.histories.fresh:
            await self.histories.keep()
        return result

    def turn_of(self, peer: str) -> Turn:
        """Wait for this peer's turn: what concerns one peer is decided one thing at a time."""
        return Turn(self._turns, peer, self.metrics)


class Changing:
    """A block in which a change is being stored: see `Agent.changing`. counters: where its peer is counted."""

    __slots__ = ("counters", "peer")

    def __init__(self, counters: tuple[Counter[str], ...], peer: str) -> None:
        self.counters, self.peer = counters, peer

    def __enter__(self) -> None:
        for each in self.counters:
            each[self.peer] += 1

    def __exit__(self, *fault: object) -> None:
        for each in self.counters:
            each[self.peer] -= 1
            if not each[self.peer]:
                del each[self.peer]
