"""What she gave to whom: listed, taken back field by field, given for longer, given unasked."""

import pytest

from agent import held
from agent.agent import Agent
from agent.web.pages import given
from tests.agent.web.pages.shops import HOME, MAIL, PHONE, give, holding
from tests.agent.web.pages.test_changes import row
from tests.agent.web.pages.visits import refused, seen, sent
from tests.agent.world import World, the_only

DAY = 86400


async def only(world: World, her: Agent) -> str:
    """The page of the one thing that she gave."""
    [found] = await world.listed(her, "/v1/consents")
    return f"/given/{found['thread']}"


def holds(shop: Agent) -> dict[str, object]:
    """What a vendor holds of her."""
    return {each.ptr: each.value for each in held.of(shop, the_only(shop).peer)}


async def test_what_was_given_is_listed_with_what_for_until_when_and_under_which_terms(world: World) -> None:
    her, _ = await holding(world, Shop=(HOME, PHONE))

    listed = row(await seen(her, "/given"), "Shop")
    one = await seen(her, await only(world, her))
    told = await seen(her, "/given", who="Shop")

    for page in (listed, one):
        assert "address (home)" in page
        assert "to deliver what you ordered" in page
        assert "30 June 2029" in page
        assert ">in force<" in page
        assert "the terms <bdi" in page
    assert "within 30 days" in one
    assert "9 Old Road, 1000 Lisboa, PT" in one
    assert "9 Old Road, 1000 Lisboa, PT" in row(told, "address (home)")
    assert "record uEi" in row(told, "address (home)")


async def test_one_field_is_taken_back_and_the_rest_stays_given(world: World) -> None:
    her, shops = await holding(world, Shop=(HOME, PHONE))
    page = await only(world, her)

    nothing = await refused(her, f"{page}/withdraw", only=[])
    went = await sent(her, f"{page}/withdraw", only=[PHONE])
    await world.settle()
    before, after = await seen(her, page), await seen(her, went.go)

    assert "Tick what you take back" in nothing
    assert ">taken back, and deleted<" in before
    assert "Take back what is ticked" not in before
    assert ">in force<" in after
    assert "phone" not in after.partition("<main>")[2]  # its menu shows random words
    assert holds(shops["Shop"]) == {HOME: {"full": "9 Old Road, 1000 Lisboa, PT", "countryCode": "PT"}}


async def test_all_of_it_is_taken_back(world: World) -> None:
    her, shops = await holding(world, Shop=(HOME, PHONE))
    page = await only(world, her)

    went = await sent(her, f"{page}/withdraw", only=[HOME, PHONE])
    await world.settle()

    assert went.go == page
    assert holds(shops["Shop"]) == {}
    assert "taken back, and deleted" in row(await seen(her, "/given"), "Shop")


async def test_the_same_is_given_for_longer(world: World) -> None:
    her, shops = await holding(world, Shop=(HOME,))
    page = await only(world, her)

    short = await refused(her, f"{page}/renew", until="2027-06-01")
    went = await sent(her, f"{page}/renew", until="2030-12-31")
    await world.settle()
    waits = await seen(her, went.go)
    await world.answer(shops["Shop"])
    again = await seen(her, went.go)

    assert "given until then already" in short
    assert "freerange" not in short
    assert "offered, they have not taken it yet" in waits
    assert ">in force<" in again
    assert "31 December 2030" in again
    until = {each.label.expires for each in held.of(shops["Shop"], the_only(shops["Shop"]).peer)}
    assert "2030-12-31T23:59:00Z" in until


async def test_what_stands_on_no_card_is_given_for_longer_as_it_was_sent(world: World) -> None:
    her, shops = await holding(world, Shop=())
    form = {"who": "Shop", "purpose": "dpv:ServicePersonalisation", "until": "2028-01-01"}

    went = await sent(her, "/given", **form, what="shoe size", value="39", fields=[])
    await world.settle()
    await world.answer(shops["Shop"])
    again = await sent(her, f"{went.go}/renew", until="2029-01-01")
    await world.settle()
    await world.answer(shops["Shop"])

    assert holds(shops["Shop"]) == {"/shoe size": "39"}
    assert "shoe size: <bdi" in (await seen(her, again.go)).replace("</bdi>:", ":")


