"""The listener: real HTTP, as an org's own systems speak it."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from agent import config
from agent.errors import Exposed, Misconfigured
from agent.rest.server import MOST_BYTES, Counter
from tests.agent.rest.conftest import Shop
from tests.agent.rest.test_desk import NOTICE

JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def http(shop: Shop) -> AsyncIterator[ClientSession]:
    """A system that calls, with its key."""
    counter = Counter(shop.shop)
    port = await counter.start("127.0.0.1", 0)
    headers = {"Authorization": f"Bearer {shop.crm.key}"}
    async with ClientSession(f"http://127.0.0.1:{port}", headers=headers) as session:
        yield session
    await counter.stop()


async def test_a_system_begins_a_thread_and_reads_it(shop: Shop, http: ClientSession) -> None:
    asked, once = {"relationship": shop.id, **NOTICE}, {"Idempotency-Key": "1"}
    async with http.post("/v1/threads", json=asked, headers=once) as first:
        said = await first.json()
    async with http.post("/v1/threads", json=asked, headers=once) as again:
        assert (again.status, await again.json()) == (200, said)
    await shop.world.settle()

    async with http.get(f"/v1/threads/{said['thread']}") as answer:
        assert (await answer.json())["state"] == "seen"
        assert answer.headers["Cache-Control"] == "no-store"


async def test_the_document_is_served_without_a_key(http: ClientSession) -> None:
    async with http.get("/v1/openapi.json", headers={"Authorization": ""}) as answer:
        assert (answer.status, (await answer.json())["openapi"]) == (200, "3.1.0")


async def test_what_is_no_system_of_the_org_s_is_not_answered(shop: Shop, http: ClientSession) -> None:
    async with http.get("/v1/threads", headers={"Authorization": "Bearer nonsense"}) as answer:
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    async with http.get("/v1/threads", headers={"Origin": "https://elsewhere.example"}) as answer:
        assert answer.status == 403


async def test_bodies_that_are_no_json_or_too_long_are_refused(http: ClientSession) -> None:
    once = {"Idempotency-Key": "1"}
    async with http.post("/v1/threads", data=b"relationship=x", headers=once) as answer:
        assert answer.status == 415
    for body, status in ((b"{", 400), (b"[" * 100_000, 400), (b'{"a":"' + b"x" * MOST_BYTES, 413)):
        async with http.post("/v1/threads", data=body, headers={**once, **JSON}) as answer:
            assert (answer.status, "do" in await answer.json()) == (status, True)


def test_it_listens_on_this_computer_only_and_for_an_org() -> None:
    org = config.Config(kind="org", name="Shop", url="https://shop.example", integrations="0.0.0.0:8082")
    person = config.Config(kind="person", name="Ada", development=True, integrations="127.0.0.1:8082")

    with pytest.raises(Exposed, match="keys would travel in the open"):
        config.check(org)
    with pytest.raises(Misconfigured, match="organisation"):
        config.check(person)
