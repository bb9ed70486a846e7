"""A vendor's CRM beside its agent, with a real Tryton server. vrm-protocols 2 and 6."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from statistics import median

import pytest
from msgspec.structs import replace

from agent import contact
from agent.agent import Agent
from agent.bridges import state
from agent.bridges.dispatch import Dispatcher
from agent.bridges.tryton import Tryton
from agent.bridges.tryton_map import Memory
from agent.bridges.tryton_rpc import Row
from tests.agent.bridges.tryton_server import CLERK, OURS, Clerk, Office, hire, office
from tests.agent.world import World, the_only
from tests.agent.world import state as state_of

SECONDS = 2.0  # until the books say what she said
HOME, MAIL = "/addresses/home", "/emails/main"
CARD = {HOME: {"full": "1 New Street\n1000 Lisboa"}, MAIL: {"address": "ada@mail.example"}}
GIVEN = [{"ptr": HOME, "purpose": "dpv:DeliveryOfGoods"}, {"ptr": MAIL, "purpose": "dpv:CustomerCare"}]


@pytest.fixture(scope="module")
def tryton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A Tryton server."""
    with office(tmp_path_factory.mktemp("tryton")) as found:
        asyncio.run(hire(found.url))
        yield found


@dataclass
class Shop:
    """A vendor whose agent stands beside Tryton, a clerk there, and a customer who has met it on her terms."""

    world: World
    agent: Agent
    her: Agent
    clerk: Clerk
    bridges: Dispatcher
    setting: str

    async def run(self) -> None:
        """Let everything happen that is due, on the way and beside it."""
        for _ in range(3):
            await self.world.settle()
            await self.world.tick(2)
            await self.bridges.turn()
        await self.world.settle()

    async def party(self) -> Row:
        """The customer as Tryton has her."""
        known = Memory(self.agent, self.setting).party(the_only(self.agent).local)
        assert known is not None
        return await self.clerk.whole(known.party)

    async def follows(self, address: str) -> float:
        """She moves there, and so do the books. Returns after how many seconds."""
        began = time.monotonic()
        await self.world.do(self.her, "/v1/contact", changes={"address": address}, jitter=0)
        await self.run()
        [home] = (await self.party())["addresses"]
        assert home["street"] == address
        return time.monotonic() - began

    async def gives(self) -> str:
        """She gives address and mail address. Returns the thread."""
        await contact.edit(self.her, {ptr: dict(value) for ptr, value in CARD.items()})
        given = {"peer": "Town Shop", "items": GIVEN, "until": "2027-06-30T00:00:00Z"}
        said = await self.world.do(self.her, "/v1/consents/volunteer", **given)
        await self.run()
        await self.world.answer(self.agent)
        await self.run()
        return str(said["thread"])


@pytest.fixture
async def shop(world: World, tryton: Office) -> AsyncIterator[Shop]:
    """See Shop."""
    agent, her = await world.add("Town Shop", "org"), await world.add("her")
    agent.config = replace(agent.config, bridges=(tryton.setting,))
    await state.keep_secret(agent, tryton.setting, f"{OURS.user}:{OURS.password}\n".encode())
    clerk, bridges = Clerk(tryton.url, CLERK), Dispatcher(agent)
    made = Shop(world, agent, her, clerk, bridges, tryton.setting)
    await world.introduce(her, agent)
    await world.agree(her, agent)
    await made.run()
    yield made
    agent.config = replace(agent.config, bridges=())
    await bridges.follow_settings()
    await clerk.close()


async def test_f23_an_update_is_in_tryton_within_seconds_and_what_a_clerk_changes_comes_back(shop: Shop) -> None:
    """A vendor sees a want, update or withdrawal in its CRM within seconds, and a CRM action comes back."""
    await shop.gives()
    [home] = (await shop.party())["addresses"]
    assert home["street"] == "1 New Street\n1000 Lisboa"

    took = [await shop.follows(f"{number} Old Street, Porto") for number in (4, 3, 2)]
    assert median(took) < SECONDS

    await shop.clerk.write("party.address", [home["id"]], {"street": "9 Wrong Street"})
    await shop.run()
    [question] = await shop.world.listed(shop.her, "/v1/questions")
    assert "still right" in str(question["asks"])
    await shop.world.answer(shop.her)
    await shop.run()
    [home] = (await shop.party())["addresses"]
    assert home["street"] == "2 Old Street, Porto"


async def test_what_she_takes_back_is_gone_from_tryton_before_the_vendor_signs_that_it_is(shop: Shop) -> None:
    thid = await shop.gives()
    assert len((await shop.party())["contact_mechanisms"]) == 1

    await shop.world.do(shop.her, f"/v1/consents/{thid}/withdraw")
    await shop.world.settle()
    assert state_of(shop.her, thid) == "withdrawing"
    await shop.run()

    party = await shop.party()
    assert (party["addresses"], party["contact_mechanisms"]) == ([], [])
    assert state_of(shop.her, thid) == "withdrawn"


async def test_while_tryton_is_away_nothing_is_lost_and_nothing_is_signed(shop: Shop) -> None:
    thid = await shop.gives()
    feed = shop.bridges.feeds[shop.setting]
    away = Clerk("http://127.0.0.1:9/shop", OURS)
    assert isinstance(feed.bridge, Tryton)
    there, feed.bridge._server = feed.bridge._server, away
    await shop.world.do(shop.her, f"/v1/consents/{thid}/withdraw")
    await shop.run()
    assert state_of(shop.her, thid) == "withdrawing"
    assert len((await shop.party())["addresses"]) == 1

    feed.bridge._server = there
    await away.close()
    await shop.world.tick(600)
    await shop.run()

    assert state_of(shop.her, thid) == "withdrawn"
    assert (await shop.party())["addresses"] == []


async def test_an_erasure_reaches_tryton_and_is_signed_when_it_is_done(shop: Shop) -> None:
    await shop.gives()
    party = (await shop.party())["id"]

    said = await shop.world.do(shop.her, "/v1/rights", right="erasure", peers=["Town Shop"], jitter=0)
    await shop.run()
    thid = str(said["case"])
    assert any("exercises a right" in each for each in (await shop.clerk.whole(party))["notes"])
    await shop.world.do(shop.agent, f"/v1/rights/{thid}/fulfil")
    await shop.world.settle()
    assert state_of(shop.her, thid) == "open"
    await shop.run()

    found = await shop.clerk.whole(party)
    assert (found["name"], found["active"], found["notes"]) == (None, False, [])
    assert "Lisboa" not in str(found)
    assert "mail.example" not in str(found)
    assert state_of(shop.her, thid) in ("fulfilled", "closed")


async def test_when_she_leaves_tryton_keeps_nothing_of_her(shop: Shop) -> None:
    await shop.gives()
    party = (await shop.party())["id"]

    await shop.world.ask(shop.her, "POST", "/v1/leavings", peers=["Town Shop"], data="erase", by="2027-03-01")
    await shop.run()

    for question in await shop.world.listed(shop.agent, "/v1/questions"):
        await shop.world.do(shop.agent, f"/v1/questions/{question['question']}/answer", answer="yes")
    await shop.run()
    found = await shop.clerk.whole(party)
    assert (found["name"], found["active"], found["notes"]) == (None, False, [])
    assert "Lisboa" not in str(found)
    assert "mail.example" not in str(found)
