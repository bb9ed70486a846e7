"""The client of the way out against servers that keep HTTP badly, on real sockets."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import pytest

from agent.reach import Nearby, guarded_tls
from agent.transports import client as clients
from agent.transports.answers import BadAnswer
from agent.transports.client import Client, Place, taken_apart
from tests.agent.certificates import Authority

ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
MOST = 1000

Reply = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def request(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    """The next request: its head and its body. Raises IncompleteReadError if there is none."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = next(line.partition(":")[2] for line in head.split("\r\n") if line.startswith("Content-Length"))
    return head, await reader.readexactly(int(length))


class Far:
    """A server that does with each connection what the next of `replies` says, the last again and again."""

    def __init__(self, *replies: Reply) -> None:
        self.replies, self.connections = list(replies), 0
        self.heard: list[bytes] = []

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        reply = self.replies[min(self.connections, len(self.replies) - 1)]
        self.connections += 1
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            await reply(reader, writer)
        writer.close()

    def saying(self, *answers: bytes, each: float = 0.0) -> Reply:
        """Answers one request with each of these, and closes. each: seconds before every byte."""

        async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for answer in answers:
                _, body = await request(reader)
                self.heard.append(body)
                for piece in [answer[at : at + 1] for at in range(len(answer))] if each else [answer]:
                    await asyncio.sleep(each)
                    writer.write(piece)
                    await writer.drain()

        return reply


@asynccontextmanager
async def posting(far: Far) -> AsyncIterator[tuple[Client, str]]:
    """A client, and where the server listens."""
    server = await asyncio.start_server(far.meet, "127.0.0.1", 0)
    client = Client(unknown, guarded_tls(None))
    try:
        yield client, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/didcomm"
    finally:
        await client.close()
        server.close()


async def unknown(host: str, port: int) -> Sequence[str]:
    """Nobody knows any name."""
    raise OSError(f"no address of {host}")


def said(*answers: bytes, each: float = 0.0) -> Far:
    """A server that answers so on every connection."""
    far = Far()
    far.replies = [far.saying(*answers, each=each)]
    return far


async def test_one_connection_serves_many_messages() -> None:
    far = said(*[ACCEPTED] * 5)
    async with posting(far) as (client, url):
        answers = [(await client.post(url, str(number).encode(), "A: b\r\n", MOST)).status for number in range(5)]

    assert answers == [202] * 5
    assert far.heard == [b"0", b"1", b"2", b"3", b"4"]
    assert far.connections == 1


async def test_many_at_once_share_few_connections_and_each_gets_its_own_answer() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            _, body = await request(reader)
            await asyncio.sleep(0.001)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    far = Far(echo)
    async with posting(far) as (client, url):
        bodies = [b"%d" % number for number in range(100)]
        answers = await asyncio.gather(*(client.post(url, each, "", MOST) for each in bodies))

    assert [each.body for each in answers] == bodies
    assert far.connections <= clients.MOST_PER_PLACE


async def test_a_connection_that_ended_unnoticed_costs_one_more_and_nothing_is_lost_or_said_twice() -> None:
    far = said(ACCEPTED)  # and then it closes
    async with posting(far) as (client, url):
        for number in range(5):
            assert (await client.post(url, b"%d" % number, "", MOST)).status == 202

    assert far.heard == [b"0", b"1", b"2", b"3", b"4"]


async def test_a_used_connection_that_ends_without_a_word_is_replaced_once() -> None:
    far = Far()

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await far.saying(ACCEPTED)(reader, writer)
        far.heard.append((await request(reader))[1])

    far.replies = [mute, far.saying(ACCEPTED)]
    async with posting(far) as (client, url):
        for body in (b"one", b"two"):
            assert (await client.post(url, body, "", MOST)).status == 202

    assert far.heard == [b"one", b"two", b"two"]
    assert far.connections == 2


async def test_a_new_connection_that_ends_without_a_word_is_not_tried_again() -> None:
    far = said(b"")
    async with posting(far) as (client, url):
        with pytest.raises(ConnectionError):
            await client.post(url, b"one", "", MOST)

    assert far.heard == [b"one"]


async def test_an_answer_that_had_begun_is_not_asked_for_again() -> None:
    far = said(ACCEPTED, b"HTTP/1.1 202 Acc")
    async with posting(far) as (client, url):
        await client.post(url, b"one", "", MOST)
        with pytest.raises(ConnectionError):
            await client.post(url, b"two", "", MOST)

    assert far.heard == [b"one", b"two"]


@pytest.mark.parametrize(
    "answer",
    [
        b"\0" * 100 + b"\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"A" * 100_000,
    ],
)
async def test_what_cannot_be_read_ends_the_connection(answer: bytes) -> None:
    far = said(answer, ACCEPTED)
    async with posting(far) as (client, url):
        with pytest.raises(BadAnswer):
            await client.post(url, b"one", "", MOST)
        with pytest.raises(BadAnswer):
            await client.post(url, b"two", "", MOST)

    assert far.connections == 2


async def test_whoever_gives_up_waiting_lets_go_of_the_connection() -> None:
    far = Far()
    far.replies = [far.saying(ACCEPTED, each=0.2), far.saying(ACCEPTED)]
    async with posting(far) as (client, url):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await client.post(url, b"one", "", MOST)

        assert (await client.post(url, b"two", "", MOST)).status == 202
    assert far.connections == 2


async def test_an_endless_body_is_left_where_it_is() -> None:
    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not writer.transport.is_closing():
            writer.write(b"x" * 65536)
            await writer.drain()

    async with posting(Far(pour)) as (client, url):
        async with asyncio.timeout(60):
            answer = await client.post(url, b"one", "", MOST)

    assert (answer.status, answer.body) == (200, None)


