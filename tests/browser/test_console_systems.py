"""An organisation's own systems and keys, as its people handle them in a browser; by keyboard where it matters."""

import re

from playwright.async_api import Browser

from agent.bridges.dispatch import Dispatcher
from tests.agent.world import World
from tests.browser.sitting import sitting


async def test_a_system_is_connected_paused_and_resumed_while_the_page_follows(world: World, browser: Browser) -> None:
    shop, her = await world.add("Town Shop", "org"), await world.add("her")
    called = await world.introduce(her, shop)

    async with sitting(browser, shop) as it:
        await it.go("/bridges")
        await it.click("Use the small CRM")
        await it.sees("has not heard everything yet")
        await Dispatcher(shop).turn()
        await it.sees("has heard everything")
        await it.sees("has become your customer")
        await it.sees(called)
        await it.click("Pause")
        await it.sees("paused by you")
        await it.click("Go on")
        await it.sees("has heard everything")
        await it.click("Disconnect it")
        await it.page.wait_for_timeout(600)  # it is careful: nothing that was just put there is answered
        await it.click("Disconnect it")
        await it.sees("None of your systems")


async def test_a_key_is_made_seen_once_and_taken_back_and_an_exchange_is_drawn(world: World, browser: Browser) -> None:
    shop, her = await world.add("Town Shop", "org"), await world.add("her")
    await world.introduce(her, shop)

    async with sitting(browser, shop, theme="dark", width=360) as it:
        await it.go("/developers")
        await it.fill("For which system?", "web shop")
        await it.page.get_by_label("For which system?").press("Enter")
        await it.sees("This is the one time it is shown")
        assert re.search(r"fr_\w+_[\w-]{40,}", await it.page.inner_text("#page"))
        await it.click("I have put it away")
        await it.sees("made on")
        assert not re.search(r"fr_\w+_[\w-]{40,}", await it.page.inner_text("#page"))
        await it.click("Take back")
        await it.page.wait_for_timeout(600)
        await it.click("Take the key back")
        await it.sees("No system has a key yet")

        await it.click("Look at exchanges")
        await it.click("meeting")
        await it.page.locator(".sequence path.ours").first.wait_for()
        assert await it.page.get_by_role("listitem").filter(has_text="welcome").count() >= 1
        assert await it.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
