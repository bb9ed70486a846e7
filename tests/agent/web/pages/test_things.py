"""Things: papers, maker, problems and the next owner, by the pages alone."""

import re

import pytest

from agent.agent import Agent
from agent.web.pages import visiting
from tests.agent.web.pages.plainly import words
from tests.agent.web.pages.visits import filled, refused, seen, sent
from tests.agent.world import World
from tests.scenarios.shop import Sale, bought, open_shop
from wallet.store.change import Change, Item


@pytest.fixture
async def sale(world: World) -> Sale:
    return await open_shop(world)


async def path_of(agent: Agent) -> str:
    """The page of the newest thing."""
    found = re.search(r'href="#(/things/[0-9a-f-]{20,})"', await seen(agent, "/things"))
    assert found is not None
    return found[1]


async def test_an_empty_list_says_what_would_be_there(world: World) -> None:
    assert "Nothing is entered" in await seen(await world.add("her"), "/things")


async def test_a_thing_of_her_own_word_is_entered_and_marked_so(world: World) -> None:
    her = await world.add("her")

    done = await sent(her, "/things", name="Clock", gtin="4012345678901", acquired="2026-10", note="from the attic")

    page = await seen(her, done.go)
    assert "Yours by your own word; there are no papers." in page
    assert "from the attic" in page
    assert "your own word" in await seen(her, "/things")
    assert "8 to 14 digits" in await refused(her, "/things", name="Clock", gtin="12")
    assert "like 2027-03" in await refused(her, "/things", name="Clock", acquired="yesterday")
    assert "in a word or two" in await refused(her, "/things", name=" ")


async def test_each_paper_says_whether_it_holds_and_until_when(sale: Sale) -> None:
    await bought(sale)

    _, _, page = (await seen(sale.her, await path_of(sale.her))).partition("<main>")  # its menu shows random words

    assert page.count("genuine") == 3
    assert "Yours by its papers." in page
    assert "until 2 October 2028" in page
    assert page.count("no end is named") == 2
    assert "Machine Shop" in page
    assert "399.00" in page


async def test_a_changed_paper_is_shown_not_to_hold(sale: Sale) -> None:
    await bought(sale)
    [row] = sale.her.store.items("thing")
    forged = row.record.replace(b"2028-10-02", b"2038-10-02")
    await sale.her.store.apply(Change(peer="", keep=(Item(row.kind, row.id, forged, row.peer, row.tag),)))

    _, _, page = (await seen(sale.her, await path_of(sale.her))).partition("<main>")  # its menu shows random words

    assert (page.count("genuine"), page.count(">does not hold<")) == (2, 1)


async def test_she_registers_it_and_is_warned_of_a_recall(sale: Sale) -> None:
    await bought(sale)
    path = await path_of(sale.her)
    asks = await seen(sale.her, f"{path}/register")
    assert "a fresh identity, made for this thing and used nowhere else" in asks
    assert "look up to whom it once gave it" in asks

    done = await sent(sale.her, f"{path}/register", org="", papers=["ownership"])
    await sale.run()
    await sale.world.do(sale.vendor, "/v1/things/alert", kind="recall", text="Stop using the drum.", remedy="Call us.")
    await sale.run()

    assert "Machine Shop" in done.said
    page = await seen(sale.her, path)
    assert "(127.0.0.1:9000)" in words(page).partition("which warns you of recalls")[0]
    for each in (page, await seen(sale.her, "/things")):
        assert "Recall" in each
        assert "Stop using the drum." in each
        assert "Call us." in each


async def test_without_a_tick_the_proof_stays_here(sale: Sale) -> None:
    await bought(sale)
    path = await path_of(sale.her)

    await sent(sale.her, f"{path}/register", org="", papers=[])
    await sale.run()

    [asked] = await sale.world.listed(sale.vendor, "/v1/questions")
    assert "egister" in str(asked)
    assert not sale.vendor.store.count_items("asset")


