"""WebSockets that we open: to whom, and what comes of it."""

import asyncio
import base64
import hashlib
from collections.abc import Callable

import pytest
from aiohttp import web

from agent.errors import Refused, Unreachable
from agent.transports.http import Listener
from agent.transports.websocket import connect
from tests.agent.transports.sockets import QUICK, Ear

# -- the other end ------------------------------------------------------------------------------------------------


async def test_a_link_sends_and_receives(ear: Ear, url: str) -> None:
    link = await connect(url, development=True)

    await link.send(b"hello")
    await ear.has(b"hello")
    assert ear.backs[0] is not None
    await ear.backs[0].send(b"you too")

    assert await link.receive() == b"you too"
    await link.close()
    with pytest.raises(Unreachable):
        await link.send(b"gone")


async def test_a_link_whose_listener_stops_is_over(ear: Ear, listener: Listener, url: str) -> None:
    link = await connect(url, development=True)
    waiting = asyncio.create_task(link.receive())
    await asyncio.sleep(0)

    await listener.stop()

    with pytest.raises(Unreachable):
        await waiting
    assert link.closed
    await link.close()


async def test_a_link_to_a_dead_listener_is_over_after_a_while() -> None:
    """HT-10, from the other end: the listener is there, and never answers a ping."""

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(shaken(head))
        await reader.read()
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    link = await connect(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/", development=True, pulse=QUICK)

    with pytest.raises(Unreachable):
        async with asyncio.timeout(60):
            await link.receive()

    await link.close()
    server.close()
    await server.wait_closed()


def shaken(head: bytes) -> bytes:
    """The server's half of a handshake."""
    key = next(line.split(b": ")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )


@pytest.mark.parametrize(
    "url", ["ws://example.com/", "wss://10.0.0.1/", "ws://127.0.0.1:1/", "https://example.com/", "wss:///", "", "ws"]
)
async def test_outside_development_only_wss_to_the_public_internet_is_spoken(url: str) -> None:
    """DID-14, over WebSockets."""
    with pytest.raises(Refused):
        await connect(url)


@pytest.mark.parametrize(
    ("status", "fault"), [(404, Refused), (403, Refused), (200, Unreachable), (429, Unreachable), (503, Unreachable)]
)
async def test_what_a_refused_handshake_means(status: int, fault: type[Exception]) -> None:
    async with answering(lambda _: web.Response(status=status)) as place:
        with pytest.raises(fault):
            await connect(place, development=True)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(status: int) -> None:
    asked: list[str] = []

    def answer(request: web.BaseRequest) -> web.Response:
        asked.append(request.path)
        return web.Response(status=status, headers={"Location": "http://169.254.169.254/latest/"})

    async with answering(answer) as place:
        with pytest.raises(Unreachable):
            await connect(place, development=True)

    assert asked == ["/"]


class answering:
    """A web server that answers everything alike."""

    def __init__(self, answer: Callable[[web.BaseRequest], web.Response]) -> None:
        self.answer = answer

    async def __aenter__(self) -> str:
        async def answer(request: web.BaseRequest) -> web.StreamResponse:
            return self.answer(request)

        self.runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        return f"ws://127.0.0.1:{self.runner.addresses[0][1]}/"

    async def __aexit__(self, *_: object) -> None:
        await self.runner.cleanup()
