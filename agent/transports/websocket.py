"""One WebSocket, whoever opened it: one packed message a frame, both ways. Source: DIDComm v2.1, "Transports:
WebSocket"; RFC 6455.

Nothing acknowledges a frame, so a message is in the other side's hands only once it says so itself: by the `ack` of a
reliable protocol, or by `messages-received` of pickup; until then its sender keeps it and sends it again. We send text
frames, as the specification has it, and take binary ones too. Frames are never compressed. A peer that is silent is
asked for a sign of life, and a connection without one is dropped, so that both sides notice a dead one (HT-10).
"""

import asyncio
import socket as sockets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import aiohttp
from aiohttp import ClientWSTimeout, WSCloseCode, WSMsgType, web

from agent.errors import Refused, Unreachable
from agent.reach import Nearby, guarded_connector, may_fetch

MOST_BYTES: Final = 1024 * 1024
CONNECT_SECONDS: Final = 10.0
CLOSE_SECONDS: Final = 2.0  # for the other side to say goodbye too
MOST_PINGS: Final = 60  # of theirs between two looks at a connection

Frames: TypeAlias = "web.WebSocketResponse[bool] | aiohttp.ClientWebSocketResponse[bool]"


@dataclass(frozen=True)
class Pulse:
    """When a connection is alive, in seconds. ping: silence after which it is asked; drop: after which it is given up;
    write: for the other side to take what we send; look_every: how often all of this is looked at."""

    ping: float = 30.0
    drop: float = 90.0
    write: float = 30.0
    look_every: float = 10.0


class Socket:
    """See the module. It is a way back (agent/ways.py). One task receives; any may send.

    heard: when the other side was last heard of, as the loop's clock tells it; used: when a message last went over it.
    """

    __slots__ = (
        "__weakref__",
        "_asked",
        "_ended",
        "_frames",
        "_pings",
        "_pulse",
        "_turn",
        "_waits",
        "heard",
        "source",
        "used",
    )

    single = False

    def __init__(
        self, frames: Frames, source: str, pulse: Pulse, ended: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        self.source = source
        self._frames, self._pulse, self._ended = frames, pulse, ended
        self._turn = asyncio.Lock()
        self._waits, self._pings = False, 0
        self.heard = self.used = self._asked = asyncio.get_running_loop().time()

    @property
    def closed(self) -> bool:
        """Whether it is over, or about to be."""
        return self._frames.closed

    def expect(self, coming: "asyncio.Future[None]") -> None:
        """Nothing has to be waited for: whatever comes goes when it comes."""

    async def send(self, packed: bytes) -> None:
        """Hand one message over to the system: all of it, but for 64 KiB. Raises Unreachable, and it is over then."""
        try:
            async with asyncio.timeout(self._pulse.write), self._turn:
                await self._frames.send_frame(packed, WSMsgType.TEXT)
        except (TimeoutError, OSError, aiohttp.ClientError) as fault:
            self.cut()
            raise Unreachable(f"the connection is over ({type(fault).__name__})") from None
        self.used = asyncio.get_running_loop().time()

    async def receive(self) -> bytes:
        """The next message, whole. Raises Unreachable once it is over: closed, or something came that may not come."""
        while True:
            self._waits = True
            try:
                frame = await self._frames.receive()
            finally:
                self._waits = False
            self.heard = asyncio.get_running_loop().time()
            if frame.type is WSMsgType.TEXT or frame.type is WSMsgType.BINARY:
                packed: bytes = frame.data
                self.used = self.heard
                if frame.type is WSMsgType.BINARY or packed.isascii() or is_text(packed):
                    return packed
                await self.close(WSCloseCode.INVALID_TEXT)
            elif frame.type is WSMsgType.PING:
                await self._pong(frame.data)
            elif frame.type is not WSMsgType.PONG:
                raise Unreachable("the connection is over")

    async def _pong(self, said: bytes) -> None:
        self._pings += 1
        if self._pings > MOST_PINGS:
            await self.close(WSCloseCode.POLICY_VIOLATION)
            return
        try:
            async with asyncio.timeout(self._pulse.write):
                await self._frames.pong(said)
        except (TimeoutError, OSError, aiohttp.ClientError):
            self.cut()

    async def look(self, now: float) -> None:
        """Ask for a sign of life after a silence, and give up after a longer one. now: the loop's clock."""
        self._pings = 0
        silent = now - self.heard
        if not self._waits or silent < self._pulse.ping:
            return  # what came is still being taken, or it was heard of
        if silent >= self._pulse.drop:
            self.cut()
        elif now - self._asked >= self._pulse.ping:
            self._asked = now
            with suppress(OSError, aiohttp.ClientError):
                await self._frames.ping()

    async def close(self, code: int = WSCloseCode.OK) -> None:
        """Say goodbye, and let go of it, whether or not the other side answers. Closing again does nothing."""
        with suppress(TimeoutError, OSError, aiohttp.ClientError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._frames.close(code=code)
        self.cut()
        ended, self._ended = self._ended, None
        if ended is not None:
            await ended()

    def cut(self) -> None:
        """End it now: whoever receives from it notices."""
        wire: sockets.socket | None = self._frames.get_extra_info("socket")
        if wire is not None:
            with suppress(OSError):
                wire.shutdown(sockets.SHUT_RDWR)


def is_text(packed: bytes) -> bool:
    """Whether these bytes are UTF-8."""
    try:
        packed.decode()
    except UnicodeDecodeError:
        return False
    return True


@dataclass
class Heart:
    """Looks at connections now and then, as long as there are any: one task for all of them, not a timer for each."""

    pulse: Pulse = Pulse()
    sockets: set[Socket] = field(default_factory=set)
    _task: asyncio.Task[None] | None = None
    _looks: set[asyncio.Task[None]] = field(default_factory=set)

    def watch(self, socket: Socket) -> None:
        """Look after this one too."""
        self.sockets.add(socket)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._beat())

    def leave(self, socket: Socket) -> None:
        """It is over."""
        self.sockets.discard(socket)
        if not self.sockets and self._task is not None:
            self._task.cancel()
            self._task = None  # it has not ended yet, and whoever comes next needs another

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self.pulse.look_every)
            now = asyncio.get_running_loop().time()
            for socket in self.sockets:
                look = asyncio.create_task(socket.look(now))  # a ping may have to wait until earlier bytes are taken
                self._looks.add(look)
                look.add_done_callback(self._looks.discard)


