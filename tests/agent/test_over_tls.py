"""An org at https, and a person who resolves it, meets it and talks to it: nothing here is in development mode.

The names are this computer's only because the test says so (`Nearby`), and vouched for by a test authority; the agents
speak TLS themselves.
"""

import asyncio
import json
import os
import shutil
import signal
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Literal

import aiohttp
import pytest

from agent import home, serving
from agent.config import Config
from agent.errors import Misconfigured
from agent.needs import Needs
from agent.reach import Nearby
from agent.serving import Running
from agent.transports.carrier import Carrier
from tests.agent.certificates import Authority
from tests.agent.test_serving import KEY_FILE, eventually, said
from tests.agent.world import known, public_did, state
from tests.ports import free_ports
from wallet import dids
from wallet.errors import Unresolved

LIBRARY, HERS = "library.example", "her.example"


@dataclass
class Stage:
    """Agents at names of their own, each with a certificate of one authority."""

    folder: Path
    authority: Authority = field(default_factory=Authority.make)
    running: list[Running] = field(default_factory=list)

    @property
    def nearby(self) -> Nearby:
        """What is here instead of out there."""
        return Nearby(frozenset({LIBRARY, HERS}), self.authority.path)

    async def make(self, kind: Literal["person", "org"], name: str, host: str) -> Path:
        """The folder of a new agent at `host`."""
        port, api = free_ports()
        folder = self.folder / name
        folder.mkdir()
        issued = self.authority.issue(host)
        shutil.copy(issued.certificate, folder / "tls.pem")
        shutil.copy(issued.key, folder / "tls-key.pem")
        config = Config(
            kind=kind,
            name=name,
            listen=f"127.0.0.1:{port}",
            url=f"https://{host}:{port}",
            api=f"127.0.0.1:{api}",
            tls_certificate="tls.pem",
            tls_key="tls-key.pem",
        )
        await home.make(folder, config, KEY_FILE)
        return folder

    async def start(self, folder: Path) -> Running:
        """Start the agent of a folder, which finds the others here."""
        agent = await home.open_agent(folder, KEY_FILE, Carrier(nearby=self.nearby))
        agent.needs = Needs(nearby=self.nearby)
        running = await serving.start(agent, folder)
        self.running.append(running)
        return running

    async def stop(self, running: Running) -> None:
        """Stop one of them."""
        self.running.remove(running)
        await serving.stop(running)

    def session(self) -> aiohttp.ClientSession:
        """A client that trusts the authority, on this computer."""
        context = ssl.create_default_context(cafile=self.authority.path)
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context, force_close=True))


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """An empty stage."""
    made = Stage(tmp_path)
    yield made
    for each in made.running:
        await serving.stop(each)


async def met(stage: Stage) -> tuple[Running, Running]:
    """An org and a person who have met."""
    library = await stage.start(await stage.make("org", "Library", LIBRARY))
    her = await stage.start(await stage.make("person", "her", HERS))
    invitation = await said(library, "/v1/invitations", goal="Meet")
    await said(her, "/v1/invitations/accept", url=invitation["url"])
    await eventually(lambda: any(each.met for each in known(her.agent)))
    return library, her


async def test_a_person_meets_an_org_by_its_domain_and_agrees_with_it_over_tls(stage: Stage) -> None:
    library, her = await met(stage)

    begun = await said(her, "/v1/terms", peer="Library")
    await eventually(lambda: all(state(each.agent, str(begun["thread"])) == "in-force" for each in (her, library)))

    did, [relationship] = public_did(library.agent), known(her.agent)
    assert did == f"did:web:{LIBRARY}%3A{library.agent.config.url.rpartition(':')[2]}"
    assert dids.same(relationship.their_did, did)
    assert (relationship.name, relationship.domain) == ("Library", library.agent.config.domain)
    assert not library.agent.config.development
    assert not her.agent.config.development


