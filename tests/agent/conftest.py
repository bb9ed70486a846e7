"""Agents that talk over a network in memory: real wallets on disk, real envelopes, a transport whose faults we choose."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from agent import clock, home, identity, inbox
from agent.agent import Agent
from agent.config import Config
from agent.outbox import Outbox
from agent.transports.memory import Network
from agent.web import api
from wallet.needs import Fetch
from wallet.slots import CHEAP
from wallet.store.sqlite import Store
from wallet.vault import Vault

PASSPHRASE = "a passphrase for tests only"


@dataclass
class World:
    """Some agents, the network between them, and their common clock."""

    folder: Path
    network: Network = field(default_factory=Network)
    time: int = 1_800_000_000
    agents: dict[str, Agent] = field(default_factory=dict)

    async def add(self, name: str, kind: str = "person", **settings: object) -> Agent:
        """One more agent, listening at an address of its own."""
        url = f"http://127.0.0.1:{9000 + len(self.agents)}"
        config = Config(kind=kind, name=name, url=url, development=True, **settings)  # type: ignore[arg-type]
        folder = self.folder / name.replace(" ", "-")
        folder.mkdir(mode=0o700)
        store = Store.create(folder / "wallet.db", Vault.create(PASSPHRASE, CHEAP))
        agent = home.assemble(config, store, self.network)
        agent.now = lambda: self.time
        if kind == "org":
            _, items = identity.public(config, self.time)
            await store.write(lambda tx: None)
            from wallet.store.change import Change

            await store.apply(Change(peer="", keep=items))
        self.network.listen(url, partial(inbox.receive, agent))
        self.agents[name] = agent
        agent.needs.fetch = self.fetch  # type: ignore[method-assign]
        return agent

    async def fetch(self, need: Fetch) -> bytes:
        """Public documents, straight from the agent that publishes them."""
        for agent in self.agents.values():
            if need.url.startswith(agent.config.url):
                return identity.documents(agent)[need.url.removeprefix(agent.config.url)][1]
        raise AssertionError(f"nobody was to fetch {need.url}")

    async def settle(self) -> None:
        """Let everything that is on its way arrive, and what it causes."""
        while True:
            for agent in self.agents.values():
                assert isinstance(agent.outbox, Outbox)
                await agent.outbox.quiet()
            if await self.network.deliver() == 0:
                return

    async def tick(self, seconds: int) -> None:
        """Let time pass, and do what is due."""
        self.time += seconds
        for agent in self.agents.values():
            assert isinstance(agent.outbox, Outbox)
            await clock.tick(agent, agent.outbox)
        await self.settle()

    async def ask(self, agent: Agent, method: str, path: str, body: bytes = b"") -> object:
        """What the owner's API says; a refusal fails the test."""
        status, said = await api.answer(agent, method, path, body)
        assert status == 200, said
        return said


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """An empty world."""
    made = World(tmp_path)
    yield made
    for agent in made.agents.values():
        agent.store.close()
