"""Agents that talk over a network in memory: real wallets on disk, real envelopes, one clock that tests move."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from agent import clock, home, identity
from agent import conversation as conversations
from agent import relationship as relationships
from agent.agent import Agent
from agent.config import Config, without_password
from agent.conversation import Conversation
from agent.needs import Needs
from agent.relationship import Relationship
from agent.transports.memory import Network
from agent.web import api
from tests.promises import FILE, SERVER
from wallet import dids
from wallet.needs import Fetch
from wallet.slots import CHEAP
from wallet.store.change import Change
from wallet.store.sqlite import FileStore
from wallet.store.store import Store
from wallet.vault import Vault

PASSPHRASE = "a passphrase for tests only"
START = 1_800_000_000
Said: TypeAlias = dict[str, object]


class Near(Needs):
    """A fetcher that finds what the agents of one world publish, and nothing else."""

    def __init__(self, world: "World") -> None:
        super().__init__(development=True)
        self.world = world

    async def fetch(self, need: Fetch, charge: Callable[[], None] | None = None) -> bytes:
        """A public document, straight from the agent that publishes it."""
        self.world.fetched.append(need.url)
        for agent in self.world.agents.values():
            if agent.config.url and need.url.startswith(agent.config.url):
                return identity.documents(agent)[need.url.removeprefix(agent.config.url)][1]
        raise AssertionError(f"nobody was to fetch {need.url}")


@dataclass
class World:
    """Some agents, the network between them, and their common clock.

    time: Unix seconds; jumped: how much of it never passed, for the clock was only set.
    database: the address of one for every wallet; "" for wallet files.
    interleaved: by which chance the reads of every store take turns with other tasks; 0: they take no time.
    """

    folder: Path
    network: Network = field(default_factory=Network)
    time: int = START
    jumped: int = 0
    agents: dict[str, Agent] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)
    interleaved: int = 0
    database: str = ""

    @property
    def kind(self) -> str:
        """What its wallets are in: FILE or SERVER."""
        return SERVER if self.database else FILE

    async def add(
        self,
        name: str,
        kind: Literal["person", "org"] = "person",
        *,
        welcomes: bool = True,
        mediates: bool = False,
        listens: bool = True,
    ) -> Agent:
        """One more agent, listening at an address of its own, if it does."""
        url = f"http://127.0.0.1:{9000 + len(self.agents)}" if listens else ""
        config = Config(
            kind=kind,
            name=name,
            url=url,
            listen="127.0.0.1:8080" if listens else "",
            development=True,
            welcomes=welcomes,
            mediates=mediates,
            rate_per_peer=0,
            store=without_password(self.database),
            tenant=name if self.database else "",
        )
        folder = self.folder / name.replace(" ", "-")
        folder.mkdir(mode=0o700)
        store = self.made(name, folder / "wallet.db", Vault.create(PASSPHRASE, CHEAP))
        if kind == "org":
            _, items = identity.public(config, self.time)
            await store.apply(Change(peer="", keep=items))
        return self.put(config, store)

    def made(self, name: str, path: Path, vault: Vault) -> Store:
        """A new wallet."""
        if not self.database:
            return FileStore.create(path, vault)
        from wallet.store import postgresql  # what needs asyncpg, once it is asked for

        return postgresql.create(self.database, name, vault, path=path)

    def put(self, config: Config, store: Store) -> Agent:
        """An agent around an open wallet, in its place in the world."""
        if self.interleaved and isinstance(store, FileStore):
            from tests.agent.interleaved import interleave  # what needs greenlet, once it is asked for

            interleave(store, self.interleaved)
        agent = home.assemble(config, store, self.network)
        agent.now = lambda: self.time
        agent.steady = lambda: float(self.time - self.jumped)
        agent.needs = Near(self)
        if config.url:
            self.network.listen(config.url, agent.receive)
        self.agents[config.name] = agent
        return agent

    async def restart(self, agent: Agent) -> Agent:
        """Let go of an agent, whatever it was doing, and start it again from what its wallet holds."""
        path = agent.store.path
        agent.store.close()
        store: Store
        if self.database:
            from wallet.store import postgresql

            store = postgresql.open(self.database, agent.config.tenant, path=path)
        else:
            store = FileStore.open(path)
        await store.unlock(PASSPHRASE)
        return self.put(agent.config, store)

    async def settle(self) -> None:
        """Let everything that is on its way arrive, and what it causes."""
        while True:
            for agent in self.agents.values():
                await agent.outbox.quiet()
            if await self.network.deliver() == 0:
                return

    def jump(self, seconds: int) -> None:
        """Set everybody's clock, in no time."""
        self.time += seconds
        self.jumped += seconds

    async def tick(self, seconds: int) -> None:
        """Let time pass, and do what is due."""
        self.time += seconds
        for agent in self.agents.values():
            await clock.tick(agent)
        await self.settle()

    async def pass_time(self, seconds: int) -> None:
        """Let time pass from one moment at which something is due to the next."""
        until = self.time + seconds
        while True:
            due = [at for agent in self.agents.values() if (at := agent.store.next_due()) is not None]
            if not due or min(due) > until:
                break
            await self.tick(max(0, min(due) - self.time))
        await self.tick(until - self.time)

    async def ask(self, agent: Agent, method: str, path: str, **body: object) -> object:
        """What the owner's API says; a refusal fails the test."""
        status, said = await api.answer(agent, method, path, msgspec.json.encode(body) if body else b"")
        assert status == 200, said
        return said

    async def refused(self, agent: Agent, path: str, **body: object) -> str:
        """The words in which the owner's API refuses to do something; a success fails the test."""
        status, said = await api.answer(agent, "POST", path, msgspec.json.encode(body))
        assert status != 200, said
        assert isinstance(said, dict)
        return str(said["error"])

    async def do(self, agent: Agent, path: str, **body: object) -> Said:
        """Do something over the owner's API; returns the object it answers."""
        said = await self.ask(agent, "POST", path, **body)
        assert isinstance(said, dict)
        return said

    async def listed(self, agent: Agent, path: str) -> list[Said]:
        """A list from the owner's API."""
        said = await self.ask(agent, "GET", path)
        assert isinstance(said, list)
        return said

    async def introduce(self, person: Agent, org: Agent) -> str:
        """Let a person meet an org over its invitation. Returns what the org calls her."""
        invitation = await self.do(org, "/v1/invitations", goal="Meet")
        taken = await self.do(person, "/v1/invitations/accept", url=invitation["url"])
        await self.settle()
        return relationships.fingerprint(peer_of(org, towards(person, str(taken["peer"])).our_did))

    async def agree(self, person: Agent, org: Agent) -> str:
        """Proffer terms and let what follows happen. Returns the thread's id."""
        begun = await self.do(person, "/v1/terms", peer=org.config.name)
        await self.settle()
        return str(begun["thread"])

    async def answer(self, agent: Agent, word: str = "yes", **more: object) -> Said:
        """Answer the one question that waits for this owner."""
        [question] = await self.listed(agent, "/v1/questions")
        said = await self.do(agent, f"/v1/questions/{question['question']}/answer", answer=word, **more)
        await self.settle()
        return said

    async def close(self) -> None:
        """Let go of every wallet, once nothing is under way."""
        for agent in self.agents.values():
            await agent.outbox.quiet()
            await agent.needs.close()
            agent.store.close()


