"""Her wants in plain words: kept, asked for, compared, chosen, ordered, closed; and what each vendor learns when."""

import re

import pytest

from agent import contact
from agent.agent import Agent
from tests.agent.market import answers, bids, shops
from tests.agent.web.pages.visits import filled, refused, seen, sent
from tests.agent.world import World, public_did

ASKED = {
    "words": "a twin stroller for the spring",
    "category": "twin stroller",
    "region": "GB-GLG",
    "most": "350,00",
    "currency": "gbp",
    "by": "2027-03-01",
    "must": "folds\nfits a lift",
    "level": "0",
}


async def kept(her: Agent, **more: str) -> str:
    """The page of a want that she keeps."""
    return (await sent(her, "/wants/new", **{**ASKED, **more})).go


async def cast(world: World, her: Agent, page: str, *those: Agent) -> None:
    """She asks these, and it reaches them."""
    await sent(her, f"{page}/cast", to=[public_did(each) for each in those], jitter="0")
    await world.tick(1)


async def market(world: World, **prices: str) -> tuple[Agent, str, list[Agent]]:
    """Her, the page of a want that is cast, and the vendors that bid on it."""
    her, sellers = await world.add("her"), await shops(world, *prices)
    page = await kept(her)
    await cast(world, her, page, *sellers)
    for seller, price in zip(sellers, prices.values(), strict=True):
        await bids(world, seller, price, delivery="P3D", warranty="P2Y")
    return her, page, sellers


def row(page: str, seller: Agent) -> str:
    """The row of a table that names somebody."""
    return next(each for each in page.split("<tr>") if seller.config.domain in each and 'scope="row"' in each)


def offer_of(page: str, seller: Agent) -> str:
    """Where the offer of somebody is looked at."""
    found = re.search(r'href="#([^"]+/offers/[^"]+)"', row(page, seller))
    assert found is not None
    return found[1]


# -- keeping ------------------------------------------------------------------------------------------------------


async def test_a_want_is_kept_for_herself_changed_and_forgotten(world: World) -> None:
    her = await world.add("her")
    empty = await seen(her, "/wants")

    page = await kept(her)
    before, blank, form = await seen(her, page), await seen(her, "/wants/new"), await seen(her, f"{page}/edit")
    await sent(her, f"{page}/edit", **{**ASKED, "most": "", "by": "", "must": ""})
    after = await seen(her, page)
    await sent(her, f"{page}/drop")

    assert "Here would be the things you want" in empty
    assert all(f'value="{value}"' in form for value in ("twin stroller", "350.00", "GBP", "2027-03-01"))
    assert 'value="twin stroller"' not in blank
    assert all(words in before for words in ("350.00 GBP, for all of it", "1 March 2027", "folds, fits a lift"))
    assert not any(words in after for words in ("350.00", "1 March 2027", "2027-03-01", "folds"))
    assert "twin stroller" in after
    assert "Here would be" in await seen(her, "/wants")


async def test_a_form_that_makes_no_sense_says_what_does_and_keeps_nothing(world: World) -> None:
    her = await world.add("her")

    why = [
        await refused(her, "/wants/new", **{**ASKED, **wrong})
        for wrong in ({"most": "a lot"}, {"currency": "pounds"}, {"words": " "}, {"amount": "1.5"}, {"bids": "0"})
    ]

    assert ["350.00" in why[0], "three letters" in why[1], "few words" in why[2]] == [True] * 3
    assert ["from 0 to" in why[3], "from 1 to" in why[4]] == [True] * 2
    assert await world.listed(her, "/v1/wants") == []


async def test_the_list_is_shown_in_parts_the_newest_first(world: World) -> None:
    her = await world.add("her")
    for number in range(60):
        await world.do(her, "/v1/wants", words=f"wish {number:02}")

    first, second = await seen(her, "/wants"), await seen(her, "/wants", page="2")

    assert ("wish 59" in first, "wish 09" in first, "Part 1 of 2, 60 in all" in first) == (True, False, True)
    assert ("wish 09" in second, "wish 10" in second) == (True, False)


# -- asking -------------------------------------------------------------------------------------------------------


