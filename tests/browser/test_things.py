"""Things, loyalties, experiences and helpers, walked through in a browser by her and by an organisation."""

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.agent.world import World
from tests.browser.sitting import Sitter, sitting
from tests.scenarios.shop import WASHER, Sale, open_shop


@pytest.fixture
async def sale(world: World) -> Sale:
    made = await open_shop(world)
    await world.agree(made.her, made.vendor)
    return made


async def tick(she: Sitter, label: str) -> None:
    """Tick a box, or choose one of several."""
    await she.page.get_by_label(label).first.check()


async def narrow(she: Sitter) -> None:
    """Nothing of the page lies beyond the right edge of a small telephone."""
    await she.page.set_viewport_size({"width": 360, "height": 740})
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await she.page.evaluate(wide) <= 0, she.page.url
    await she.page.set_viewport_size({"width": 1280, "height": 900})


async def test_she_registers_a_thing_reports_a_problem_and_hands_it_on(sale: Sale, browser: Browser) -> None:
    await sale.issue("ownership", WASHER, on="2026-10-02")
    async with sitting(browser, sale.her) as she, sitting(browser, sale.vendor) as they:
        await she.go("/things")
        await she.click("Washing machine")
        await she.sees("Yours by its papers.")
        await narrow(she)
        await she.click("Register it for recalls")
        await she.sees("a fresh identity, made for this thing")
        await she.click("Register it")
        await she.sees("Sent to Machine Shop")
        await sale.run()
        await she.sees("which warns you of recalls")

        await they.go("/assets")
        await they.sees("A1B2C3")
        await narrow(they)
        await they.click("Warn the owners")
        await they.fill("What is wrong?", "Stop using the drum.")
        await they.click("See whom it reaches")
        await they.sees("Warn 1 owner?")
        await they.page.wait_for_timeout(500)
        await they.click("Send the warning")
        await they.sees("Sent to 1 owner")
        await sale.run()
        await she.sees("Stop using the drum.")

        await she.click("Report a problem")
        await she.fill("What is wrong?", "It hums <b>loudly</b>.")
        await she.click("Send the report")
        await she.sees("It hums <b>loudly</b>.")
        await sale.run()
        [case] = await sale.world.listed(sale.vendor, "/v1/cases")
        for asked in (
            {"act": "answer", "number": "C-12"},
            {"act": "resolve", "remedy": "repaired", "text": "New pump."},
        ):
            await sale.world.do(sale.vendor, f"/v1/cases/{case['thread']}", **asked)
            await sale.run()
        await she.sees("New pump.")
        await she.click("Answer below")
        await she.sees("Is it solved?")
        await she.page.wait_for_timeout(500)
        await she.click("Yes, it is solved")
        await she.sees("Closed: solved.")

        await she.click("Washing machine")
        await she.click("Hand it on")
        await she.click("Make a link for the new owner")
        await she.sees("Give this to one person")
        await narrow(she)
        assert await she.page.get_by_role("img", name=re.compile("The link by which")).count() == 1


async def test_she_says_why_she_is_loyal_and_leaves_a_programme(sale: Sale, browser: Browser) -> None:
    async with sitting(browser, sale.vendor) as they:
        await they.go("/programme/set")
        await they.fill("Name", "Drum Club")
        await they.fill("Rules", "One point a wash.")
        await tick(they, "Admit everybody")
        await they.click("Offer it")
        await they.sees("Drum Club")
    async with sitting(browser, sale.her, theme="dark") as she:
        await she.go("/loyalties")
        await she.click("Say to whom you are loyal")
        await she.fill("In what?", "laundry")
        await tick(she, "quality")
        await she.fill("In your words: quality", "They repair things.")
        await she.fill("Until when", "2099-01-01")
        await narrow(she)
        await she.click("See what is said")
        await she.sees("quality: They repair things.")
        await she.click("Change it")
        assert await she.page.get_by_label("In what?").input_value() == "laundry"
        await she.click("See what is said")
        await she.sees("This is what is said")
        await she.page.wait_for_timeout(500)
        await she.click("Say it")
        await she.sees("Said to Machine Shop")
        await sale.run()

        await she.go("/loyalties/memberships/new")
        await she.click("Ask for the rules")
        async with asyncio.timeout(60):
            while not await sale.world.listed(sale.her, "/v1/questions"):
                await sale.run()
                await asyncio.sleep(0.02)
        await sale.world.answer(sale.her)
        await sale.run()
        await she.go("/loyalties")
        await she.click("Drum Club")
        await she.click("Leave the programme")
        await she.sees("There is nothing to lose.")
        await she.page.wait_for_timeout(500)
        await she.click("Leave now")
        await she.sees("You have left Drum Club.")
    [theirs] = await sale.world.listed(sale.vendor, "/v1/statements")
    assert theirs["reasons"] == ({"code": "quality", "text": "They repair things."},)


async def test_she_publishes_what_it_was_like_and_anybody_checks_the_file(
    sale: Sale, browser: Browser, tmp_path: Path
) -> None:
    async with sitting(browser, sale.her) as she:
        await she.go("/experiences/new")
        await she.fill("What was it like?", "Good machine.")
        await tick(she, "Everybody")
        await she.click("Keep it and look at it")
        await she.sees("What would be sent")
        await narrow(she)
        await she.page.wait_for_timeout(500)
        await she.click("Sign it")
        await she.sees("The file")
        async with she.page.expect_download() as download:
            await she.click("Save the file")
        await (await download.value).save_as(tmp_path / "share.json")
    async with sitting(browser, sale.vendor) as they:
        await they.go("/experiences/check")
        await they.page.get_by_label("The file").first.set_input_files(tmp_path / "share.json")
        await they.click("Check it")
        await they.sees("as it was signed")
        await they.sees("Good machine.")


async def test_she_appoints_a_helper_by_keyboard_and_ends_it(sale: Sale, browser: Browser) -> None:
    broker = await sale.world.add("Broker", "org")
    await sale.world.introduce(sale.her, broker)
    async with sitting(browser, sale.her) as she:
        await she.go("/helpers/new")
        await she.page.get_by_label("Who?").focus()
        await she.page.keyboard.type("Broker")
        await she.page.keyboard.press("Tab")
        await she.page.keyboard.press("Tab")
        await she.page.keyboard.type("Find me a stroller.")
        await she.page.keyboard.press("Tab")
        await she.page.keyboard.press("Space")
        await narrow(she)
        await she.page.get_by_role("button", name="See what is allowed").press("Enter")
        await she.sees("Ask for offers, and answer questions about what you want")
        await she.heeded()
        await she.page.get_by_role("button", name="Ask Broker").press("Enter")
        await she.sees("Broker is asked.")
        await sale.world.settle()
        await sale.world.answer(broker)
        await she.sees("This waits for your answer")
        await sale.world.answer(sale.her)
        await she.go("/helpers")
        await she.click("Broker")
        await she.sees("End it now")
        await she.page.wait_for_timeout(500)
        await tick(she, "I mean it.")
        await she.click("End it now")
        await she.sees("Broker may do nothing more for you.")
