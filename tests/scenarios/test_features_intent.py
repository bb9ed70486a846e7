"""A want and what comes of it: offers without a name, one order, and nothing left behind. Features of section 2."""

from agent.agent import Agent
from tests.agent.world import Said, World, known, public_did

WANT: Said = {
    "words": "a twin stroller for the spring",
    "item": {"category": "twin stroller"},
    "region": "GB-GLG",
    "by": "2027-03-01T00:00:00Z",
    "most": "350.00",
    "currency": "GBP",
    "must": ["folds"],
}
HOUR, DAY = 3600, 86400


async def shops(world: World, *names: str) -> list[Agent]:
    """Some vendors."""
    return [await world.add(name, "org") for name in names]


async def wants(world: World, her: Agent, **more: object) -> str:
    """She keeps a want. Returns its id."""
    return str((await world.do(her, "/v1/wants", **{**WANT, **more}))["id"])


async def casts(world: World, her: Agent, want: str, *those: Agent, **more: object) -> Said:
    """She casts it to these, in one act, and it reaches them."""
    said = await world.do(her, f"/v1/wants/{want}/cast", to=[public_did(each) for each in those], jitter=0, **more)
    await world.tick(1)
    return said


async def bids(world: World, shop: Agent, price: str, **more: object) -> None:
    """A vendor bids on the one cast that is open there."""
    [cast] = [each for each in await world.listed(shop, "/v1/demand") if each["waits"]]
    await world.do(shop, "/v1/demand/bid", thread=cast["thread"], price=price, currency="GBP", **more)
    await world.settle()


async def offers(world: World, her: Agent, want: str) -> Said:
    """The table of offers."""
    found = await world.ask(her, "GET", f"/v1/wants/{want}/bids")
    assert isinstance(found, dict)
    return found


def rows(found: Said) -> list[Said]:
    """The offers themselves."""
    listed = found["bids"]
    assert isinstance(listed, list)
    return listed


async def test_f01_a_want_with_limits_gets_comparable_offers_and_names_nobody(world: World) -> None:
    """A user states a want with limits (what, where, by when, ceiling) and gets comparable offers, unnamed."""
    one, other = await shops(world, "One", "Other")
    her = await world.add("Ada Lovelace")
    want = await wants(world, her)
    await casts(world, her, want, one, other)

    await bids(world, one, "319.00", delivery="P2D")
    await bids(world, other, "299.00", warranty="P2Y")

    found = await offers(world, her, want)
    assert [(each["price"], each["currency"]) for each in rows(found)] == [("299.00", "GBP"), ("319.00", "GBP")]
    assert [each["domain"] for each in rows(found)] == ["127.0.0.1:9001", "127.0.0.1:9000"]
    [cast] = await world.listed(one, "/v1/demand")
    assert "at most 350.00 GBP" in str(cast["wants"])
    for shop in (one, other):
        [who] = known(shop)
        assert (who.name, who.met) == ("", False)
        assert "Ada" not in str(await world.listed(shop, "/v1/threads"))
    assert len({who.their_did for shop in (one, other) for who in known(shop)}) == 2
