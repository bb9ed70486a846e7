"""A shop with an API for its own systems, a customer, and somebody who calls."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import msgspec
import pytest

from agent.agent import Agent
from agent.rest.desk import Desk
from tests.agent.world import Said, World


@dataclass
class Caller:
    """A system of the shop's. key: what it sends."""

    desk: Desk
    key: str
    number: Iterator[int] = field(default_factory=count)

    async def call(self, method: str, path: str, body: object = None, once: str | None = None) -> tuple[int, Any]:
        """One request. once: its Idempotency-Key; a fresh one if None. Returns status and answer, as JSON values."""
        headers = {"authorization": f"Bearer {self.key}"}
        if method == "POST":
            headers["idempotency-key"] = f"request {next(self.number)}" if once is None else once
        raw = b"" if body is None else msgspec.json.encode(body)
        status, said = await self.desk.answer(method, path, headers, raw)
        return status, msgspec.json.decode(msgspec.json.encode(said))

    async def get(self, path: str) -> Any:
        """What is answered; a refusal fails the test."""
        status, said = await self.call("GET", path)
        assert status == 200, said
        return said

    async def post(self, path: str, body: object, once: str | None = None) -> Any:
        """What is answered; a refusal fails the test."""
        status, said = await self.call("POST", path, body, once)
        assert status == 200, said
        return said


@dataclass
class Shop:
    """A shop and one customer, who have met. id: the relationship, as the shop's systems know it."""

    world: World
    shop: Agent
    her: Agent
    crm: Caller
    id: str

    async def asked(self) -> list[Said]:
        """What waits for her."""
        return await self.world.listed(self.her, "/v1/questions")


Keys = Callable[..., Awaitable[Caller]]


@pytest.fixture
async def shop(world: World) -> Shop:
    """See Shop."""
    org, her = await world.add("Town Shop", "org"), await world.add("Ada")
    await world.introduce(her, org)
    crm = await caller(world, org)
    [listed] = (await crm.get("/v1/relationships"))["relationships"]
    return Shop(world, org, her, crm, listed["relationship"])


async def caller(world: World, org: Agent, *scopes: str, name: str = "crm") -> Caller:
    """A system with a key of its own; scopes: none for all."""
    made = await world.do(org, "/v1/integrations", name=name, scopes=scopes)
    return Caller(Desk(org), str(made["key"]))
