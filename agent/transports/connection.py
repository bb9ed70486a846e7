"""One connection of the public listener, kept to its deadlines.

aiohttp reads and writes HTTP; what it leaves open is here: how long a header may take (HT-01), how long an answer may
lie untaken (HT-03), and in which words a request that cannot be read is refused. All connections are looked at once a
second, which costs less than a timer for each request.
"""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from time import time as unix_now
from typing import Protocol, cast

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from agent.logs import note
from agent.transports import straight
from agent.transports.accepted import HSTS, NAME, written
from agent.transports.guard import Bounds, refusal
from agent.transports.pace import is_whole
from agent.transports.straight import Post

_BUSY = b'{"error": "not now; send it again"}'
BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n"
    b"Retry-After: 1\r\nServer: %b\r\n\r\n%b" % (len(_BUSY), NAME.encode(), _BUSY)
)
_LONG = b'{"error": "not a request that can be read"}'
TOO_LONG = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n"
    b"Connection: close\r\n\r\n%b" % (len(_LONG), _LONG)
)


def nothing() -> None:
    """What follows from the end of a connection that nobody counts."""


class Taker(Protocol):
    """Takes messages that come straight (see straight.py)."""

    def takes(self, post: Post) -> bool:
        """Whether this is a message for us; else the long way says what it is."""

    async def take(self, post: Post, address: str) -> web.Response | None:
        """Take it. address: of the socket. Returns what to answer; None: that it was accepted."""


