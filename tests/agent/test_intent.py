"""Casting and bidding: which bids count, who waits for whom, and what silence says."""

import msgspec
import pytest

from agent import completion, deletions, prices
from agent.agent import Agent
from agent.draft import Line
from agent.vrm.intent_org import SEALED
from protocols.vrm.intent_words import Bid
from tests.agent.market import (
    DAY,
    HOUR,
    TOLD,
    answers,
    asked,
    bids,
    buys,
    casts,
    got,
    offers,
    rows,
    shops,
    stock,
    wants,
)
from tests.agent.world import World, known, threads
from wallet.store.change import Change, Item


def refusals(agent: Agent) -> list[str]:
    """Why messages were refused, in words."""
    rows = [line for peer, row in agent.store.threads() for line in agent.store.log(peer, row.thid)]
    lines = [msgspec.json.decode(row.record, type=Line) for row in rows]
    return [line.refused for line in lines if line.refused]


def states(agent: Agent) -> list[str]:
    """Where the casts of an agent stand."""
    return sorted(each.thread.state for each in threads(agent).values() if each.thread.table.endswith("#cast"))


async def sealed_market(world: World) -> tuple[Agent, str, Agent]:
    """A cast that takes sealed bids, and a vendor that has deposited one."""
    [shop] = await shops(world, "Shop")
    her = await world.add("her")
    await world.do(shop, "/v1/demand/prices", rules=stock("stroller", "twin stroller", "319.00"))
    want = await wants(world, her, seal=True)
    await casts(world, her, want, shop, bid_within=12 * HOUR)
    return her, want, shop


async def test_sealed_bids_are_opened_once_all_are_in(world: World) -> None:
    her, want, _ = await sealed_market(world)
    before = await offers(world, her, want)

    await world.pass_time(13 * HOUR + 60)

    assert (rows(before), states(her)) == ([], ["bid"])
    assert [each["price"] for each in rows(await offers(world, her, want))] == ["319.00"]
    assert refusals(her) == []


async def test_a_bid_that_is_not_the_one_that_was_sealed_does_not_count(world: World) -> None:
    her, want, shop = await sealed_market(world)
    [row] = shop.store.items(SEALED)
    cheaper = msgspec.json.decode(row.record, type=Bid)
    cheaper = msgspec.structs.replace(cheaper, offer=msgspec.structs.replace(cheaper.offer, price="299.00"))
    await shop.store.apply(Change("", keep=(Item(SEALED, row.id, msgspec.json.encode(cheaper), row.peer),)))

    await world.pass_time(14 * HOUR)

    assert rows(await offers(world, her, want)) == []
    assert ["not the bid that was sealed" in each for each in refusals(her)] == [True]


async def test_a_bid_without_a_seal_does_not_count_where_bids_are_sealed(world: World) -> None:
    [shop] = await shops(world, "Shop")
    her = await world.add("her")
    await casts(world, her, await wants(world, her, seal=True), shop)
    [cast] = await world.listed(shop, "/v1/demand")
    [thread] = threads(shop).values()
    offer = {"@type": "Offer", "price": "1.00", "priceCurrency": "GBP"}
    terms = msgspec.json.decode(thread.thread.said[0].body)["terms"]["digest"]
    body = {"offer": offer, "valid_until": "2027-03-01T00:00:00Z", "accepts": terms}

    await world.do(shop, f"/v1/threads/{cast['thread']}/say", message="bid", body=body)
    await world.settle()

    assert ["deposit the digest" in each for each in refusals(her)] == [True]
    assert states(her) == ["open"]


async def test_the_first_bids_reach_her_and_the_others_are_told_that_there_were_enough(world: World) -> None:
    sellers = await shops(world, "One", "Two", "Three")
    her = await world.add("her")
    want = await wants(world, her, bids=2)
    await casts(world, her, want, *sellers)

    for shop, price in zip(sellers, ("349.00", "339.00", "329.00"), strict=True):
        await bids(world, shop, price)

    assert [each["price"] for each in rows(await offers(world, her, want))] == ["339.00", "349.00"]
    assert [each["state"] for each in await asked(world, her, want)] == ["offered", "offered", "purged"]
    why = (await got(world, sellers[2], "/v1/demand/counters"))["why"]
    assert isinstance(why, dict)
    assert why["lost"] == {"quota": 1}


