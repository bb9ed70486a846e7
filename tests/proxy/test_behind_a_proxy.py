"""An agent behind nginx, and behind Caddy, by the configurations we ship: what gets through, and what does not.

Each is the real program, in front of a real agent, with a certificate of a test authority.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import aiohttp
import pytest
from aiohttp import web

from agent import home, serving
from agent.config import Config
from agent.limits import source_of
from agent.needs import Needs
from agent.reach import Nearby
from agent.serving import Running
from agent.transports.carrier import Carrier
from agent.transports.http import ENCRYPTED, MOST_BYTES
from agent.transports.straight import Post
from tests.agent.certificates import Authority
from tests.agent.test_serving import KEY_FILE, eventually, said
from tests.agent.transports.wire import Wire, request
from tests.agent.world import known, public_did, state
from tests.corpus.http_requests import HIDDEN, HOST, LF, REFUSED, posted
from tests.ports import free_ports
from tests.proxy.proxies import HEADER_SECONDS, NAME, PROXIES, Setting, running

HERS = "her.example"
BURST, RATE = 100, 50  # messages of one address at once, and a second
MOST = 3000  # messages, before which anybody has had enough


@dataclass(frozen=True)
class Asked:
    """A request that reached an agent. source: whom it counts it for; headers: all of them, if aiohttp has read it."""

    path: str
    query: str
    host: str | None
    source: str
    headers: Mapping[str, str] | None = None


@dataclass
class Shop:
    """An agent behind a web server. asked: what reached it, from its own listener."""

    proxy: str
    folder: Path
    port: int
    authority: Authority
    library: Running
    asked: list[Asked] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it is on the web."""
        return f"https://{NAME}:{self.port}"

    @property
    def nearby(self) -> Nearby:
        """What is here instead of out there."""
        return Nearby(frozenset({NAME, HERS}), self.authority.path)

    def watch(self) -> None:
        """Remember every request from now on, whichever way it is read."""
        listener = self.library.listener
        refuse, take, guard = listener.guard.refuse, listener.take, listener.guard

        def refusing(request: web.BaseRequest) -> web.Response | None:
            self.asked.append(
                Asked(request.path, request.query_string, request.host, guard.source(request), request.headers)
            )
            return refuse(request)

        async def taking(post: Post, address: str) -> web.Response | None:
            path, _, query = post.path.partition("?")
            self.asked.append(Asked(path, query, post.host, source_of(address, post.forwarded, guard.trusted)))
            return await take(post, address)

        guard.refuse = refusing  # type: ignore[method-assign]  # they stand at the door, and only look
        listener.take = taking  # type: ignore[method-assign]  # likewise

    def trusting(self) -> ssl.SSLContext:
        """What a client of its authority believes."""
        return ssl.create_default_context(cafile=self.authority.path)

    async def wire(self, source: str = "127.0.0.1", name: str = NAME) -> Wire:
        """A connection to the web server, over TLS."""
        return Wire(
            *await asyncio.open_connection(
                "127.0.0.1", self.port, ssl=self.trusting(), server_hostname=name, local_addr=(source, 0)
            )
        )

    def session(self) -> aiohttp.ClientSession:
        """A client that finds the name here."""
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=self.trusting()))

    def at(self, path: str) -> str:
        """A URL on this computer; the name goes into Host and into TLS."""
        return f"https://127.0.0.1:{self.port}{path}"


NAMED = {"Host": NAME}


@pytest.fixture(params=PROXIES)
async def shop(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Shop]:
    """An org behind one of the two."""
    (port, own, api), authority = free_ports(3), Authority.make()
    config = Config(
        kind="org",
        name="Library",
        url=f"https://{NAME}:{port}",
        listen=f"127.0.0.1:{own}",
        api=f"127.0.0.1:{api}",
        trusted_proxies=("127.0.0.1", "::1"),
    )
    await home.make(tmp_path / "library", config, KEY_FILE)
    async with running(request.param, Setting(tmp_path / "proxy", port, own, authority.issue(NAME))):
        agent = await home.open_agent(tmp_path / "library", KEY_FILE)
        library = await serving.start(agent, tmp_path / "library")
        made = Shop(request.param, tmp_path, port, authority, library)
        for each in (library.agent,):
            each.transport, each.needs = Carrier(nearby=made.nearby), Needs(nearby=made.nearby)
        made.watch()
        yield made
        await serving.stop(library)


