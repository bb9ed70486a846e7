"""Two agents that listen on loopback: they meet over real HTTP, stop in order, and go on where they stopped."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Literal

import aiohttp
import pytest

from agent import home, serving, tally
from agent.agent import Agent
from agent.config import Config
from agent.errors import Misconfigured
from agent.serving import Running
from agent.web.readiness import conditions
from tests.agent.world import Said, known, state
from tests.ports import free_ports
from wallet.errors import Locked
from wallet.store.sqlite import FileStore

KEY_FILE = bytes(range(32))


@pytest.fixture
async def run() -> AsyncIterator["Runs"]:
    """Agents that run until the test is over."""
    runs = Runs()
    yield runs
    for each in runs.running:
        await serving.stop(each)


class Runs:
    """Agents that run."""

    def __init__(self) -> None:
        self.running: list[Running] = []

    async def start(self, folder: Path) -> Running:
        """Start the agent of a folder."""
        running = await serving.start(await home.open_agent(folder, KEY_FILE), folder)
        self.running.append(running)
        return running

    async def stop(self, running: Running) -> None:
        """Stop one."""
        self.running.remove(running)
        await serving.stop(running)


async def made(folder: Path, kind: Literal["person", "org"], name: str) -> Path:
    """The folder of a new agent."""
    port, api = free_ports()
    config = Config(
        kind=kind,
        name=name,
        listen=f"127.0.0.1:{port}",
        url=f"http://127.0.0.1:{port}",
        api=f"127.0.0.1:{api}",
        development=True,
    )
    await home.make(folder / name, config, KEY_FILE)
    return folder / name


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds. Raises TimeoutError."""
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - what is waited for is in another agent, which tells nobody
            await asyncio.sleep(0.01)


async def said(running: Running, path: str, **body: object) -> Said:
    """Do something over the owner's API, as her programs do it: with the token, over HTTP."""
    access = json.loads(running.token_file.read_text())
    headers = {"Authorization": f"Bearer {access['token']}"}
    async with (
        aiohttp.ClientSession(access["url"], headers=headers) as session,
        session.post(path, json=body) as answer,
    ):
        assert answer.status == 200, await answer.text()
        found: Said = await answer.json()
        return found


async def test_two_agents_meet_and_agree_over_http_and_go_on_after_a_restart(tmp_path: Path, run: Runs) -> None:
    library = await run.start(await made(tmp_path, "org", "Library"))
    folder = await made(tmp_path, "person", "her")
    her = await run.start(folder)

    invitation = await said(library, "/v1/invitations", goal="Meet", once=True)
    await said(her, "/v1/invitations/accept", url=invitation["url"])
    await eventually(lambda: any(each.met for each in known(her.agent)))
    await run.stop(her)
    her = await run.start(folder)
    begun = await said(her, "/v1/terms", peer="Library")
    await eventually(lambda: all(state(each.agent, str(begun["thread"])) == "in-force" for each in (her, library)))

    assert [each.name for each in known(her.agent)] == ["Library"]
    await eventually(lambda: her.agent.store.counts()["outgoing"] == 0)
    await eventually(lambda: library.agent.store.counts()["outgoing"] == 0)


async def test_what_was_said_while_the_other_was_away_arrives_when_it_is_back(tmp_path: Path, run: Runs) -> None:
    folder = await made(tmp_path, "org", "Library")
    library, her = await run.start(folder), await run.start(await made(tmp_path, "person", "her"))
    invitation = await said(library, "/v1/invitations", goal="Meet")
    await said(her, "/v1/invitations/accept", url=invitation["url"])
    await eventually(lambda: any(each.met for each in known(her.agent)))
    await run.stop(library)

    begun = await said(her, "/v1/terms", peer="Library")
    await asyncio.sleep(0.2)
    library = await run.start(folder)

    await eventually(lambda: state(library.agent, str(begun["thread"])) == "in-force")


async def test_stopping_leaves_nothing_behind(tmp_path: Path, run: Runs) -> None:
    folder = await made(tmp_path, "org", "Library")
    before = asyncio.all_tasks()
    library = await run.start(folder)
    port, token = int(library.agent.config.listen.rpartition(":")[2]), library.token_file
    assert token.exists()

    await run.stop(library)

    assert not token.exists()
    assert asyncio.all_tasks() == before
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    assert not list(folder.glob("*-wal")) or not (folder / "wallet.db-wal").stat().st_size
    again = FileStore.open(folder / "wallet.db")  # nobody holds it any more
    again.close()


async def test_an_org_publishes_who_it_is_and_a_person_publishes_nothing(tmp_path: Path, run: Runs) -> None:
    library = await run.start(await made(tmp_path, "org", "Library"))
    her = await run.start(await made(tmp_path, "person", "her"))
    found = {}

    async with aiohttp.ClientSession() as session:
        for each in (library, her):
            for name in ("did.json", "did-configuration.json"):
                async with session.get(f"{each.agent.config.url}/.well-known/{name}") as answer:
                    found[each.agent.config.name, name] = answer.status

    assert found == {
        ("Library", "did.json"): 200,
        ("Library", "did-configuration.json"): 200,
        ("her", "did.json"): 404,
        ("her", "did-configuration.json"): 404,
    }


async def test_a_port_that_is_taken_is_said_to_be_and_nothing_is_started(tmp_path: Path, run: Runs) -> None:
    """UI-15."""
    folder = await made(tmp_path, "org", "Library")
    agent = await home.open_agent(folder, KEY_FILE)
    tasks = asyncio.all_tasks()

    for name in ("listen", "api"):
        host, _, port = getattr(agent.config, name).rpartition(":")
        with socket.socket() as squatter:
            squatter.bind((host, int(port)))
            squatter.listen()
            with pytest.raises(Misconfigured, match="cannot listen"):
                await serving.start(agent, folder)
    await serving.close(agent)

    assert asyncio.all_tasks() == tasks
    assert not (folder / "api.json").exists()


async def test_two_agents_cannot_have_one_wallet(tmp_path: Path, run: Runs) -> None:
    """SR-10."""
    folder = await made(tmp_path, "person", "her")
    await run.start(folder)

    with pytest.raises(Locked):
        await home.open_agent(folder, KEY_FILE)


async def test_a_wallet_is_never_made_over_another(tmp_path: Path) -> None:
    folder = await made(tmp_path, "person", "her")
    before = (folder / "wallet.db").read_bytes()

    with pytest.raises(Misconfigured, match="already"):
        await home.make(folder, Config(kind="person", name="her", development=True), KEY_FILE)

    assert (folder / "wallet.db").read_bytes() == before


async def test_a_part_that_ends_by_itself_is_told_of(
    tmp_path: Path, run: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(agent: Agent) -> None:
        raise LookupError("a fault of this program")

    monkeypatch.setattr(tally, "forget", broken)

    running = await run.start(await made(tmp_path, "org", "Library"))
    await eventually(lambda: any(task.done() for task in running.tasks))
    [unwell] = [each for each in await conditions(running.agent) if not each.ok]

    assert unwell.check == "parts"
    assert "LookupError" in unwell.detail
    assert "start the agent again" in unwell.mend


async def test_one_that_was_stopped_in_order_misses_nothing(tmp_path: Path, run: Runs) -> None:
    running = await run.start(await made(tmp_path, "org", "Library"))

    await run.stop(running)
    await asyncio.sleep(0)

    assert not running.agent.troubles
