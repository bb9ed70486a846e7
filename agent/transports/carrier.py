"""The way out: HTTP or WebSocket, as the address says.

A WebSocket is opened for the first message to an address and used for the next; what comes back on it is taken as if it
had been sent to us. That a frame left this process is all that is known of it, so what matters is sent until it is
acknowledged (see agent/transports/websocket.py).
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from aiohttp import WSCloseCode

from agent.errors import AgentError, BadEnvelope, Refused, Unreachable
from agent.logs import note
from agent.reach import Nearby
from agent.transports import websocket
from agent.transports.http import MOST_BYTES, MOST_DELIVERED, Sender
from agent.transports.websocket import Pulse, Socket
from agent.watch import Watch
from agent.ways import Receive

MOST_OPEN: Final = 64  # WebSockets; the one that was silent longest makes room
IDLE_SECONDS: Final = 600.0


@dataclass
class Carrier:
    """See the module. nearby: for tests alone. idle: seconds without a message after which a WebSocket is closed.

    watch: is told the time of those who answer.
    """

    development: bool = False
    nearby: Nearby | None = None
    pulse: Pulse = field(default_factory=Pulse)
    idle: float = IDLE_SECONDS
    watch: Watch | None = None
    _posts: Sender = field(init=False)
    _lines: dict[str, asyncio.Task[Socket]] = field(default_factory=dict)
    _hearing: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._posts = Sender(self.development, self.nearby, self.watch)

    async def send(self, url: str, packed: bytes, receive: Receive | None = None) -> bool:
        """Hand one message over. Raises Unreachable or Refused. Returns whether an answer came at once.

        receive: takes what comes back, at once or later.
        """
        if urlsplit(url).scheme not in ("ws", "wss"):
            return await self._posts.send(url, packed, receive)
        line = self._lines.get(url)
        if line is not None and await self._sent(line, packed):
            return False
        if self._lines.get(url) in (line, None):  # nobody has opened another meanwhile
            self._make_room(url)
            self._lines[url] = asyncio.create_task(self._connect(url, receive))
        socket = await asyncio.shield(self._lines[url])
        await socket.send(packed)
        return False

    async def open(self, url: str) -> Socket:
        """A WebSocket of its own, for whoever asked for it. Raises Unreachable or Refused.

        It takes what a message of full size becomes when it is handed over inside another.
        """
        return await self._opened(url, MOST_DELIVERED)

    async def _opened(self, url: str, most_bytes: int) -> Socket:
        return await websocket.connect(
            url, development=self.development, nearby=self.nearby, pulse=self.pulse, most_bytes=most_bytes
        )

    async def _sent(self, line: "asyncio.Task[Socket]", packed: bytes) -> bool:
        """Whether a message went over a WebSocket that was opened for an earlier one; it may have ended unnoticed."""
        try:
            socket = await asyncio.shield(line)
            if not socket.closed:
                await socket.send(packed)
                return True
        except (Unreachable, Refused):
            pass
        return False

    def _make_room(self, url: str) -> None:
        """Forget lines that failed, and close the one that was silent longest if there are too many."""
        self._lines = {each: line for each, line in self._lines.items() if each != url and not failed(line)}
        standing = {each: line.result().used for each, line in self._lines.items() if line.done()}
        if standing and len(self._lines) >= MOST_OPEN:
            silent = self._lines.pop(min(standing, key=lambda each: standing[each]))
            silent.result().cut()

    async def _connect(self, url: str, receive: Receive | None) -> Socket:
        socket = await self._opened(url, MOST_BYTES)
        task = asyncio.create_task(self._hear(socket, receive))
        self._hearing.add(task)
        task.add_done_callback(self._hearing.discard)
        return socket

    async def _hear(self, socket: Socket, receive: Receive | None) -> None:
        """Take what comes back, until it is over or has been idle for long."""
        try:
            while (left := socket.used + self.idle - asyncio.get_running_loop().time()) > 0:
                try:
                    async with asyncio.timeout(left):
                        packed = await socket.receive()
                except TimeoutError:
                    continue
                if receive is not None:
                    await taken(packed, socket, receive)
        except Unreachable:
            pass
        finally:
            await socket.close()

    async def close(self) -> None:
        """Close every connection, and wait for none that is still being opened."""
        for line in self._lines.values():
            line.cancel()
        opened = await asyncio.gather(*self._lines.values(), return_exceptions=True)
        self._lines = {}
        await asyncio.gather(*(each.close() for each in opened if isinstance(each, Socket)))
        await asyncio.gather(*self._hearing, return_exceptions=True)
        await self._posts.close()


def failed(line: "asyncio.Task[Socket]") -> bool:
    """Whether no WebSocket came of it, or it is over."""
    return line.done() and (line.cancelled() or line.exception() is not None or line.result().closed)


async def taken(packed: bytes, socket: Socket, receive: Receive) -> None:
    """Take a message that came back on a connection of ours."""
    try:
        await receive(packed, socket)
    except BadEnvelope:
        await socket.close(WSCloseCode.POLICY_VIOLATION)
    except AgentError as fault:
        note("a message was not taken, and comes again", error=type(fault).__name__)
