"""The listener for whoever watches over the agent: over HTTP, and only where its setting says."""

import socket
from pathlib import Path

import aiohttp
import pytest

from agent import config as configs
from agent import home, serving
from agent.config import Config
from agent.errors import Exposed, Misconfigured
from tests.agent.test_serving import KEY_FILE, Runs, made, run
from tests.ports import free_ports

__all__ = ["run"]


async def monitored(folder: Path, runs: Runs) -> tuple[serving.Running, str]:
    """An agent that can be watched over, and where."""
    place = await made(folder, "org", "Library")
    config = configs.read(place)
    [port] = free_ports(1)
    fields = {name: getattr(config, name) for name in config.__struct_fields__}
    configs.write(place, Config(**{**fields, "metrics": f"127.0.0.1:{port}"}))
    return await runs.start(place), f"http://127.0.0.1:{port}"


async def get(url: str, method: str = "GET") -> tuple[int, str]:
    """Status and text."""
    async with aiohttp.ClientSession() as session, session.request(method, url) as answer:
        return answer.status, await answer.text()


async def test_health_readiness_and_metrics_are_served_and_nothing_else(tmp_path: Path, run: Runs) -> None:
    running, url = await monitored(tmp_path, run)

    alive, ready, metrics = [await get(f"{url}/{name}") for name in ("health", "ready", "metrics")]
    other = [(await get(f"{url}/{name}"))[0] for name in ("", "v1/status", "metrics/", "ready/health")]
    orders = [(await get(f"{url}/ready", method))[0] for method in ("POST", "PUT", "DELETE")]

    assert alive == (200, '{"alive": true}')
    assert ready[0] == 200
    assert '"ready": true' in ready[1]
    assert metrics[0] == 200
    assert 'freerange_ready{check="store"} 1.0' in metrics[1]
    assert other == [404] * 4
    assert orders == [405] * 3
    assert "Library" not in metrics[1]
    assert running.agent.config.name == "Library"


async def test_what_is_not_well_answers_503_by_its_name_alone(tmp_path: Path, run: Runs) -> None:
    running, url = await monitored(tmp_path, run)
    running.agent.troubles["mediator"] = ("the mediator Alder Lane does not answer", "wait")

    status, said = await get(f"{url}/ready")

    assert status == 503
    assert '"mediator": false' in said
    assert "Alder Lane" not in said


async def test_an_agent_that_is_being_stopped_is_not_ready(tmp_path: Path, run: Runs) -> None:
    running, url = await monitored(tmp_path, run)
    running.agent.stopping = True

    assert (await get(f"{url}/ready"))[0] == 503
    assert (await get(f"{url}/health"))[0] == 200


async def test_without_the_setting_nothing_listens(tmp_path: Path, run: Runs) -> None:
    running = await run.start(await made(tmp_path, "org", "Library"))

    assert running.monitor._runner is None


async def test_a_port_that_is_taken_is_said_to_be(tmp_path: Path, run: Runs) -> None:
    running, url = await monitored(tmp_path, run)
    folder = running.token_file.parent
    await run.stop(running)
    port = int(url.rpartition(":")[2])

    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", port))
        squatter.listen()
        agent = await home.open_agent(folder, KEY_FILE)
        with pytest.raises(Misconfigured, match=f"127.0.0.1:{port}"):
            await serving.start(agent, folder)
        await serving.close(agent)


def test_others_see_how_an_agent_does_only_if_that_is_wanted() -> None:
    base = Config(kind="org", name="Library", development=True)
    fields = {name: getattr(base, name) for name in base.__struct_fields__}

    with pytest.raises(Exposed, match="metrics_for_all"):
        configs.check(Config(**{**fields, "metrics": "0.0.0.0:9464"}))
    with pytest.raises(Misconfigured, match="host:port"):
        configs.check(Config(**{**fields, "metrics": "9464"}))

    configs.check(Config(**{**fields, "metrics": "0.0.0.0:9464", "metrics_for_all": True}))
    configs.check(Config(**{**fields, "metrics": "[::1]:9464"}))
