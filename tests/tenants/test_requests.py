"""What one vendor asks with what it knows of another: an id of another's is an id of nobody's (security TN-01, TN-02,
TN-04)."""

import re
import secrets
from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest
from aiohttp import ClientSession

from agent import inbox
from agent.errors import Dropped
from agent.rest.desk import CALLS
from agent.rest.document import document
from agent.rest.server import Counter
from agent.web import api
from tests.agent.puppet import Puppet
from tests.agent.rest.test_desk import NOTICE
from tests.agent.test_outbox import PING
from tests.agent.world import public_did
from tests.tenants.conftest import Tenants
from wallet.store.server_readers import Readers

BODIES: dict[str, Any] = {
    "/v1/threads/{thid}/say": {"message": "withdraw", "body": {"from": "2030-01-01T00:00:00Z", "reason": "moving-on"}},
    "/v1/deletions/{id}/completion": {"deleted": ["/email"]},
}

SHORT = 40  # letters of what was typed that a refusal repeats
NEW = re.compile(r'(?<="thread":")[0-9a-f]{32}')  # a thread that was begun


@pytest.fixture
async def at_b(tenants: Tenants) -> AsyncIterator[ClientSession]:
    """Where B's systems call; who calls says whose key it has."""
    counter = Counter(tenants.b.org)
    port = await counter.start("127.0.0.1", 0)
    async with ClientSession(f"http://127.0.0.1:{port}") as session:
        yield session
    await counter.stop()


def like(id: str) -> str:
    """An id of nobody's that looks like this one."""
    head, mark, rest = id.rpartition("_")
    return head + mark + secrets.token_urlsafe(len(rest))[: len(rest)].replace("_", "x").replace("-", "y")


def requests(id: str, own: str, thread: str) -> Iterator[tuple[str, str, Any]]:
    """Every place of the API in which an id can stand: method, path and body. own, thread: the caller's."""
    for path, methods in document(CALLS)["paths"].items():
        for method in methods:
            if "{" in path:
                yield method.upper(), path.replace("{id}", id).replace("{thid}", id), BODIES.get(path)
    for query in (f"threads?relationship={id}", f"threads/{thread}?relationship={id}"):
        yield "GET", f"/v1/{query}", None
    yield "POST", "/v1/threads", {"relationship": id, **NOTICE}
    yield "POST", "/v1/threads", {"relationship": own, "parent": id, **NOTICE}
    yield "POST", "/v1/notices", {"relationships": [id], "notice": NOTICE["body"]}
    yield "POST", f"/v1/threads/{thread}/say", {"relationship": id, "message": "withdraw", "body": {}}


async def answers(at: ClientSession, key: str, asked: tuple[str, str, Any], id: str) -> tuple[int, dict[str, str], str]:
    """Status, headers and body of the answer, with the id left out of it."""
    method, path, body = asked
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    if method == "POST":
        headers["Idempotency-Key"] = secrets.token_hex(8)
    raw = msgspec.json.encode(body) if body is not None else None
    async with at.request(method, path, data=raw, headers=headers) as answer:
        told = {name: value for name, value in answer.headers.items() if name != "Date"}
        said = (await answer.text()).replace(id, "ID")
        return answer.status, told, NEW.sub("NEW", said) if answer.status == 200 else said


