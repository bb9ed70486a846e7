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
