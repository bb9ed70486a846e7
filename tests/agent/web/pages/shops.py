"""Vendors that hold some of what she says about herself, by her leave and under her terms."""

from agent import contact
from agent.agent import Agent
from tests.agent.world import World
from wallet.strict_json import Json

HOME, MAIL, PHONE = "/addresses/home", "/emails/main", "/phones/main"
UNTIL = "2029-06-30T00:00:00Z"
CARD: dict[str, Json] = {
    HOME: {"full": "9 Old Road, 1000 Lisboa, PT", "countryCode": "PT"},
    MAIL: {"address": "her@example.org"},
    PHONE: {"number": "+351 210 000 000"},
}


async def holding(world: World, **named: tuple[str, ...]) -> tuple[Agent, dict[str, Agent]]:
    """A person with a contact card, and vendors by name, each with the fields that it holds."""
    her = await world.add("her")
    await contact.edit(her, CARD)
    shops = {}
    for name, ptrs in named.items():
        shop = shops[name] = await world.add(name, "org")
        await world.introduce(her, shop)
        await world.agree(her, shop)
        if ptrs:
            await give(world, her, shop, *ptrs)
    return her, shops


async def give(world: World, her: Agent, shop: Agent, *ptrs: str, until: str = UNTIL) -> str:
    """She gives a vendor some fields of her card, and it takes them. Returns the thread of it."""
    items = [{"ptr": ptr, "purpose": "dpv:DeliveryOfGoods"} for ptr in ptrs]
    said = await world.do(her, "/v1/consents/volunteer", peer=shop.config.name, items=items, until=until)
    await world.settle()
    await world.answer(shop)
    return str(said["thread"])
