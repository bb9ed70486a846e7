"""One connection of the public listener, kept to its deadlines.

aiohttp reads and writes HTTP; what it leaves open is here: how long a header may take (HT-01), how long an answer may
lie untaken (HT-03), and in which words a request that cannot be read is refused. All connections are looked at once a
second, which costs less than a timer for each request.
"""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import cast

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from agent.logs import note
from agent.transports.guard import Bounds, refusal
from agent.transports.pace import is_whole

NAME = "freerange"  # without a version: that would only help whoever looks for an old one
HSTS = "max-age=31536000"
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


class Connection(RequestHandler):
    """See the module. left: called once, when the connection is over. full: whether one more message is too many."""

    __slots__ = ("bounds", "closing_since", "full", "head_bytes", "head_since", "left", "stuck_since", "wire")

    def __init__(
        self, server: "Server", bounds: Bounds, left: Callable[[], None] = nothing, full: Callable[[], bool] = bool
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
        self.bounds, self.left, self.full = bounds, left, full
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
        """Bytes came: of a header, if no request is under way. With too much in hand a whole message is sent away
        unread, which costs a tenth of refusing it in the usual way, so that others are taken meanwhile (HT-19)."""
        if self.waits and is_whole(data) and self.full() and self.wire is not None:
            self.wire.write(BUSY)
            return
        if self.head_since is None and self.waits:
            self.head_since = monotonic()
        before = self._request_count
        super().data_received(data)
        if self._request_count != before:
            self.head_since, self.head_bytes = None, 0
        elif self.head_since is not None:
            self.head_bytes += len(data)
            if self.head_bytes > self.bounds.head_bytes and self.wire is not None:
                self.wire.write(TOO_LONG)
                self.force_close()

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
            resp.headers["Server"] = NAME
            if self.ssl_context is not None:
                resp.headers["Strict-Transport-Security"] = HSTS
        return await super().finish_response(request, resp, start_time)

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
        note("a request could not be answered", error=type(exc).__name__)
        return refusal(500, "a fault of ours", close=True)


class Server(web.Server):
    """Makes connections, and looks after them."""

    def __init__(
        self,
        answer: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        bounds: Bounds,
        full: Callable[[], bool] = bool,
    ) -> None:
        super().__init__(answer)
        self.bounds, self.full = bounds, full

    def connection(self, left: Callable[[], None] = nothing) -> Connection:
        """A new connection."""
        return Connection(self, self.bounds, left, self.full)

    async def look_after(self) -> None:
        """Look at every connection, for ever."""
        while True:
            await asyncio.sleep(self.bounds.look_every)
            now = monotonic()
            for each in self.connections:
                if isinstance(each, Connection):
                    each.look(now)
