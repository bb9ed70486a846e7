"""Rights and what was given, in a browser: asked and followed by the clock, by letter, taken back field by field."""

from playwright.async_api import Browser

from agent import held
from tests.agent.web.pages.shops import HOME, PHONE, holding
from tests.agent.world import World, the_only
from tests.browser.sitting import sitting
from tests.browser.test_changes import CAREFUL


async def test_she_sees_what_a_vendor_has_and_the_answer_comes_while_she_looks(world: World, browser: Browser) -> None:
    her, shops = await holding(world, Shop=(HOME, PHONE))

    async with sitting(browser, her) as she:
        await she.go("/rights")
        await she.click("Use a right")
        await she.page.get_by_label("See what they have of me").check()
        await she.page.get_by_label("Of whom?").select_option(index=2)
        await she.click("Show what would be asked")
        await she.page.get_by_label("phone (main)").check()
        await she.page.wait_for_timeout(CAREFUL)
        await she.click("Ask Shop")
        await she.sees("They must answer by 15 February 2027")
        await world.settle()
        [case] = await world.listed(shops["Shop"], "/v1/rights")
        await world.do(shops["Shop"], f"/v1/rights/{case['case']}/progress", by="2027-02-01", details="We look for it.")
        await world.settle()
        await she.sees("They say: We look for it.")
        await world.do(shops["Shop"], f"/v1/rights/{case['case']}/fulfil")
        await world.settle()
        await she.sees("Done for: phone (main)")
        await she.sees("+351 210 000 000")


async def test_she_writes_a_letter_and_takes_one_field_back_on_a_narrow_screen(world: World, browser: Browser) -> None:
    her, shops = await holding(world, Shop=(HOME, PHONE))

    async with sitting(browser, her, theme="dark", width=360) as she:
        await she.go("/letters/new?right=erasure&to=Old%20Bank")
        await she.fill("Your name and address", "New Name\n1 Road, Lisboa")
        await she.click("Write it")
        await she.sees("written, not sent yet")
        async with she.page.expect_download() as saving:
            await she.click("Save as PDF")
        saved = await saving.value
        assert saved.suggested_filename.endswith(".pdf")
        await she.click("Enter it")
        await she.sees("They must answer by")
        await she.page.get_by_text("Pages").click()
        await she.click("What I gave")
        await she.page.get_by_role("link", name="Shop").click()
        await she.page.get_by_label("phone (main)").check()
        await she.page.wait_for_timeout(CAREFUL)
        await she.click("Take back what is ticked")
        await she.sees("The rest stays given")
        await world.settle()
        await she.sees("in force")
        assert await she.page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    assert [each.ptr for each in held.of(shops["Shop"], the_only(shops["Shop"]).peer)] == [HOME]
