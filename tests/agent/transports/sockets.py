"""What the tests of WebSockets share: an ear, and a client without manners."""

import asyncio
import os
import struct
from collections.abc import Callable

from agent.transports.websocket import Pulse
from agent.ways import WayBack
from tests.agent.transports.wire import PATIENCE

QUICK = Pulse(ping=0.05, drop=0.2, write=0.2, look_every=0.02)
CALM = Pulse(ping=0.05, drop=1.0, write=1.0, look_every=0.02)  # what a machine with much else to do keeps, too
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
NOTHING: dict[str, tuple[str, bytes]] = {}


class Ear:
    """Takes messages, or does with them what it is told."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.backs: list[WayBack | None] = []
        self.faults: list[Exception | None] = []
        self.busy = asyncio.Event()
        self.go = asyncio.Event()
        self.go.set()

    async def receive(self, raw: bytes, back: WayBack | None) -> None:
        """Hear one message."""
        self.busy.set()
        await self.go.wait()
        fault = self.faults.pop(0) if self.faults else None
        if fault:
            raise fault
        self.heard.append(raw)
        self.backs.append(back)

    async def has(self, *wanted: bytes) -> None:
        """Wait until exactly this was heard."""
        await eventually(lambda: len(self.heard) >= len(wanted))
        assert self.heard == list(wanted)


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110 - what is waited for happens at the other end, which tells nobody
            await asyncio.sleep(0.005)


class Raw:
    """A WebSocket client without manners: it sends what it is told, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, url: str, *headers: str) -> "Raw":
        """Connect, and become a WebSocket."""
        port = int(url.split(":")[2].partition("/")[0])
        made = cls(*await asyncio.open_connection("127.0.0.1", port))
        lines = ("GET /didcomm HTTP/1.1", "Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade")
        key = ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
        made.writer.write("\r\n".join([*lines, *key, *headers, "", ""]).encode())
        head = await made.reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head
        assert b"Extensions" not in head
        return made

    def frame(self, opcode: int, payload: bytes, *, fin: bool = True, bits: int = 0) -> bytes:
        """A frame as a client writes it, masked."""
        size = len(payload)
        length = (
            struct.pack("!B", 128 | size)
            if size < 126
            else struct.pack("!BH", 254, size)
            if size < 65536
            else struct.pack("!BQ", 255, size)
        )
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
        return bytes([128 * fin | bits | opcode]) + length + mask + masked

    def say(self, opcode: int, payload: bytes, *, fin: bool = True, bits: int = 0) -> None:
        """Send one frame."""
        self.writer.write(self.frame(opcode, payload, fin=fin, bits=bits))

    async def hear(self) -> tuple[int, bytes]:
        """The next frame."""
        async with asyncio.timeout(PATIENCE):
            first, size = await self.reader.readexactly(2)
            if size == 126:
                size = struct.unpack("!H", await self.reader.readexactly(2))[0]
            elif size == 127:
                size = struct.unpack("!Q", await self.reader.readexactly(8))[0]
            return first & 15, await self.reader.readexactly(size)

    async def code(self) -> int:
        """The code with which it is closed, whatever comes before."""
        while True:
            opcode, payload = await self.hear()
            if opcode == CLOSE:
                self.writer.close()
                return int(struct.unpack("!H", payload[:2])[0])
