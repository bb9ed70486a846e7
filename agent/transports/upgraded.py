"""WebSockets that others open to us, on the path of the public listener.

The messages of one connection are received one after another, in the order they came. What cannot be taken now is tried
again while the connection waits, which holds its sender back; if that is of no use the message is dropped, and its
sender, whom nobody told that it was kept, sends it again. Only bytes that no good peer sends end it (HT-09).
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from aiohttp import WSCloseCode, web

from agent.errors import BadEnvelope, Dropped, TooMany, Unavailable, Unreachable
from agent.logs import note
from agent.transports.accepted import NAME
from agent.transports.guard import Guard, refusal
from agent.transports.websocket import CLOSE_SECONDS, MOST_BYTES, Heart, Socket
from agent.ways import Receive

TRIES: Final = 3  # at one message
WAIT, LONGEST_WAIT = 1.0, 30.0  # seconds between them; a limit may ask for more
BUSY_WAIT: Final = 0.05  # seconds until a connection asks again whether there is less to do


def wants(request: web.BaseRequest) -> bool:
    """Whether this request asks for a WebSocket."""
    return request.method == "GET" and request.headers.get("Upgrade", "").strip().lower() == "websocket"


@dataclass
class Sockets:
    """The connections of one listener. See the module."""

    receive: Receive
    guard: Guard
    heart: Heart = field(default_factory=Heart)
    most_bytes: int = MOST_BYTES
    _closing: bool = False

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Serve one connection to its end."""
        frames = web.WebSocketResponse(
            autoping=False,
            compress=False,
            max_msg_size=self.most_bytes + 1,  # aiohttp takes less than that
            timeout=CLOSE_SECONDS,
            decode_text=False,
        )
        frames.headers["Server"] = NAME
        if self._closing:
            return refusal(503, "not now; try again")
        if not frames.can_prepare(request):
            return refusal(400, "not a WebSocket that can be opened")
        await frames.prepare(request)
        socket = Socket(frames, self.guard.source(request), self.heart.pulse)
        self.heart.watch(socket)
        try:
            while True:
                await self.take(await socket.receive(), socket)
        except Unreachable:
            return frames
        finally:
            self.heart.leave(socket)

    async def take(self, packed: bytes, socket: Socket) -> None:
        """Take one message. Nobody is told what became of it."""
        for tried in range(TRIES):
            try:
                await self.turn(socket)
                with self.guard.work():
                    await self.receive(packed, socket)
            except BadEnvelope:
                await socket.close(WSCloseCode.POLICY_VIOLATION)
            except Dropped:
                pass
            except (TooMany, Unavailable) as fault:
                if tried + 1 < TRIES and not socket.closed:
                    await asyncio.sleep(fault.retry_after if isinstance(fault, TooMany) else WAIT)
                    continue
                note("a message was not taken, and comes again", error=type(fault).__name__)
            return

    async def turn(self, socket: Socket) -> None:
        """Wait until its address may send one more, and there is not too much to do. Nothing is read meanwhile."""
        while not socket.closed:
            try:
                self.guard.limits.message_from(socket.source)
                break
            except TooMany as fault:
                await asyncio.sleep(min(fault.retry_after, LONGEST_WAIT))
        while self.guard.behind and not socket.closed:  # noqa: ASYNC110 - who is done with what tells nobody
            await asyncio.sleep(BUSY_WAIT)

    async def close(self) -> None:
        """Say goodbye to everybody; messages being taken are kept or not, as ever. No further connection is served."""
        self._closing = True
        await asyncio.gather(*(socket.close(WSCloseCode.GOING_AWAY) for socket in tuple(self.heart.sockets)))