async def test_a_bid_that_comes_too_late_is_refused_by_its_code(world: World) -> None:
    [shop] = await shops(world, "Shop")
    her = await world.add("her")
    await casts(world, her, await wants(world, her), shop, bid_within=HOUR, select_within=9 * HOUR)
    [cast] = await world.listed(shop, "/v1/demand")
    await world.do(shop, "/v1/demand/bid", thread=cast["thread"], price="300.00", currency="GBP")
    world.time += 3 * HOUR

    await world.settle()
    late = await world.refused(shop, "/v1/demand/bid", thread=cast["thread"], price="299.00", currency="GBP")

    assert ["arrived later" in each for each in refusals(her)] == [True]
    assert (states(her), states(shop)) == (["open"], ["abandoned"])
    assert "is abandoned" in late


async def test_no_more_questions_than_she_takes(world: World) -> None:
    [shop] = await shops(world, "Shop")
    her = await world.add("her")
    want = await wants(world, her, questions=1)
    await casts(world, her, want, shop)
    [cast] = await world.listed(shop, "/v1/demand")

    for text in ("Which colour?", "Which size?"):
        await world.do(shop, f"/v1/threads/{cast['thread']}/say", message="question", body={"text": text})
        await world.settle()
    await world.do(her, f"/v1/wants/{want}/answer", text="Blue.")
    await world.settle()

    assert ["1 questions are answered here" in each for each in refusals(her)] == [True]
    assert [each["answer"] for each in await world.listed(shop, "/v1/demand")] == ["Blue."]
    assert await world.listed(her, "/v1/questions") == []


async def test_when_her_time_is_over_everybody_is_told_and_forgets(world: World) -> None:
    one, other = await shops(world, "One", "Other")
    her = await world.add("her")
    await casts(world, her, await wants(world, her), one, other)
    await bids(world, one, "319.00")

    await world.pass_time(3 * DAY)

    assert states(her) == states(one) * 2 == ["purged"] * 2
    assert [await world.listed(shop, "/v1/demand") for shop in (one, other)] == [[], []]


async def test_an_offer_that_comes_while_she_looks_takes_no_other_ones_number(world: World) -> None:
    one, other = await shops(world, "One Shop", "Other Shop")
    her = await world.add("her")
    want = await wants(world, her)
    await casts(world, her, want, one, other)
    await bids(world, one, "319.00")
    [seen] = rows(await offers(world, her, want))
    await world.tick(60)
    await bids(world, other, "299.00")

    table = [(each["number"], each["price"]) for each in rows(await offers(world, her, want))]
    picked = await world.do(her, f"/v1/wants/{want}/select", bid=str(seen["number"]))

    assert table == [(2, "299.00"), (1, "319.00")]
    assert (picked["number"], picked["price"]) == (1, "319.00")


async def test_what_is_held_for_her_is_released_if_she_is_silent(world: World) -> None:
    [shop] = await shops(world, "Shop")
    her = await world.add("her")
    want = await wants(world, her)
    await casts(world, her, want, shop)
    await bids(world, shop, "319.00", hold=2 * HOUR)
    await world.do(her, f"/v1/wants/{want}/select", bid="1")
    await world.settle()
    held_for = states(shop)

    await world.pass_time(2 * HOUR + 60)

    assert (held_for, states(her), states(shop)) == (["reserved"], ["released"], ["released"])
    assert "twin stroller" not in str(known(shop))


async def test_an_org_that_asks_to_be_let_off_is_let_off_at_once(world: World) -> None:
    [shop] = await shops(world, "Shop")
    her = await world.add("her")
    want = await wants(world, her)
    await casts(world, her, want, shop)
    await bids(world, shop, "319.00", hold=2 * HOUR)
    await world.do(her, f"/v1/wants/{want}/select", bid="1")
    await world.settle()
    [thid] = threads(shop)

    await world.do(shop, f"/v1/threads/{thid}/say", message="ask-release", body={"text": "It broke."})
    await world.settle()

    assert (states(her), states(shop)) == (["released"], ["released"])


