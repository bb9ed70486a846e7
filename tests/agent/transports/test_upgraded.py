"""WebSockets that others open: messages whole or not at all, in order, and nothing that hurts."""

import asyncio
import os
import socket
import struct
from dataclasses import replace
from functools import partial
from pathlib import Path

import aiohttp
import pytest
from aiohttp import WSMsgType

from agent.errors import BadEnvelope, Dropped, TooMany, Unavailable, Unreachable
from agent.limits import Buckets, Limits
from agent.transports import upgraded, websocket
from agent.transports.guard import Guard
from agent.transports.http import Listener
from agent.transports.websocket import Heart, Socket
from tests.agent.transports.sockets import CALM, CLOSE, NOTHING, PING, PONG, QUICK, TEXT, Ear, Raw, eventually

# -- messages -----------------------------------------------------------------------------------------------------


async def test_messages_arrive_whole_and_in_order_whatever_their_size_and_kind(ear: Ear, url: str) -> None:
    messages = [b"x" * size for size in (1, 125, 126, 65535, 65536, 100_000)]

    async with aiohttp.ClientSession() as session, session.ws_connect(url) as client:
        for number, message in enumerate(messages):
            await (client.send_bytes(message) if number % 2 else client.send_str(message.decode()))
        await ear.has(*messages)


async def test_a_message_in_fragments_is_one_message(ear: Ear, url: str) -> None:
    raw = await Raw.open(url)

    raw.say(TEXT, b"one ", fin=False)
    raw.say(PING, b"still there?")
    raw.say(0, b"message", fin=True)

    await ear.has(b"one message")
    assert await raw.hear() == (PONG, b"still there?")
    raw.writer.close()


async def test_messages_of_one_connection_are_taken_one_after_another(ear: Ear, url: str) -> None:
    """What order they come in is the order in which they are taken: the second waits for the first."""
    ear.go.clear()
    raw = await Raw.open(url)

    raw.say(TEXT, b"first")
    raw.say(TEXT, b"second")
    await ear.busy.wait()
    ear.busy.clear()
    await asyncio.sleep(0.05)

    assert not ear.busy.is_set()
    ear.go.set()
    await ear.has(b"first", b"second")
    raw.writer.close()


async def test_what_is_said_on_the_way_back_comes_as_text(ear: Ear, url: str) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as client:
        await client.send_str("hello")
        await ear.has(b"hello")
        back = ear.backs[0]
        assert back is not None
        await back.send(b"you too")
        answer = await client.receive()

    assert (answer.type, answer.data) == (WSMsgType.TEXT, "you too")
    await eventually(lambda: back.closed)
    with pytest.raises(Unreachable):
        await back.send(b"gone")


@pytest.mark.parametrize("fault", [Dropped("stranger"), Unavailable("later"), TooMany("wait", retry_after=0)], ids=str)
async def test_a_message_that_is_refused_leaves_the_connection_as_it_was(
    ear: Ear, url: str, fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upgraded, "WAIT", 0.01)
    ear.faults = [fault] * upgraded.TRIES if not isinstance(fault, Dropped) else [fault]
    raw = await Raw.open(url)

    raw.say(TEXT, b"no")
    raw.say(TEXT, b"yes")

    await ear.has(b"yes")
    raw.writer.close()


async def test_what_cannot_be_taken_now_is_tried_again(ear: Ear, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgraded, "WAIT", 0.01)
    ear.faults = [Unavailable("the disk"), Unavailable("the disk")]
    raw = await Raw.open(url)

    raw.say(TEXT, b"first")
    raw.say(TEXT, b"second")

    await ear.has(b"first", b"second")
    raw.writer.close()


async def test_an_address_that_sends_too_much_is_held_back_and_loses_nothing(ear: Ear) -> None:
    """HT-18, over a WebSocket: there is no 429, but its messages are read no faster than it may send them."""
    now = 0.0  # seconds by the clock of the buckets, which the test moves on
    bounded = Limits(addresses=Buckets(1.0, 3, lambda: now))  # the upgrade is the first
    listener = Listener(ear.receive, NOTHING.get, path="/didcomm", guard=Guard(bounded))
    url = f"ws://127.0.0.1:{await listener.start('127.0.0.1', 0)}/didcomm"
    raw = await Raw.open(url)

    def held_back() -> int:
        return bounded.metrics.counts["refused", (("reason", "address"),)]

    for number in range(4):
        raw.say(TEXT, str(number).encode())
    await eventually(lambda: held_back() > 0)
    assert ear.heard == [b"0", b"1"]

    before, now = held_back(), 1.0
    await eventually(lambda: held_back() > before)
    assert ear.heard == [b"0", b"1", b"2"]
    raw.writer.close()
    await listener.stop()


