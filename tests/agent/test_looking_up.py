"""What looking up costs whom, how long a document is believed, and who may be believed to have sent it.

The fetcher itself is in test_needs.py. Here are DID-08 and DID-20 to DID-22, over real TLS where that matters.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from agent.errors import TooMany
from agent.limits import Limits
from agent.needs import MOST_AT_ONCE, Needs
from agent.reach import Nearby
from tests.agent.certificates import Authority, Issued, self_signed
from wallet.errors import Unresolved
from wallet.needs import Fetch

NAME = "library.example"
DAY = 86400


class Web(Needs):
    """A fetcher of documents that a test puts there. asked: what was fetched; down: nothing answers."""

    def __init__(self) -> None:
        super().__init__(now=lambda: self.time)
        self.time = 1000.0
        self.asked: list[str] = []
        self.body = b"{}"
        self.down = False
        self.gate: asyncio.Event | None = None

    async def _fetch(self, need: Fetch) -> bytes | None:
        self.asked.append(need.url)
        if self.gate is not None:
            await self.gate.wait()
        return None if self.down else self.body


def place(number: int = 0) -> str:
    """An address."""
    return f"https://{number}.example/did.json"


async def outcome(needs: Needs, need: Fetch, charge: Callable[[], None] | None = None) -> str:
    """What comes of a fetch, in a word."""
    try:
        return (await needs.fetch(need, charge)).decode()
    except Unresolved:
        return "unresolved"
    except TooMany:
        return "too many"


# -- DID-20: budgets --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "budget"), [("address", 10), ("peer", 60)])
async def test_a_source_has_so_many_documents_fetched_in_a_minute_and_no_more(kind: str, budget: int) -> None:
    """DID-20: ten thousand DIDs a minute."""
    needs, limits = Web(), Limits()
    charge = limits.lookup_from if kind == "address" else limits.lookup_of
    outcomes = [await outcome(needs, Fetch(place(number)), lambda: charge("one")) for number in range(10_000)]
    other = await outcome(needs, Fetch(place(20_000)), lambda: charge("other"))

    assert budget <= outcomes.count("{}") <= budget + 1
    assert outcomes.count("too many") == 10_000 - outcomes.count("{}")
    assert len(needs.asked) == outcomes.count("{}") + 1
    assert other == "{}"


async def test_what_is_remembered_costs_nothing_whether_it_was_had_or_not() -> None:
    """DID-20."""
    needs, spent = Web(), []

    for _ in range(5):
        await outcome(needs, Fetch(place()), lambda: spent.append(1))
    needs.down = True
    for _ in range(5):
        await outcome(needs, Fetch(place(1)), lambda: spent.append(1))

    assert len(spent) == len(needs.asked) == 2


async def test_documents_of_those_we_know_are_charged_to_nobody() -> None:
    needs, spent = Web(), []

    await outcome(needs, Fetch(place(), stale_if_error=DAY), lambda: spent.append(1))

    assert (needs.asked, spent) == ([place()], [])


async def test_strangers_do_not_hold_more_than_so_many_look_ups_under_way() -> None:
    """DID-20, HT-19: each of them may take five seconds."""
    needs = Web()
    needs.gate = asyncio.Event()
    waiting = [
        asyncio.create_task(outcome(needs, Fetch(place(number)), lambda: None)) for number in range(MOST_AT_ONCE)
    ]
    await asyncio.sleep(0)

    late = await outcome(needs, Fetch(place(1000)), lambda: None)
    own = asyncio.create_task(outcome(needs, Fetch(place(1001))))
    needs.gate.set()

    assert late == "too many"
    assert await own == "{}"
    assert set(await asyncio.gather(*waiting)) == {"{}"}
    assert await outcome(needs, Fetch(place(1000)), lambda: None) == "{}"


# -- DID-21, DID-22: age ----------------------------------------------------------------------------------------------


async def test_a_document_younger_than_a_minute_is_not_fetched_anew_and_an_older_one_is() -> None:
    """DID-21."""
    needs, found = Web(), []
    await needs.fetch(Fetch(place()))
    needs.body = b"new"

    for needs.time in (1030.0, 1059.0, 1061.0, 1062.0):
        found.append(await outcome(needs, Fetch(place(), max_age=60)))

    assert found == ["{}", "{}", "new", "new"]
    assert await outcome(needs, Fetch(place())) == "new"
    assert len(needs.asked) == 2


async def test_the_last_good_document_does_for_a_day_for_those_we_know_and_is_marked() -> None:
    """DID-22."""
    needs, known = Web(), Fetch(place(), stale_if_error=DAY)
    await needs.fetch(known)
    needs.down = True

    needs.time += 3600
    within = (await outcome(needs, known), needs.stale, await outcome(needs, Fetch(place())))
    needs.time += DAY
    beyond = await outcome(needs, known)
    needs.down, needs.body = False, b"new"
    needs.time += 61
    again = (await outcome(needs, known), needs.stale)

    assert within == ("{}", 1, "unresolved")  # never for a new relation, nor for issuing: those ask for what is there
    assert beyond == "unresolved"
    assert again == ("new", 1)


async def test_what_was_fetched_of_a_stranger_that_we_know_by_now_is_a_last_good_document_too() -> None:
    """DID-22."""
    needs = Web()
    await needs.fetch(Fetch(place()))
    await needs.fetch(Fetch(place(), stale_if_error=DAY))
    needs.down = True
    needs.time += 3600

    assert await outcome(needs, Fetch(place(), stale_if_error=DAY)) == "{}"


async def test_strangers_push_no_last_good_document_out() -> None:
    """DID-22."""
    needs, known = Web(), Fetch(place(), stale_if_error=DAY)
    await needs.fetch(known)
    for number in range(1, 3000):
        await needs.fetch(Fetch(place(number)))
    needs.down = True
    needs.time += 3600

    assert await outcome(needs, known) == "{}"


# -- DID-08: TLS ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> Authority:
    """Whom this module's fetchers trust."""
    return Authority.make()