class Connection(RequestHandler):
    """See the module. left: called once, when the connection is over. full: whether one more message is too many."""

    __slots__ = (
        "bounds",
        "clean",
        "closing_since",
        "full",
        "head_bytes",
        "head_since",
        "later",
        "left",
        "straight",
        "stuck_since",
        "taker",
        "taking",
        "wire",
    )

    def __init__(
        self,
        server: "Server",
        bounds: Bounds,
        left: Callable[[], None] = nothing,
        full: Callable[[], bool] = bool,
        taker: Taker | None = None,
    ) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]  # None turns it off, as in aiohttp's own runners
            keepalive_timeout=bounds.idle,
            max_line_size=8190,
            max_field_size=16 * 1024,
            max_headers=100,
            lingering_time=0.5,
            auto_decompress=False,
        )
        self.bounds, self.left, self.full, self.taker = bounds, left, full, taker
        self.straight = taker is not None  # until something came that did not go straight: aiohttp may hold part of it
        # Until a piece came that was not one whole message: what comes then may be in the midst of one.
        self.clean = True
        self.taking: asyncio.Task[None] | None = None  # of the message that came straight
        self.later = b""  # what came meanwhile
        self.wire: asyncio.Transport | None = None
        self.head_since: float | None = None  # when a header began that is not complete
        self.head_bytes = 0
        self.stuck_since: float | None = None  # since when what we write is not taken
        self.closing_since: float | None = None  # since when it is closing

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It begins: so does the time for its first header."""
        self.wire = cast(asyncio.Transport, transport)
        self.wire.set_write_buffer_limits(high=self.bounds.write_buffer)
        self.head_since = monotonic()
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """It is over."""
        super().connection_lost(exc)
        left, self.left = self.left, nothing
        left()

    def data_received(self, data: bytes) -> None:
        """Bytes came: a message that goes straight; else of a header, if no request is under way. With too much in hand
        a whole message is sent away unread, which costs a tenth of refusing it in the usual way, so that others are
        taken meanwhile (HT-19)."""
        if self.wire is None:
            return
        if self.taking is not None or (self.straight and self.stuck_since is not None):
            self.later += data
            self.wire.pause_reading()
            return
        waits = self.waits
        post = straight.read(data) if self.straight and waits else None
        self.clean = self.clean and (post is not None or is_whole(data))
        if waits and self.clean and self.full():
            self._whole()
            self.wire.write(BUSY)
        elif post is not None and self.taker is not None and self.taker.takes(post):
            self._begin(post, self.taker)
        else:
            self.straight = False
            self._pass_on(data, self.wire)

    def _pass_on(self, data: bytes, wire: asyncio.Transport) -> None:
        """Let aiohttp read this."""
        if self.head_since is None and self.waits:
            self.head_since = monotonic()
        before = self._request_count
        super().data_received(data)
        if self._request_count != before:
            self.head_since, self.head_bytes = None, 0
        elif self.head_since is not None:
            self.head_bytes += len(data)
            if self.head_bytes > self.bounds.head_bytes:
                wire.write(TOO_LONG)
                self.force_close()

    def _begin(self, post: Post, taker: Taker) -> None:
        """A message is being taken, and nothing else of this connection until it is answered."""
        self._whole()
        self.taking = self._loop.create_task(self._take(post, taker))

    def _whole(self) -> None:
        """A whole message has come, of which aiohttp knows nothing."""
        self.head_since = None
        self._stay()

    def _stay(self) -> None:
        """It is in use: aiohttp, which closes it when it is idle, has seen nothing of this."""
        self._next_keepalive_close_time = self._loop.time() + self.bounds.idle

    async def _take(self, post: Post, taker: Taker) -> None:
        """Take a message that came straight, and answer it."""
        answer: web.Response | None
        try:
            answer = await taker.take(post, self.peername[0] if self.peername else "")
        except Exception as fault:  # noqa: BLE001 - it is answered all the same
            answer = self.handle_fault(fault)
        finally:
            self.taking = None
        self._answer(answer)

    def _answer(self, answer: web.Response | None) -> None:
        """A message that came straight was taken, or was not. None: it was accepted."""
        wire = self.wire
        if wire is None or wire.is_closing():
            return
        if answer is None:
            wire.write(written(int(unix_now()), secure=self.ssl_context is not None))
        else:
            self._name(answer)
            wire.write(straight.spelled(answer))
            if not straight.keeps(answer):
                self.force_close()
                return
        self._stay()
        self._go_on()

    def _go_on(self) -> None:
        """What came meanwhile has its turn."""
        if self.wire is None or self.taking is not None or self._close or self._force_close:
            return
        if self.later:
            data, self.later = self.later, b""
            self.wire.resume_reading()
            self.data_received(data)

    async def shutdown(self, timeout: float | None = 15.0) -> None:  # noqa: ASYNC109 - as aiohttp calls it
        """Let what is being taken be answered, within so many seconds, and close."""
        if self.taking is not None:
            await asyncio.wait((self.taking,), timeout=timeout)
        if self.taking is not None:
            self.taking.cancel()
        await super().shutdown(timeout)

    @property
    def waits(self) -> bool:
        """Whether it waits for a request, as aiohttp's own timer for idle connections tells it."""
        return self._waiter is not None and not self._waiter.done()

    def pause_writing(self) -> None:
        """More than the buffer holds has not been taken."""
        super().pause_writing()
        self.stuck_since = monotonic()

    def resume_writing(self) -> None:
        """It has been."""
        super().resume_writing()
        self.stuck_since = None
        self._go_on()

    def look(self, now: float) -> None:
        """End what takes too long. now: as `monotonic` gives it."""
        if self.wire is None:
            return
        if self.closing_since is None and self.wire.is_closing():
            self.closing_since = now
        ends = (
            (self.head_since, self.bounds.head),
            (self.stuck_since, self.bounds.write),
            (self.closing_since, self.bounds.write),
        )
        if any(since is not None and now - since > allowed for since, allowed in ends):
            self.abort()

    def abort(self) -> None:
        """End it now, whatever has not been sent."""
        if self.wire is not None:
            self.wire.abort()

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Answer, in our name."""
        if not resp.prepared:
            self._name(resp)
        return await super().finish_response(request, resp, start_time)

    def _name(self, answer: web.StreamResponse) -> None:
        """Say who answers."""
        answer.headers["Server"] = NAME
        if self.ssl_context is not None:
            answer.headers["Strict-Transport-Security"] = HSTS

    def handle_fault(self, fault: BaseException | None) -> web.Response:
        """The answer to what fails through a fault of ours."""
        note("a request could not be answered", error=type(fault).__name__)
        return refusal(500, "a fault of ours", close=True)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what cannot be read, and to what fails: fixed words, none of the library's."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer is on its way already")
        if status < 500:
            return refusal(400, "not a request that can be read", close=True)
        return self.handle_fault(exc)


class Server(web.Server):
    """Makes connections, and looks after them."""

    def __init__(
        self,
        answer: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        bounds: Bounds,
        full: Callable[[], bool] = bool,
        taker: Taker | None = None,
    ) -> None:
        super().__init__(answer)
        self.bounds, self.full, self.taker = bounds, full, taker

    def connection(self, left: Callable[[], None] = nothing) -> Connection:
        """A new connection."""
        return Connection(self, self.bounds, left, self.full, self.taker)

    async def look_after(self) -> None:
        """Look at every connection, for ever."""
        while True:
            await asyncio.sleep(self.bounds.look_every)
            now = monotonic()
            for each in self.connections:
                if isinstance(each, Connection):
                    each.look(now)
