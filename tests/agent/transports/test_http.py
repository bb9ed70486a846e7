"""Messages over HTTP, on a real socket: what is answered to what, and what an answer means."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web

from agent.errors import BadEnvelope, Dropped, Refused, TooLarge, TooMany, Unavailable, Unreachable
from agent.transports.http import ENCRYPTED, Listener, Sender
from agent.ways import WayBack

HEADERS = {"Content-Type": ENCRYPTED}
DOCUMENTS = {"/.well-known/did.json": ("application/did+json", b'{"id":"did:web:x"}')}


class Ear:
    """Takes messages, or does with them what it is told."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.fault: Exception | None = None

    async def receive(self, raw: bytes, back: WayBack | None) -> None:
        """Hear one message."""
        if self.fault:
            raise self.fault
        self.heard.append(raw)


@pytest.fixture
def ear() -> Ear:
    """An ear."""
    return Ear()


@pytest.fixture
async def place(ear: Ear) -> AsyncIterator[str]:
    """The address of a listener that takes at most a thousand bytes."""
    listener = Listener(ear.receive, DOCUMENTS.get, path="/didcomm", most_bytes=1000)
    port = await listener.start("127.0.0.1", 0)
    yield f"http://127.0.0.1:{port}/didcomm"
    await listener.stop()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """A client."""
    async with aiohttp.ClientSession() as made:
        yield made


async def posted(session: aiohttp.ClientSession, url: str, body: object, **headers: str) -> tuple[int, bytes]:
    """What is answered to a message."""
    async with session.post(url, data=body, headers=HEADERS | headers) as answer:
        return answer.status, await answer.read()


async def said(place: str, *lines: str, body: bytes = b"") -> bytes:
    """What is answered to bytes on the wire: the head of the answer, and what came with it."""
    port = int(place.split(":")[2].partition("/")[0])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)
    await writer.drain()
    try:
        async with asyncio.timeout(60):
            return await reader.read(65536)
    finally:
        writer.close()


POST = ("POST /didcomm HTTP/1.1", "Host: x", f"Content-Type: {ENCRYPTED}")


async def test_a_message_is_taken_whole(ear: Ear, place: str, session: aiohttp.ClientSession) -> None:
    for size in (2, 1000):
        assert await posted(session, place, b"x" * size) == (202, b"")

    assert [len(each) for each in ear.heard] == [2, 1000]


async def test_a_body_announced_too_large_is_refused_before_it_is_read(ear: Ear, place: str) -> None:
    """ENV-01."""
    answer = await said(place, *POST, "Content-Length: 1001")

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"Connection: close" in answer
    assert ear.heard == []


async def test_a_body_that_grows_too_large_is_refused_at_the_limit_and_the_connection_closed(
    ear: Ear, place: str
) -> None:
    """ENV-02."""
    answer = await said(place, *POST, "Transfer-Encoding: chunked", body=b"3e9\r\n" + b"x" * 1001 + b"\r\n")

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"Connection: close" in answer
    assert ear.heard == []


async def test_a_chunked_body_within_the_limit_is_taken(ear: Ear, place: str) -> None:
    body = b"3e8\r\n" + b"x" * 1000 + b"\r\n0\r\n\r\n"

    answer = await said(place, *POST, "Transfer-Encoding: chunked", "Connection: close", body=body)

    assert answer.startswith(b"HTTP/1.1 202 ")
    assert [len(each) for each in ear.heard] == [1000]