# -- what hurts (HT-09) -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        pytest.param([(TEXT, b"x" * 100_001, True, 0)], 1009, id="too large"),
        pytest.param([(TEXT, b"x" * 60_000, False, 0), (0, b"x" * 60_000, False, 0)], 1009, id="grows without end"),
        pytest.param([(TEXT, b"x", True, 64)], 1002, id="compressed"),
        pytest.param([(3, b"x", True, 0)], 1002, id="unknown kind"),
        pytest.param([(0, b"x", True, 0)], 1002, id="goes on with nothing"),
        pytest.param([(PING, b"x", False, 0)], 1002, id="half a ping"),
        pytest.param([(PING, b"x" * 126, True, 0)], 1002, id="long ping"),
        pytest.param([(TEXT, b"x\xff", True, 0)], 1007, id="not UTF-8"),
        pytest.param([(TEXT, b"x\xed\xa0\x80", True, 0)], 1007, id="half a surrogate pair"),
        pytest.param([(PING, b"x", True, 0)] * (websocket.MOST_PINGS + 1), 1008, id="flood of pings"),
    ],
)
async def test_what_may_not_come_ends_the_connection_with_a_reason(
    ear: Ear, url: str, frames: list[tuple[int, bytes, bool, int]], code: int
) -> None:
    raw = await Raw.open(url, "Sec-WebSocket-Extensions: permessage-deflate")

    for opcode, payload, fin, bits in frames:
        raw.say(opcode, payload, fin=fin, bits=bits)

    assert await raw.code() == code
    assert ear.heard == []


async def test_bytes_that_no_good_peer_sends_end_the_connection(ear: Ear, url: str) -> None:
    ear.faults = [BadEnvelope("not JSON")]
    raw = await Raw.open(url)

    raw.say(TEXT, b"\x00")
    raw.say(TEXT, b"never heard")

    assert await raw.code() == 1008
    assert ear.heard == []


@pytest.mark.parametrize("ends", ["cut", "half"])
async def test_half_a_message_is_never_taken(ear: Ear, url: str, ends: str) -> None:
    """P21: a connection that breaks off anywhere in a message has brought the messages before it, and no more."""
    places = (1, 3, 7, 8, 9, 200, 307)

    for kept in places:
        raw = await Raw.open(url)
        raw.say(TEXT, b"before")
        raw.writer.write(raw.frame(TEXT, b"m" * 300)[:kept])
        if ends == "half":
            raw.writer.write_eof()
        raw.writer.close()
    await eventually(lambda: len(ear.heard) >= len(places))
    await asyncio.sleep(0.02)

    assert ear.heard == [b"before"] * len(places)


async def test_a_goodbye_in_the_middle_of_a_message_is_answered_and_the_message_forgotten(ear: Ear, url: str) -> None:
    raw = await Raw.open(url)

    raw.say(TEXT, b"half a", fin=False)
    raw.say(CLOSE, struct.pack("!H", 1000))

    assert await raw.code() == 1000
    assert ear.heard == []


async def test_a_whole_message_before_the_end_is_taken(ear: Ear, url: str) -> None:
    """The control of the test above: it would notice a message that arrived whole."""
    raw = await Raw.open(url)

    raw.say(TEXT, b"whole")
    raw.writer.close()

    await ear.has(b"whole")


async def test_whoever_takes_nothing_is_dropped(ear: Ear) -> None:
    """HT-03: what we say is not taken, so the connection ends, and no more than a little of it was held in memory."""
    listener = Listener(ear.receive, NOTHING.get, path="/didcomm", heart=Heart(QUICK))
    raw = await Raw.open(f"ws://127.0.0.1:{await listener.start('127.0.0.1', 0)}/didcomm")
    raw.say(TEXT, b"hello")
    await ear.has(b"hello")
    [back] = ear.backs
    assert back is not None
    raw.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a socket's transport can

    sending = asyncio.gather(*(back.send(b"x" * 1_000_000) for _ in range(20)))

    with pytest.raises(Unreachable):
        await sending
    await eventually(lambda: not listener.heart.sockets)
    raw.writer.close()
    await listener.stop()


# -- life and death (HT-10) ---------------------------------------------------------------------------------------


