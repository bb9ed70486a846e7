"""The owner's API without HTTP: every route does what it says, and says in words what it cannot do."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.agent import Agent
from agent.web import api
from protocols.vrm.base import VRM
from tests.agent.world import Said, World, the_only

PING = "https://didcomm.org/trust-ping/2.0/ping"
LIBRARY = "Town Library"
DIGEST = "uEi" + "A" * 44


async def answered(
    agent: Agent, request: str, body: object = None, query: dict[str, str] | None = None
) -> tuple[int, str]:
    """Status and words of what is answered to `METHOD /path`."""
    method, _, path = request.partition(" ")
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    status, said = await api.answer(agent, method, path, raw)
    assert "Traceback" not in str(said)
    return status, said["error"] if isinstance(said, dict) and status != 200 else str(said)


@pytest.fixture
async def pair(world: World) -> tuple[Agent, Agent]:
    """Her and the library, who have met and agreed."""
    library, her = await world.add("Town Library", "org"), await world.add("her")
    await world.introduce(her, library)
    await world.agree(her, library)
    return her, library


async def test_what_can_be_looked_at(world: World, pair: tuple[Agent, Agent]) -> None:
    her, _ = pair
    thread = (await world.listed(her, "/v1/threads"))[0]["thread"]
    record = the_only(her).agreements[0].record

    for path in (
        "/v1/status", "/v1/peers", "/v1/peers/Town Library", "/v1/peers/town%20lib", "/v1/threads",
        f"/v1/threads/{thread}", f"/v1/threads/{str(thread)[:8]}", f"/v1/threads/{thread}/log", "/v1/questions",
        "/v1/credentials", "/v1/terms", "/v1/terms/freerange-service-only", "/v1/ledgers/Town Library",
        f"/v1/records/{record}/evidence",
    ):  # fmt: skip
        status, said = await api.answer(her, "GET", path)
        assert status == 200, (path, said)
        json.dumps(said)


@pytest.mark.parametrize(
    ("request_", "body", "status", "words"),
    [
        ("GET /v1/peers/Nobody", None, 404, "Known: Town Library"),
        ("GET /v1/threads/zzz", None, 404, "no thread"),
        ("GET /v1/threads/zzz/log", None, 404, "no thread"),
        ("GET /v1/questions/zzz", None, 404, "no question"),
        ("GET /v1/credentials/zzz", None, 404, "no card"),
        ("GET /v1/verdicts/zzz", None, 404, "no thread"),
        ("GET /v1/terms/zzz", None, 409, "freerange-service-only"),
        ("GET /v1/ledgers/Nobody", None, 404, "Nobody"),
        ("GET /v1/records/zzz/evidence", None, 404, "no record"),
        ("GET /v1/nothing", None, 404, "no GET"),
        ("DELETE /v1/peers", None, 404, "no DELETE"),
        ("POST /v1/invitations/accept", {"url": "https://example.com"}, 409, "no invitation"),
        ("POST /v1/invitations/accept", {"url": "x" * 20000}, 409, "20000 characters"),
        ("POST /v1/invitations/accept", {"url": "https://e.example?_oob=!!!"}, 409, "no invitation"),
        ("POST /v1/invitations/accept", {}, 400, "url"),
        ("POST /v1/invitations", {"lasts": -1}, 400, "lasts"),
        ("POST /v1/invitations", {"lasts": 10**30}, 400, "lasts"),
        ("POST /v1/pings", {"peer": "Nobody"}, 404, "Nobody"),
        ("POST /v1/pings", b"not json", 400, "Nothing was done"),
        ("POST /v1/pings", b"\xff\xfe", 400, "Nothing was done"),
        ("POST /v1/pings", b'{"peer":"\\ud800"}', 400, "Nothing was done"),
        ("POST /v1/pings", [], 400, "Nothing was done"),
        ("POST /v1/questions/zzz/answer", {"answer": "yes"}, 404, "no question"),
        ("POST /v1/questions/zzz/answer", {"answer": "perhaps"}, 400, "perhaps"),
        ("POST /v1/terms", {"peer": LIBRARY, "agreement": "none"}, 409, "known are"),
        ("POST /v1/terms", {"peer": LIBRARY, "lasts": "a year"}, 400, "lasts"),
        ("POST /v1/offers", {"peer": LIBRARY, "type": "t", "name": "n", "claims": {}, "format": "x"}, 400, "format"),
        ("POST /v1/requests", {"peer": LIBRARY, "purpose": "p", "query": {"credentials": 7}}, 422, ""),
        ("POST /v1/threads", {"peer": LIBRARY, "type": "https://x.example/chess/1.0/move"}, 409, "does not speak"),
        ("POST /v1/threads", {"peer": LIBRARY, "type": PING, "body": {"response_requested": 7}}, 409, "ping"),
        ("POST /v1/threads", {"peer": LIBRARY, "type": f"{VRM}/terms/1.0/confirm", "body": {"digest": "x"}}, 409, ""),
        ("POST /v1/threads", {"peer": LIBRARY, "type": f"{PING}-response"}, 409, "cannot begin"),
        ("POST /v1/threads", {"peer": LIBRARY, "type": "nonsense"}, 409, "does not speak"),
        ("POST /v1/threads/zzz/say", {"message": "confirm"}, 404, "no thread"),
    ],
)  # fmt: skip
async def test_what_cannot_be_done_is_said_in_words(
    pair: tuple[Agent, Agent], request_: str, body: object, status: int, words: str
) -> None:
    her, _ = pair
    before = her.store.counts()

    found, said = await answered(her, request_, body)

    assert (found, words in said) == (status, True), said
    assert her.store.counts() == before


async def test_what_the_table_forbids_is_not_said_and_what_it_allows_is_named(
    world: World, pair: tuple[Agent, Agent]
) -> None:
    her, _ = pair
    [thid] = [each["thread"] for each in await world.listed(her, "/v1/threads") if each["about"] == "terms"]

    found, said = await answered(
        her, f"POST /v1/threads/{thid}/say", {"message": "confirm", "body": {"digest": "uEi" + "A" * 44}}
    )

    assert found == 409
    assert "may say withdraw" in said


async def test_a_body_of_a_hundred_thousand_brackets_is_refused(pair: tuple[Agent, Agent]) -> None:
    her, _ = pair
    deep = b'{"peer":"x","type":"t","body":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001

    assert (await answered(her, "POST /v1/threads", deep))[0] == 400


async def test_a_full_disk_is_said_to_be_full(pair: tuple[Agent, Agent]) -> None:
    her, _ = pair

    def full(change: object) -> object:
        raise OSError(28, "No space left on device")

    her.store.apply = full  # type: ignore[method-assign,assignment]  # it only ever raises

    status, said = await answered(her, "POST /v1/invitations", {})

    assert status == 507
    assert "No space left" in said


async def test_a_locked_wallet_says_that_it_is_locked(pair: tuple[Agent, Agent]) -> None:
    her, _ = pair
    her.store.lock()

    assert (await answered(her, "GET /v1/peers"))[0] == 423


FIELDS = [
    "peer", "url", "type", "body", "claims", "query", "goal", "lasts", "purpose", "message", "answer", "format", "name"
]  # fmt: skip
ROUTES = [f"{route.method} {route.path}" for route in api.ROUTES]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_no_body_brings_more_than_words(pair: tuple[Agent, Agent], data: st.DataObject) -> None:
    """UI-18."""
    her, _ = pair
    route = data.draw(st.sampled_from(ROUTES))
    name = data.draw(st.sampled_from(["Town Library", the_only(her).peer, "x", "%00", "é"]))
    words = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda some: st.lists(some)
    )
    fields = (
        "peer",
        "url",
        "type",
        "body",
        "claims",
        "query",
        "goal",
        "lasts",
        "purpose",
        "message",
        "answer",
        "format",
    )
    body: Said = data.draw(st.dictionaries(st.sampled_from(fields), words | st.just("Town Library")))

    path = route.replace("{name}", name).replace("{thid}", name).replace("{id}", name).replace("{record}", name)
    status, _ = await answered(her, path, json.dumps(body).encode())

    assert status in (200, 400, 404, 409, 422)
