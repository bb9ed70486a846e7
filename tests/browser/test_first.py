"""The first page, as it is seen in a browser."""

from playwright.async_api import Browser

from tests.agent.world import World
from tests.browser.sitting import sitting


async def test_the_page_opens_by_a_code_of_one_use_which_leaves_the_address(world: World, browser: Browser) -> None:
    her = await world.add("her")

    async with sitting(browser, her) as she:
        await she.sees("Nothing waits for you")
        assert await she.page.title() == "Home · freerange"
        assert "#k=" not in she.page.url


async def test_what_she_has_opened_stays_open_while_the_page_follows(world: World, browser: Browser) -> None:
    her, shop = await world.add("her"), await world.add("Shop", "org")
    await world.introduce(her, shop)

    async with sitting(browser, her) as she:
        await she.go("/relationships/Shop")
        await she.page.locator(".timeline summary").last.click()
        opened = await she.page.locator(".timeline details[open]").inner_text()
        await world.agree(her, shop)
        await she.sees("Terms confirmed")

        assert await she.page.locator(".timeline details[open]").inner_text() == opened