@asynccontextmanager
async def server(issued: Issued, *, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> AsyncIterator[str]:
    """The origin of a server with this certificate that speaks no newer TLS than that."""

    async def answer(request: web.BaseRequest) -> web.Response:
        return web.Response(body=b"{}")

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.certificate, issued.key)
    if newest < ssl.TLSVersion.TLSv1_2:
        context.set_ciphers("DEFAULT:@SECLEVEL=0")  # OpenSSL itself would refuse what this test offers
        context.minimum_version = newest
    context.maximum_version = newest
    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    try:
        yield f"https://{NAME}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def had(origin: str, nearby: Nearby | None) -> bool:
    """Whether a document can be had there, outside development mode."""
    needs = Needs(nearby=nearby)
    try:
        return await outcome(needs, Fetch(f"{origin}/.well-known/did.json")) == "{}"
    finally:
        await needs.close()


def here(authority: Authority, *names: str) -> Nearby:
    """A stage on which these names are on this computer, and the authority is trusted."""
    return Nearby(frozenset(names or (NAME,)), authority.path)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_server_that_proves_its_name_is_believed(authority: Authority, version: ssl.TLSVersion) -> None:
    """DID-08: what is refused below is refused for its fault."""
    async with server(authority.issue(NAME), newest=version) as origin:
        assert await had(origin, here(authority))


async def test_a_certificate_that_nobody_vouches_for_is_not_believed(authority: Authority) -> None:
    """DID-08."""
    async with server(Issued(*self_signed(NAME))) as origin:
        assert not await had(origin, here(authority))


async def test_a_certificate_for_another_name_is_not_believed(authority: Authority) -> None:
    """DID-08."""
    async with server(authority.issue("other.example")) as origin:
        assert not await had(origin, here(authority))


async def test_a_certificate_that_has_expired_is_not_believed(authority: Authority) -> None:
    """DID-08."""
    async with server(authority.issue(NAME, until=datetime.now(UTC) - timedelta(minutes=1))) as origin:
        assert not await had(origin, here(authority))


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
async def test_tls_before_1_2_is_not_spoken(authority: Authority) -> None:
    """DID-08."""
    async with server(authority.issue(NAME), newest=ssl.TLSVersion.TLSv1_1) as origin:
        port = int(origin.rpartition(":")[2])
        careless = ssl.create_default_context(cafile=authority.path)
        careless.set_ciphers("DEFAULT:@SECLEVEL=0")
        careless.minimum_version = ssl.TLSVersion.TLSv1
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=careless, server_hostname=NAME)
        spoken = writer.get_extra_info("ssl_object").version()
        writer.close()

        assert spoken == "TLSv1.1"
        assert not await had(origin, here(authority))


async def test_no_setting_lets_a_name_be_on_this_computer(authority: Authority) -> None:
    """DID-01: outside a test nothing on loopback is reached, whoever vouches for it."""
    async with server(authority.issue("localhost")) as origin:
        assert not await had(origin.replace(NAME, "localhost"), None)
        assert not await had(origin.replace(NAME, "localhost"), here(authority))
        assert not await had(origin.replace(NAME, "127.0.0.1"), here(authority, "127.0.0.1"))
