"""The guarded fetcher: what may be fetched, from where, how much of it, and what is said of everything else."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from agent.needs import MOST_BYTES_KEPT, Needs
from agent.reach import may_connect
from tests.agent.certificates import self_signed
from wallet.errors import Unresolved
from wallet.needs import Fetch, Lookup

PRIVATE = {
    "loopback": ["127.0.0.1", "127.8.8.8", "::1"],
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"],
    "link-local": ["169.254.169.254", "fe80::1"],
    "carrier-grade NAT": ["100.64.0.1", "100.127.255.255"],
    "unique local": ["fc00::1", "fd12:3456::1"],
    "site-local": ["fec0::1"],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
    "this network": ["0.0.0.0", "0.1.2.3", "::"],
    "broadcast": ["255.255.255.255"],
    "reserved": ["240.0.0.1", "192.0.0.1", "198.18.0.1"],
    "documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1"],
    "IPv4-mapped": ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"],
    "IPv4-compatible": ["::127.0.0.1", "::10.0.0.1"],
    "NAT64": ["64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1"],
    "6to4": ["2002:7f00:1::1", "2002:a9fe:a9fe::1"],
    "Teredo": ["2001:0:4136:e378:8000:63bf:80ff:fffe"],
}
PUBLIC = ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101", "::ffff:1.1.1.1", "2002:101:101::1"]


@pytest.mark.parametrize("address", [each for some in PRIVATE.values() for each in some])
def test_a_private_or_special_address_is_never_connected_to(address: str) -> None:
    """DID-01."""
    assert not may_connect(address, development=False)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_connected_to(address: str) -> None:
    assert may_connect(address, development=False)


def test_development_opens_loopback_and_nothing_else() -> None:
    opened = [each for some in PRIVATE.values() for each in some if may_connect(each, development=True)]

    assert opened == PRIVATE["loopback"]


Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Shop:
    """A web server on loopback that answers as told, and counts."""

    def __init__(self) -> None:
        self.asked: list[web.BaseRequest] = []
        self.answers: dict[str, Handle] = {}
        self.url = ""

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        self.asked.append(request)
        if request.path in self.answers:
            return await self.answers[request.path](request)
        return web.Response(body=b"{}")


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    """A shop that is open."""
    found = Shop()
    runner = web.ServerRunner(web.Server(found.answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield found
    await runner.cleanup()


@pytest.fixture
async def needs() -> AsyncIterator[Needs]:
    """A fetcher in development mode."""
    made = Needs(development=True)
    yield made
    await made.close()


async def refused(needs: Needs, url: str, limit: int = 1000) -> str:
    """What is said of a document that could not be had, without its address."""
    with pytest.raises(Unresolved) as fault:
        await needs.fetch(Fetch(url, limit=limit))
    return str(fault.value).replace(url, "IT")


async def test_what_is_fetched_comes_as_it_is(shop: Shop, needs: Needs) -> None:
    body = await needs.fetch(Fetch(f"{shop.url}/did.json", "application/did+json", 1000))

    [request] = shop.asked
    assert body == b"{}"
    assert request.headers["Accept"] == "application/did+json"
    assert request.headers["Accept-Encoding"] == "identity"
    assert "Cookie" not in request.headers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(shop: Shop, needs: Needs, status: int) -> None:
    """DID-04."""

    async def elsewhere(request: web.BaseRequest) -> web.Response:
        return web.Response(status=status, headers={"Location": f"{shop.url}/there"})

    shop.answers["/here"] = elsewhere

    await refused(needs, f"{shop.url}/here")

    assert [request.path for request in shop.asked] == ["/here"]


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_document_is_read_up_to_its_limit_and_no_further(shop: Shop, needs: Needs, chunked: bool) -> None:
    """DID-07."""
    sent = []

    async def large(request: web.BaseRequest) -> web.StreamResponse:
        size = int(request.query["size"])
        if not chunked:
            return web.Response(body=b"x" * size)
        answer = web.StreamResponse()
        await answer.prepare(request)
        while size > 0:
            await answer.write(b"x" * min(size, 65536))
            sent.append(size)
            size -= 65536
        return answer

    shop.answers["/large"] = large

    body = await needs.fetch(Fetch(f"{shop.url}/large?size=1000", limit=1000))
    await refused(needs, f"{shop.url}/large?size=1001")
    await refused(needs, f"{shop.url}/large?size=10000000")

    assert len(body) == 1000
    assert len(sent) < 200


async def test_a_document_that_does_not_end_is_given_up(
    shop: Shop, needs: Needs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DID-07."""
    monkeypatch.setattr("agent.needs.TOTAL_SECONDS", 0.2)

    async def slow(request: web.BaseRequest) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        for _ in range(100):
            await answer.write(b"x")
            await asyncio.sleep(0.05)
        return answer

    shop.answers["/slow"] = slow

    async with asyncio.timeout(2):
        await refused(needs, f"{shop.url}/slow")


