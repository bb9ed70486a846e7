"""Every page there is, seen in a real browser: nothing goes wrong, nothing is hidden, nobody is shut out.

The pages are those that links lead to from the menu, so a new page is looked at as soon as there is a way to it. That
each of them says what it should, without a browser: tests/agent/web/pages/test_every_page.py.
"""

from typing import Literal, cast

import pytest
from playwright.async_api import Browser

from agent.agent import Agent
from agent.web.pages.menu import menu
from tests.agent.web.pages.places import places, some
from tests.browser.axe import needs_axe, violations
from tests.browser.lived import Lived
from tests.browser.sitting import Sitter, sitting

PHONE, ZOOMED, LAP, DESK = (
    (360, 740),
    (640, 450),
    (960, 720),
    (1280, 900),
)  # CSS pixels; at 200 % a desk has half of them
STICKS_OUT = """() => {
  if (document.documentElement.scrollWidth <= innerWidth) return [];
  const all = [...document.querySelectorAll("body *")];
  const out = all.filter(each => each.getBoundingClientRect().right > innerWidth + 1);
  return out.slice(0, 3).map(each => `${each.tagName}.${each.className} ${each.textContent.trim().slice(0, 40)}`);
}"""
PLANTED = """() => {
  const input = document.createElement("input"), words = document.createElement("p");
  words.textContent = "can you read this?";
  words.style.color = "#eee";
  words.style.minWidth = "900px";
  document.querySelector("main").append(input, words);
}"""
WHOSE = ("her", "shop", "agency")


async def all_places(agent: Agent) -> list[str]:
    """Where there is a page, as links lead there."""
    return some(await places(agent))


async def too_wide(she: Sitter, size: tuple[int, int]) -> list[str]:
    """What sticks out of a window of this size."""
    await she.page.set_viewport_size({"width": size[0], "height": size[1]})
    return cast(list[str], await she.page.evaluate(STICKS_OUT))


async def widths(she: Sitter, path: str) -> list[str]:
    """What sticks out of a phone, and at 200 %."""
    found = [f"{path} at {size[0]}: {each}" for size in (PHONE, ZOOMED, LAP) for each in await too_wide(she, size)]
    await she.page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    return found


@pytest.mark.parametrize("whose", ["her", "shop"])
async def test_the_pages_of_the_menu_fit_a_phone_and_a_large_print(
    home: Lived, browser: Browser, whose: Literal["her", "shop"]
) -> None:
    """Each of them shown once; what the browser would log as an error, or fetch elsewhere, fails the sitting."""
    agent: Agent = getattr(home, whose)
    wrong = []
    async with sitting(browser, agent) as she:
        for _, entries in menu(agent.config.kind):
            for entry in entries:
                await she.go(entry.path)
                wrong += await widths(she, entry.path)

    assert wrong == []


@pytest.mark.full
@pytest.mark.parametrize("whose", WHOSE)
async def test_every_page_fits_a_phone_and_a_large_print(home: Lived, browser: Browser, whose: str) -> None:
    agent: Agent = getattr(home, whose)
    wrong = []
    async with sitting(browser, agent) as she:
        for path in await all_places(agent):
            await she.go(path)
            wrong += await widths(she, path)

    assert wrong == []


@pytest.mark.full
@needs_axe
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("whose", WHOSE)
async def test_every_page_is_there_for_those_who_do_not_see_it(
    home: Lived, browser: Browser, whose: str, theme: Literal["light", "dark"]
) -> None:
    agent: Agent = getattr(home, whose)
    wrong = []
    async with sitting(browser, agent, theme=theme) as she:
        for path in await all_places(agent):
            await she.go(path)
            wrong += [f"{path}: {each}" for each in await violations(she.page)]

    assert wrong == []


@needs_axe
async def test_what_is_wrong_is_found(home: Lived, browser: Browser) -> None:
    """The control: a field without a label, and words that one cannot tell from the paper."""
    async with sitting(browser, home.her) as she:
        await she.go("/")
        before = await violations(she.page)
        await she.page.evaluate(PLANTED)
        after = await violations(she.page)
        wide = await too_wide(she, PHONE)

    assert before == []
    assert {each.partition(":")[0] for each in after} >= {"label", "color-contrast"}
    assert wide
