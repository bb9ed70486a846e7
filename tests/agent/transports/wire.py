"""Bytes on a wire: a client without manners, for listeners that are to keep theirs."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from agent.transports.http import ENCRYPTED, Listener
from agent.ways import WayBack

PATIENCE = 60.0  # seconds that a test waits for what must happen


@dataclass
class Ear:
    """Takes messages, once `free` is set."""

    heard: list[bytes] = field(default_factory=list)
    free: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self, raw: bytes, back: WayBack | None) -> None:
        """Hear one message."""
        self.heard.append(raw)
        await self.free.wait()


@dataclass
class Wire:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def write(self, text: str | bytes) -> None:
        """Send bytes, if anybody takes them."""
        try:
            self.writer.write(text if isinstance(text, bytes) else text.encode())
            await self.writer.drain()
        except ConnectionError:
            return

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """The next answer: status, headers, body. Status 0 if the connection was closed instead."""
        async with asyncio.timeout(PATIENCE):
            try:
                head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
                line, *lines = head.strip().split("\r\n")
                headers = {name.title(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
                body = await self.reader.readexactly(int(headers.get("Content-Length", "0")))
            except (asyncio.IncompleteReadError, ConnectionError):
                return 0, {}, b""
        return int(line.split()[1]), headers, body

    async def ended(self) -> bool:
        """Wait until the other side has closed; whether it did so in time."""
        try:
            async with asyncio.timeout(PATIENCE):
                while await self.reader.read(65536):
                    continue
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return True


HOST = "shop.example"


def request(
    line: str = "POST / HTTP/1.1", *headers: str, host: str = HOST, body: str = "{}", length: int | None = None
) -> str:
    """A request to post a message. length: of the body, as it is announced."""
    size = len(body) if length is None else length
    lines = [line, *([f"Host: {host}"] if host else []), f"Content-Type: {ENCRYPTED}", f"Content-Length: {size}"]
    return "\r\n".join([*lines, *headers, "", body])


@asynccontextmanager
async def listening(listener: Listener, host: str = "127.0.0.1") -> AsyncIterator[int]:
    """The port of a listener while it listens."""
    port = await listener.start(host, 0)
    try:
        yield port
    finally:
        await listener.stop()


async def connect(port: int, source: str = "127.0.0.1", host: str = "127.0.0.1") -> Wire:
    """A connection from an address of this computer."""
    async with asyncio.timeout(PATIENCE):
        return Wire(*await asyncio.open_connection(host, port, local_addr=(source, 0)))


def words(body: bytes) -> str:
    """What a refusal says."""
    return str(json.loads(body)["error"])
