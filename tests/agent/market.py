"""A market in memory: her want, the vendors she asks, and what each of them does."""

from agent.agent import Agent
from tests.agent.world import Said, World, public_did

WANT: Said = {
    "words": "a twin stroller for the spring",
    "item": {"category": "twin stroller"},
    "region": "GB-GLG",
    "by": "2027-03-01T00:00:00Z",
    "most": "350.00",
    "currency": "GBP",
    "must": ["folds"],
}
TOLD: Said = {"/name": {"full": "Augusta Lovelace"}, "/addresses/home": {"full": "12 St James's Square, London, GB"}}
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


async def got(world: World, agent: Agent, path: str) -> Said:
    """An object from the owner's API."""
    found = await world.ask(agent, "GET", path)
    assert isinstance(found, dict)
    return found


async def offers(world: World, her: Agent, want: str) -> Said:
    """The table of offers."""
    return await got(world, her, f"/v1/wants/{want}/bids")


def rows(found: Said) -> list[Said]:
    """The offers themselves."""
    listed = found["bids"]
    assert isinstance(listed, list)
    return listed


async def asked(world: World, her: Agent, want: str) -> list[Said]:
    """Everybody who was asked, by domain."""
    return sorted(await world.listed(her, f"/v1/wants/{want}/asked"), key=lambda each: str(each["domain"]))


async def answers(world: World, agent: Agent, word: str = "yes") -> None:
    """This owner answers every question that waits."""
    for question in await world.listed(agent, "/v1/questions"):
        await world.do(agent, f"/v1/questions/{question['question']}/answer", answer=word)
    await world.tick(1)


async def buys(world: World, her: Agent, want: str, shop: Agent, bid: str = "1") -> None:
    """She picks a bid, the vendor says that it stands, and she orders."""
    await world.do(her, f"/v1/wants/{want}/select", bid=bid)
    await world.settle()
    await answers(world, shop)
    await world.do(her, f"/v1/wants/{want}/order", values=TOLD)
    await world.settle()


def stock(name: str, category: str, price: str, **more: object) -> Said:
    """Price rules with one thing for sale."""
    rule = {"name": name, "category": category, "price": price, "currency": "GBP", "has": ["folds"], **more}
    return {"rules": [rule]}
