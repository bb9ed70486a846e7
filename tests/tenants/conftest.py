"""Two vendors whose wallets are in one database, each with a customer and a system of its own; and what the database
holds of either, as only its superuser can see it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from agent.agent import Agent
from tests.agent.rest.conftest import Caller, caller
from tests.agent.rest.test_desk import NOTICE
from tests.agent.world import World
from tests.postgresql import Server
from wallet.store import waiting
from wallet.store.server_schema import LATER, TABLES

EVERY = (*TABLES, *LATER)


@dataclass(frozen=True)
class Vendor:
    """One tenant. id, thread: a relationship and a thread, as its own systems know them; record: of an agreement."""

    org: Agent
    her: Agent
    crm: Caller
    id: str
    thread: str
    record: str

    @property
    def ids(self) -> tuple[str, ...]:
        """By which something of it is known."""
        return self.id, self.thread, self.record


@dataclass(frozen=True)
class Tenants:
    """See the module. a: whom nobody may see or disturb; b: who tries."""

    world: World
    server: Server
    a: Vendor
    b: Vendor

    @property
    def dump(self) -> dict[str, str]:
        """Digests of all that the database holds of A, by table."""
        return dump(self.server, self.world.database, self.a.org.config.tenant)


def dump(server: Server, database: str, tenant: str) -> dict[str, str]:
    """Digests of all that a database holds of a tenant, by table."""
    whose = f"(SELECT id FROM tenant WHERE name = '{tenant}')"
    each = (
        f"SELECT '{table} ' || coalesce(string_agg(t::text, ' ' ORDER BY t::text), '') FROM {table} t"
        f" WHERE tenant = {whose};"
        for table in EVERY
    )
    lines = server.sql("\n".join(each), database.rpartition("/")[2]).splitlines()
    found = dict(line.partition(" ")[::2] for line in lines)
    assert set(found) == set(EVERY)
    return {table: sha256(rows.encode()).hexdigest() if rows else "" for table, rows in found.items()}


@pytest.fixture(autouse=True)
def cheap_passphrases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wallets whose passphrase costs next to nothing."""
    monkeypatch.setenv("FREERANGE_TEST_KDF", "1")


@pytest.fixture
async def may_wait() -> None:
    """Tasks that begin from now on may wait."""
    waiting.install(asyncio.get_running_loop())


@pytest.fixture
async def world(may_wait: None, tmp_path: Path, database: str) -> AsyncIterator[World]:
    """An empty world whose wallets are all in one database."""
    made = World(tmp_path, database=database)
    yield made
    await made.close()


@pytest.fixture
def noted(postgresql: Server, database: str) -> int:
    """Ask for this first: the database writes down every statement and value. Where in its log that begins."""
    postgresql.sql(f"ALTER DATABASE {database.rpartition('/')[2]} SET log_statement = 'all'")
    return len(postgresql.said())


@pytest.fixture
async def tenants(world: World, postgresql: Server) -> Tenants:
    """See Tenants."""
    return Tenants(
        world, postgresql, await vendor(world, "Xanadu Shop", "Quizzical"), await vendor(world, "Wombat Shop", "Zygote")
    )


async def vendor(world: World, shop: str, customer: str) -> Vendor:
    """A vendor, and a customer who has agreed on terms with it and was told something."""
    org, her = await world.add(shop, "org"), await world.add(customer)
    await world.introduce(her, org)
    thread = await world.agree(her, org)
    crm = await caller(world, org)
    [listed] = (await crm.get("/v1/relationships"))["relationships"]
    await crm.post("/v1/threads", {"relationship": listed["relationship"], **NOTICE})
    await world.settle()
    [agreement] = (await crm.get(f"/v1/relationships/{listed['relationship']}"))["agreements"]
    return Vendor(org, her, crm, listed["relationship"], thread, agreement["record"])