async def test_something_is_given_unasked_and_sent_once_it_is_taken(world: World) -> None:
    her, shops = await holding(world, Shop=())
    form = {"who": "Shop", "purpose": "dpv:DeliveryOfGoods", "until": "2028-01-01"}

    page = await seen(her, "/given/new")
    went = await sent(her, "/given", **form, fields=[f"{HOME}/countryCode", MAIL], what="", value="")
    await world.settle()
    waits = await seen(her, went.go)
    await world.answer(shops["Shop"])

    assert "address (home), country: <bdi" in page
    assert "Nothing of it has been sent" in waits
    assert holds(shops["Shop"]) == {f"{HOME}/countryCode": "PT", MAIL: {"address": "her@example.org"}}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"fields": []}, "Tick what you give"),
        ({"fields": [], "what": "size"}, "Tick what you give"),
        ({"fields": [HOME], "what": "size"}, "both what it is"),
        ({"fields": [HOME], "until": ""}, "until which day"),
        ({"fields": [HOME], "until": "2020-01-01"}, "is over"),
        ({"fields": [HOME], "who": ""}, "to whom"),
        ({"fields": [HOME], "who": "Nobody"}, "no relationship called"),
    ],
)
async def test_what_lacks_something_is_refused_in_words(world: World, typed: dict[str, object], words: str) -> None:
    her, _ = await holding(world, Shop=())
    form: dict[str, object] = {"who": "Shop", "purpose": "dpv:DeliveryOfGoods", "until": "2028-01-01"}

    assert words in await refused(her, "/given", **form | typed)
    assert "What you give is listed here" in await seen(her, "/given")


async def test_what_is_over_is_said_to_be_over(world: World) -> None:
    her, shops = await holding(world, Shop=())
    await give(world, her, shops["Shop"], HOME, until="2027-02-01T00:00:00Z")

    world.jump(40 * DAY)

    assert "its time is over" in row(await seen(her, "/given"), "Shop")
    assert "its time is over" in row(await seen(her, "/given", who="Shop"), "address (home)")


async def test_what_was_changed_since_is_said_to_be_replaced(world: World) -> None:
    her, _ = await holding(world, Shop=(HOME,))
    await world.do(her, "/v1/contact", changes={"address": "1 New Street"}, jitter=0)
    await world.tick(1)

    new, old = (await seen(her, "/given", who="Shop")).split('<th scope="row">')[1:]

    assert "1 New Street" in new
    assert ">in force<" in new
    assert "9 Old Road" in old
    assert "something newer took its place" in old


async def test_what_was_asked_for_and_refused_is_listed_as_that(world: World) -> None:
    her, shops = await holding(world, Shop=())
    items = [{"ptr": PHONE, "purpose": "dpv:CustomerCare"}]
    asked = {"items": items, "until": "2028-01-01T00:00:00Z", "effect": "None."}
    await world.do(shops["Shop"], "/v1/consents/ask", peer=the_only(shops["Shop"]).called, **asked)
    await world.settle()
    waits = await seen(her, "/given")
    await world.answer(her, "no")

    page = await seen(her, await only(world, her))
    assert "asked for, not answered" in row(waits, "Shop")
    assert ">refused<" in page
    assert "What they asked for" in page
    assert "Take back what is ticked" not in page


async def test_the_list_comes_in_parts_the_newest_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.web.given.A_PART", 2)
    monkeypatch.setattr(given, "PAGE_SIZE", 2)
    monkeypatch.setattr("agent.web.pages.page.PAGE_SIZE", 2)
    her, _ = await holding(world, A=(HOME,), B=(HOME,), C=(HOME,))

    first, second = await seen(her, "/given"), await seen(her, "/given", page="2")

    assert first.count('<th scope="row">') == 2
    assert second.count('<th scope="row">') == 1
    assert ">A</bdi>" in second.partition('<th scope="row">')[2]


async def test_purposes_are_offered_once_each_in_words() -> None:
    words = [said for _, said in given.AIMS]

    assert len(words) == len(set(words))
    assert ("dpv:DeliveryOfGoods", "to deliver what you ordered") in given.AIMS
