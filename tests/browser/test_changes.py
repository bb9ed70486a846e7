"""One change of address to twenty vendors: looked at, confirmed once, and followed while the tally moves."""

import pytest
from playwright.async_api import Browser

from agent import campaigns, held
from agent.agent import Agent
from tests.agent.web.pages.shops import HOME, MAIL, holding
from tests.agent.world import World, the_only
from tests.browser.sitting import Sitter, sitting

NEW = "1 New Street, 1100 Lisboa, PT"
CAREFUL = 600  # ms: a question is not answered in the first half second


async def twenty(world: World) -> tuple[Agent, dict[str, Agent]]:
    """A person whose address twenty vendors hold, one of which wants her to sign in first, and one is away."""
    held_by = {f"Shop {number:02}": (HOME,) for number in range(20)}
    her, shops = await holding(world, **held_by, Mailer=(MAIL,), Stranger=())
    await world.do(shops["Shop 03"], "/v1/profile/policy", step_up=[HOME])
    world.network.down.add(shops["Shop 07"].config.url)
    return her, shops


async def bar(she: Sitter, name: str, value: int) -> None:
    """Wait until a progress bar has come so far."""
    await she.page.wait_for_function("([id, value]) => document.getElementById(id)?.value === value", arg=[name, value])


async def moves(she: Sitter) -> None:
    """She types her new address, looks at who would get what, and confirms it."""
    await she.go("/me")
    await she.fill("Address (home)", NEW)
    await she.page.get_by_text("From when on").click()
    await she.page.get_by_label("How to tell them").select_option("0")
    await she.click("Show who would get what")
    await she.sees("20 vendors are told")
    assert await she.page.get_by_role("row").filter(has_text=NEW).count() == 1 + 20
    await she.page.get_by_text("By name").click()
    await she.sees("you gave them nothing of this")
    await she.page.wait_for_timeout(CAREFUL)
    await she.click("Change it and tell them")
    await she.sees("Confirmed. 20 are told")


def moved(shops: dict[str, Agent]) -> int:
    """How many vendors have her new address."""
    found = (held.of(shop, the_only(shop).peer) for shop in shops.values())
    return sum(NEW in str(each.value) for values in found for each in values)


async def test_she_moves_house_once_and_watches_twenty_vendors_hear_of_it(
    world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaigns, "WINDOW", 4)
    her, shops = await twenty(world)

    async with sitting(browser, her) as she:
        await moves(she)
        await bar(she, "told", 0)
        await world.tick(1)
        await bar(she, "told", 4)
        await she.click("Pause")
        await she.sees("Paused. What was said stays said")
        await world.tick(1)
        await bar(she, "told", 4)
        await she.click("Go on")
        await she.sees("Being told")
        await world.tick(1)
        await bar(she, "told", 8)
        path = she.page.url.partition("#")[2]
    her = await world.restart(her)  # the browser is closed, and then the agent is gone in the middle of it
    for _ in range(4):
        await world.tick(1)

    async with sitting(browser, her, theme="dark", width=360) as she:
        await she.go(path)
        await bar(she, "told", 20)
        await bar(she, "answered", 19)
        assert await she.page.get_by_role("row").filter(has_text="address (home): done").count() == 18
        await she.sees("refused, because they want you to sign in first")
        world.network.down.clear()
        await world.tick(86400)
        await bar(she, "answered", 20)
        assert await she.page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    assert moved(shops) == 19