async def test_one_that_comes_just_as_the_last_one_goes_is_looked_after(ear: Ear) -> None:
    listener = Listener(ear.receive, NOTHING.get, path="/didcomm", heart=Heart(CALM))
    raw = await Raw.open(f"ws://127.0.0.1:{await listener.start('127.0.0.1', 0)}/didcomm")
    await eventually(lambda: len(listener.heart.sockets) == 1)
    [socket] = listener.heart.sockets

    listener.heart.leave(socket)
    listener.heart.watch(socket)

    assert (await raw.hear())[0] == PING
    raw.writer.close()
    await listener.stop()


async def test_a_silent_peer_is_asked_for_a_sign_of_life_and_dropped_without_one(ear: Ear) -> None:
    """Half open: no FIN ever comes. The connection is let go, with its file descriptor."""
    listener = Listener(ear.receive, NOTHING.get, path="/didcomm", heart=Heart(CALM))
    raw = await Raw.open(f"ws://127.0.0.1:{await listener.start('127.0.0.1', 0)}/didcomm")

    assert (await raw.hear())[0] == PING
    await eventually(lambda: not listener.heart.sockets)

    assert not [each for each in descriptors() if each == raw.writer.get_extra_info("sockname")]
    raw.writer.close()
    await listener.stop()


def descriptors() -> list[object]:
    """The far ends of the sockets this process has open, of those accepted."""
    found: list[object] = []
    for each in Path("/proc/self/fd").iterdir():
        try:
            copy = socket.socket(fileno=os.dup(int(each.name)))
        except OSError:
            continue
        try:
            found.append(copy.getpeername())
        except OSError:
            pass
        finally:
            copy.close()
    return found


def heard_since(socket: Socket, moment: float) -> bool:
    """Whether the other side was heard of after that."""
    return socket.heard > moment


async def test_a_peer_that_answers_stays_however_long_it_has_nothing_to_say(ear: Ear) -> None:
    """Nothing depends on how long the test takes: it says itself how late it is."""
    heart = Heart(replace(CALM, drop=3600.0))
    listener = Listener(ear.receive, NOTHING.get, path="/didcomm", heart=heart)
    url = f"ws://127.0.0.1:{await listener.start('127.0.0.1', 0)}/didcomm"

    async with aiohttp.ClientSession() as session, session.ws_connect(url) as client:
        reading = asyncio.create_task(client.receive())  # aiohttp answers pings while it reads
        await eventually(lambda: len(heart.sockets) == 1)
        [socket] = heart.sockets
        for _ in range(3):
            before = socket.heard
            await eventually(partial(heard_since, socket, before))
        await socket.look(before + heart.pulse.drop)  # it would be over by now, had it not answered since
        await client.send_str("still here")
        await ear.has(b"still here")
        reading.cancel()
    await listener.stop()


async def test_whoever_is_busy_with_a_message_for_long_keeps_its_connection(ear: Ear) -> None:
    ear.go.clear()
    listener = Listener(ear.receive, NOTHING.get, path="/didcomm", heart=Heart(QUICK))
    raw = await Raw.open(f"ws://127.0.0.1:{await listener.start('127.0.0.1', 0)}/didcomm")
    raw.say(TEXT, b"hard to take")
    await asyncio.sleep(2 * QUICK.drop)

    assert len(listener.heart.sockets) == 1

    ear.go.set()
    await ear.has(b"hard to take")
    raw.writer.close()
    await listener.stop()


async def test_when_we_stop_everybody_is_told_and_what_is_being_taken_is_taken(ear: Ear, listener: Listener) -> None:
    url = f"ws://127.0.0.1:{await listener.start('127.0.0.1', 0)}/didcomm"
    idle, busy = await Raw.open(url), await Raw.open(url)
    ear.go.clear()
    busy.say(TEXT, b"on its way")
    await ear.busy.wait()

    stopping = asyncio.create_task(listener.stop())
    codes = {await idle.code(), await busy.code()}
    ear.go.set()
    await stopping

    assert codes == {1001}
    assert ear.heard == [b"on its way"]
    assert not listener.heart.sockets


# -- becoming one -------------------------------------------------------------------------------------------------


async def test_only_the_path_for_messages_becomes_a_websocket(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(url.replace("/didcomm", "/elsewhere"))

    assert refused.value.status == 404


@pytest.mark.parametrize("header", ["Sec-WebSocket-Version", "Sec-WebSocket-Key"])
async def test_half_a_handshake_is_refused(url: str, header: str) -> None:
    headers = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }

    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http{url[2:]}", headers={**headers, header: "none"}) as answer,
    ):
        assert answer.status == 400
