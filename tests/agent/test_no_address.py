"""Somebody without an address of her own asks to be answered on the connections she opens."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import msgspec
import pytest

from agent import clock, home, serving
from agent.agent import Agent
from agent.config import Config
from agent.transports.carrier import Carrier
from agent.transports.http import ENCRYPTED
from agent.web import api
from tests.agent.puppet import HELLO, MEET, Puppet
from tests.agent.test_serving import KEY_FILE, eventually, made
from tests.agent.world import World, known, public_did, state, the_only, threads

NOWHERE = "didcomm:transport/queue"


@pytest.fixture
async def org(world: World) -> Agent:
    """An org."""
    return await world.add("Town Library", "org")


async def nowhere(world: World, name: str = "her") -> Agent:
    """A person whom nobody can reach: she has no listener and no mediator."""
    her = await world.add(name)
    her.config = msgspec.structs.replace(her.config, url=NOWHERE)
    return her


async def test_a_person_without_an_address_meets_an_org_and_agrees_on_terms(world: World, org: Agent) -> None:
    her = await nowhere(world)

    await world.introduce(her, org)
    thid = await world.agree(her, org)

    assert the_only(her).met
    assert state(her, thid) == state(org, thid) == "in-force"
    await world.pass_time(3600)
    assert her.store.counts()["outgoing"] == org.store.counts()["outgoing"] == 0


async def test_she_asks_for_it_only_if_nobody_can_reach_her(world: World) -> None:
    her, him, org = await nowhere(world), await world.add("him"), Puppet.make(world)

    await org.invite(her)
    asked = {each.return_route for each in org.heard}
    org.heard.clear()
    await org.invite(him)

    assert asked == {"all"}
    assert {each.return_route for each in org.heard} == {None}


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Agent]:
    """An org that listens on loopback."""
    folder = await made(tmp_path, "org", "library")
    running = await serving.start(await home.open_agent(folder, KEY_FILE), folder)
    yield running.agent
    await serving.stop(running)


async def test_a_person_without_a_listener_agrees_on_terms_over_real_http(tmp_path: Path, library: Agent) -> None:
    """Nothing but her own requests connects the two."""
    folder = await made(tmp_path, "person", "her")
    opened = await home.open_agent(folder, KEY_FILE, Carrier(development=True))
    opened.config = Config(kind="person", name="her", url=NOWHERE, development=True)
    ticking = asyncio.create_task(clock.run(opened))

    link = await asked(library, "/v1/invitations", goal="Meet")
    await asked(opened, "/v1/invitations/accept", url=link["url"])
    await eventually(lambda: the_only(opened).met)
    begun = await asked(opened, "/v1/terms", peer="library")
    await eventually(lambda: state(opened, str(begun["thread"])) == "in-force")
    await eventually(lambda: state(library, str(begun["thread"])) == "in-force")

    assert opened.store.counts()["dead"] == library.store.counts()["dead"] == 0
    ticking.cancel()
    await asyncio.gather(ticking, return_exceptions=True)
    await serving.close(opened)


async def asked(agent: Agent, path: str, **body: object) -> dict[str, object]:
    """What the owner's API says."""
    status, found = await api.answer(agent, "POST", path, msgspec.json.encode(body))
    assert status == 200, found
    assert isinstance(found, dict)
    return found


async def test_one_message_on_http_and_on_a_websocket_at_once_is_applied_once(
    world: World, tmp_path: Path, library: Agent
) -> None:
    """ST-01: the same message, in two envelopes, at the same moment by both ways; both answers say it was taken."""
    puppet = Puppet.make(world, url=None)
    did, url = public_did(library), library.config.url
    hello = puppet.message(f"{MEET}/hello", HELLO, to=did, sender_order=1, please_ack=("",), return_route="all")
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as line:
        packed = [(await puppet.pack(library, hello)).decode() for _ in range(10)]

        async def post(each: str) -> int:
            async with session.post(url, data=each, headers={"Content-Type": ENCRYPTED}) as answer:
                return answer.status

        posts = asyncio.gather(*(post(each) for each in packed[:5]))
        for each in packed[5:]:
            await line.send_str(each)
        statuses = await posts
        await eventually(lambda: peer_known(library, puppet))
        await line.receive(timeout=60)

    assert set(statuses) <= {200, 202}
    [conversation] = threads(library).values()
    assert conversation.heard == 1
    assert conversation.said == 1


def peer_known(agent: Agent, puppet: Puppet) -> bool:
    """Whether the puppet's first message has been taken."""
    return len(known(agent)) == 1
