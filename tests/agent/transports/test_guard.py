"""The public listener on a real socket: who is answered, how much anybody may hold, and for how long."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count

import pytest

from agent import limits
from agent.config import Config
from agent.limits import Buckets, Limits, networks
from agent.transports import guard as guards
from agent.transports.guard import Bounds, Guard
from agent.transports.http import Listener
from tests.agent.transports.sockets import eventually
from tests.agent.transports.wire import PATIENCE, Ear, Wire, connect, listening, request, words

QUICK = Bounds(head=0.3, patience=0.3, body=1.0, write=0.3, idle=0.5, stop=0.5, look_every=0.05)
SHOP = frozenset({"shop.example"})
DOCUMENTS = {"/did.json": ("application/did+json", b"x" * 4096)}


@pytest.fixture
def ear() -> Ear:
    """An ear that takes at once what it is told."""
    made = Ear()
    made.free.set()
    return made


@asynccontextmanager
async def shop(ear: Ear, guard: Guard | None = None, host: str = "127.0.0.1") -> AsyncIterator[int]:
    """A listener with short deadlines and one document."""
    kept = guard or Guard(bounds=QUICK, hosts=SHOP)
    async with listening(Listener(ear.receive, DOCUMENTS.get, guard=kept), host) as port:
        yield port


async def drip(wire: Wire, text: str, every: float) -> None:
    """Send a letter every so many seconds."""
    for letter in text:
        await wire.write(letter)
        await asyncio.sleep(every)


# -- deadlines --------------------------------------------------------------------------------------------------------


async def test_a_header_that_does_not_come_ends_the_connection(ear: Ear) -> None:
    """HT-01: whether nothing comes, or a byte now and then."""
    async with shop(ear) as port:
        silent, slow = await connect(port), await connect(port)
        began = asyncio.get_running_loop().time()
        dripping = asyncio.create_task(drip(slow, request(), 0.05))

        assert await silent.ended()
        assert await slow.ended()
        assert 0.25 < asyncio.get_running_loop().time() - began < 3

        dripping.cancel()
    assert ear.heard == []


async def test_the_time_for_a_later_header_begins_with_its_first_byte(ear: Ear) -> None:
    """HT-01."""
    async with shop(ear, Guard(bounds=replace(QUICK, idle=PATIENCE), hosts=SHOP)) as port:
        wire = await connect(port)
        await wire.write(request())
        first, _, _ = await wire.answer()
        await asyncio.sleep(QUICK.head + 0.1)  # between requests there is more time
        await wire.write(request())
        second, _, _ = await wire.answer()
        dripping = asyncio.create_task(drip(wire, request(), 0.05))

        assert (first, second) == (202, 202)
        assert await wire.ended()
        dripping.cancel()


async def test_a_connection_that_asks_nothing_more_is_closed(ear: Ear) -> None:
    async with shop(ear) as port:
        wire = await connect(port)
        await wire.write(request())
        await wire.answer()

        assert await wire.ended()


async def test_a_header_that_is_too_long_in_all_ends_the_connection(ear: Ear) -> None:
    """HT-05: each line is within its limit, and there are not too many."""
    async with shop(ear, Guard(bounds=replace(QUICK, head=PATIENCE), hosts=SHOP)) as port:
        wire = await connect(port)
        for number in range(6):
            await wire.write(f"X-{number}: {'y' * 8000}\r\n" if number else "POST / HTTP/1.1\r\n")
            await asyncio.sleep(0.01)

        assert (await wire.answer())[0] == 400
        assert await wire.ended()


@pytest.mark.parametrize(("letters", "every"), [(1, 10.0), (100, 0.05)])
async def test_a_body_that_comes_too_slowly_is_given_up(ear: Ear, letters: int, every: float) -> None:
    """HT-02: after a moment's patience at least a kilobyte a second has to come."""
    async with shop(ear) as port:
        wire = await connect(port)
        await wire.write(request(body="", length=100))
        dripping = asyncio.create_task(drip(wire, "x" * letters, every))

        status, headers, _ = await wire.answer()

        assert (status, headers["Connection"]) == (408, "close")
        assert await wire.ended()
        dripping.cancel()
    assert ear.heard == []


async def test_a_body_that_comes_quickly_enough_has_its_time_and_no_more(ear: Ear) -> None:
    """HT-02. The first half pays for more time than the test can take; what has no end is ended by its limit alone."""
    paid, limited = Bounds(patience=0.3, body=PATIENCE, slowest=400 / PATIENCE), Bounds(patience=PATIENCE, body=1.0)
    async with shop(ear, Guard(bounds=paid, hosts=SHOP)) as port:
        quick = await connect(port)
        await quick.write(request(body="x" * 400, length=800))
        await asyncio.sleep(2 * paid.patience)
        await quick.write("x" * 400)
        assert (await quick.answer())[0] == 202

    async with shop(ear, Guard(bounds=limited, hosts=SHOP)) as port:
        endless = await connect(port)
        await endless.write(request(body="", length=1000 * 400))
        dripping = asyncio.create_task(drip_pieces(endless, 1000))
        assert (await endless.answer())[0] == 408
        dripping.cancel()
    assert [len(each) for each in ear.heard] == [800]