@pytest.mark.parametrize("fault", [None, Dropped("stranger"), Dropped("unreadable")], ids=str)
async def test_what_is_dropped_is_answered_exactly_like_what_is_kept(
    ear: Ear, place: str, session: aiohttp.ClientSession, fault: Exception | None
) -> None:
    """ENV-40, 202-DROP."""
    ear.fault = fault

    async with session.post(place, data=b"{}", headers=HEADERS) as answer:
        headers = {name: value for name, value in answer.headers.items() if name != "Date"}
        assert (answer.status, await answer.read()) == (202, b"")

    assert set(headers) <= {"Content-Length", "Content-Type", "Server"}


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (BadEnvelope("secret"), 400),
        (TooLarge("secret"), 413),
        (Unavailable("secret"), 503),
        (TooMany("secret"), 429),
        (TimeoutError("secret"), 408),
    ],
    ids=str,
)
async def test_a_refusal_is_short_and_fixed_and_echoes_nothing(
    ear: Ear, place: str, session: aiohttp.ClientSession, fault: Exception, status: int
) -> None:
    ear.fault = fault

    found, body = await posted(session, place, b"secret")

    assert found == status
    assert len(body) <= 200
    assert list(json.loads(body)) == ["error"]
    assert b"secret" not in body


@pytest.mark.parametrize(
    "media_type",
    ["application/json", "text/plain", "", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"],
)
async def test_only_didcomm_media_types_are_taken(
    ear: Ear, place: str, session: aiohttp.ClientSession, media_type: str
) -> None:
    """ENV-38, HT-07."""
    status, _ = await posted(session, place, b"{}", **{"Content-Type": media_type})

    assert status == 415
    assert ear.heard == []


async def test_a_media_type_may_have_parameters(ear: Ear, place: str, session: aiohttp.ClientSession) -> None:
    assert (await posted(session, place, b"{}", **{"Content-Type": f"{ENCRYPTED}; charset=utf-8"}))[0] == 202


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "identity"])
async def test_a_coded_body_is_refused(ear: Ear, place: str, coding: str) -> None:
    """HT-06."""
    answer = await said(
        place, *POST, f"Content-Encoding: {coding}", "Content-Length: 2", "Connection: close", body=b"{}"
    )

    assert answer.split()[1] in (b"415", b"400")
    assert ear.heard == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE"])
async def test_only_post_speaks(ear: Ear, place: str, session: aiohttp.ClientSession, method: str) -> None:
    """HT-08."""
    async with session.request(method, place, headers=HEADERS) as answer:
        assert answer.status == 405


async def test_who_opens_an_invitation_in_a_browser_is_told_what_to_do(
    place: str, session: aiohttp.ClientSession
) -> None:
    async with session.get(f"{place}?_oob=%3Cscript%3E") as answer:
        text = await answer.text()

    assert (answer.status, answer.content_type) == (200, "text/plain")
    assert "freerange accept" in text
    assert "script" not in text


@pytest.mark.parametrize("path", ["/", "/other", "//didcomm", "/didcomm/", "/x/../didcomm%00", "/.well-known/passwd"])
async def test_whatever_else_is_asked_for_is_not_there(place: str, path: str) -> None:
    """HT-08."""
    answer = await said(place, f"GET {path} HTTP/1.1", "Host: x", "Connection: close")

    assert answer.startswith((b"HTTP/1.1 404 ", b"HTTP/1.1 400 "))


async def test_public_documents_are_served_and_nothing_is_posted_to_them(
    place: str, session: aiohttp.ClientSession
) -> None:
    url = place.replace("/didcomm", "/.well-known/did.json")

    async with session.get(url) as answer:
        assert (answer.status, answer.content_type) == (200, "application/did+json")
        assert await answer.read() == DOCUMENTS["/.well-known/did.json"][1]
        assert "Set-Cookie" not in answer.headers
    assert (await posted(session, url, b"{}"))[0] == 404


@pytest.mark.parametrize(
    "head",
    [
        (*POST, "Content-Length: 2", "Content-Length: 3"),
        (*POST, "Content-Length: 2", "Transfer-Encoding: chunked"),
        (*POST, "Transfer-Encoding: chunked", "X: y\r\n folded"),
        (*POST, "Content-Length: -2"),
        (*POST, f"X: {'y' * 70000}"),
        (*POST, "X: \0"),
    ],
)
async def test_what_two_servers_could_read_differently_is_refused(ear: Ear, place: str, head: tuple[str, ...]) -> None:
    """HT-05."""
    answer = await said(place, *head, body=b"{}")

    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 "))
    assert ear.heard == []