async def test_a_person_meets_an_org_behind_a_proxy_and_agrees_with_it(shop: Shop) -> None:
    issued, (port, api) = shop.authority.issue(HERS), free_ports()
    folder = shop.folder / "her"
    config = Config(
        kind="person",
        name="her",
        url=f"https://{HERS}:{port}",
        listen=f"127.0.0.1:{port}",
        api=f"127.0.0.1:{api}",
        tls_certificate=issued.certificate,
        tls_key=issued.key,
    )
    await home.make(folder, config, KEY_FILE)
    agent = await home.open_agent(folder, KEY_FILE, Carrier(nearby=shop.nearby))
    agent.needs = Needs(nearby=shop.nearby)
    her = await serving.start(agent, folder)
    try:
        invitation = await said(shop.library, "/v1/invitations", goal="Meet")
        await said(her, "/v1/invitations/accept", url=invitation["url"])
        await eventually(lambda: any(each.met for each in known(her.agent)))
        begun = await said(her, "/v1/terms", peer="Library")
        await eventually(
            lambda: all(state(each.agent, str(begun["thread"])) == "in-force" for each in (her, shop.library))
        )
    finally:
        await serving.stop(her)

    assert {each.path for each in shop.asked} == {"/", "/.well-known/did.json"}


async def test_the_did_document_comes_from_its_place_without_a_redirect(shop: Shop) -> None:
    async with (
        shop.session() as session,
        session.get(shop.at("/.well-known/did.json"), headers=NAMED, server_hostname=NAME) as answer,
    ):
        document = await answer.json()

    assert (answer.status, answer.history, answer.content_type) == (200, (), "application/did+json")
    assert document["id"] == public_did(shop.library.agent)
    assert answer.headers["Cache-Control"] == "max-age=300"
    assert answer.headers.getall("Strict-Transport-Security") == ["max-age=31536000"]
    assert not any(character.isdigit() for character in answer.headers.get("Server", ""))


async def test_a_websocket_is_opened_where_messages_go_and_nowhere_else(shop: Shop) -> None:
    async with shop.session() as session:
        async with session.ws_connect(shop.at("/"), headers=NAMED, ssl=shop.trusting(), server_hostname=NAME) as socket:
            await socket.ping()
            await socket.send_str("{}")  # no message: it is hung up on for that, by the agent
            ending = await socket.receive(timeout=60)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(
                shop.at("/.well-known/did.json"), headers=NAMED, ssl=shop.trusting(), server_hostname=NAME
            )

    assert ending.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
    assert socket.close_code == aiohttp.WSCloseCode.POLICY_VIOLATION


async def posted_of(shop: Shop, size: int) -> int:
    """The status of a message of so many bytes that is none."""
    headers = {**NAMED, "Content-Type": ENCRYPTED}
    async with (
        shop.session() as session,
        session.post(shop.at("/"), data=b"x" * size, headers=headers, server_hostname=NAME) as answer,
    ):
        return answer.status


async def test_what_is_larger_than_a_message_does_not_get_through(shop: Shop) -> None:
    largest = await posted_of(shop, MOST_BYTES)
    reached = len(shop.asked)
    larger = await posted_of(shop, MOST_BYTES + 1)

    assert (largest, larger) == (400, 413)
    assert reached == 1


async def test_who_dawdles_over_a_header_is_hung_up_on(shop: Shop) -> None:
    """HT-01."""
    began = asyncio.get_running_loop().time()  # before the connection, from which nginx counts
    wire = await shop.wire()
    await wire.write("POST / HTTP/1.1\r\nHo")

    assert await wire.ended()
    waited = asyncio.get_running_loop().time() - began
    assert HEADER_SECONDS - 0.02 < waited < HEADER_SECONDS + 5  # its clock ticks every 10 ms at most, and rounds
    assert shop.asked == []