async def drip_pieces(wire: Wire, pieces: int) -> None:
    """Send 400 bytes twenty times a second: well above a kilobyte a second, and never done."""
    for _ in range(pieces):
        await wire.write("x" * 400)
        await asyncio.sleep(0.05)


async def test_who_does_not_take_its_answers_is_cut_off_and_asked_for_no_more(ear: Ear) -> None:
    """HT-03."""
    served = count()

    def document(path: str) -> tuple[str, bytes]:
        next(served)
        return "application/did+json", b"x" * 4096

    async with listening(Listener(ear.receive, document, guard=Guard(bounds=QUICK, hosts=SHOP))) as port:
        with socket.socket() as raw:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            raw.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(raw, ("127.0.0.1", port))
            asking = asyncio.create_task(ask_for_ever(raw))
            await asyncio.wait((asking,), timeout=PATIENCE)

            assert asking.done()
    assert next(served) * 4096 < 8 * 1024 * 1024  # what the kernel's own buffers take, and ours of 64 KiB


async def ask_for_ever(raw: socket.socket) -> None:
    """Ask, and never read, until it is cut off."""
    loop = asyncio.get_running_loop()
    ask = b"GET /did.json HTTP/1.1\r\nHost: shop.example\r\n\r\n" * 32
    try:
        while True:
            await loop.sock_sendall(raw, ask)
    except ConnectionError:
        return


# -- numbers ----------------------------------------------------------------------------------------------------------


async def answered(wire: Wire) -> bool:
    """Whether a request on this connection is answered."""
    await wire.write(request())
    return (await wire.answer())[0] == 202


async def test_an_address_has_its_share_of_connections_and_no_more(ear: Ear) -> None:
    """HT-04: what is too much is closed as it is accepted."""
    few = Bounds(per_address=3, connections=5)
    async with shop(ear, Guard(bounds=few, hosts=SHOP)) as port:
        loud = [await connect(port) for _ in range(6)]
        quiet = [await connect(port, source="127.0.0.2") for _ in range(3)]

        assert [await answered(each) for each in loud] == [True] * 3 + [False] * 3
        assert [await answered(each) for each in quiet] == [True] * 2 + [False]

        loud[0].writer.close()
        async with asyncio.timeout(PATIENCE):
            while not await answered(await connect(port)):  # noqa: ASYNC110 - it may not have noticed yet
                await asyncio.sleep(0.01)


async def test_connections_of_an_address_that_many_share_are_not_counted_but_for_the_total(ear: Ear) -> None:
    few = Bounds(per_address=1, connections=4)
    async with shop(ear, Guard(bounds=few, hosts=SHOP, spared=networks(["127.0.0.1"]))) as port:
        wires = [await connect(port) for _ in range(6)]

        assert [await answered(each) for each in wires] == [True] * 4 + [False] * 2


async def test_messages_of_an_address_are_counted_and_the_surplus_told_when_to_come_again(ear: Ear) -> None:
    """HT-18."""
    counted = Limits(addresses=Buckets(1, 3))
    async with shop(ear, Guard(counted, SHOP, bounds=QUICK)) as port:
        wire, other = await connect(port), await connect(port, source="127.0.0.2")
        answers = []
        for _ in range(5):
            await wire.write(request())
            answers.append(await wire.answer())

        assert [status for status, _, _ in answers] == [202, 202, 202, 429, 429]
        assert answers[-1][1]["Retry-After"] == "1"
        assert len(answers[-1][2]) <= 200
        assert await answered(other)
    assert len(ear.heard) == 4


@pytest.mark.parametrize(("proxies", "taken"), [((), 2), (("127.0.0.1",), 6)])
async def test_where_a_request_comes_from_is_believed_of_a_proxy_of_ours_alone(
    ear: Ear, proxies: tuple[str, ...], taken: int
) -> None:
    """HT-11."""
    counted = Limits(addresses=Buckets(0.001, 2))
    async with shop(ear, Guard(counted, SHOP, trusted=networks(proxies), bounds=QUICK)) as port:
        wire, statuses = await connect(port), []
        for number in range(6):
            await wire.write(request("POST / HTTP/1.1", f"X-Forwarded-For: 203.0.113.{number}"))
            statuses.append((await wire.answer())[0])

    assert statuses.count(202) == taken


async def test_with_too_much_in_hand_the_rest_is_sent_away_at_once(ear: Ear) -> None:
    """HT-19: before its body is read, and told when to come again."""
    ear.free.clear()
    async with shop(ear, Guard(bounds=Bounds(work=2), hosts=SHOP)) as port:
        busy = [await connect(port) for _ in range(2)]
        for each in busy:
            await each.write(request())
        await eventually(lambda: len(ear.heard) == 2)
        late = await connect(port)
        await late.write(request(body="", length=100_000))

        status, headers, _ = await late.answer()
        ear.free.set()
        done = [(await each.answer())[0] for each in busy]

        assert (status, headers["Retry-After"], done) == (503, "1", [202, 202])
        assert await answered(await connect(port))


