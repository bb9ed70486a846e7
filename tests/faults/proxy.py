"""A bad network of our own: a TCP proxy before one HTTP server, whose faults follow from a seed.

It reads whole requests, so that whole messages can be delayed, doubled and overtake each other, and it may break a
connection at any byte of a request or an answer, with a reset, or leave it half open for a while. A WebSocket is passed
on as it comes, piece by piece, each of which may be late, the last of its connection, or the last that arrives.
"""

import asyncio
import random
import socket
import struct
from asyncio import StreamReader, StreamWriter
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

RESET: Final = struct.pack("ii", 1, 0)  # linger for 0 s: closing sends RST
HEAD_END: Final = b"\r\n\r\n"
MOST: Final = 4 * 1024 * 1024


@dataclass(frozen=True)
class Weather:
    """How bad it is. Each a probability for one request, but for delay: seconds, at most, of a request or an answer.

    refuse: it is not even read. cut: reset at some byte on its way there; deaf: reset at some byte of the answer, so
    that the server has it and the client does not know. hang: neither goes on nor ends, for `delay` seconds times ten.
    twice: it arrives again, a little later. swallow: it is answered 202 and thrown away, as no honest network does.
    """

    refuse: float = 0.0
    cut: float = 0.0
    deaf: float = 0.0
    hang: float = 0.0
    twice: float = 0.0
    swallow: float = 0.0
    delay: float = 0.0


FINE: Final = Weather()
FOUL: Final = Weather(refuse=0.1, cut=0.1, deaf=0.1, hang=0.03, twice=0.15, delay=0.05)


@dataclass
class Proxy:
    """See the module. port: where it listens; to: the port of loopback it stands before. done: what it did."""

    to: int
    seed: int
    weather: Weather = FOUL
    port: int = 0
    done: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self._open: set[asyncio.Task[None]] = set()

    async def start(self, port: int = 0) -> int:
        """Listen; returns the port."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", port, limit=MOST)
        self.port = self._server.sockets[0].getsockname()[1]
        return self.port

    async def stop(self) -> None:
        """Stop listening, and break what is open."""
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _accept(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            while await self._request(reader, writer):
                continue
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            reset(writer)
        finally:
            self._open.discard(task)
            writer.close()

    def happens(self, name: str) -> bool:
        """Draw whether this fault happens now, and count it."""
        if self.random.random() >= getattr(self.weather, name):
            return False
        self.done[name] += 1
        return True

    async def _request(self, reader: StreamReader, writer: StreamWriter) -> bool:
        """One request and its answer. Returns whether the connection is still of use."""
        if self.happens("refuse"):
            raise ConnectionResetError
        request = await whole(reader)
        await asyncio.sleep(self.random.random() * self.weather.delay)
        if self.happens("hang"):
            await asyncio.sleep(10 * self.weather.delay)
            raise ConnectionResetError
        if request.startswith(b"POST") and self.happens("swallow"):
            writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
            return True
        if is_upgrade(request):
            await self._tunnel(request, reader, writer)
            return False
        if self.happens("twice"):
            self._later(request)
        answer = await self._pass_on(request)
        await asyncio.sleep(self.random.random() * self.weather.delay)
        if self.happens("deaf"):
            writer.write(answer[: self.random.randrange(len(answer))])
            await writer.drain()
            raise ConnectionResetError
        writer.write(answer)
        await writer.drain()
        self.done["passed"] += 1
        return True

    async def _tunnel(self, request: bytes, reader: StreamReader, writer: StreamWriter) -> None:
        """Two ways between two sockets, until either ends or the weather ends them."""
        inner, outer = await asyncio.open_connection("127.0.0.1", self.to, limit=MOST)
        outer.write(request)
        ways = [asyncio.create_task(self._flow(reader, outer)), asyncio.create_task(self._flow(inner, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            reset(outer)
        raise ConnectionResetError

    async def _flow(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One way, until its end."""
        while piece := await reader.read(MOST):
            await asyncio.sleep(self.random.random() * self.weather.delay)
            if self.happens("hang"):
                await asyncio.sleep(10 * self.weather.delay)
                return
            if self.happens("cut"):
                writer.write(piece[: self.random.randrange(len(piece))])
                await writer.drain()
                return
            writer.write(piece)
            await writer.drain()
            self.done["pieces"] += 1

    def _later(self, request: bytes) -> None:
        """Let it arrive again, whatever is answered."""

        async def again() -> None:
            await asyncio.sleep(3 * self.random.random() * self.weather.delay)
            try:
                await self._pass_on(request)
            except (OSError, asyncio.IncompleteReadError):
                return

        task = asyncio.create_task(again())
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _pass_on(self, request: bytes) -> bytes:
        """Hand a request to the server, on a connection of its own, and read the whole answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.to, limit=MOST)
        try:
            if self.happens("cut"):
                writer.write(request[: self.random.randrange(len(request))])
                await writer.drain()
                reset(writer)
                raise ConnectionResetError
            writer.write(request)
            return await whole(reader)
        finally:
            writer.close()


async def whole(reader: StreamReader) -> bytes:
    """One request or answer, head and body. Raises IncompleteReadError if the other side ends before."""
    head = await reader.readuntil(HEAD_END)
    length = next(
        (int(line.partition(b":")[2]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    return head + await reader.readexactly(length)


def is_upgrade(request: bytes) -> bool:
    """Whether a request asks for a WebSocket."""
    return b"\r\nupgrade: websocket\r\n" in request.lower()


def reset(writer: StreamWriter) -> None:
    """Break a connection without a goodbye."""
    connection = writer.get_extra_info("socket")
    if connection is not None and connection.fileno() >= 0:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.close()
