"""Somebody who sits at a browser: the system's Chromium, before the page of one agent.

Whatever the page logs as an error, and every request to another origin, is kept; a test that ends finds none.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright

from agent.agent import Agent
from agent.web.server import Door

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
PATIENCE: Final = 60_000.0  # ms that something may take to appear

ABSENT: Final = "Chromium is not here (scripts/check installs it as root)"


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser of its own."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS], timeout=2 * PATIENCE)
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Sitter:
    """One owner at her page. wrong: errors of the page, and what it asked of others."""

    page: Page
    url: str
    wrong: list[str] = field(default_factory=list)

    async def go(self, path: str) -> None:
        """Go to a page by its address."""
        await self.page.goto(f"{self.url}/#{path}")
        await self.page.wait_for_function("path => shownPath === path && document.querySelector('#page h1')", arg=path)

    async def sees(self, words: str) -> None:
        """Wait until these words can be seen."""
        await self.page.get_by_text(words).first.wait_for(timeout=PATIENCE)

    async def sees_once(self, words: str, happens: Callable[[], Awaitable[object]]) -> None:
        """Wait until these words can be seen, while time goes on for others: a press may still be on its way to us."""
        async with asyncio.timeout(PATIENCE / 1000):
            while not await self.page.get_by_text(words).first.is_visible():
                await happens()
                await asyncio.sleep(0.02)

    async def heeded(self, selector: str = "#page form[data-careful] button") -> None:
        """Wait until a button is heard that is not in the first half second."""
        await self.page.locator(selector).first.click(trial=True, timeout=PATIENCE)

    async def click(self, name: str) -> None:
        """Press the button, or follow the link, of that name."""
        both = self.page.get_by_role("button", name=name).or_(self.page.get_by_role("link", name=name))
        await both.first.click(timeout=PATIENCE)

    async def fill(self, label: str, words: str) -> None:
        """Type into the field of that label."""
        await self.page.get_by_label(label).first.fill(words, timeout=PATIENCE)

    async def picture(self, path: Path) -> None:
        """What she sees, as a PNG file: the whole page."""
        await self.page.screenshot(path=path, full_page=True)


async def sit(browser: Browser, url: str, code: str, **more: Any) -> Sitter:
    """Open the page of an agent, as `freerange open` does. more: settings of the browser's context."""
    context: BrowserContext = await browser.new_context(**more)
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    sitter = Sitter(page, url)
    page.on("console", lambda line: sitter.wrong.append(logged(line)) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda fault: sitter.wrong.append(str(fault)))
    page.on("request", lambda request: sitter.wrong.append(request.url) if foreign(request.url, url) else None)
    await page.goto(f"{url}/#k={code}")
    await page.wait_for_selector("#page h1")
    return sitter


def logged(line: ConsoleMessage) -> str:
    """What a page logs, and where it comes from."""
    return f"{line.text} ({line.location['url']})"


def foreign(asked: str, ours: str) -> bool:
    """Whether a request leaves the origin of the page."""
    return urlsplit(asked).scheme not in ("blob", "data") and urlsplit(asked).netloc != urlsplit(ours).netloc


@asynccontextmanager
async def sitting(
    browser: Browser,
    agent: Agent,
    *,
    theme: Literal["light", "dark"] = "light",
    width: int = 1280,
    height: int = 900,
) -> AsyncIterator[Sitter]:
    """The owner of an agent of this process, at her page. At the end nothing was wrong."""
    door = Door(agent)
    await door.start("127.0.0.1", 0)
    url = f"http://127.0.0.1:{door.port}"
    size = {"width": width, "height": height}
    sitter = await sit(browser, url, door.sessions.code(), viewport=size, color_scheme=theme)
    try:
        yield sitter
    finally:
        await sitter.page.context.close()
        await door.stop()
    assert not sitter.wrong, sitter.wrong