async def connect(
    url: str,
    *,
    development: bool = False,
    nearby: Nearby | None = None,
    pulse: Pulse = Pulse(),
    most_bytes: int = MOST_BYTES,
) -> Socket:
    """Open a WebSocket to `url`: wss, or ws on loopback in development, to an address that may be connected to.

    Whoever opened it receives from it, for signs of life are answered meanwhile, and closes it in the end, also when it
    is over by itself. Redirects are not followed. Raises Unreachable, to be tried again, or Refused.
    """
    if urlsplit(url).scheme not in ("ws", "wss") or not may_fetch(f"http{url[2:]}", development):
        raise Refused("its address is not wss, or not one of the public internet; nothing was sent")
    connector, traces = guarded_connector(development, nearby), [straight()]
    session = aiohttp.ClientSession(
        connector=connector,
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        trace_configs=traces,
        headers={"Accept-Encoding": "identity"},
        skip_auto_headers=("User-Agent",),
    )
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            frames = await session.ws_connect(
                url,
                autoping=False,
                max_msg_size=most_bytes + 1,  # aiohttp takes less than that
                timeout=ClientWSTimeout(ws_close=CLOSE_SECONDS),
                decode_text=False,
            )
    except BaseException as fault:
        await session.close()
        if isinstance(fault, aiohttp.ClientError | TimeoutError | OSError | ValueError):
            raise unconnected(fault) from None
        raise
    heart = Heart(pulse)

    async def ended() -> None:
        heart.leave(socket)
        await session.close()

    socket = Socket(frames, "", pulse, ended)
    heart.watch(socket)
    return socket


def unconnected(fault: Exception) -> Unreachable | Refused:
    """What it means that no connection came about."""
    if isinstance(fault, aiohttp.WSServerHandshakeError):
        if fault.status not in (408, 425, 429) and 400 <= fault.status < 500:
            return Refused(f"it answered {fault.status}, and speaks no WebSocket there")
        return Unreachable(f"it answered {fault.status}")
    return Unreachable(f"no connection ({type(fault).__name__})")


def straight() -> aiohttp.TraceConfig:
    """Follows no redirect: only the address that was judged is connected to."""

    async def stop(*_: object) -> None:
        raise aiohttp.ClientPayloadError("redirected")

    config = aiohttp.TraceConfig()
    config.on_request_redirect.append(stop)
    return config
