"""Messages that go straight, and those that look nearly like them: whichever way one goes, it is answered the same."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import BadEnvelope, TooMany
from agent.transports import straight
from agent.transports.connection import Connection
from agent.transports.guard import Bounds, Guard
from agent.transports.http import ENCRYPTED, Listener
from agent.transports.straight import Post
from agent.ways import WayBack
from tests.agent.transports.sockets import NOTHING, eventually
from tests.agent.transports.wire import HOST, PATIENCE, Ear, connect, listening, request, words

POST = request(body="{one}")
SHOP = Guard(hosts=frozenset({HOST}))
ODD = (
    POST.replace("POST", "PUT"),
    POST.replace("HTTP/1.1", "HTTP/1.0"),
    POST.replace("HTTP/1.1", "HTTP/2.0"),
    POST.replace("POST / ", "POST  / "),
    POST.replace("POST / ", "POST http://shop.example/ "),
    POST.replace("\r\n", "\n"),
    POST.replace("Host: ", "Host : "),
    POST.replace("Host: ", "Host:\t"),
    POST.replace("Host: ", "Host: a\r\nHost: "),
    POST.replace("Host: shop.example\r\n", ""),
    POST.replace("Host:", "Ho\0st:"),
    POST.replace("shop.example", "shop.example\x80"),
    POST.replace("Host:", "X: a\r\n Host:"),
    POST.replace("Content-Length: 5", "Content-Length: 5\r\nContent-Length: 5"),
    POST.replace("Content-Length: 5", "Content-Length: 5, 5"),
    POST.replace("Content-Length: 5", "Content-Length: +5"),
    POST.replace("Content-Length: 5", "Content-Length: 4"),
    POST.replace("Content-Length: 5", "Content-Length: 6"),
    POST.replace("Content-Length: 5", "Transfer-Encoding: chunked"),
    POST.replace("Content-Length: 5", "Content-Length: 5\r\nTransfer-Encoding: chunked"),
    POST.replace("Content-Length: 5", "Content-Length: 5\r\nExpect: 100-continue"),
    POST.replace("Content-Length: 5", "Content-Length: 5\r\nContent-Encoding: gzip"),
    POST.replace("Content-Length: 5", "Content-Length: 5\r\nConnection: close"),
    POST.replace("Content-Length: 5", "Content-Length: 5\r\nConnection: Upgrade\r\nUpgrade: websocket"),
    POST.replace("Content-Length: 5", "Content-Length: 5\r\nContent-Length : 5"),
    POST.replace("Content-Length: 5", "Content-Length: 5\r\n" + "Via: " + "x" * straight.MOST_HEAD),
    POST + POST,
    POST + "P",
    POST[:-1],
    POST[:30],
    "",
)


def test_a_plain_message_is_read() -> None:
    piece = request(
        "POST /didcomm HTTP/1.1",
        "User-Agent: x/1 (y; z)",
        "X-Forwarded-For: 192.0.2.1,  192.0.2.2",
        "connection: Keep-Alive",
        host="Shop.example:8443",
        body="{}",
    ).replace(ENCRYPTED, f"{ENCRYPTED.upper()} ; profile=a")

    found = straight.read(piece.encode())

    assert found == Post("/didcomm", "Shop.example:8443", ENCRYPTED, "192.0.2.1,  192.0.2.2", b"{}")


@pytest.mark.parametrize("piece", ODD)
def test_whatever_is_unusual_goes_the_long_way(piece: str) -> None:
    assert straight.read(piece.encode("latin-1")) is None


@given(st.binary(max_size=40), st.integers(0, len(POST)), st.integers(0, 12))
def test_what_is_read_has_no_more_and_no_less_than_its_body(put: bytes, at: int, instead: int) -> None:
    piece = POST.encode()[:at] + put + POST.encode()[at + instead :]

    found = straight.read(piece)

    if found is not None:
        head, _, body = piece.partition(b"\r\n\r\n")
        assert found.body == body
        assert f"content-length: {len(body)}".encode() in head.lower().replace(b"length:", b"length: ").replace(
            b":  ", b": "
        )


# -- on a socket --------------------------------------------------------------------------------------------------


@pytest.fixture
def ear() -> Ear:
    """An ear that takes at once what it is told."""
    made = Ear()
    made.free.set()
    return made


def listener(ear: Ear, guard: Guard = SHOP) -> Listener:
    """A listener that takes at most a thousand bytes."""
    return Listener(ear.receive, NOTHING.get, most_bytes=1000, guard=guard)


def heads(answer: tuple[int, dict[str, str], bytes]) -> tuple[int, dict[str, str], bytes]:
    """An answer without its time."""
    status, headers, body = answer
    return status, {name: value for name, value in headers.items() if name != "Date"}, body


class Deaf:
    """Fails in the way it is told."""

    def __init__(self, fault: Exception) -> None:
        self.fault = fault

    async def receive(self, raw: bytes, back: WayBack | None) -> None:
        """Hear nothing."""
        raise self.fault


@pytest.mark.parametrize(
    "fault", [BadEnvelope("x"), TooMany("x", retry_after=7), RuntimeError("a secret"), None], ids=str
)
async def test_both_ways_answer_the_same(ear: Ear, fault: Exception | None, monkeypatch: pytest.MonkeyPatch) -> None:
    both = []
    for one_way in (straight.read, lambda piece: None):
        monkeypatch.setattr(straight, "read", one_way)
        taking = Deaf(fault).receive if fault else ear.receive
        async with listening(Listener(taking, NOTHING.get, guard=SHOP)) as port:
            wire = await connect(port)
            await wire.write(POST)
            both.append(heads(await wire.answer()))
            both[-1][1]["Ended"] = str(both[-1][0] == 500 and await wire.ended())

    assert both[0] == both[1]


@pytest.mark.parametrize(
    ("piece", "status"),
    [
        (request(host="elsewhere.example"), 421),
        (request("POST /elsewhere HTTP/1.1"), 404),
        (request().replace(ENCRYPTED, "text/plain"), 415),
        (request(body="x" * 1001), 413),
    ],
)
async def test_what_is_no_message_for_us_is_refused_as_ever(ear: Ear, piece: str, status: int) -> None:
    async with listening(listener(ear)) as port:
        wire = await connect(port)
        await wire.write(piece)
        found, _, _ = await wire.answer()

    assert found == status
    assert not ear.heard


async def test_messages_that_come_while_one_is_taken_wait_for_their_turn(ear: Ear) -> None:
    ear.free.clear()
    async with listening(listener(ear)) as port:
        wire = await connect(port)
        await wire.write(POST)
        await eventually(lambda: bool(ear.heard))
        for body in ("{two}", "{three}"):
            await wire.write(request(body=body))
            await asyncio.sleep(0.05)
        before = [*ear.heard]
        ear.free.set()
        answers = [(await wire.answer())[0] for _ in range(3)]

    assert before == [b"{one}"]
    assert answers == [202] * 3
    assert ear.heard == [b"{one}", b"{two}", b"{three}"]


async def test_bytes_in_pieces_are_never_taken_for_a_message_of_their_own(ear: Ear) -> None:
    """A piece that looks like a message, but is the end of one whose head came before it, is part of that one."""
    inner = request(body="{inner}")
    outer = request(body="x" * len(inner))[: -len(inner)]
    async with listening(listener(ear)) as port:
        wire = await connect(port)
        for piece in (POST, outer, inner, POST):
            await wire.write(piece)
            await asyncio.sleep(0.05)
        answers = [(await wire.answer())[0] for _ in range(3)]

    assert answers == [202] * 3
    assert ear.heard == [b"{one}", inner.encode(), b"{one}"]


async def test_with_too_much_to_do_no_part_of_a_message_is_taken_for_a_message_of_its_own(ear: Ear) -> None:
    """Else what comes after it would be read as the rest of it, and answered as something else."""
    place = listener(ear, Guard(hosts=frozenset({HOST})))
    async with listening(place) as port:
        wire = await connect(port)
        await wire.write("POST / HTTP/1.1\r\nX: ")
        assert place._entrance
        (kept,) = place._entrance.server.connections
        assert isinstance(kept, Connection)
        await eventually(lambda: kept.head_bytes > 0)
        place.guard.working = place.guard.bounds.work
        await wire.write(POST)
        first = await wire.answer()
        place.guard.working = 0
        await wire.write(request("POST /elsewhere HTTP/1.1"))
        second = await wire.answer()

    assert (first[0], second[0]) == (503, 404)


async def test_the_beginning_of_another_message_behind_one_is_not_lost(ear: Ear) -> None:
    async with listening(listener(ear)) as port:
        wire = await connect(port)
        await wire.write(POST + POST[:40])
        await asyncio.sleep(0.05)
        await wire.write(POST[40:])
        await wire.write(POST)
        answers = [(await wire.answer())[0] for _ in range(3)]

    assert answers == [202] * 3
    assert ear.heard == [b"{one}"] * 3


async def test_a_message_under_way_is_answered_when_the_listener_stops(ear: Ear) -> None:
    ear.free.clear()
    place = listener(ear, Guard(hosts=frozenset({HOST}), bounds=Bounds(stop=PATIENCE)))
    wire = await connect(await place.start("127.0.0.1", 0))
    await wire.write(POST)
    await eventually(lambda: bool(ear.heard))
    stopping = asyncio.create_task(place.stop())
    await asyncio.sleep(0.05)
    ear.free.set()

    status, _, _ = await wire.answer()

    assert status == 202
    await stopping
    assert await wire.ended()


async def test_a_listener_that_stops_waits_no_longer_than_it_may(ear: Ear) -> None:
    ear.free.clear()
    place = listener(ear, Guard(hosts=frozenset({HOST}), bounds=Bounds(stop=0.2)))
    wire = await connect(await place.start("127.0.0.1", 0))
    await wire.write(POST)
    await eventually(lambda: bool(ear.heard))

    async with asyncio.timeout(3):
        await place.stop()

    assert await wire.ended()


async def test_a_connection_in_use_is_not_idle_and_an_idle_one_ends(ear: Ear) -> None:
    """The test lets the end come itself: each message has to put it off."""
    place = listener(ear, Guard(hosts=frozenset({HOST}), bounds=Bounds(idle=3600.0)))
    async with listening(place) as port:
        wire = await connect(port)
        await wire.write(POST)
        assert (await wire.answer())[0] == 202
        assert place._entrance
        (kept,) = place._entrance.server.connections
        for _ in range(3):
            kept._next_keepalive_close_time = 0.0
            await wire.write(POST)
            assert (await wire.answer())[0] == 202
            kept._process_keepalive()
        await wire.write(POST)
        last, _, _ = await wire.answer()
        kept._next_keepalive_close_time = 0.0
        kept._process_keepalive()

        assert last == 202
        assert await wire.ended()


async def test_who_is_told_to_come_again_keeps_the_connection_as_long_as_anybody(ear: Ear) -> None:
    """The time for a header is over once a whole message has come, whatever it is answered."""
    bounds = Bounds(work=0, head=1.0, look_every=0.02)
    async with listening(listener(ear, Guard(hosts=frozenset({HOST}), bounds=bounds))) as port:
        wire = await connect(port)
        await wire.write(POST)
        first, _, _ = await wire.answer()
        await asyncio.sleep(bounds.head + 0.2)
        await wire.write(POST)
        second, _, _ = await wire.answer()

    assert (first, second) == (503, 503)


async def test_a_client_that_is_gone_harms_nothing(ear: Ear) -> None:
    ear.free.clear()
    async with listening(listener(ear)) as port:
        gone, other = await connect(port), await connect(port)
        await gone.write(POST)
        await eventually(lambda: bool(ear.heard))
        gone.writer.transport.abort()
        await asyncio.sleep(0.05)
        ear.free.set()
        await other.write(POST)

        assert (await other.answer())[0] == 202
    assert len(ear.heard) == 2


async def test_nothing_is_taken_from_one_who_does_not_read_its_answers(ear: Ear) -> None:
    place = listener(ear)
    async with listening(place) as port:
        wire = await connect(port)
        await wire.write(POST)
        assert (await wire.answer())[0] == 202
        assert place._entrance
        (kept,) = place._entrance.server.connections
        assert isinstance(kept, Connection)
        kept.pause_writing()
        await wire.write(POST)
        await asyncio.sleep(0.05)
        before = len(ear.heard)
        kept.resume_writing()

        assert (await wire.answer())[0] == 202
    assert (before, len(ear.heard)) == (1, 2)


async def test_over_the_limit_it_is_said_when_to_come_again(ear: Ear) -> None:
    async with listening(listener(ear, Guard(hosts=frozenset({HOST}), bounds=Bounds(work=0)))) as port:
        wire = await connect(port)
        await wire.write(POST)

        status, headers, body = await wire.answer()

    assert (status, headers["Retry-After"]) == (503, "1")
    assert words(body) == "not now; send it again"
