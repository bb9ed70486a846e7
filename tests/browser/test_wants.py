"""A want goes to market: the customer's page and the vendor's, open at once, each following what the other does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Locator

from agent.agent import Agent
from agent.agreements import shipped_bytes
from tests.agent.market import bids, casts, shops, wants
from tests.agent.world import World
from tests.browser.sitting import Sitter, sitting

CAREFUL = 600  # ms: a question is not answered in the first half second
HOSTILE = "</td><script>alert(1)</script>\u202egnp.elbatcudorp " + "\u0301" * 400


@asynccontextmanager
async def time_passes(world: World) -> AsyncIterator[None]:
    """Messages arrive, and what is due is done, while people look at their pages."""

    async def pass_it() -> None:
        while True:
            await world.tick(1)
            await asyncio.sleep(0.1)

    passing = asyncio.create_task(pass_it())
    try:
        yield
    finally:
        passing.cancel()
        await asyncio.gather(passing, return_exceptions=True)


async def careful(who: Sitter, name: str) -> None:
    """Press a button that is not heard in the first half second."""
    await who.page.get_by_role("button", name=name).wait_for()
    await who.page.wait_for_timeout(CAREFUL)
    await who.click(name)


async def too_wide(who: Sitter) -> int:
    """By how much the page is wider than its window."""
    return int(await who.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


async def asks(she: Sitter) -> None:
    """She keeps a want, sees what the shop would learn, and asks it."""
    await she.go("/wants")
    await she.click("Keep a want")
    await she.fill("In your own words", "a stroller for two")
    await she.fill("What it is, as a shop would say", "twin stroller")
    await she.fill("Where", "GB-GLG")
    await she.fill("At most", "350,00")
    await she.fill("Currency", "gbp")
    await she.click("Keep it")
    await she.sees("It is kept, for you alone")
    await she.click("Ask for offers")
    await she.page.get_by_role("checkbox", name="Shop").check()
    await she.page.get_by_label("They are asked").select_option("0")
    await she.click("Show what each would learn")
    await she.sees("Nothing has been said yet")
    await she.sees("does not learn who you are")
    assert await she.page.get_by_text("a stroller for two").count() == 0
    await careful(she, "Ask this vendor")
    await she.sees("1 vendor is being asked")


async def offers(it: Sitter) -> None:
    """The shop sees somebody ask, as it happens, and makes an offer."""
    await it.click("twin stroller")
    await it.sees("You learn nothing about who asks")
    await it.fill("Price", "319.00")
    await it.fill("Delivery, in how many days", "3")
    await it.fill("Warranty, for how many months", "24")
    await careful(it, "Make this offer")
    await it.sees("Your offer of 319.00 GBP is made")


async def orders(she: Sitter) -> None:
    """She orders what is held for her, and says who she is."""
    await she.click("Order it")
    await she.fill("Your name", "Ada Lovelace")
    await she.fill("Where it is delivered", "1 Street, Porto, PT")
    await careful(she, "Order, and tell it this")
    await she.sees("who now knows what you chose to tell")


async def test_a_customer_and_a_vendor_come_to_an_order_on_two_pages_at_once(world: World, browser: Browser) -> None:
    her, [shop] = await world.add("her"), await shops(world, "Shop")
    await world.introduce(her, shop)

    async with time_passes(world), sitting(browser, her) as she, sitting(browser, shop) as it:
        await it.go("/demand")
        await it.sees("Nobody asks for anything now")
        await asks(she)
        await offers(it)
        await she.page.get_by_role("row").filter(has_text="319.00 GBP").get_by_role("link", name="Look").click()
        await she.sees("It still does not learn who you are")
        await careful(she, "Pick this offer")
        await it.sees("Does it still stand?")
        await careful(it, "Yes, hold it")
        await she.sees("An offer is held for you")
        await orders(she)
        await it.sees("to carry out this order and for nothing else")
        await it.fill("Number of the order", "A-17")
        await careful(it, "Say so, and offer the receipt as a card")
        await she.sees("Order number")
        await it.go("/demand")
        await it.sees("You won 100 % of your offers.")

    assert "Ada Lovelace" not in str(await world.listed(shop, "/v1/demand"))


async def hostile_market(world: World) -> tuple[Agent, str]:
    """Her want, with an honest offer and one that is made to confuse."""
    her, sellers = await world.add("her"), await shops(world, "One", "Two")
    want = await wants(world, her, item={"category": "twin stroller", "amount": 2})
    await casts(world, her, want, *sellers)
    await bids(world, sellers[0], "300.00", warranty="P2Y", delivery="P3D")
    await bids(world, sellers[1], "280.01", conditions=HOSTILE, description=HOSTILE)
    return her, want


async def test_offers_stack_on_a_narrow_page_and_say_nothing_that_is_not_seen(world: World, browser: Browser) -> None:
    her, want = await hostile_market(world)

    async with sitting(browser, her, theme="dark", width=360) as she:
        for path in (
            "/wants",
            "/wants/new",
            f"/wants/{want}",
            f"/wants/{want}/asked",
            f"/wants/{want}/close",
            "/rules",
        ):
            await she.go(path)
            assert (path, await too_wide(she)) == (path, 0)
        await she.go(f"/wants/{want}")
        rows = she.page.locator("table.offers tbody tr")
        assert await rows.count() == 2
        for words in ("Price: 140.01 GBP each", "Total: 280.01 GBP for 2", "Delivery: not said", "Stands until:"):
            assert words in (await shown(rows.nth(0)))
        boxes = [await rows.nth(number).bounding_box() for number in (0, 1)]
        assert all(box is not None and box["width"] <= 360 for box in boxes)
        await rows.nth(0).get_by_role("link").press("Enter")
        await she.sees("U+202E")
        assert await she.page.locator("main script").count() == 0
        assert await too_wide(she) == 0


async def shown(row: Locator) -> str:
    """The words of a row, with the labels that its style adds."""
    script = """row => [...row.querySelectorAll("td")].map(cell =>
        getComputedStyle(cell, "::before").content.replace(/^attr.*$|^"|"$/g, "").replace(/^none$/, "")
        + " " + cell.textContent).join(" | ").replace(/\\s+/g, " ")"""
    return str(await row.evaluate(script))


async def test_an_answer_that_is_being_written_stays_while_offers_come_in(world: World, browser: Browser) -> None:
    her, sellers = await world.add("her"), await shops(world, "One", "Two")
    want = await wants(world, her)
    await casts(world, her, want, *sellers)
    [asked] = await world.listed(sellers[0], "/v1/demand")
    body = {"text": "Which colour?"}
    await world.do(sellers[0], f"/v1/threads/{asked['thread']}/say", message="question", body=body)
    await world.settle()

    async with sitting(browser, her) as she:
        await she.go(f"/wants/{want}")
        await she.fill("Your answer", "Any but pink")
        await she.page.get_by_role("heading", name="Offers").click()
        await bids(world, sellers[1], "300.00")
        await she.sees("300.00 GBP")
        assert await she.page.get_by_label("Your answer").input_value() == "Any but pink"
        await she.click("Answer")
        await she.sees("Answered.")


async def test_rules_are_added_and_a_list_of_terms_is_loaded_from_a_file(
    world: World, browser: Browser, tmp_path: Path
) -> None:
    her = await world.add("her")
    file = tmp_path / "terms.json"
    file.write_bytes(shipped_bytes().replace(b'"name": "freerange"', b'"name": "consumer terms"'))

    async with sitting(browser, her) as she:
        await she.go("/rules")
        await she.click("Add this rule")
        await she.sees("Every vendor may use your address (home) to deliver what you ordered.")
        await she.page.get_by_role("button", name="Bring these first").click()
        await she.sees("You bring these terms first from now on")
        await she.click("Other lists of terms")
        await she.page.get_by_label("File with the list").set_input_files(file)
        await she.click("Look what is in it")
        await she.sees("Nothing of it is kept yet")
        assert not await she.page.get_by_text("uEi").first.is_visible()
        await she.page.get_by_text("Details").first.click()
        await she.sees("uEi")
        await careful(she, "Keep this list")
        await she.click("Use this list")
        await she.sees("These are from the list consumer terms")
