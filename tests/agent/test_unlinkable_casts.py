"""Vendors who were asked for the same want by one person find no more in common than if another had asked the one."""

from agent.agent import Agent
from tests.agent.market import bids, casts, shops, wants
from tests.agent.mediated import behind, linked, mediator, until
from tests.agent.world import World, threads
from tests.unlinkability.joining import held_by, joined


async def buys_up_to_the_last_step(world: World, who: Agent, *those: Agent) -> None:
    """She casts, they bid, she selects, one holds it for her; she says nothing of herself yet."""
    want = await wants(world, who)
    await casts(world, who, want, *those)
    await until(world, lambda: all(list(shop.store.threads()) for shop in those))
    for shop in those:
        await bids(world, shop, "319.00", hold=3600)
    await until(world, lambda: [each.thread.state for each in threads(who).values()] == ["bid"] * len(those))
    await world.do(who, f"/v1/wants/{want}/select", bid="1")
    await until(world, lambda: "reserved" in {each.thread.state for each in threads(who).values()})


async def test_two_who_were_asked_by_her_cannot_tell_it_from_two_who_were_not(world: World) -> None:
    post = await mediator(world)
    one, other, control = await shops(world, "One", "Other", "Control")
    other.now = lambda: world.time + 17  # each has a clock of its own, which would tell them nothing of her
    her, somebody = await behind(world, post, "her"), await behind(world, post, "somebody")
    async with linked(her, somebody):
        await buys_up_to_the_last_step(world, her, one, other)
        await buys_up_to_the_last_step(world, somebody, control)
        await world.settle()

    seen = {}
    for shop in (one, other, control):
        packets = [packed for url, packed in world.network.carried if url == shop.config.url]
        assert packets
        seen[shop.config.name] = held_by(shop, packets)

    assert joined({name: seen[name] for name in ("One", "Other")}, innocent=[seen["Control"]]) == {}
