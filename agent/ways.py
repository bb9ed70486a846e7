"""Ways back: connections that a peer opened to us, and on which it takes what we have to say to it.

Whoever cannot be reached asks for that in a message (`return_route`), and gets it on the very connection the message
came over: over HTTP one message, as the body of the answer; over a WebSocket any number. A way belongs to the sender
the message was proven to be from, never to the connection: a second sender on it has to ask for itself (ST-11).
Source: DIDComm v2.1, extension "Return-Route and Queue Transport".
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from agent.errors import Unreachable

MOST_OF_A_PEER = 8  # connections of one peer; a ninth takes the place of the oldest
MOST_ON_A_WAY = 64  # peers that share one connection
SWEEP_AFTER = 1024  # ways offered, beyond as many as are open, until those that have closed are looked for
MOMENT = 1.0  # seconds for which an answer over HTTP waits for a message that is under way


class WayBack(Protocol):
    """A connection on which somebody takes messages of ours. Two are the same only if they are one object.

    source: the address at its other end as limits count it, "" if it has none. single: it takes one message.
    """

    @property
    def closed(self) -> bool:
        """Whether it takes nothing any more."""

    @property
    def single(self) -> bool:
        """See the class."""

    @property
    def source(self) -> str:
        """See the class."""

    def send(self, packed: bytes) -> Awaitable[None]:
        """Hand one packed message over. Raises Unreachable."""

    def expect(self, coming: "asyncio.Future[None]") -> None:
        """Something may be sent until this is done; after that nothing is on its way for now."""


class Line(WayBack, Protocol):
    """A connection that we opened, and on which messages go both ways."""

    def receive(self) -> Awaitable[bytes]:
        """The next message. Raises Unreachable once it is over."""

    def close(self) -> Awaitable[None]:
        """Say goodbye, and let go of it."""


Receive: TypeAlias = Callable[[bytes, WayBack | None], Awaitable[None]]
"""Takes one packed message, and the way back to whoever sent it, if there is one. See `inbox.receive`."""


class Answer:
    """The way back of one request: it takes one message, which becomes the answer. See WayBack."""

    single = True

    def __init__(self, source: str = "") -> None:
        self.source = source
        self.closed = False
        self._packed: asyncio.Future[bytes] | None = None
        self._coming: asyncio.Future[None] | None = None

    async def send(self, packed: bytes) -> None:
        """Answer with this. Raises Unreachable if there is an answer already."""
        if self.closed:
            raise Unreachable("the request is answered already")
        self.closed = True
        self._taken().set_result(packed)

    def expect(self, coming: "asyncio.Future[None]") -> None:
        """Wait with the answer until this is done, or for a moment."""
        self._coming = coming

    async def message(self, moment: float = MOMENT) -> bytes | None:
        """What to answer with; None if nothing is under way, or took longer than `moment` seconds. Closes the way."""
        if self._coming is not None and not self.closed:
            await asyncio.wait((self._taken(), self._coming), timeout=moment, return_when=asyncio.FIRST_COMPLETED)
        self.closed = True
        return self._packed.result() if self._packed is not None and self._packed.done() else None

    def _taken(self) -> "asyncio.Future[bytes]":
        if self._packed is None:
            self._packed = asyncio.get_running_loop().create_future()
        return self._packed


@dataclass
class Ways:
    """The ways back that are open: peer -> (way, the one thread it is for, or ""), newest last.

    told: hears of whoever gets one that takes any number of messages, of any thread.
    """

    _of: dict[str, list[tuple[WayBack, str]]] = field(default_factory=dict)
    _peers: dict[WayBack, dict[str, None]] = field(default_factory=dict)
    _until_sweep: int = SWEEP_AFTER
    told: Callable[[str], None] | None = None

    def offer(self, peer: str, back: WayBack, thread: str = "") -> None:
        """Messages to this peer may go back this way, and rather than any other. thread: only those of that thread."""
        if back.closed or self._of.get(peer, (None,))[-1] == (back, thread):
            return
        self._forget(peer, back)
        self._of.setdefault(peer, []).append((back, thread))
        self._peers.setdefault(back, {})[peer] = None
        if self.told is not None and not back.single and not thread:
            self.told(peer)
        while len(self._of[peer]) > MOST_OF_A_PEER:
            self._forget(peer, self._of[peer][0][0])
        while len(self._peers[back]) > MOST_ON_A_WAY:
            self._forget(next(iter(self._peers[back])), back)
        self._until_sweep -= 1
        if self._until_sweep < 0:
            self._sweep()

    def of(self, peer: str, thread: str = "") -> WayBack | None:
        """The newest open way to a peer that takes messages of this thread."""
        found = (back for back, only in reversed(self._of.get(peer, ())) if only in ("", thread) and not back.closed)
        return next(found, None)

    def leads(self, back: WayBack, peer: str) -> bool:
        """Whether this way is open, and offered for this peer."""
        return not back.closed and peer in self._peers.get(back, ())

    def all(self, peer: str) -> tuple[WayBack, ...]:
        """Every open way to a peer that takes any message, newest first."""
        return tuple(back for back, only in reversed(self._of.get(peer, ())) if not only and not back.closed)

    def drop(self, back: WayBack) -> None:
        """This way is over, for everybody it was for."""
        for peer in self._peers.get(back, {}).copy():
            self._forget(peer, back)

    def _forget(self, peer: str, back: WayBack) -> None:
        left = [each for each in self._of.get(peer, ()) if each[0] is not back]
        if left:
            self._of[peer] = left
        else:
            self._of.pop(peer, None)
        peers = self._peers.get(back, {})
        peers.pop(peer, None)
        if not peers:
            self._peers.pop(back, None)

    def _sweep(self) -> None:
        for back in [each for each in self._peers if each.closed]:
            self.drop(back)
        self._until_sweep = SWEEP_AFTER + len(self._peers)
