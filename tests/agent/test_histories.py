"""An agent remembers the newest version of every did:webvh it has seen, and takes no older one for it."""

from collections.abc import Callable

import pytest

from agent.agent import Agent
from tests.agent.world import Near, World
from tests.wallet.dids.test_webvh import Controller
from wallet.dids import webvh, webvh_write
from wallet.errors import Unresolved, Untrusted
from wallet.needs import Fetch


class Web(Near):
    """A fetcher for what one controller publishes."""

    def __init__(self, world: World, shop: Controller) -> None:
        super().__init__(world)
        self.shop = shop

    async def fetch(self, need: Fetch, charge: Callable[[], None] | None = None) -> bytes:
        """The log, as it is now."""
        if need.url not in self.shop.published():
            raise Unresolved(need.url)
        return self.shop.published()[need.url]


async def resolved(agent: Agent, shop: Controller) -> str:
    return (await agent.meet(agent.resolve(shop.did))).version


async def test_a_version_that_was_seen_cannot_be_taken_back_even_after_a_restart(world: World) -> None:
    shop = Controller()
    key = shop.key()
    shop.begin(webvh_write.parameters(update=key), key)
    anna = await world.add("Anna")
    anna.needs = Web(world, shop)
    assert (await resolved(anna, shop)).startswith("1-")
    old = shop.log
    shop.go_on({}, key)
    assert (await resolved(anna, shop)).startswith("2-")

    anna = await world.restart(anna)
    anna.needs = Web(world, shop)
    new, shop.log = shop.log, old
    with pytest.raises(Untrusted, match="did_rollback"):
        await resolved(anna, shop)

    shop.log = new
    shop.go_on({}, key)
    assert (await resolved(anna, shop)).startswith("3-")
    assert anna.histories.seen(shop.did).startswith("3-")
    assert anna.store.item("history", webvh.parts(shop.did)[0]) is not None


async def test_a_history_that_ends_in_the_future_is_not_remembered(world: World) -> None:
    shop = Controller()
    key = shop.key()
    shop.begin(webvh_write.parameters(update=key), key)
    anna = await world.add("Anna")
    anna.needs = Web(world, shop)
    world.time -= 86400
    with pytest.raises(Untrusted, match="has not come"):
        await resolved(anna, shop)
    assert anna.histories.seen(shop.did) == ""