async def test_an_order_decided_on_before_is_said_as_soon_as_the_bid_is_held(world: World) -> None:
    [shop] = await shops(world, "Shop")
    her = await world.add("her")
    want = await wants(world, her)
    await casts(world, her, want, shop)
    await bids(world, shop, "319.00")
    await world.do(her, f"/v1/wants/{want}/select", bid="1")
    await world.do(her, f"/v1/wants/{want}/order", values=TOLD)
    await world.settle()
    before = states(shop)

    await answers(world, shop)

    assert (before, states(her), states(shop)) == (["selected"], ["ordered"], ["ordered"])
    assert "Augusta Lovelace" not in str(await got(world, shop, f"/v1/threads/{next(iter(threads(shop)))}/log"))


async def test_one_order_for_one_want(world: World) -> None:
    one, other = await shops(world, "One", "Other")
    her = await world.add("her")
    want = await wants(world, her)
    await casts(world, her, want, one, other)
    await bids(world, one, "319.00")
    await bids(world, other, "299.00")
    await world.do(her, f"/v1/wants/{want}/select", bid="1")

    second = await world.refused(her, f"/v1/wants/{want}/select", bid="2")

    assert "only one of the offers" in second
    await world.settle()
    assert sorted((*states(one), *states(other))) == ["bid", "selected"]


async def test_once_it_is_ordered_the_others_are_closed_and_nobody_more_is_asked(world: World) -> None:
    one, other, third = await shops(world, "One", "Other", "Third")
    her = await world.add("her")
    want = await wants(world, her)
    await casts(world, her, want, one, other)
    await bids(world, one, "319.00")
    await bids(world, other, "339.00")

    await buys(world, her, want, one)
    await world.tick(1)

    assert (states(one), states(other)) == (["ordered"], ["purged"])
    refused = await world.refused(her, f"/v1/wants/{want}/cast", to=["127.0.0.1:9002"])
    assert "ordered already" in refused
    assert known(third) == []


async def test_an_org_forgets_a_cast_even_if_she_is_never_heard_of_again(world: World) -> None:
    [shop] = await shops(world, "Shop")
    her = await world.add("her")
    await casts(world, her, await wants(world, her), shop)
    await bids(world, shop, "319.00")
    world.agents.pop("her")
    world.network.down.add(her.config.url)

    await world.pass_time(2 * DAY + HOUR)
    before = states(shop)
    await world.pass_time(DAY)

    assert (before, states(shop)) == (["bid"], ["declined"])
    assert b"GB-GLG" not in b"".join(row.record for _, row in shop.store.threads())
    her.store.close()


async def test_the_receipt_of_a_close_waits_until_the_orgs_own_systems_have_deleted(world: World) -> None:
    [shop] = await shops(world, "Shop")
    shop.config = msgspec.structs.replace(shop.config, bridges=("minicrm",))
    her = await world.add("her")
    want = await wants(world, her)
    await casts(world, her, want, shop)
    await world.do(her, f"/v1/wants/{want}/close", reason="cancelled")
    await world.settle()
    before = states(her)
    [(_, deletion)] = deletions.of(shop)

    said = await completion.complete(shop, deletion.id, deletion.ptrs)
    await world.settle()

    assert (before, said, states(her), deletion.reason) == (["closed"], "receipt", ["purged"], "closed")


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"regions": ["PT"]}, "area"),
        ({"price": "350.01"}, "price"),
        ({"stock": 0}, "stock"),
        ({"has": []}, "not-us"),
    ],
)
async def test_a_price_rule_says_no_with_its_reason(world: World, rule: dict[str, object], reason: str) -> None:
    [shop] = await shops(world, "Shop")
    her = await world.add("her")
    usual: dict[str, object] = {"name": "Fold", "category": "Twin Stroller", "price": "319.00", "currency": "GBP"}
    await world.do(shop, "/v1/demand/prices", rules={"rules": [usual | {"has": ["folds"]} | rule]})

    await casts(world, her, await wants(world, her), shop)

    why = (await got(world, shop, "/v1/demand/counters"))["why"]
    assert isinstance(why, dict)
    assert why["declined"] == {reason: 1}
    assert states(her) == ["declined"]