async def test_whatever_goes_wrong_is_said_in_the_same_words(shop: Shop, needs: Needs) -> None:
    """FETCH-DENY: whether it was denied, refused or timed out cannot be told."""

    async def gone(request: web.BaseRequest) -> web.Response:
        return web.Response(status=404)

    async def zipped(request: web.BaseRequest) -> web.Response:
        return web.Response(body=b"x", headers={"Content-Encoding": "gzip"})

    shop.answers |= {"/gone": gone, "/zipped": zipped}
    port = shop.url.rpartition(":")[2]
    places = [
        f"{shop.url}/gone",
        f"{shop.url}/zipped",
        "http://127.0.0.1:1/nobody",
        f"https://127.0.0.1:{port}/no-tls",
        "http://10.0.0.1/",
        "https://10.0.0.1/",
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        f"http://user@127.0.0.1:{port}/",
        f"http://user:secret@127.0.0.1:{port}/",
        "https://",
        "http://[::1",
        "https://127.1/",
    ]

    words = {await refused(needs, place) for place in places}

    assert words == {"IT could not be had; try again later"}
    assert [request.path for request in shop.asked] == ["/gone", "/zipped"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "[::1]", "[::ffff:127.0.0.1]"])
async def test_outside_development_loopback_is_never_reached(shop: Shop, host: str) -> None:
    """DID-02, DID-03: by name and by number, on the address that would be connected to."""
    needs, port = Needs(development=False), shop.url.rpartition(":")[2]

    for scheme in ("http", "https"):
        await refused(needs, f"{scheme}://{host}:{port}/")
    await needs.close()

    assert shop.asked == []


async def test_a_server_that_cannot_prove_its_name_is_not_believed(shop: Shop, needs: Needs) -> None:
    """DID-08."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed("localhost"))
    runner = web.ServerRunner(web.Server(shop.answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()

    await refused(needs, f"https://localhost:{runner.addresses[0][1]}/")
    await runner.cleanup()

    assert shop.asked == []


async def test_a_document_is_remembered_for_five_minutes_and_a_failure_for_one(shop: Shop) -> None:
    """DID-08, DID-21."""
    time = [0.0]
    needs = Needs(development=True, now=lambda: time[0])
    good = True

    async def sometimes(request: web.BaseRequest) -> web.Response:
        return web.Response(body=b"{}") if good else web.Response(status=500)

    shop.answers["/did.json"] = sometimes
    need = Fetch(f"{shop.url}/did.json")
    counts = []

    for now in (0, 299, 301):
        time[0] = now
        await needs.fetch(need)
        counts.append(len(shop.asked))
    good, time[0] = False, 602.0
    for now in (602, 661, 663):
        time[0] = now
        await refused(needs, need.url)
        counts.append(len(shop.asked))
    await needs.close()

    assert counts == [1, 1, 2, 3, 3, 4]


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("2", [1, 1, 2, 2, 3]),
        ("0", [1, 2, 2, 3, 4]),  # which nobody means: a second
        ("3600", [1, 1, 1, 1, 2]),  # no longer than any other failure
        ("soon", [1, 1, 1, 1, 2]),
    ],
)
async def test_a_failure_is_remembered_no_longer_than_its_place_asks_for(
    shop: Shop, said: str, asked: list[int]
) -> None:
    """DID-21."""
    time = [0.0]
    needs = Needs(development=True, now=lambda: time[0])
    counts = []

    async def busy(request: web.BaseRequest) -> web.Response:
        return web.Response(status=503, headers={"Retry-After": said})

    async def open_again(request: web.BaseRequest) -> web.Response:
        return web.Response(body=b"{}")

    shop.answers["/did.json"] = busy

    for now in (0.0, 1.1, 2.05, 3.0, 61.0):
        time[0] = now
        if now == 61.0:
            shop.answers["/did.json"] = open_again
            assert await needs.fetch(Fetch(f"{shop.url}/did.json")) == b"{}"
        else:
            await refused(needs, f"{shop.url}/did.json")
        counts.append(len(shop.asked))
    await needs.close()

    assert counts == asked


class Endless(Needs):
    """A fetcher that finds a kilobyte more than a quarter of a megabyte wherever it is sent."""

    async def _fetch(self, need: Fetch) -> bytes | None:
        return bytes(min(need.limit, 257 * 1024))


async def test_what_is_remembered_takes_no_more_room_than_a_few_lists() -> None:
    """DID-07: whoever writes to us chooses the address of its DID document."""
    needs = Endless()

    for number in range(200):
        await needs.fetch(Fetch(f"https://{number}.example/did.json"))

    assert sum(len(kept or b"") for _, kept in needs._recent.kept.values()) <= MOST_BYTES_KEPT


async def test_what_was_fetched_under_a_higher_limit_still_keeps_to_a_lower_one() -> None:
    needs = Endless()
    await needs.fetch(Fetch("https://shop.example/list", limit=1024 * 1024))

    with pytest.raises(Unresolved):
        await needs.fetch(Fetch("https://shop.example/list"))


async def test_a_look_up_that_fails_is_told_so_where_it_asked(needs: Needs) -> None:
    def look_up() -> Lookup[str]:
        try:
            yield Fetch("file:///etc/passwd")
        except Unresolved:
            return "went on without it"
        return "had it"

    assert await needs.meet(look_up()) == "went on without it"