# -- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "host", "status"),
    [
        ("POST / HTTP/1.1", "shop.example", 202),
        ("POST / HTTP/1.1", "SHOP.example:443", 202),
        ("POST / HTTP/1.0", "shop.example", 202),
        ("POST http://shop.example/ HTTP/1.1", "shop.example", 202),
        ("POST http://other.example/ HTTP/1.1", "shop.example", 421),
        ("POST / HTTP/1.1", "other.example", 421),
        ("POST / HTTP/1.1", "shop.example.", 421),
        ("POST / HTTP/1.1", "shop.example.other.example", 421),
        ("POST / HTTP/1.1", "127.0.0.1:8080", 421),
        ("POST / HTTP/1.1", "", 400),
        ("POST / HTTP/1.0", "", 421),
        ("POST / HTTP/1.1", "shop.example@other.example", 400),
        ("POST / HTTP/1.1", "shop.example/", 400),
        ("POST / HTTP/1.1", "shop.example:x", 400),
        ("POST /\r\nX: y", "shop.example", 400),
    ],
)
async def test_only_requests_to_our_own_name_are_answered(ear: Ear, line: str, host: str, status: int) -> None:
    """HT-12, HT-17."""
    async with shop(ear) as port:
        wire = await connect(port)
        await wire.write(request(line, host=host))

        found, headers, body = await wire.answer()

    assert found == status
    assert len(ear.heard) == (status == 202)
    assert headers["Server"] == "freerange"
    if status != 202:
        assert words(body)


@pytest.mark.parametrize(
    ("config", "hosts"),
    [
        (Config(kind="org", name="Shop", url="https://Shop.example/agent"), {"shop.example"}),
        (Config(kind="org", name="Shop", url="https://[2001:db8::1]:8443"), {"[2001:db8::1]"}),
        (Config(kind="org", name="Shop", development=True), {"127.0.0.1", "localhost", "[::1]"}),
    ],
)
def test_our_names_are_those_of_our_url_and_in_development_of_this_computer(config: Config, hosts: set[str]) -> None:
    """HT-12."""
    assert guards.of(config, limits.of(config)).hosts == hosts


@pytest.mark.parametrize("host", ["[::1]", "[::1]:8080"])
async def test_an_address_in_brackets_is_a_name_like_any_other(ear: Ear, host: str) -> None:
    """HT-20."""
    async with shop(ear, Guard(hosts=frozenset({"[::1]"})), "::1") as port:
        wire = await connect(port, source="::1", host="::1")
        await wire.write(request(host=host))

        assert (await wire.answer())[0] == 202


async def test_a_good_request_with_much_around_it_is_taken(ear: Ear) -> None:
    """HT-20: a cookie of 8 kB that a proxy passes on; header names in any spelling. A method has one spelling."""
    async with shop(ear) as port:
        wire = await connect(port)
        await wire.write(request("POST / HTTP/1.1", f"cookie: a={'b' * 8192}", "x-FORWARDED-for: 1.1.1.1"))
        taken, headers, _ = await wire.answer()
        await wire.write(request("post / HTTP/1.1"))

        assert (taken, (await wire.answer())[0]) == (202, 400)
        assert "Set-Cookie" not in headers
    assert ear.heard == [b"{}"]


async def test_a_thousand_requests_at_once_are_answered_one_after_another(ear: Ear) -> None:
    """HT-17."""
    async with shop(ear) as port:
        wire = await connect(port)
        asking = asyncio.create_task(wire.write(request() * 1000))
        statuses = [(await wire.answer())[0] for _ in range(100)]

        assert statuses == [202] * 100
        asking.cancel()


async def test_who_announces_a_body_and_waits_is_told_to_go_on_and_given_up_in_the_end(ear: Ear) -> None:
    """HT-17."""
    async with shop(ear, Guard(bounds=replace(QUICK, patience=1.0, body=2.0), hosts=SHOP)) as port:
        polite, silent = await connect(port), await connect(port)
        for each in (polite, silent):
            await each.write(request("POST / HTTP/1.1", "Expect: 100-continue", body="", length=2))
        going = [(await each.answer())[0] for each in (polite, silent)]
        await polite.write("{}")

        assert going == [100, 100]
        assert (await polite.answer())[0] == 202
        assert (await silent.answer())[0] == 408


async def test_stopping_lets_what_is_under_way_be_answered(ear: Ear) -> None:
    ear.free.clear()
    listener = Listener(ear.receive, DOCUMENTS.get, guard=Guard(hosts=SHOP))
    port = await listener.start("127.0.0.1", 0)
    busy, idle = await connect(port), await connect(port)
    await busy.write(request())
    await eventually(lambda: bool(ear.heard))

    stopping = asyncio.create_task(listener.stop())
    assert await idle.ended()
    ear.free.set()

    assert (await busy.answer())[0] == 202
    await stopping
    with pytest.raises(ConnectionError):
        await connect(port)