# -- sending ----------------------------------------------------------------------------------------------------------

Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Far:
    """Another agent's listener, which answers as told."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.asked: list[tuple[str, bytes, str]] = []
        self.url = ""

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request with the next answer there is."""
        self.asked.append((request.path, await request.read(), request.headers.get("Content-Type", "")))
        status, headers = self.answers.pop(0) if self.answers else (202, {})
        return web.Response(status=status, headers=headers)


@pytest.fixture
async def far() -> AsyncIterator[Far]:
    """A far listener."""
    found = Far()
    runner = web.ServerRunner(web.Server(found.answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield found
    await runner.cleanup()


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    """A sender in development mode."""
    made = Sender(development=True)
    yield made
    await made.close()


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_a_message_is_posted_as_it_is(far: Far, sender: Sender, status: int) -> None:
    far.answers = [(status, {})]

    await sender.send(far.url, b"{}")

    assert far.asked == [("/", b"{}", ENCRYPTED)]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
async def test_what_may_pass_is_tried_again(far: Far, sender: Sender, status: int) -> None:
    """HT-15."""
    far.answers = [(status, {})]

    with pytest.raises(Unreachable):
        await sender.send(far.url, b"{}")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 415, 301, 302, 303, 308])
async def test_what_will_not_pass_is_a_refusal(far: Far, sender: Sender, status: int) -> None:
    """HT-15, DID-05: of redirects only 307 is followed."""
    far.answers = [(status, {"Location": f"{far.url}there"})]

    with pytest.raises(Refused):
        await sender.send(far.url, b"{}")

    assert len(far.asked) == 1


async def test_a_307_is_followed_three_times_and_no_more(far: Far, sender: Sender) -> None:
    """DID-05."""
    far.answers = [(307, {"Location": f"{far.url}{place}"}) for place in range(3)]
    await sender.send(far.url, b"{}")
    followed = [path for path, body, _ in far.asked if body == b"{}"]
    far.answers = [(307, {"Location": f"{far.url}{place}"}) for place in range(9)]

    with pytest.raises(Unreachable):
        await sender.send(far.url, b"{}")

    assert followed == ["/", "/0", "/1", "/2"]
    assert len(far.asked) == 8


@pytest.mark.parametrize("location", ["https://127.0.0.1:1/", "file:///etc/passwd", "/there", "", "//127.0.0.1/"])
async def test_a_307_leads_nowhere_but_to_the_same_scheme(far: Far, sender: Sender, location: str) -> None:
    """DID-05."""
    far.answers = [(307, {"Location": location})]

    with pytest.raises(Unreachable):
        await sender.send(far.url, b"{}")

    assert len(far.asked) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "ws://example.com/", "file:///etc/passwd", "gopher://x/", ""])
async def test_outside_development_only_https_is_spoken(url: str) -> None:
    """DID-14."""
    sender = Sender(development=False)

    with pytest.raises(Refused):
        await sender.send(url, b"{}")

    await sender.close()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://localhost:1/"])
async def test_nobody_there_is_a_reason_to_try_again(sender: Sender, url: str) -> None:
    with pytest.raises(Unreachable):
        await sender.send(url, b"{}")


@pytest.mark.parametrize(
    "url",
    [
        "https://10.0.0.1/",
        "https://[::ffff:169.254.169.254]/",
        "https://user@example.com/",
        "https:///",
        "ftp://a.example/",
    ],
)
async def test_a_peer_cannot_have_us_post_to_where_we_would_not_fetch_from(sender: Sender, url: str) -> None:
    """DID-14; the rules of DID-01 hold for messages too."""
    with pytest.raises(Refused):
        await sender.send(url, b"{}")