def known(agent: Agent) -> list[Relationship]:
    """Everybody an agent has a relationship with, in no order."""
    return [relationships.read(row) for row in agent.store.peers()]


def towards(agent: Agent, did: str) -> Relationship:
    """The relationship with `did`."""
    return agent.relationship(peer_of(agent, did))[0]


def the_only(agent: Agent) -> Relationship:
    """The one relationship there is."""
    [found] = known(agent)
    return found


def peer_of(agent: Agent, did: str) -> str:
    """The name of the relationship with `did`."""
    found = agent.store.peer_of(dids.canonical(did))
    assert found is not None
    return found


def threads(agent: Agent) -> dict[str, Conversation]:
    """All threads, by id."""
    found = (conversations.read(row) for _, row in agent.store.threads())
    return {each.thread.thid: each for each in found}


def state(agent: Agent, thid: str) -> str | None:
    """Where a thread stands, if it has begun."""
    found = [conversations.read(row).thread.state for _, row in agent.store.threads_with_thid(thid)]
    return found[-1] if found else None


def ledger(agent: Agent, peer: str) -> list[tuple[str, str]]:
    """The signed objects of one relationship, in an order that both sides have."""
    return sorted((row.digest, row.thid) for row in agent.store.ledger(peer))


def public_did(org: Agent) -> str:
    """The DID an org is known by."""
    me = identity.own(org)
    assert me is not None
    return me.did
