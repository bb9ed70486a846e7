"""Messages inside one process: a real transport whose faults are arguments, for tests and for trying protocols out.

Nothing is delivered until `deliver` is called, so whoever holds the network decides about time and order.
"""

import asyncio
import random
from dataclasses import dataclass, field

from agent.errors import BadEnvelope, Dropped, Refused, TooMany, Unavailable, Unreachable
from agent.ways import Answer, Receive


@dataclass
class Network:
    """Addresses that can hear, and packets on their way.

    loss, repeat: probability from 0 to 1 that a packet vanishes, or arrives twice. shuffle: arrive in any order.
    seed: makes the faults the same every time. prompt: addresses at which packets arrive at once, and are answered.
    lines: those that are open, or were.
    """

    loss: float = 0.0
    repeat: float = 0.0
    shuffle: bool = False
    seed: int = 0
    down: set[str] = field(default_factory=set)
    prompt: set[str] = field(default_factory=set)
    listening: dict[str, Receive] = field(default_factory=dict)
    flying: list[tuple[str, bytes, Receive | None]] = field(default_factory=list)
    carried: list[tuple[str, bytes]] = field(default_factory=list)
    lines: "list[Pipe]" = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def listen(self, url: str, receive: Receive) -> None:
        """Hear what is sent to `url`."""
        self.listening[url] = receive

    async def send(self, url: str, packed: bytes, receive: Receive | None = None) -> bool:
        """Put one packet on its way. Raises Unreachable if nobody listens there.

        receive: takes the message that answers it, some time later. Returns whether it was answered at once.
        """
        if url not in self.listening or url in self.down:
            raise Unreachable("nobody listens there")
        if self._random.random() < self.loss:
            return False
        if url in self.prompt:
            return await self.answered(url, packed, receive)
        copies = 2 if self._random.random() < self.repeat else 1
        self.flying.extend([(url, packed, receive)] * copies)
        return False

    async def answered(self, url: str, packed: bytes, receive: Receive | None) -> bool:
        """Deliver one packet now. Returns whether it was answered. Raises Unreachable or Refused."""
        self.carried.append((url, packed))
        back = Answer()
        try:
            await self.listening[url](packed, back)
        except Dropped:
            return False
        except BadEnvelope as fault:
            raise Refused("it answered 400") from fault
        except (Unavailable, TooMany) as fault:
            raise Unreachable("it answered 503") from fault
        said = await back.message()
        if said is None or receive is None:
            return False
        await receive(said, None)
        return True

    async def open(self, url: str) -> "Pipe":
        """A line to whoever listens at `url`. Raises Unreachable."""
        place = url.replace("ws", "http", 1)
        if place not in self.listening or place in self.down:
            raise Unreachable("nobody listens there")
        here, there = Pipe(), Pipe()
        here.other, there.other = there, here
        there.hearing = asyncio.create_task(there.hear(self.listening[place]))
        self.lines.append(here)
        return here

    async def deliver(self, most: int = 10_000) -> int:
        """Deliver what is on its way, and what that causes, until it is quiet. Returns how many arrived."""
        count = 0
        while self.flying and count < most:
            place = self._random.randrange(len(self.flying)) if self.shuffle else 0
            url, packed, hears = self.flying.pop(place)
            self.carried.append((url, packed))
            count += 1
            back = Answer() if url and hears else None
            try:
                if url:
                    await self.listening[url](packed, back)
                elif hears:
                    await hears(packed, None)
            except (BadEnvelope, Dropped):
                continue  # as over HTTP, the sender learns nothing
            except (Unavailable, TooMany):
                self.flying.append((url, packed, hears))
                continue
            answer = await back.message() if back else None
            if answer is not None and self._random.random() >= self.loss:
                self.flying.append(("", answer, hears))
        return count

    async def close(self) -> None:
        """Nothing to close; the same shape as every transport."""


class Pipe:
    """One end of a line in memory. It is a way back (agent/ways.py); what is sent here comes out at the other end."""

    single = False
    source = ""

    def __init__(self) -> None:
        self.closed = False
        self.other: Pipe | None = None
        self.hearing: asyncio.Task[None] | None = None
        self._came: asyncio.Queue[bytes | None] = asyncio.Queue()

    def expect(self, coming: "asyncio.Future[None]") -> None:
        """Nothing has to be waited for."""

    async def send(self, packed: bytes) -> None:
        """Hand one message over. Raises Unreachable."""
        if self.closed or self.other is None:
            raise Unreachable("the line is closed")
        self.other._came.put_nowait(packed)

    async def receive(self) -> bytes:
        """The next message. Raises Unreachable once it is over."""
        packed = None if self.closed else await self._came.get()
        if packed is None:
            raise Unreachable("the line is closed")
        return packed

    async def hear(self, receive: Receive) -> None:
        """Take what comes out at this end, until it is over."""
        while True:
            try:
                packed = await self.receive()
            except Unreachable:
                return
            try:
                await receive(packed, self)
            except (BadEnvelope, Dropped, Unavailable, TooMany):
                continue  # nothing is answered on a line

    async def close(self) -> None:
        """It is over, at both ends."""
        for end in (self, self.other):
            if end is not None and not end.closed:
                end.closed = True
                end._came.put_nowait(None)