async def test_whatever_is_asked_by_an_id_of_another_s_is_answered_as_by_an_id_of_nobody_s(
    tenants: Tenants, at_b: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    ask = Readers.ask

    def noted(self: Readers, sql: str, values: Any) -> Any:
        asked.append(sql)
        return ask(self, sql, values)

    async def told(id: str) -> Iterator[tuple[Any, list[str]]]:
        found = []
        for each in requests(id, tenants.b.id, tenants.b.thread):
            await tenants.world.settle()
            asked.clear()
            answer = await answers(at_b, tenants.b.crm.key, each, id)
            found.append((answer, sorted(asked) if answer[0] != 200 else []))  # what is done goes on by itself
        return iter(found)

    before = tenants.dump
    monkeypatch.setattr(Readers, "ask", noted)
    await told(like(tenants.a.id))  # whatever is remembered from the first time on

    for id in tenants.a.ids:
        for asked_for, theirs, nobodys in zip(
            requests("ID", tenants.b.id, "THREAD"), await told(id), await told(like(id)), strict=True
        ):
            assert theirs == nobodys, f"{asked_for}: what is said, or what is looked up for it"
            assert theirs[0][0] in (200, 400, 404, 409, 422)
            if "{" in asked_for[1] or "/ID" in asked_for[1]:
                assert theirs[0][0] in (400, 404), asked_for
    assert tenants.dump == before


async def test_what_is_the_caller_s_own_is_found(tenants: Tenants, at_b: ClientSession) -> None:
    """The control: the same requests with ids of B's own."""
    for id in (tenants.b.id, tenants.b.thread):
        statuses = [
            (await answers(at_b, tenants.b.crm.key, each, id))[0]
            for each in requests(id, tenants.b.id, tenants.b.thread)
            if each[0] == "GET" and f"/{id}" in each[1]
        ]
        assert 200 in statuses


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_owner_of_one_finds_nothing_by_an_id_of_another_s(tenants: Tenants, method: str) -> None:
    before = tenants.dump
    fingerprint = (await tenants.world.listed(tenants.a.org, "/v1/peers"))[0]["fingerprint"]
    routes = [each.path for each in api.ROUTES if each.method == method and "{" in each.path]
    assert len(routes) > 10

    for id in (*tenants.a.ids, str(fingerprint)):
        other = like(id)
        for path in routes:
            parts = [each if not each.startswith("{") else "ID" for each in path.split("/")]
            theirs, nobodys = [
                msgspec.json.encode(await api.answer(tenants.b.org, method, "/".join(parts).replace("ID", one), b"{}"))
                .decode()
                .replace(one, "ID")
                .replace(one[:SHORT], "ID")
                for one in (id, other)
            ]
            assert theirs == nobodys, path
    assert tenants.dump == before


# -- whose wallet it is --------------------------------------------------------------------------------------------

NAMING = (
    "X-Tenant", "X-Tenant-Id", "Tenant", "X-Wallet", "X-Wallet-Id", "X-Forwarded-User", "X-Freerange-Tenant",
    "X-Original-URL", "X-Forwarded-Host",
)  # fmt: skip


async def test_a_key_opens_the_door_of_its_own_vendor_alone(tenants: Tenants, at_b: ClientSession) -> None:
    asked = ("GET", "/v1/relationships", None)

    own, theirs, none = [
        await answers(at_b, key, asked, "-") for key in (tenants.b.crm.key, tenants.a.crm.key, like(tenants.a.crm.key))
    ]

    assert own[0] == 200
    assert theirs == none
    assert theirs[0] == 401


async def test_nothing_in_a_request_names_another_vendor(tenants: Tenants, at_b: ClientSession) -> None:
    key = {"Authorization": f"Bearer {tenants.b.crm.key}"}
    tenant = tenants.a.org.config.tenant
    async with at_b.get("/v1/relationships", headers=key) as answer:
        own = await answer.json()

    for name in NAMING:
        async with at_b.get("/v1/relationships", headers={**key, name: tenant}) as answer:
            assert (answer.status, await answer.json()) == (200, own), name
    for name in ("tenant", "wallet", "wallet_id", "store"):
        async with at_b.get("/v1/relationships", params={name: tenant}, headers=key) as answer:
            assert answer.status == 400, name
    for path in (f"/{tenant}/v1/relationships", f"/v1/{tenant}/relationships"):
        async with at_b.get(path, headers=key) as answer:
            assert answer.status == 404, path


def test_no_route_takes_the_name_of_a_tenant() -> None:
    documented = document(CALLS)
    names = {
        parameter["name"].lower()
        for methods in documented["paths"].values()
        for call in methods.values()
        for parameter in call["parameters"]
    }

    assert names == {"id", "thid", "idempotency-key", "state", "rule", "after", "limit", "family", "relationship"}


# -- what comes in -------------------------------------------------------------------------------------------------


async def test_a_message_for_one_that_comes_to_the_other_s_door_is_dropped(tenants: Tenants) -> None:
    world = tenants.world
    friend = Puppet.make(world)
    await friend.meet_org(tenants.a.org, public_did(tenants.a.org))
    ping = friend.message(PING, {"response_requested": True}, to=public_did(tenants.a.org))
    packed = await friend.pack(tenants.a.org, ping)
    theirs, own = tenants.dump, [str(each) for each in tenants.b.org.store.log(*one_thread(tenants))]
    counts, heard = tenants.b.org.store.counts(), len(friend.heard)

    with pytest.raises(Dropped, match="unreadable"):
        await inbox.receive(tenants.b.org, packed)
    await world.settle()

    assert tenants.b.org.store.counts() == counts
    assert own == [str(each) for each in tenants.b.org.store.log(*one_thread(tenants))]
    assert tenants.dump == theirs
    assert len(friend.heard) == heard, "nobody is told that somebody else was meant"
    await inbox.receive(tenants.a.org, packed)
    await world.settle()
    assert len(friend.heard) == heard + 1, "it was a good message"


def one_thread(tenants: Tenants) -> tuple[str, str]:
    """A thread of B's, by its peer and id."""
    return next((peer, row.thid) for peer, row in tenants.b.org.store.threads())
