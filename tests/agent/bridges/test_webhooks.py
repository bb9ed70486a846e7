"""Webhooks are signed as Standard Webhooks 1.0 says, and answers mean what it says they mean."""

import time
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec
import pytest
from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec.structs import replace
from standardwebhooks import Webhook, WebhookVerificationError

from agent.agent import Agent
from agent.bridges import signatures, state, webhooks
from agent.bridges.dispatch import Dispatcher
from agent.bridges.signatures import LINGER
from agent.bridges.state import DELAYS
from agent.errors import Misconfigured
from agent.events import CloudEvent
from agent.reach import may_choose, may_post
from tests.agent.bridges.customs import customers, happen
from tests.agent.world import World
from tests.ports import free_ports

ID, AT = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
BODY = b'{"test": 2432232314}'
SHARED = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SEED = "whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk="


@dataclass
class Post:
    """What a receiver got: the headers and the body."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """A server of the org's own. answers: what it says next; then 204."""

    url: str
    answers: list[int] = field(default_factory=list)
    got: list[Post] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.got.append(Post(dict(request.headers), await request.read()))
        status = self.answers.pop(0) if self.answers else 204
        return web.Response(status=status, headers={"Location": "/elsewhere"} if 300 <= status < 400 else {})


@asynccontextmanager
async def receiver(*answers: int) -> AsyncIterator[Receiver]:
    port, _ = free_ports()
    made = Receiver(f"http://127.0.0.1:{port}/crm", [*answers])
    app = web.Application()
    app.router.add_post("/{any}", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield made
    await runner.cleanup()


def telling(agent: Agent, *urls: str) -> Dispatcher:
    """The dispatcher of an agent with these endpoints."""
    agent.config = replace(agent.config, bridges=urls)
    return Dispatcher(agent)


async def end(dispatcher: Dispatcher) -> None:
    """Let go of all connections."""
    dispatcher.agent.config = replace(dispatcher.agent.config, bridges=())
    await dispatcher.follow_settings()


def test_the_published_signatures_are_made() -> None:
    """The vectors of the reference implementation (Go, `TestAsymmetricWebhookSign` and `TestWebhookSign`)."""
    ours = signatures.header((SEED, SHARED), id=ID, at=AT, body=BODY)

    assert ours.split(" ") == [
        "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ]


def test_an_independent_library_takes_what_is_signed_by_a_shared_secret() -> None:
    key, now = signatures.fresh(shared=True), int(time.time())
    header = signatures.header((signatures.fresh(), key), id="a" * 32, at=now, body=b'{"a":1}')
    headers = {"webhook-id": "a" * 32, "webhook-timestamp": str(now), "webhook-signature": header}

    Webhook(key).verify(b'{"a":1}', headers)

    with pytest.raises(WebhookVerificationError):
        Webhook(key).verify(b'{"a":2}', headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(signatures.fresh(shared=True)).verify(b'{"a":1}', headers)


async def test_an_event_arrives_whole_signed_and_known_by_its_id(world: World) -> None:
    shop, [ann] = await customers(world, 1)
    async with receiver() as crm:
        dispatcher = telling(shop, crm.url)
        await happen(shop, ann, 1)

        await dispatcher.turn()
        await end(dispatcher)

        post = crm.got[-1]
        event = msgspec.json.decode(post.body, type=CloudEvent)
        assert (event.subject, event.data) == (ann, {"number": 1})
        assert post.headers["Content-Type"] == "application/cloudevents+json"
        assert post.headers["webhook-id"] == event.id
        assert post.headers["webhook-timestamp"] == str(world.time)
        keys = webhooks.kept(shop, crm.url)
        assert keys
        verify(signatures.told(keys.keys[0].key), post)
        with pytest.raises(InvalidSignature):
            verify(signatures.told(signatures.fresh()), post)


def verify(public: str, post: Post) -> None:
    """As a receiver checks it, by the published rules and another library than ours."""
    signed = f"{post.headers['webhook-id']}.{post.headers['webhook-timestamp']}.".encode() + post.body
    key = Ed25519PublicKey.from_public_bytes(b64decode(public.removeprefix("whpk_")))
    faults = []
    for each in post.headers["webhook-signature"].split(" "):
        kind, _, signature = each.partition(",")
        assert kind == "v1a"
        try:
            return key.verify(b64decode(signature), signed)
        except InvalidSignature as fault:
            faults.append(fault)
    raise faults[0]


async def test_while_keys_rotate_both_sign(world: World) -> None:
    shop, [ann] = await customers(world, 1)
    async with receiver() as crm:
        dispatcher = telling(shop, crm.url)
        await dispatcher.turn()
        before = webhooks.kept(shop, crm.url)
        assert before
        old, new = before.keys[0].key, signatures.fresh()

        await webhooks.give(shop, crm.url, new)
        await happen(shop, ann, 1)
        await dispatcher.turn()
        for key in (old, new):
            verify(signatures.told(key), crm.got[-1])

        world.time += LINGER
        await happen(shop, ann, 2)
        await dispatcher.turn()
        await end(dispatcher)

        verify(signatures.told(new), crm.got[-1])
        with pytest.raises(InvalidSignature):
            verify(signatures.told(old), crm.got[-1])


@pytest.mark.parametrize("status", [302, 307, 400, 404, 500, 503])
async def test_what_is_not_2xx_is_tried_again_and_nothing_is_followed(world: World, status: int) -> None:
    shop, [ann] = await customers(world, 1)
    async with receiver(status) as crm:
        dispatcher = telling(shop, crm.url)

        await dispatcher.turn()
        assert len(crm.got) == 1
        assert state.held_up(shop, crm.url)[ann].why == f"it answered {status}"
        world.time += DELAYS[0]
        await dispatcher.turn()
        await end(dispatcher)

        assert len(crm.got) == 2
        assert crm.got[0].body == crm.got[1].body
        assert int(crm.got[1].headers["webhook-timestamp"]) - int(crm.got[0].headers["webhook-timestamp"]) == DELAYS[0]
        assert state.held_up(shop, crm.url) == {}


@pytest.mark.parametrize(("status", "gone"), [(410, True), (429, False), (502, False), (504, False)])
async def test_who_wants_nothing_now_or_any_more_is_left_alone(world: World, status: int, gone: bool) -> None:
    shop, _ = await customers(world, 3)
    async with receiver(status, status, status) as crm:
        dispatcher = telling(shop, crm.url)

        await dispatcher.turn()
        tried = len(crm.got)
        await dispatcher.turn()
        await end(dispatcher)

        assert len(crm.got) == tried
        assert state.of(shop, crm.url).gone is gone
        assert state.held_up(shop, crm.url) == {}


async def test_while_nobody_answers_everything_waits(world: World) -> None:
    shop, _ = await customers(world, 3)
    dispatcher = telling(shop, f"http://127.0.0.1:{free_ports()[0]}/crm")

    await dispatcher.turn()

    [name] = shop.config.bridges
    await end(dispatcher)
    assert state.of(shop, name).why == "nobody answers at its address"
    assert state.held_up(shop, name) == {}


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://crm.example/hook", True),
        ("https://10.1.2.3/hook", True),
        ("https://[fd00::1]/hook", True),
        ("http://127.0.0.1:9/hook", True),
        ("http://localhost/hook", True),
        ("http://crm.example/hook", False),
        ("http://10.1.2.3/hook", False),
        ("https://169.254.169.254/latest", False),
        ("https://[fe80::1]/x", False),
        ("https://[::ffff:169.254.169.254]/x", False),
        ("https://0.0.0.0/x", False),
        ("https://user:secret@crm.example/", False),
        ("ftp://crm.example/", False),
        ("https:///nowhere", False),
        ("https://[bad", False),
    ],
)
async def test_where_events_may_be_sent(world: World, url: str, allowed: bool) -> None:
    shop = await world.add("Shop", "org")

    assert may_post(url) is allowed
    if not allowed:
        with pytest.raises(Misconfigured):
            await webhooks.make(shop, url)
    assert may_choose("93.184.216.34")


@pytest.mark.parametrize("key", ["", "secret", "whsk_", "whsk_AAAA", "whsec_AAAA", "whsk_?", "whpk_" + "A" * 44])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(Misconfigured, match="whsk_ and 32 bytes"):
        signatures.raw(key)
    assert b64encode(signatures.raw(SEED)).decode() == SEED.removeprefix("whsk_")
