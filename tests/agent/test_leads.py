"""What an organisation keeps of what is asked for: leads it works on, numbers about nobody, and what is for sale."""

import asyncio

import msgspec

from agent import counts, prices
from agent.agent import Agent
from agent.web.leads import casts
from tests.agent.market import (
    DAY,
    asked,
    bids,
    buys,
    got,
    offers,
    rows,
    shops,
    stock,
    wants,
)
from tests.agent.market import casts as asks
from tests.agent.world import Said, World, threads
from wallet.store.change import Change, Item


async def part(world: World, shop: Agent) -> tuple[object, list[Said]]:
    """The first part of the leads, and how many there are in all."""
    found = await got(world, shop, "/v1/demand/newest/0")
    listed = found["items"]
    assert isinstance(listed, list)
    return found["total"], listed


async def test_leads_are_listed_with_all_they_say_until_they_are_over(world: World) -> None:
    [shop], her = await shops(world, "Shop"), await world.add("her")
    first, second = await wants(world, her), await wants(world, her, words="another")
    await asks(world, her, first, shop)
    await asks(world, her, second, shop)
    total, [one, _] = await part(world, shop)

    await world.do(her, f"/v1/wants/{first}/close", reason="too-late")
    await world.do(shop, f"/v1/threads/{one['thread']}/say", message="decline", body={"reason": "stock"})
    await world.tick(1)

    assert (total, one["state"], one["waits"]) == (2, "open", True)
    assert "GB-GLG" in str(one["says"])
    assert (await part(world, shop))[0] == len(await world.listed(shop, "/v1/demand")) <= 1


async def test_an_order_stays_a_lead_until_it_has_a_number_however_long_that_takes(world: World) -> None:
    [shop], her = await shops(world, "Shop"), await world.add("her")
    want = await wants(world, her)
    await asks(world, her, want, shop)
    await bids(world, shop, "300.00")
    await buys(world, her, want, shop)

    await world.pass_time(9 * DAY)
    _, [late] = await part(world, shop)
    await world.do(shop, "/v1/demand/outcome", thread=late["thread"], order="A-17")
    await world.pass_time(2 * DAY)

    assert late["state"] == "ordered"
    assert "/addresses/home" in str(late["told"])
    assert (await part(world, shop))[0] == 0


async def test_a_sealed_bid_is_shown_to_those_who_made_it_before_it_is_opened(world: World) -> None:
    [shop], her = await shops(world, "Shop"), await world.add("her")
    await asks(world, her, await wants(world, her, seal=True), shop)

    await bids(world, shop, "300.00")

    _, [lead] = await part(world, shop)
    assert (lead["state"], lead["bid"], lead["waits"]) == ("sealed", None, True)
    assert isinstance(lead["offer"], dict)
    assert lead["offer"]["price"] == "300.00"


async def test_numbers_are_counted_without_opening_a_row_and_as_before_where_a_row_has_no_tag(world: World) -> None:
    [shop], her = await shops(world, "Shop"), await world.add("her")
    await asks(world, her, await wants(world, her), shop)
    await bids(world, shop, "300.00")
    old = {"received": "", "bid": "", "declined": "price", "lost": "too-dear"}
    await shop.store.apply(Change("", keep=(Item(counts.KIND, "old", msgspec.json.encode(old)),)))

    found = await got(world, shop, "/v1/demand/counters")

    assert [found[name] for name in ("received", "bid", "won", "lost", "declined")] == [2, 2, 0, 1, 1]
    assert found["why"] == {"lost": {"too-dear": 1}, "declined": {"price": 1}, "released": {}}
    assert counts.tag_of(old) == ""
    assert all(row.tag for row in shop.store.items(counts.KIND) if row.id != "old")


async def test_a_price_rule_bids_for_as_many_as_are_wanted_and_takes_as_many_from_its_stock(world: World) -> None:
    [shop], her = await shops(world, "Shop"), await world.add("her")
    await world.do(shop, "/v1/demand/prices", rules=stock("stroller", "twin stroller", "100.50", stock=5))
    three = await wants(world, her, item={"category": "twin stroller", "amount": 3})
    await asks(world, her, three, shop)
    [bid] = rows(await offers(world, her, three))

    await buys(world, her, three, shop)

    assert (bid["price"], bid["each"], bid["amount"]) == ("301.50", "100.50", 3)
    assert prices.in_use(shop).rules[0].stock == 2
    again = await wants(world, her, item={"category": "twin stroller", "amount": 3}, words="again")
    await asks(world, her, again, shop)
    assert [each["declined"] for each in await asked(world, her, again)] == ["stock"]


async def test_what_is_left_once_is_promised_once_however_many_pick_it_at_the_same_moment(world: World) -> None:
    [shop] = await shops(world, "Shop")
    hers = [await world.add(f"her {number}") for number in range(4)]
    await world.do(shop, "/v1/demand/prices", rules=stock("stroller", "twin stroller", "100.00", stock=1))
    picked = [(her, await wants(world, her)) for her in hers]
    for her, want in picked:
        await asks(world, her, want, shop)
    for her, want in picked:
        await world.do(her, f"/v1/wants/{want}/select", bid="1")
        await her.outbox.quiet()

    flying, world.network.flying = world.network.flying, []
    await asyncio.gather(*(world.network.listening[url](packed, None) for url, packed, _ in flying))
    await world.settle()

    states = [each.thread.state for each in threads(shop).values()]
    assert (states.count("reserved"), states.count("declined")) == (1, 3)
    assert prices.in_use(shop).rules[0].stock == 0


async def test_a_price_rule_makes_no_offer_if_all_together_cost_more_than_the_limit(world: World) -> None:
    [shop], her = await shops(world, "Shop"), await world.add("her")
    await world.do(shop, "/v1/demand/prices", rules=stock("stroller", "twin stroller", "100.50"))
    four = await wants(world, her, item={"category": "twin stroller", "amount": 4})

    await asks(world, her, four, shop)

    assert [each["declined"] for each in await asked(world, her, four)] == ["price"]
    assert list(casts(shop)) == []
