"""A deletion is signed when every system that was told of it has said that it is done, and not before."""

import pytest
from msgspec.structs import replace

from agent import contact, deletions
from agent.agent import Agent
from agent.bridges import Completion, Kept, deleting
from protocols.problems import Misuse
from tests.agent.world import World, state

HOME = "/addresses/home"
UNTIL = "2027-06-30T00:00:00Z"
HOOKS = ("https://one.example/", "https://two.example/")


async def withdrawn(world: World, *bridges: str) -> tuple[Agent, str, str]:
    """A vendor whose customer takes back what she told it. Returns it, the thread, and the deletion."""
    shop, her = await world.add("Shop", "org"), await world.add("her")
    shop.config = replace(shop.config, bridges=bridges)
    await world.introduce(her, shop)
    await world.agree(her, shop)
    await contact.edit(her, {HOME: {"full": "1 New Street, Lisboa"}})
    items = [{"ptr": HOME, "purpose": "dpv:DeliveryOfGoods"}]
    said = await world.do(her, "/v1/consents/volunteer", peer="Shop", until=UNTIL, items=items)
    await world.settle()
    await world.answer(shop)
    await world.do(her, f"/v1/consents/{said['thread']}/withdraw")
    await world.settle()
    [(_, deletion)] = deletions.of(shop)
    return shop, str(said["thread"]), deletion.id


def done(id: str, *kept: Kept, deleted: tuple[str, ...] = (HOME,), told: tuple[str, ...] = ()) -> Completion:
    return Completion("k", id, deleted, kept, told)


async def test_it_waits_for_every_system_and_says_what_any_of_them_keeps(world: World) -> None:
    shop, thid, id = await withdrawn(world, "minicrm", "tryton:http://127.0.0.1:1/x")
    backup = Kept(HOME, "legal-duty", "2027-12-31")

    assert not await deleting.say(shop, "minicrm", done(id, told=("carrier",)))
    assert not await deleting.say(shop, "minicrm", done(id, told=("carrier",)))  # it may say so again
    assert state(shop, thid) == "withdrawing"
    assert await deleting.say(shop, "tryton:http://127.0.0.1:1/x", done(id, backup))
    await world.settle()

    assert state(shop, thid) == "withdrawn"
    log = str(await world.ask(world.agents["her"], "GET", f"/v1/threads/{thid}/log"))
    assert "2027-12-31" in log
    assert "carrier" in log
    assert list(shop.store.items(deleting.SAID)) == []


async def test_who_only_takes_webhooks_speaks_with_one_voice(world: World) -> None:
    shop, thid, id = await withdrawn(world, *HOOKS, "minicrm")

    assert not await deleting.say(shop, deleting.REST, done(id))
    assert await deleting.say(shop, "minicrm", done(id))

    assert state(shop, thid) == "withdrawn"
    assert await deleting.say(shop, "minicrm", done(id))  # and once more, when it is over


async def test_less_than_everything_is_not_enough(world: World) -> None:
    shop, thid, id = await withdrawn(world, "minicrm")

    with pytest.raises(Misuse, match="not complete"):
        await deleting.say(shop, "minicrm", done(id, deleted=()))
    with pytest.raises(ValueError, match="why"):
        await deleting.say(shop, "minicrm", done(id, Kept(HOME, "because", "2027-12-31")))

    assert state(shop, thid) == "withdrawing"