async def test_a_problem_is_followed_to_its_end_on_one_page(sale: Sale) -> None:
    world = sale.world
    await bought(sale)
    path = await path_of(sale.her)
    report = {"text": "Water stays in the drum.", "want": "repair", "since": "2026-10-30", "tried": "filter\nhose"}
    assert "what is wrong" in await refused(sale.her, f"{path}/problem", **{**report, "text": ""})
    done = await sent(sale.her, f"{path}/problem", **report, org="", papers=["receipt", "warranty"])
    await sale.run()
    [case] = await world.listed(sale.vendor, "/v1/cases")
    assert case["attached"] == ["thing", "receipt", "warranty"]

    assert "hose" in await seen(sale.her, done.go)
    for asked in (
        {"act": "answer", "number": "C-12"},
        {"act": "update", "status": "waiting-owner", "text": "Which programme?"},
    ):
        await world.do(sale.vendor, f"/v1/cases/{case['thread']}", **asked)
        await sale.run()
    assert "they wait for your answer" in await seen(sale.her, done.go)
    assert "waiting for you" in await seen(sale.her, path)
    await sent(sale.her, done.go, act="add", text="The long one.")
    await sale.run()
    await world.do(sale.vendor, "/v1/cases/C-12", act="resolve", remedy="repaired", text="New pump.")
    await sale.run()
    assert "not solved yet" in await refused(sale.her, done.go, act="reopen", text="")
    await sent(sale.her, done.go, act="reopen", text="It still leaks.")
    await sale.run()
    await world.do(sale.vendor, "/v1/cases/C-12", act="resolve", remedy="replaced", text="A new machine.")
    await sale.run()
    await sent(sale.her, done.go, act="solved")
    await sale.run()

    _, page = (await seen(sale.her, done.go)).split("What was said")
    told = [
        "Water stays",
        "It is case",
        "Which programme?",
        "The long one.",
        "New pump.",
        "It still leaks.",
        "A new machine.",
    ]
    assert [page.index(each) for each in told] == sorted(page.index(each) for each in told)
    assert "Closed: solved" in page
    [theirs] = await world.listed(sale.vendor, "/v1/cases")
    assert (theirs["state"], theirs["solved"]) == ("closed", True)


async def test_it_is_handed_on_by_a_link_and_claimed_by_the_next(sale: Sale) -> None:
    world, her = sale.world, sale.her
    await bought(sale)
    buyer = await world.add("Buyer")
    path = await path_of(her)
    assert "your name and everything else about you" in await seen(her, f"{path}/hand-on")
    page = await filled(her, f"{path}/hand-on", amount="100.00", currency="eur")
    link = re.search(r'data-copy="([^"]+)"', page)
    assert link is not None

    assert (await sent(buyer, "/things/take", url=link[1])).go == "/questions"
    await sale.run()
    await world.answer(buyer)
    await sale.run()
    await world.answer(her)
    await sale.run()

    assert "You noted: handed on." in await seen(her, path)
    theirs = await path_of(buyer)
    page = await seen(buyer, theirs)
    assert "It was handed on 1 time since its papers were issued." in page
    assert "Claim it at its maker" in page
    assert "Augusta" not in page
    await sent(buyer, f"{theirs}/claim")
    await sale.run()
    page = await seen(buyer, theirs)
    assert "yours, and known to be" in page
    assert "Claim it at its maker" not in page


async def test_what_has_no_proof_is_not_handed_on(world: World) -> None:
    her = await world.add("her")
    made = await sent(her, "/things", name="Clock")

    assert "that it is yours is your own word" in await seen(her, f"{made.go}/hand-on")
    assert "cannot be handed on" in await refused(her, f"{made.go}/hand-on")


async def test_letting_go_asks_first_and_tells_who_knew(sale: Sale) -> None:
    await bought(sale)
    path = await path_of(sale.her)
    await sent(sale.her, f"{path}/register", org="", papers=["ownership"])
    await sale.run()
    assert "Machine Shop" in await seen(sale.her, f"{path}/release")
    assert "Tick" in await refused(sale.her, f"{path}/release", reason="scrapped")

    done = await sent(sale.her, f"{path}/release", reason="scrapped", sure="sure")
    await sale.run()

    assert done.said == "Noted. Machine Shop is told, and no more."
    assert "You noted: scrapped." in await seen(sale.her, path)
    assert not sale.vendor.store.count_items("asset")


async def test_a_long_list_has_parts(world: World) -> None:
    her = await world.add("her")
    for number in range(52):
        await world.do(her, "/v1/things", thing={"name": f"Chair {number}"})

    first, second = await seen(her, "/things"), await seen(her, "/things", page="2")

    assert "Chair 51" in first
    assert "Part 2 of 2, 52 in all" in second
    assert re.findall(r"Chair (\d+)", second) == ["1", "0"]


async def test_only_persons_have_these_pages(sale: Sale) -> None:
    assert (await visiting.answer(sale.vendor, "GET", "/things", {}, b""))[0] == 404