async def test_whom_nobody_vouches_for_is_not_met(stage: Stage) -> None:
    """DID-08: the same, but for the authority."""
    library = await stage.start(await stage.make("org", "Library", LIBRARY))
    folder = await stage.make("person", "her", HERS)
    stage.authority = Authority.make()
    her = await stage.start(folder)
    invitation = await said(library, "/v1/invitations", goal="Meet")

    access = json.loads(her.token_file.read_text())
    headers = {"Authorization": f"Bearer {access['token']}"}
    async with (
        aiohttp.ClientSession(access["url"], headers=headers) as session,
        session.post("/v1/invitations/accept", json={"url": invitation["url"]}) as answer,
    ):
        refused = answer.status

    assert refused != 200
    assert known(her.agent) == known(library.agent) == []


async def test_while_the_place_of_its_document_is_down_a_known_org_is_heard_and_is_nobody_to_strangers(
    stage: Stage,
) -> None:
    """DID-22: she knows it by its last good document; our own agent needs the web for its own document never."""
    library, her = await met(stage)
    needs, did = her.agent.needs, public_did(library.agent)
    library.listener.documents = lambda path: None
    needs.now = lambda: monotonic() + 3600

    begun = await said(her, "/v1/terms", peer="Library")
    await eventually(lambda: all(state(each.agent, str(begun["thread"])) == "in-force" for each in (her, library)))

    assert needs.stale > 0
    with pytest.raises(Unresolved):
        await her.agent.meet(her.agent.resolve(did))
    assert (await library.agent.meet(library.agent.resolve(did))).id == did


async def test_an_answer_over_tls_asks_browsers_to_stay_with_it_and_follows_no_redirect(stage: Stage) -> None:
    library = await stage.start(await stage.make("org", "Library", LIBRARY))
    port = library.agent.config.url.rpartition(":")[2]

    async with stage.session() as session:
        url = f"https://127.0.0.1:{port}/.well-known/did.json"
        async with session.get(url, server_hostname=LIBRARY, headers={"Host": LIBRARY}) as answer:
            document = await answer.json()

    assert (answer.status, answer.history) == (200, ())
    assert answer.content_type == "application/did+json"
    assert answer.headers["Cache-Control"] == "max-age=300"
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    assert answer.headers["Server"] == "freerange"
    assert document["id"] == public_did(library.agent)


async def shown(stage: Stage, running: Running) -> int:
    """The serial number of the certificate that an agent shows."""
    context = ssl.create_default_context(cafile=stage.authority.path)
    port = int(running.agent.config.url.rpartition(":")[2])
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=LIBRARY)
    certificate = writer.get_extra_info("peercert")
    writer.close()
    return int(certificate["serialNumber"], 16)


async def test_a_certificate_is_renewed_without_a_restart_and_a_bad_one_changes_nothing(stage: Stage) -> None:
    folder = await stage.make("org", "Library", LIBRARY)
    library = await stage.start(folder)
    seen = [await shown(stage, library)]
    issued = stage.authority.issue(LIBRARY)

    shutil.copy(issued.certificate, folder / "tls.pem")
    os.kill(os.getpid(), signal.SIGHUP)  # the key is still the old one
    await asyncio.sleep(0.1)
    seen.append(await shown(stage, library))
    shutil.copy(issued.key, folder / "tls-key.pem")
    os.kill(os.getpid(), signal.SIGHUP)
    async with asyncio.timeout(60):
        while await shown(stage, library) == seen[0]:  # noqa: ASYNC110 - it is noted in the log at most
            await asyncio.sleep(0.02)

    assert seen[0] == seen[1]


@pytest.mark.parametrize("broken", ["tls.pem", "tls-key.pem"])
async def test_with_a_certificate_that_cannot_be_used_nothing_is_started(stage: Stage, broken: str) -> None:
    folder = await stage.make("org", "Library", LIBRARY)
    (folder / broken).write_text("nothing of the kind")
    agent = await home.open_agent(folder, KEY_FILE)

    with pytest.raises(Misconfigured, match="certificate"):
        await serving.start(agent, folder)
    await serving.close(agent)


async def test_a_connection_that_speaks_no_tls_is_closed_and_counted_no_more(stage: Stage) -> None:
    """HT-01, HT-04: who says nothing, and who says something else."""
    library = await stage.start(await stage.make("org", "Library", LIBRARY))
    port = int(library.agent.config.url.rpartition(":")[2])

    for _ in range(70):  # more than an address may hold at once
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: library.example\r\n\r\n")
        assert b"200" not in await reader.read()
        writer.close()

    assert await shown(stage, library)
