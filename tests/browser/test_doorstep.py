"""A new owner, from nothing: her wallet, her words, a back-up, the first vendor, the lock. The agent is a process."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from agent.cli import running
from tests.browser.sitting import Sitter, foreign, sit
from wallet.errors import Malformed
from wallet.words import key_of

ROOT = Path(__file__).parents[2]
SECRET = "a passphrase for tests only"


class Command:
    """`freerange` about one folder."""

    def __init__(self, home: Path) -> None:
        self.home = home

    async def types(self, *words: str) -> str:
        """What it prints."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-P", "-m", "agent", "--home", str(self.home), *words),
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert process.returncode == 0, err.decode()
        return out.decode()

    async def opens(self) -> tuple[str, str, str]:
        """What `freerange open` says: where the page is, the code for it, and the sign of the wallet."""
        said = await self.types("open", "--print")
        place = re.search(r"(http://\S+)/#k=(\S+)", said)
        sign = re.search(r"sign of your wallet: (.*)", said)
        assert place
        return place[1], place[2], sign[1] if sign else ""


@pytest.fixture
async def command(tmp_path: Path) -> AsyncIterator[Command]:
    """Of a folder that is not there yet."""
    made = Command(tmp_path / "home")
    yield made
    if running.at_the_door(made.home):
        await made.types("stop")


async def makes(she: Sitter) -> list[str]:
    """She makes a wallet, and writes her words down. Returns them."""
    await she.fill("What shall we call you", "her")
    await she.fill("A passphrase", SECRET)
    await she.fill("The same again", SECRET)
    await she.click("Make my wallet")
    await she.sees("These 24 words")
    words = await she.page.locator("ol.words li").all_text_contents()
    for label in await she.page.locator("form label").all_text_contents():
        await she.fill(label.strip(), words[int(label.split()[1]) - 1])
    await she.click("They are on paper")
    await she.sees("Your words count now")
    return words


async def saves(page: Page, name: str) -> Path:
    """What the browser saves when this is pressed."""
    async with page.expect_download() as saved:
        await page.get_by_role("button", name=name).click()
    return Path(await (await saved.value).path())


def mistaken(words: list[str]) -> str:
    """Her words in another order, which does not fit: the checksum lets one order in 256 pass."""
    for first in range(1, len(words)):
        turned = " ".join(words[first:] + words[:first])
        try:
            key_of(turned)
        except Malformed:
            return turned
    raise AssertionError("every order fits")


async def test_from_nothing_to_a_wallet_that_is_kept_tried_locked_and_opened(
    browser: Browser, command: Command
) -> None:
    """UI-15, UI-23: the second page shows what the first one does."""
    she = await sit(browser, *(await command.opens())[:2])
    words = await makes(she)

    backup = await saves(she.page, "Make a back-up")
    await she.sees("(today)")
    await she.page.get_by_label("The file").set_input_files(backup)
    await she.fill("Your 24 words", " ".join(words))
    await she.click("Try it")
    await she.sees("This back-up is good")

    await she.go("/try")
    await she.click("Let them come")
    await she.click("Meet the Demo Library")
    await she.click("Offer the Demo Library your terms")
    await she.click("Let it offer you a member card")
    await she.sees("offers you a card")

    url, code, sign = await command.opens()
    other = await sit(browser, url, code)
    await other.sees(sign)
    await other.go("/settings")
    await other.click("Lock the wallet now")
    await other.sees("Your wallet is locked")
    await she.sees("Your wallet is locked")
    assert "Demo Library" not in await she.page.content()
    await she.fill("Passphrase", "another passphrase")
    await she.click("Open")
    await she.sees("That is not it")
    await she.fill("Passphrase", SECRET)
    await she.click("Open")
    await she.sees("offers you a card")
    await other.page.get_by_role("heading", name="Home").wait_for()

    assert she.wrong == other.wrong == []
    assert not foreign(she.page.url, url)


async def test_a_lost_computer_is_no_lost_wallet(browser: Browser, command: Command, tmp_path: Path) -> None:
    she = await sit(browser, *(await command.opens())[:2])
    words = await makes(she)
    backup = await saves(she.page, "Make a back-up")
    await command.types("stop")
    again = Command(tmp_path / "again")
    she = await sit(browser, *(await again.opens())[:2])

    await she.click("I have a back-up")
    await she.page.get_by_label("The back-up").set_input_files(backup)
    await she.fill("Your 24 words", mistaken(words))
    await she.fill("A passphrase for this computer", SECRET)
    await she.fill("The same again", SECRET)
    await she.click("Bring it back")
    await she.sees("Look at your paper again")
    await she.fill("Your 24 words", " ".join(words))
    await she.click("Bring it back")
    await she.sees("Your wallet is here again")

    assert she.wrong == []
    await again.types("stop")