async def test_what_comes_after_an_answer_belongs_to_no_later_request() -> None:
    late = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
    far, came = Far(), asyncio.Event()

    async def twice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await far.saying(ACCEPTED)(reader, writer)
        await asyncio.sleep(0.02)
        writer.write(late)
        came.set()
        await asyncio.sleep(1)

    far.replies = [far.saying(ACCEPTED + late), twice, far.saying(ACCEPTED)]
    async with posting(far) as (client, url):
        first = await client.post(url, b"one", "", MOST)
        second = await client.post(url, b"two", "", MOST)
        await came.wait()
        await asyncio.sleep(0.1)
        third = await client.post(url, b"three", "", MOST)

    assert [each.status for each in (first, second, third)] == [202] * 3
    assert far.connections == 3


async def test_an_answer_before_the_whole_message_was_taken_ends_the_connection() -> None:
    async def hasty(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 413 Too Much\r\nContent-Length: 0\r\n\r\n")
        await asyncio.sleep(1)

    far = Far(hasty)
    async with posting(far) as (client, url):
        answers = [(await client.post(url, b"x" * 50_000_000, "", MOST)).status for _ in range(2)]

    assert answers == [413, 413]
    assert far.connections == 2


async def test_connections_that_are_idle_for_long_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "IDLE_SECONDS", 0.1)
    ended = asyncio.Event()
    far = Far()

    async def watched(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await far.saying(ACCEPTED)(reader, writer)
        with suppress(ConnectionError):
            await reader.read(1)
        ended.set()

    far.replies = [watched]
    async with posting(far) as (client, url):
        await client.post(url, b"one", "", MOST)

        async with asyncio.timeout(60):
            await ended.wait()


async def test_a_name_is_looked_up_once_and_only_what_was_found_is_connected_to() -> None:
    far, asked = said(*[ACCEPTED] * 2), list[str]()
    async with posting(far) as (client, url):

        async def found(host: str, port: int) -> Sequence[str]:
            asked.append(host)
            return ["127.0.0.1"]

        named = Client(found, guarded_tls(None))
        for body in (b"one", b"two"):
            await named.post(url.replace("127.0.0.1", "shop.example"), body, "", MOST)
        await named.close()
        with pytest.raises(OSError, match=r"no address of shop\.example"):
            await client.post(url.replace("127.0.0.1", "shop.example"), b"x", "", MOST)

    assert asked == ["shop.example"]


async def test_over_tls_only_whoever_proves_its_name_gets_anything() -> None:
    authority = Authority.make()
    issued, context = authority.issue("shop.example"), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.certificate, issued.key)
    far = said(*[ACCEPTED] * 3)
    server = await asyncio.start_server(far.meet, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]

    async def here(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    trusting, careful = Client(here, guarded_tls(Nearby(frozenset(), authority.path))), Client(here, guarded_tls(None))
    for body in (b"one", b"two"):
        assert (await trusting.post(f"https://shop.example:{port}/", body, "", MOST)).status == 202
    with pytest.raises(ssl.SSLError):
        await trusting.post(f"https://other.example:{port}/", b"three", "", MOST)
    with pytest.raises(ssl.SSLError):
        await careful.post(f"https://shop.example:{port}/", b"four", "", MOST)
    await asyncio.gather(trusting.close(), careful.close())
    server.close()

    assert far.heard == [b"one", b"two"]


def test_the_authorities_are_read_once_and_not_for_each_connection() -> None:
    authority = Authority.make()

    assert guarded_tls(None) is guarded_tls(None)
    assert guarded_tls(Nearby(frozenset(), authority.path)) is not guarded_tls(None)


@pytest.mark.parametrize(
    ("url", "place", "head"),
    [
        ("http://a.example", Place("a.example", 80, False), "POST / HTTP/1.1\r\nHost: a.example\r\n"),
        ("https://A.example:444/x", Place("a.example", 444, True), "POST /x HTTP/1.1\r\nHost: a.example:444\r\n"),
        (
            "https://a.example:443/?a=b%20c",
            Place("a.example", 443, True),
            "POST /?a=b%20c HTTP/1.1\r\nHost: a.example\r\n",
        ),
        ("https://[2001:db8::1]/", Place("2001:db8::1", 443, True), "POST / HTTP/1.1\r\nHost: [2001:db8::1]\r\n"),
        ("https://bücher.example/ü b", Place("xn--bcher-kva.example", 443, True), None),
        ("https://a.example/\r\nX: y", Place("a.example", 443, True), "POST /X:%20y HTTP/1.1\r\nHost: a.example\r\n"),
        ("https://a.example/\0 HTTP/1.1", Place("a.example", 443, True), None),
    ],
)
def test_a_url_is_taken_apart_without_a_way_to_say_more(url: str, place: Place, head: str | None) -> None:
    found, written = taken_apart(url)

    assert found == place
    assert head is None or written.decode() == head
    assert written.count(b"\r\n") == 2
    assert written.split(b"\r\n")[0].count(b" ") == 2


@pytest.mark.parametrize(
    "url",
    [
        "https:///x",
        "https://a b/",
        "https://a.example:99999/",
        "https://a\x00b/",
        "https://%0d%0a/",
        "https://１２７.0.0.1/",
        "https://127。0。0。1/",
    ],
)
def test_a_url_that_names_no_place_is_refused(url: str) -> None:
    with pytest.raises(ValueError):
        taken_apart(url)
