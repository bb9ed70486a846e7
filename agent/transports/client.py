"""A client that posts one packed message after another over connections that stay: what the way out needs of HTTP/1.1.

aiohttp's does much more, and takes six times as long for it. A request goes on a connection of its own: nothing is sent
behind a request that is not answered. Whoever is asked may close at any time: if a connection that was used before ends
without a word, the message goes once more on a new one, since whoever got it before knows it by its id.
"""

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple, cast
from urllib.parse import quote, urlsplit

from agent.reach import is_address
from agent.transports.answers import Answer, BadAnswer, Reader

CONNECT_SECONDS: Final = 3.0  # for one address
IDLE_SECONDS: Final = 15.0  # for which a connection is kept that is not used
NAME_SECONDS: Final = 60.0  # for which the addresses of a name are remembered
MOST_PER_PLACE: Final = 8  # connections to one place
MOST_IDLE: Final = 100  # connections that are kept
MOST_PLACES: Final = 1024  # that are remembered
_NAME: Final = re.compile(r"[a-z0-9._-]{1,253}")
_PLAIN: Final = "/%:@!$&'()*+,;=~-._?"

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a name that may be connected to. Raises OSError."""


class Place(NamedTuple):
    """Who is asked. host: a name or address in lower case."""

    host: str
    port: int
    secure: bool


@lru_cache(maxsize=MOST_PLACES)
def taken_apart(url: str) -> tuple[Place, bytes]:
    """Whom a URL names, and the beginning of a request to post there, up to the length. Raises ValueError."""
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    if not host.isascii():
        host = host.encode("idna").decode()
        if is_address(host):  # spelled so that whoever judged it took it for a name
            raise ValueError("an address in disguise")
    if not is_address(host) and not _NAME.fullmatch(host):
        raise ValueError("not a name that can be looked up")
    usual = 443 if secure else 80
    port = parts.port or usual
    named = f"[{host}]" if ":" in host else host
    target = quote(parts.path or "/", safe=_PLAIN) + (f"?{quote(parts.query, safe=_PLAIN)}" if parts.query else "")
    lines = (f"POST {target} HTTP/1.1", f"Host: {named}" if port == usual else f"Host: {named}:{port}")
    return Place(host, port, secure), "\r\n".join((*lines, "")).encode()


class Wire(asyncio.Protocol):
    """One connection, on which one request at a time is under way."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._reader: Reader | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self.since = 0.0  # when it was last used

    @property
    def over(self) -> bool:
        """Whether it can be used no more."""
        return self._transport is None or self._transport.is_closing()

    @property
    def silent(self) -> bool:
        """Whether nothing was answered to the last request."""
        return self._reader is None or not self._reader.begun

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        self._transport = cast(asyncio.Transport, transport)

    async def ask(self, request: bytes, most: int) -> Answer:
        """Send one request. most: bytes of the answer's body that are wanted. Raises OSError or BadAnswer, and it is
        over then, as it is if whoever asks gives up."""
        if self._transport is None or self.over:
            raise ConnectionResetError("the connection is over")
        self._reader, self._answer = Reader(most), asyncio.get_running_loop().create_future()
        try:
            self._transport.write(request)
            answer = await self._answer
        except BaseException:
            self.cut()
            raise
        finally:
            self._answer = None
        if not answer.keeps or (self._transport is not None and self._transport.get_write_buffer_size()):
            self.cut()  # it answered before it had read everything, or says that it will not go on
        return answer

    def data_received(self, data: bytes) -> None:
        """Bytes came. Where none are waited for, they belong to nothing."""
        if self._reader is None or self._answer is None or self._answer.done():
            self.cut()
            return
        try:
            answer = self._reader.feed(data)
        except BadAnswer as fault:
            self._answer.set_exception(fault)
            self.cut()
            return
        if answer is not None:
            self._answer.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over: for some answers that is how they end."""
        self._transport = None
        if self._answer is None or self._answer.done():
            return
        answer = self._reader.end() if self._reader is not None and exc is None else None
        if answer is not None:
            self._answer.set_result(answer)
        else:
            self._answer.set_exception(ConnectionResetError("the connection was closed"))

    def cut(self) -> None:
        """End it now."""
        if self._transport is not None:
            self._transport.abort()


@dataclass
class _Lines:
    """The connections to one place. turn: there are no more than so many."""

    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_PER_PLACE))
    idle: list[Wire] = field(default_factory=list)
    users: int = 0
    addresses: Sequence[str] = ()
    until: float = 0.0


class Client:
    """See the module. resolve: see `Resolve`; tls: how whoever is asked over TLS has to prove its name."""

    def __init__(self, resolve: Resolve, tls: ssl.SSLContext) -> None:
        self._resolve, self._tls = resolve, tls
        self._places: dict[Place, _Lines] = {}
        self._wires: set[Wire] = set()
        self._sweeping: asyncio.TimerHandle | None = None

    async def post(self, url: str, body: bytes, headers: str, most: int) -> Answer:
        """Post `body`. headers: lines of ours, each with its end. most: bytes of the answer's body that are wanted.

        Raises OSError, BadAnswer, or ValueError for a URL that names no place.
        """
        place, head = taken_apart(url)
        request = b"%b%bContent-Length: %d\r\n\r\n%b" % (head, headers.encode(), len(body), body)
        lines = self._lines(place)
        lines.users += 1
        try:
            async with lines.turn:
                return await self._ask(place, lines, request, most)
        finally:
            lines.users -= 1

    async def _ask(self, place: Place, lines: _Lines, request: bytes, most: int) -> Answer:
        wire = self._idle(lines)
        if wire is not None:
            try:
                return await self._on(wire, lines, request, most)
            except ConnectionError:
                if not wire.silent:
                    raise
        return await self._on(await self._connect(place, lines), lines, request, most)

    async def _on(self, wire: Wire, lines: _Lines, request: bytes, most: int) -> Answer:
        """Ask on this connection, and keep it if it stays."""
        try:
            answer = await wire.ask(request, most)
        finally:
            if wire.over:
                self._wires.discard(wire)
        if not wire.over:
            wire.since = asyncio.get_running_loop().time()
            lines.idle.append(wire)
            self._look_later()
        return answer

    def _lines(self, place: Place) -> _Lines:
        found = self._places.pop(place, None) or _Lines()
        self._places[place] = found  # last: the first is the longest unused
        if len(self._places) > MOST_PLACES:
            for each in [place for place, lines in self._places.items() if not lines.users and not lines.idle]:
                del self._places[each]
        return found

    def _idle(self, lines: _Lines) -> Wire | None:
        """A connection that is open and not in use: the one used last, which is the least likely to be closed."""
        now = asyncio.get_running_loop().time()
        while lines.idle:
            wire = lines.idle.pop()
            if not wire.over and now - wire.since < IDLE_SECONDS:
                return wire
            wire.cut()
            self._wires.discard(wire)
        return None

    async def _connect(self, place: Place, lines: _Lines) -> Wire:
        """A new connection, to the first address that takes one."""
        loop, fault = asyncio.get_running_loop(), OSError("its name has no address")
        if is_address(place.host):
            lines.addresses = (place.host,)  # judged by whoever asks, as it stands
        elif loop.time() >= lines.until:
            lines.addresses = await self._resolve(place.host, place.port)
            lines.until = loop.time() + NAME_SECONDS
        for address in lines.addresses:
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    _, wire = await loop.create_connection(
                        Wire,
                        address,
                        place.port,
                        ssl=self._tls if place.secure else None,
                        server_hostname=place.host if place.secure else None,
                    )
                self._wires.add(wire)
                return wire
            except OSError as refused:  # TimeoutError and ssl.SSLError among them
                fault = refused
        lines.until = 0.0  # its addresses may have changed
        raise fault

    def _look_later(self) -> None:
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._sweep)

    def _sweep(self) -> None:
        """Let go of what has been idle for long, and of the longest idle if there are many."""
        self._sweeping, now = None, asyncio.get_running_loop().time()
        idle = sorted((wire for lines in self._places.values() for wire in lines.idle), key=lambda wire: wire.since)
        kept = {wire for wire in idle[-MOST_IDLE:] if now - wire.since < IDLE_SECONDS and not wire.over}
        for lines in self._places.values():
            lines.idle = [wire for wire in lines.idle if wire in kept]
        for wire in idle:
            if wire not in kept:
                wire.cut()
                self._wires.discard(wire)
        if kept:
            self._look_later()

    async def close(self) -> None:
        """End every connection; what is under way fails."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            self._sweeping = None
        for wire in self._wires:
            wire.cut()
        self._wires.clear()
        self._places.clear()
        await asyncio.sleep(0)  # they end by a callback, which needs its turn