async def test_before_anybody_is_asked_she_sees_who_and_exactly_what_each_learns(world: World) -> None:
    her, sellers = await world.add("her"), await shops(world, "One", "Two")
    await world.introduce(her, sellers[0])
    page = await kept(her)

    choice = await seen(her, f"{page}/ask")
    shown = await filled(her, f"{page}/preview", to=[public_did(sellers[0])], others=public_did(sellers[1]))
    await world.tick(1)

    assert public_did(sellers[0]) in choice
    assert public_did(sellers[1]) not in choice
    for words in ("twin stroller", "GB-GLG", "350.00 GBP", "folds", "Nothing about you", "Offers for a want"):
        assert words in shown
    for word in ("who", "what", "why", "until", "terms"):
        assert f'data-says="{word}"' in shown
    assert "a twin stroller for the spring" not in shown
    assert shown.count("does not learn who you are") == 2
    assert [await world.listed(each, "/v1/demand") for each in sellers] == [[], []]


async def test_a_group_is_asked_as_a_whole_and_more_can_be_asked_later(world: World) -> None:
    her, sellers = await world.add("her"), await shops(world, "One", "Two", "Three")
    for each in sellers[:2]:
        await world.introduce(her, each)
    await world.do(her, "/v1/groups", name="shops", rule="kind:vendor")
    page = await kept(her)

    done = await sent(her, f"{page}/cast", group=["shops"], jitter="0")
    await world.tick(1)
    await sent(her, f"{page}/cast", others=public_did(sellers[2]), jitter="0")
    await world.tick(1)

    assert "2 vendors are being asked" in done.said
    assert [len(await world.listed(each, "/v1/demand")) for each in sellers] == [1, 1, 1]
    assert "asked already" in await seen(her, f"{page}/ask")
    assert (await seen(her, f"{page}/asked")).count("on its way") == 3


