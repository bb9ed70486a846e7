"""What tests of bridges may ask for: a Tryton server, one for all of them, and a shop whose bridge leads there."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import msgspec
import pytest

from agent.agent import Agent
from agent.bridges import CloudEvent, state
from agent.bridges.tryton import Access, Tryton, make
from tests.agent.bridges.tryton_server import CLERK, OURS, Clerk, Office, hire, office
from tests.agent.world import World
from wallet.keys import new_id


@pytest.fixture(scope="session")
def tryton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A Tryton server, for all tests of this process."""
    with office(tmp_path_factory.mktemp("tryton")) as found:
        asyncio.run(hire(found.url))
        yield found


@dataclass
class Desk:
    """A shop with its bridge to Tryton, and the clerk there."""

    world: World
    shop: Agent
    bridge: Tryton
    clerk: Clerk
    who: str

    async def tell(self, type: str, *, thread: str = "", id: str = "", **data: object) -> CloudEvent:
        """Hand one event over."""
        named = {"source": "did:web:shop.example", "time": "2027-01-15T08:00:00Z", "subject": self.who}
        event = CloudEvent(id=id or new_id(), type=f"vrm.{type}.v1", data=data, **named)
        event = msgspec.structs.replace(event, vrmthread=thread) if thread else event
        await self.bridge.deliver(event)
        return event


@pytest.fixture
async def desk(world: World, tryton: Office) -> AsyncIterator[Desk]:
    """See Desk; the relationship is one that the database has not seen."""
    shop = await world.add("Town Shop", "org")
    await state.keep_secret(shop, tryton.setting, msgspec.json.encode(Access(OURS.user, OURS.password)))
    bridge, clerk = make(shop, tryton.setting), Clerk(tryton.url, CLERK)
    yield Desk(world, shop, bridge, clerk, f"rel_{new_id()[:16]}")
    await bridge.close()
    await clerk.close()