async def test_terms_that_an_org_does_not_hold_are_declined_unseen(world: World) -> None:
    [shop] = await shops(world, "Shop")
    her = await world.add("her")
    want = await wants(world, her)
    said = {"to": ["127.0.0.1:9000"], "terms": "freerange-no-such"}

    assert "no agreement" in await world.refused(her, f"/v1/wants/{want}/cast", **said)
    assert known(shop) == []


async def test_bad_price_rules_are_refused_and_the_old_ones_stay(world: World) -> None:
    [shop] = await shops(world, "Shop")
    await world.do(shop, "/v1/demand/prices", rules=stock("stroller", "twin stroller", "319.00"))
    twice = stock("stroller", "twin stroller", "319.00")["rules"]
    assert isinstance(twice, list)

    wrong: list[dict[str, object]] = [{"rules": [{"name": "x"}]}, {"rule": []}, {"rules": twice * 2}]
    for rules in wrong:
        assert "Nothing was kept" in await world.refused(shop, "/v1/demand/prices", rules=rules)

    assert [each.name for each in prices.in_use(shop).rules] == ["stroller"]


async def test_a_want_that_is_cast_stands_until_it_is_closed(world: World) -> None:
    [shop] = await shops(world, "Shop")
    her = await world.add("her")
    want = await wants(world, her)
    await casts(world, her, want, shop)

    assert "close it first" in await world.refused(her, f"/v1/wants/{want}/drop")
    assert "what was said stands" in await world.refused(her, f"/v1/wants/{want}/edit", region="PT-11")
    assert "asked already" in await world.refused(her, f"/v1/wants/{want}/cast", to=["127.0.0.1:9000"])
    await world.do(her, f"/v1/wants/{want}/close")
    await world.do(her, f"/v1/wants/{want}/drop")
    assert await world.listed(her, "/v1/wants") == []


async def test_the_quota_counts_the_offers_of_one_want_alone(world: World) -> None:
    [shop] = await shops(world, "Shop")
    her = await world.add("her")
    for _ in range(3):
        await casts(world, her, await wants(world, her, bids=1), shop)
        await bids(world, shop, "319.00")

    assert states(her) == ["bid"] * 3


async def test_who_was_not_asked_before_she_ordered_is_not_asked_any_more(world: World) -> None:
    one, late = await shops(world, "One", "Late")
    her = await world.add("her")
    want = await wants(world, her)
    await casts(world, her, want, one)
    await world.do(her, f"/v1/wants/{want}/cast", to=["127.0.0.1:9001"], jitter=0)
    await bids(world, one, "319.00", hold=HOUR)
    await world.do(her, f"/v1/wants/{want}/select", bid="1")
    await world.do(her, f"/v1/wants/{want}/order", values=TOLD)
    await world.settle()

    await world.pass_time(HOUR)

    assert known(late) == []
    assert [each["state"] for each in await asked(world, her, want)] == ["skipped", "ordered"]
    assert [each["state"] for each in await world.listed(her, "/v1/wants")] == ["ordered"]


async def test_a_selection_that_nobody_answers_lapses_and_both_are_free(world: World) -> None:
    [shop] = await shops(world, "Shop")
    her = await world.add("her")
    want = await wants(world, her)
    await casts(world, her, want, shop)
    await bids(world, shop, "319.00")
    await world.do(her, f"/v1/wants/{want}/select", bid="1")
    await world.settle()

    await world.pass_time(4 * DAY)

    assert (states(her), states(shop)) == (["lapsed"], ["declined"])
    assert [each.ended for each in known(her)] == [True]
    assert b"GB-GLG" not in b"".join(row.record for _, row in shop.store.threads())
    assert (await got(world, her, f"/v1/wants/{want}"))["state"] == "over"


async def test_only_a_person_casts(world: World) -> None:
    one, _ = await shops(world, "One", "Other")
    want = await wants(world, one)

    assert "organisation's" in await world.refused(one, f"/v1/wants/{want}/cast", to=["127.0.0.1:9001"])