async def test_nobody_is_asked_if_nobody_or_too_many_are_chosen(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    her, sellers = await world.add("her"), await shops(world, "One", "Two")
    page = await kept(her)
    monkeypatch.setattr("agent.web.pages.casting.MOST", 1)

    nobody = await refused(her, f"{page}/preview")
    many = await refused(her, f"{page}/cast", to=[public_did(each) for each in sellers])
    await world.tick(1)

    assert ("Nobody is chosen" in nobody, "at most 1" in many) == (True, True)
    assert [await world.listed(each, "/v1/demand") for each in sellers] == [[], []]


async def test_those_who_know_her_are_asked_as_herself_if_she_says_so(world: World) -> None:
    her, [seller] = await world.add("her"), await shops(world, "Shop")
    await world.introduce(her, seller)
    page = await kept(her, level="3")

    shown = await filled(her, f"{page}/preview", others="Shop")
    await sent(her, f"{page}/cast", others="Shop", jitter="0")
    await world.tick(1)

    assert "learns who you are" in shown.replace("does not learn", "")
    assert "does not learn who you are" not in shown
    assert await world.listed(seller, "/v1/demand")


async def test_she_asks_under_other_terms_of_hers_and_is_told_in_words_whom_she_cannot_ask(world: World) -> None:
    her, [seller] = await world.add("her"), await shops(world, "Shop")
    page = await kept(her)
    one = {"others": public_did(seller), "jitter": "0"}

    nobody = [
        await refused(her, f"{page}/preview", others=each) for each in ("did:key:z6Mk", "https://x.example/?_oob=x")
    ]
    shown = await filled(her, f"{page}/preview", **one, terms="freerange-service-only")
    await sent(her, f"{page}/cast", **one, terms="freerange-service-only")
    await world.tick(1)

    assert all("Look at what you typed" in each for each in nobody)
    assert "SERVICE ONLY, version 1" in shown
    assert (await world.listed(seller, "/v1/demand"))[0]["terms"] == "Service only"


# -- choosing -----------------------------------------------------------------------------------------------------


async def test_offers_stand_side_by_side_with_all_that_tells_them_apart(world: World) -> None:
    her, page, [one, two] = await market(world, One="349.00", Two="380.00")

    shown = await seen(her, page)
    full = await seen(her, offer_of(shown, one))

    assert shown.index(row(shown, one)) < shown.index(row(shown, two))
    for words in ("349.00 GBP", "in 3 days", "2 years", "yours", 'data-label="Stands until"'):
        assert words in row(shown, one)
    assert ["above your limit" in row(shown, each) for each in (one, two)] == [False, True]
    assert "still does not learn who you are" in full
    assert "OFFERS FOR A WANT" in full


async def test_the_price_of_several_is_that_of_all_and_each_is_said_too(world: World) -> None:
    her, [seller] = await world.add("her"), await shops(world, "One")
    page = await kept(her, amount="3")
    await cast(world, her, page, seller)
    await bids(world, seller, "100.00")

    found = row(await seen(her, page), seller)

    assert "33.34 GBP each" in found
    assert "100.00 GBP</b> for 3" in found


async def test_what_a_vendor_learns_comes_step_by_step_and_the_others_learn_why_and_not_who(world: World) -> None:
    her, page, [one, two] = await market(world, One="349.00", Two="339.00")
    await contact.edit(her, {"/name": {"full": "Ada Lovelace"}, "/addresses/home": {"full": "1 Street, GB"}})
    picked = await sent(her, offer_of(await seen(her, page), two))
    await world.settle()
    await answers(world, two)
    held, form = await seen(her, page), await seen(her, f"{page}/order")

    await sent(her, f"{page}/order", tell=["/name", "/addresses/home"], kept="P30D")
    await world.tick(1)

    assert "does not know who asks" in picked.said
    assert "must keep this offer for you until" in held
    assert all(words in form for words in ("Ada Lovelace", "1 Street", "address (home)", "30 days"))
    assert "It knows who you are now" in await seen(her, page)
    others = await seen(her, f"{page}/asked")
    assert others.count("has deleted what you asked, and signed so") == 1
    lost = await world.ask(one, "GET", "/v1/demand/counters")
    assert "chose-another" in str(lost)
    assert two.config.domain not in str(lost)


async def test_an_order_takes_what_the_card_lacks_and_goes_out_once_the_offer_is_held(world: World) -> None:
    her, page, [one] = await market(world, One="349.00")
    await sent(her, offer_of(await seen(her, page), one))
    await world.settle()

    nothing = await refused(her, f"{page}/order")
    done = await sent(her, f"{page}/order", name="Ada Lovelace", address="1 Street, GB")
    waiting = await seen(her, page)
    await answers(world, one)
    await world.settle()

    assert "Tick or fill in" in nothing
    assert "as soon as the offer is held" in done.said
    assert "ordered as you decided" in waiting
    assert "You ordered" in await seen(her, page)


async def test_she_tells_the_others_why_it_is_over_and_sees_that_each_deleted_it(world: World) -> None:
    her, page, [one] = await market(world, One="349.00")

    asked = await seen(her, f"{page}/close")
    done = await sent(her, f"{page}/close", reason="too-dear")
    await world.tick(1)

    assert "About 1 vendor waits" in asked
    assert "1 vendor was told why" in done.said
    assert "Its signed word for it is in your wallet" in await seen(her, done.go)
    assert "too-dear" in str(await world.ask(one, "GET", "/v1/demand/counters"))


async def test_an_offer_that_is_held_can_be_let_go(world: World) -> None:
    her, page, [one] = await market(world, One="349.00")
    await sent(her, offer_of(await seen(her, page), one))
    await world.settle()
    await answers(world, one)

    done = await sent(her, f"{page}/release")
    await world.tick(1)

    assert "never learned who asked" in done.said
    assert "held for you" not in await seen(her, page)
    assert "was let off" in await seen(her, f"{page}/asked")


async def test_a_question_is_answered_to_one_or_to_all_who_asked(world: World) -> None:
    her, sellers = await world.add("her"), await shops(world, "One", "Two")
    page = await kept(her)
    await cast(world, her, page, *sellers)
    for each in sellers:
        [asked] = await world.listed(each, "/v1/demand")
        await world.do(
            each, f"/v1/threads/{asked['thread']}/say", message="question", body={"text": "<b>Which colour?</b>"}
        )
    await world.settle()

    shown = await seen(her, page)
    done = await sent(her, f"{page}/answer", text="Any.", all="yes")
    await world.settle()

    assert "&lt;b&gt;Which colour?" in shown
    assert "Answered 2 of them" in done.said
    assert [(await world.listed(each, "/v1/demand"))[0]["answer"] for each in sellers] == ["Any.", "Any."]


# -- pools --------------------------------------------------------------------------------------------------------


async def test_she_joins_a_pool_and_leaves_it(world: World) -> None:
    her, broker = await world.add("her"), await world.add("Broker", "org")
    await world.do(broker, "/v1/demand/pools", name="strollers")
    page = await kept(her)

    await sent(her, f"{page}/pools", broker=public_did(broker), pool="strollers")
    await world.settle()
    joined, counted = await seen(her, f"{page}/pools"), await world.listed(broker, "/v1/demand/pools")
    await sent(her, f"{page}/pools/leave")
    await world.settle()

    assert "counted in" in joined
    assert counted[0]["wanted"] == {"twin stroller, GB-GLG": 1}
    assert "out again" in await seen(her, f"{page}/pools")
