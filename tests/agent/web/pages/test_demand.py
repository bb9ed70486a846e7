"""What is asked of an organisation: leads without a name, offers by hand and by rule, won and lost, pools."""

import re

import msgspec

from agent.agent import Agent
from tests.agent.market import TOLD, casts, got, offers, rows, shops, wants
from tests.agent.test_eligibility import CARD, carded
from tests.agent.web.pages.visits import filled, refused, saved, seen, sent
from tests.agent.world import World, public_did

SALE = {"name": "Twin 2", "category": "twin stroller", "price": "319.00", "currency": "GBP", "has": "folds"}


async def lead(world: World, shop: Agent) -> str:
    """Where the one lead of a shop is looked at."""
    [found] = await world.listed(shop, "/v1/demand")
    return f"/demand/{found['thread']}"


async def met(world: World, **more: object) -> tuple[Agent, Agent, str]:
    """Her, a shop that she asked, and her want."""
    [shop], her = await shops(world, "Shop"), await world.add("her")
    want = await wants(world, her, **more)
    await casts(world, her, want, shop)
    return her, shop, want


async def test_a_lead_says_what_is_wanted_and_how_far_it_may_be_used_and_never_by_whom(world: World) -> None:
    _, shop, _ = await met(world)
    [listed] = await world.listed(shop, "/v1/demand")

    part, full = await seen(shop, "/demand"), await seen(shop, await lead(world, shop))

    assert all(words in part for words in ("twin stroller", "GB-GLG", "350.00 GBP", "waits for your offer"))
    assert all(
        words in full for words in ("folds", "You learn nothing about who asks", "OFFERS FOR A WANT", "is deleted here")
    )
    assert str(listed["from"]) not in part + full
    assert "Ask for a proof first" not in full


async def test_an_offer_by_hand_is_made_held_ordered_and_carried_out(world: World) -> None:
    her, shop, want = await met(world)
    page = await lead(world, shop)

    made = await sent(shop, f"{page}/bid", price="319,00", currency="gbp", delivery="3", warranty="24", valid="86400")
    await world.settle()
    [bid] = rows(await offers(world, her, want))
    await world.do(her, f"/v1/wants/{want}/select", bid="1")
    await world.settle()
    asked = await seen(shop, page)
    await sent(shop, f"{page}/stand", answer="yes")
    await world.settle()
    await world.do(her, f"/v1/wants/{want}/order", values=TOLD)
    await world.settle()
    ordered = await seen(shop, page)
    await sent(shop, f"{page}/outcome", order="A-17", delivery="2027-02-01")
    await world.settle()

    assert "319.00 GBP" in made.said
    assert (bid["price"], bid["delivery"], bid["warranty"]) == ("319.00", "P3D", "P24M")
    for word in ("who", "what", "why", "until", "terms"):
        assert f'data-says="{word}"' in asked
    assert "address (home)" in ordered
    assert "Carried out as order" in await seen(shop, page)
    assert (await got(world, shop, "/v1/demand/counters"))["won"] == 1


async def test_what_an_offer_lacks_is_said_and_nothing_is(world: World) -> None:
    her, shop, want = await met(world)
    page = await lead(world, shop)

    why = [
        await refused(shop, f"{page}/bid", **{"price": "1", "currency": "GBP", **wrong})
        for wrong in ({"price": ""}, {"price": "cheap"}, {"currency": "pound"}, {"delivery": "soon"})
    ]
    await world.settle()

    assert ["needs a price" in why[0], "350.00" in why[1], "three letters" in why[2], "number" in why[3]] == [True] * 4
    assert rows(await offers(world, her, want)) == []


async def test_a_question_a_refusal_and_a_sealed_offer(world: World) -> None:
    her, shop, want = await met(world)
    page = await lead(world, shop)
    await sent(shop, f"{page}/ask", text="Which colour?")
    await world.settle()
    await world.do(her, f"/v1/wants/{want}/answer", text="Any but pink.")
    await world.settle()
    answered = await seen(shop, page)
    await sent(shop, f"{page}/decline", reason="stock")
    await world.tick(1)
    sealed = await wants(world, her, words="sealed", seal=True)
    await casts(world, her, sealed, shop)
    other = await lead(world, shop)

    made = await sent(shop, f"{other}/bid", price="300.00", currency="GBP")
    await world.settle()

    assert "Any but pink." in answered
    assert "we have none: <b>1</b>" in await seen(shop, "/demand")
    assert "sealed" in made.said
    assert "It is deposited and sealed" in await seen(shop, other)


async def test_a_proof_that_asks_for_too_much_is_thought_over_first(world: World) -> None:
    _, shop, _ = await met(world, level=1)
    page = await lead(world, shop)
    much = {"type": "https://cards.example/id", "claims": "name\nbirth_date", "purpose": "to see that you are over 18"}

    why = await refused(shop, f"{page}/prove", **much)
    await sent(shop, f"{page}/prove", **{**much, "claims": "over_18=true"})
    await sent(shop, f"{page}/prove", **much, anyway="yes")

    assert "tick that you mean it" in why
    assert (await seen(shop, page)).count("not shown yet") == 2


