"""The way out: by HTTP or by WebSocket, as the address says."""

import asyncio

import aiohttp
import pytest

from agent.errors import Unreachable
from agent.transports.carrier import Carrier
from agent.transports.http import ENCRYPTED, MOST_DELIVERED, Listener
from agent.transports.websocket import CONNECT_SECONDS
from tests.agent.transports.sockets import NOTHING, Ear, eventually

# -- the way out --------------------------------------------------------------------------------------------------


async def test_messages_to_one_address_share_a_websocket(
    ear: Ear, listener: Listener, url: str, carrier: Carrier
) -> None:
    await asyncio.gather(*(carrier.send(url, str(number).encode()) for number in range(5)))

    await eventually(lambda: len(ear.heard) == 5)
    assert len(listener.heart.sockets) == 1


async def test_what_comes_back_is_taken(ear: Ear, url: str, carrier: Carrier) -> None:
    mine = Ear()
    await carrier.send(url, b"hello", mine.receive)
    await ear.has(b"hello")
    assert ear.backs[0] is not None

    await ear.backs[0].send(b"one")
    await ear.backs[0].send(b"two")

    await mine.has(b"one", b"two")


async def test_a_websocket_that_ended_is_opened_again(ear: Ear, carrier: Carrier) -> None:
    first = Listener(ear.receive, NOTHING.get)
    port = await first.start("127.0.0.1", 0)
    url = f"ws://127.0.0.1:{port}/"
    await carrier.send(url, b"before")
    await ear.has(b"before")
    await first.stop()

    with pytest.raises(Unreachable):
        await carrier.send(url, b"meanwhile")
    second = Listener(ear.receive, NOTHING.get)
    await second.start("127.0.0.1", port)
    await carrier.send(url, b"after")

    await ear.has(b"before", b"after")
    await second.stop()


async def test_an_idle_websocket_is_closed_and_opened_anew_when_needed(ear: Ear, listener: Listener, url: str) -> None:
    carrier = Carrier(development=True, idle=0.05)
    await carrier.send(url, b"one")
    await ear.has(b"one")
    await eventually(lambda: not listener.heart.sockets)

    await carrier.send(url, b"two")

    await ear.has(b"one", b"two")
    await carrier.close()


async def test_a_websocket_that_ended_and_was_forgotten_meanwhile_is_opened_again(
    ear: Ear, url: str, carrier: Carrier
) -> None:
    await carrier.send(url, b"one")
    socket = await carrier._lines[url]

    async with socket._turn:
        waiting = asyncio.create_task(carrier.send(url, b"two"))
        socket.cut()
        await eventually(lambda: socket.closed)
        await carrier.send(f"{url}?another", b"three")  # which makes room
    await waiting

    await eventually(lambda: sorted(ear.heard) == [b"one", b"three", b"two"])


async def test_whoever_closes_waits_for_nobody_who_does_not_answer() -> None:
    """An agent that is told to stop has ended within ten seconds."""
    carrier, called = Carrier(development=True), asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        called.set()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        sending = asyncio.create_task(carrier.send(f"ws://127.0.0.1:{port}/", b"one"))
        await called.wait()
        sending.cancel()
        async with asyncio.timeout(CONNECT_SECONDS / 2):
            await carrier.close()


async def test_other_addresses_are_posted_to(ear: Ear, url: str, carrier: Carrier) -> None:
    await carrier.send(f"http{url[2:]}", b"posted")

    await ear.has(b"posted")


async def test_the_same_place_takes_messages_by_post_and_by_websocket_at_once(ear: Ear, url: str) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as client:
        await client.send_str("one")
        async with session.post(f"http{url[2:]}", data=b"two", headers={"Content-Type": ENCRYPTED}) as answer:
            assert answer.status == 202
        await client.send_str("three")
        await eventually(lambda: len(ear.heard) == 3)

    assert set(ear.heard) == {b"one", b"two", b"three"}


async def test_a_line_of_ones_own_takes_a_large_message_inside_another(ear: Ear, url: str, carrier: Carrier) -> None:
    """What is as large as a mediator takes comes back from it in base64, in an envelope of its own."""
    line = await carrier.open(url)
    await line.send(b"hello")
    await ear.has(b"hello")
    assert ear.backs[0] is not None

    await ear.backs[0].send(bytes(MOST_DELIVERED).replace(b"\0", b"x"))

    assert len(await line.receive()) == MOST_DELIVERED
    await line.close()
