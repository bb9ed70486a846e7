"""Two real agents that meet, agree on terms, issue a card and show it, over real sockets through bad networks.

Their clock runs fast, so that what they do again after ten minutes they do again after seconds.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Self, TypeVar

import msgspec

from agent import clock, home, serving
from agent import conversation as conversations
from agent import relationship as relationships
from agent.agent import Agent
from agent.config import Config
from agent.errors import AgentError
from agent.relationship import Relationship
from agent.web import api
from tests.agent.world import START, Said, ledger
from tests.faults.proxy import Proxy, Weather
from tests.ports import free_ports
from wallet.errors import WalletError
from wallet.keys import random_bytes

T = TypeVar("T")
FASTER: Final = 100
BEGAN: Final = time.monotonic()
TICK: Final = 0.02  # seconds
PATIENCE: Final = 120.0
ENDED: Final = {"abandoned", "declined", "lapsed"}  # a proof, say, that took too long to be fresh
TYPE: Final = "urn:card:member"


class Refused(Exception):
    """What the owner's API did not do, in its words."""


@dataclass
class Side:
    """One agent, listening, and the network before it."""

    agent: Agent
    running: serving.Running
    proxy: Proxy
    ticking: asyncio.Task[None]

    @classmethod
    async def start(cls, folder: Path, kind: Literal["person", "org"], name: str, seed: int, weather: Weather,
                    *, mediates: bool = False, behind: bool = False, slow: bool = False) -> Self:  # fmt: skip
        """A new agent whose address is that of its proxy. behind: it has no address, and a mediator of its own soon.
        slow: its clock is that of this computer."""
        port, api_port = free_ports()
        proxy = Proxy(port, seed, weather)
        url = f"http://127.0.0.1:{await proxy.start()}"
        config = Config(
            kind=kind,
            name=name,
            listen="" if behind else f"127.0.0.1:{port}",
            url="" if behind else url,
            api=f"127.0.0.1:{api_port}",
            development=True,
            mediates=mediates,
        )
        secret = random_bytes(32)
        await home.make(folder, config, secret)
        agent = await home.open_agent(folder, secret)
        if not slow:
            agent.now, agent.steady, agent.needs.now = lambda: START + int(fast()), fast, fast
        running = await serving.start(agent, folder)
        return cls(agent, running, proxy, asyncio.create_task(tick(agent)))

    async def stop(self) -> None:
        """Stop the agent and its network."""
        self.ticking.cancel()
        await self.proxy.stop()
        await serving.stop(self.running)

    async def ask(self, method: str, path: str, **body: object) -> object:
        """What the owner's API says. Raises Refused."""
        status, said = await api.answer(self.agent, method, path, msgspec.json.encode(body) if body else b"")
        if status != 200:
            raise Refused(f"{method} {path}: {status} {said}")
        return said

    async def insist(self, path: str, **body: object) -> Said:
        """Do something, again and again if the network will not have it."""

        async def once() -> Said | None:
            try:
                said = await self.ask("POST", path, **body)
            except Refused:
                return None
            assert isinstance(said, dict)
            return said

        return await until(once)

    def the_only(self) -> Relationship:
        """The one relationship in which something was agreed."""
        [known] = [each for each in map(relationships.read, self.agent.store.peers()) if each.agreements]
        return known

    def states(self) -> dict[str, str]:
        """Where every thread stands."""
        return {row.thid: conversations.read(row).thread.state for _, row in self.agent.store.threads()}


def fast() -> float:
    """Seconds of a clock that runs fast."""
    return FASTER * (time.monotonic() - BEGAN)


async def tick(agent: Agent) -> None:
    """Do what is due, by a clock that runs fast."""
    while True:
        await asyncio.sleep(TICK)
        try:
            await clock.tick(agent)
        except (AgentError, WalletError):
            continue


async def until(there: Callable[[], Awaitable[T | None]]) -> T:
    """Wait until something is there. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = await there()
            if found is not None:
                return found
            await asyncio.sleep(TICK)


@dataclass
class Pair:
    """A person and an org. post: the mediator through which she is reached, if she is."""

    her: Side
    org: Side
    post: Side | None = None

    @classmethod
    async def start(cls, folder: Path, seed: int, weather: Weather, *, mediated: bool = False) -> Self:
        """All, with wallets of their own in folders that begin so."""
        her = await Side.start(Path(f"{folder}-her"), "person", "her", 3 * seed, weather, behind=mediated)
        org = await Side.start(Path(f"{folder}-org"), "org", "Town Library", 3 * seed + 1, weather)
        if not mediated:
            return cls(her, org)
        return cls(
            her, org, await Side.start(Path(f"{folder}-post"), "org", "Post", 3 * seed + 2, weather, mediates=True)
        )

    async def stop(self) -> None:
        """Stop all."""
        for side in (self.her, self.org, self.post):
            if side is not None:
                await side.stop()

    @property
    def happened(self) -> Counter[str]:
        """What the networks did."""
        return sum((side.proxy.done for side in (self.her, self.org, self.post) if side is not None), Counter())

    async def exchange(self) -> None:
        """Meet, agree, issue, show. Raises TimeoutError if that does not come to its end."""
        if self.post is not None:
            link = await self.post.insist("/v1/invitations", goal="Be reached")
            await self.her.insist("/v1/mediator", link=link["url"])
        invitation = await self.org.insist("/v1/invitations", goal="Meet")
        taken = await self.her.insist("/v1/invitations/accept", url=invitation["url"])
        await self.both(str(taken["thread"]), "met")
        begun = await self.her.insist("/v1/terms", peer="Town Library")
        await self.both(str(begun["thread"]), "in-force")
        known = relationships.fingerprint(self.org.the_only().peer)
        claims = {"given_name": "Ada", "tier": "gold"}
        offered = await self.org.insist("/v1/offers", peer=known, type=TYPE, name="Card", claims=claims)
        await self.yes()
        if not await self.both(str(offered["thread"]), "done"):
            return  # without a card there is nothing to show
        wanted = {"purpose": "A discount", "type": TYPE, "claims": ["tier"]}
        asked = await self.org.insist("/v1/requests", peer=known, **wanted)
        await self.yes()
        await self.both(str(asked["thread"]), "done")

    async def both(self, thid: str, state: str) -> bool:
        """Wait until a thread stands so on both sides, or has ended on both in another way that is documented. Returns
        whether it stands so."""

        async def there() -> bool | None:
            found = {side.states().get(thid) for side in (self.her, self.org)}
            if found == {state}:
                return True
            return False if len(found) == 1 and found <= ENDED else None

        return await until(there)

    async def yes(self) -> None:
        """Wait for the one question to her, and say yes."""

        async def asked() -> str | None:
            questions = self.her.agent.store.questions()
            return questions[0][1].id if questions else None

        await self.her.insist(f"/v1/questions/{await until(asked)}/answer", answer="yes")

    def differences(self) -> list[str]:
        """Where the two sides do not have the same."""
        theirs = self.org.states()
        mine = {thid: state for thid, state in self.her.states().items() if thid in theirs or self.post is None}
        found = [f"{thid}: {mine.get(thid)}, {theirs.get(thid)}" for thid in mine.keys() | theirs.keys()
                 if mine.get(thid) != theirs.get(thid)]  # fmt: skip
        if ledger(self.her.agent, self.her.the_only().peer) != ledger(self.org.agent, self.org.the_only().peer):
            found.append("the ledgers differ")
        records = [[item.id for item in side.agent.store.items("record")] for side in (self.her, self.org)]
        return found + ([f"records {records}"] if records[0] != records[1] else [])