async def test_a_proof_that_was_shown_is_seen_with_what_was_found(world: World) -> None:
    her, shop = await carded(world)
    await casts(world, her, await wants(world, her, level=1), shop)
    page = await lead(world, shop)

    await sent(shop, f"{page}/prove", type=CARD, claims="teaches=true", purpose="The price for teachers")
    await world.settle()
    await world.answer(her)

    shown = await seen(shop, page)
    assert all(words in shown for words in ("The price for teachers", "it holds", 'href="#/results/'))
    [result] = re.findall(r'href="#(/results/[^"]+)"', shown)
    assert "The price for teachers" in await seen(shop, result)


async def test_prices_bid_by_themselves_and_are_changed_and_taken_off(world: World) -> None:
    [shop], her = await shops(world, "Shop"), await world.add("her")
    await sent(shop, "/demand/prices", **SALE, stock="2", delivery="3", warranty="24")
    want = await wants(world, her)
    await casts(world, her, want, shop)
    [bid] = rows(await offers(world, her, want))
    listed, form = await seen(shop, "/demand/prices"), await seen(shop, "/demand/prices/of/Twin%202")

    await sent(shop, "/demand/prices/of/Twin 2", **{**SALE, "price": "299.00"})
    await sent(shop, "/demand/prices/otherwise", otherwise="decline")
    changed = await got(world, shop, "/v1/demand/prices")
    await sent(shop, "/demand/prices/of/Twin 2/drop")

    assert (bid["price"], bid["delivery"]) == ("319.00", "P3D")
    assert all(words in listed for words in ("Twin 2", "319.00 GBP", "3 days", "24 months"))
    assert 'value="24"' in form
    assert "299.00" in str(changed)
    assert changed["otherwise"] == "decline"
    assert "Nothing is for sale by itself" in await seen(shop, "/demand/prices")


async def test_what_was_sold_while_a_price_is_changed_stays_sold(world: World) -> None:
    [shop], her = await shops(world, "Shop"), await world.add("her")
    await sent(shop, "/demand/prices", **SALE, stock="2")
    form = await seen(shop, "/demand/prices/of/Twin 2")
    want = await wants(world, her)
    await casts(world, her, want, shop)
    await world.do(her, f"/v1/wants/{want}/select", bid="1")
    await world.settle()

    await sent(shop, "/demand/prices/of/Twin 2", **{**SALE, "price": "299.00"}, **{"stock": "2", "stock-shown": "2"})
    sold = (await got(world, shop, "/v1/demand/prices"))["rules"]
    await sent(shop, "/demand/prices/of/Twin 2", **SALE, **{"stock": "9", "stock-shown": "1"})

    assert 'name="stock-shown" value="2"' in form
    assert ("299.00" in str(sold), "'stock': 1" in str(sold)) == (True, True)
    assert "'stock': 9" in str(await got(world, shop, "/v1/demand/prices"))


async def test_prices_go_into_a_file_and_come_back_from_one(world: World) -> None:
    [shop] = await shops(world, "Shop")
    await sent(shop, "/demand/prices", **SALE)
    file = await saved(shop, "/demand/prices/file")
    await sent(shop, "/demand/prices/of/Twin 2/drop")

    why = [await refused(shop, "/demand/prices/load", file=each) for each in ("", "no file", "[]", '{"rules": [{}]}')]
    done = await sent(shop, "/demand/prices/load", file=file.content.decode())

    assert all("Nothing was kept" in each for each in why)
    assert "1 thing is offered" in done.said
    assert "Twin 2" in await seen(shop, "/demand/prices")


async def test_leads_are_shown_in_parts(world: World) -> None:
    [shop], her = await shops(world, "Shop"), await world.add("her")
    for number in range(51):
        want = await wants(world, her, item={"category": f"thing {number}"})
        await world.do(her, f"/v1/wants/{want}/cast", to=[public_did(shop)], jitter=0)
    await world.tick(1)
    await world.tick(1)

    first, last = await seen(shop, "/demand"), await seen(shop, "/demand", page="9")

    assert ("Part 1 of 2, 51 in all" in first, "Part 2 of 2" in last) == (True, True)
    assert (first.count("#/demand/") > 50, last.count('<li><svg class="mark"')) == (True, 1)


async def test_a_pool_counts_what_is_wanted_and_gives_everybody_the_offers_of_a_file(world: World) -> None:
    [broker], her = await shops(world, "Broker"), await world.add("her")
    await sent(broker, "/demand/pools", name="strollers", about="For spring", until="2027-12-01", most="5")
    want = await wants(world, her)
    await sent(her, f"/wants/{want}/pools", broker=public_did(broker), pool="strollers")
    await world.settle()
    counted = await seen(broker, "/demand/pools")
    signed = {"type": ["IntentBid"], "issuer": "did:web:x.example", "credentialSubject": {"body": {"offer": {
        "@type": "Offer", "price": "250.00", "priceCurrency": "GBP"}}}}  # fmt: skip

    why = [await refused(broker, "/demand/pools/strollers/match", file=each) for each in ("", "[]", "x", "[1]")]
    await sent(broker, "/demand/pools/strollers/match", file=msgspec.json.encode([signed]).decode())
    await world.settle()

    assert "1 person is counted in" in counted
    assert "twin stroller, GB-GLG" in counted
    assert all("Nothing was said" in each for each in why)
    drawn = await seen(her, f"/wants/{want}/pools")
    assert all(words in drawn for words in ("250.00", "not proved: do not rely on it"))
    assert await filled(her, f"/wants/{want}/preview", to=[public_did(broker)])