async def test_where_a_request_comes_from_is_said_anew_and_by_nobody_else(shop: Shop) -> None:
    """HT-11."""
    forged = (
        "X-Forwarded-For: 203.0.113.7",
        "X-Forwarded-Host: other.example",
        "X-Forwarded-Proto: http",
        "X-Real-IP: 203.0.113.7",
        "Forwarded: for=203.0.113.7",
    )
    wires = [await shop.wire(source="127.0.0.9") for _ in range(3)]
    for usual in wires:  # at once, each on a line of its own behind the proxy, which may have cut one of them in two
        await usual.write(request("POST / HTTP/1.1", *forged, host=NAME))
    for usual in wires:
        await usual.answer()
    await wires[0].write(request("POST / HTTP/1.1", *forged, "Accept-Charset: utf-8", host=NAME))
    await wires[0].answer()

    *straight, asked = shop.asked
    assert [each.source for each in shop.asked] == ["127.0.0.9"] * 4
    assert any(each.headers is None for each in straight)  # both ways of reading it were gone
    assert asked.headers is not None
    assert [value for name, value in asked.headers.items() if name.lower() == "x-forwarded-for"] == ["127.0.0.9"]
    assert "203.0.113.7" not in str(asked.headers)
    assert "other.example" not in str(asked.headers)
    assert asked.headers.get("X-Forwarded-Proto", "https") == "https"


@pytest.mark.parametrize(
    "path", ["/admin", "/v1/health", "/v1/peers", "/metrics", "/x/../v1/health", "/%2e%2e/v1", "//"]
)
async def test_nothing_of_the_owners_api_is_to_be_had(shop: Shop, path: str) -> None:
    wire = await shop.wire()
    await wire.write(f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n")

    status, _, _ = await wire.answer()

    assert status in (400, 404, 405)
    assert {each.path for each in shop.asked} <= {"/", "//"}


async def test_another_name_does_not_get_through(shop: Shop) -> None:
    """HT-12."""
    wire = await shop.wire()
    await wire.write(request(host="other.example"))

    status, _, _ = await wire.answer()

    assert status not in (200, 202)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await shop.wire(name="other.example")
    assert [each for each in shop.asked if each.host == NAME] == []


async def test_one_address_gets_so_many_answers_and_another_still_gets_its_own(shop: Shop) -> None:
    """HT-18: both count addresses, nginx by itself, and the agent by what the proxy says."""
    wires, other = [await shop.wire("127.0.0.2") for _ in range(8)], await shop.wire("127.0.0.3")
    statuses: list[int] = []
    began = monotonic()
    while 429 not in statuses and len(statuses) < MOST:  # the slower this machine is, the more are answered
        for each in wires:
            await each.write(request(host=NAME))
        statuses += [(await each.answer())[0] for each in wires]
    seconds = monotonic() - began
    await other.write(request(host=NAME))

    assert BURST <= statuses.count(400) <= BURST + RATE * seconds + 1
    assert set(statuses) == {400, 429}
    assert (await other.answer())[0] == 400


@pytest.mark.parametrize("name", [*REFUSED, "lines-ended-by-a-bare-lf"])
async def test_no_request_is_hidden_in_another(shop: Shop, name: str) -> None:
    """HT-05, through the proxy: two parsers. What is passed on is one request, read alike by both, or none."""
    raw = LF if name == "lines-ended-by-a-bare-lf" else REFUSED[name]
    wire = await shop.wire()
    await wire.write(raw.replace(HOST.encode(), NAME.encode()))
    status, _, _ = await wire.answer()
    wire.writer.close()
    await asyncio.sleep(0.05)

    assert [each for each in shop.asked if each.path == "/hidden"] == []
    assert len(shop.asked) <= 1
    assert status in (0, 400, 404, 405, 408, 413, 414, 431, 501, 502, 505)


async def test_a_request_in_the_open_after_another_is_seen(shop: Shop) -> None:
    """What hides above would be answered if it were seen: the test would notice."""
    wire = await shop.wire()
    second = HIDDEN.replace("/hidden", "/?hidden").replace(HOST, NAME)
    await wire.write(posted("Content-Length: 2").replace(HOST.encode(), NAME.encode()) + second.encode())

    assert [(await wire.answer())[0] for _ in range(2)] == [400, 400]
    assert [each.query for each in shop.asked] == ["", "hidden"]
