"""A relationship in a real browser: found, read, written to, paused, held to what it signed, and left."""

from pathlib import Path

from playwright.async_api import Browser

from agent.agent import Agent
from agent.relationship import fingerprint
from tests.agent.web.pages.test_relationships import HOSTILE, met, told
from tests.agent.world import World, the_only
from tests.browser.sitting import Sitter, sitting
from wallet.verify import check

CAREFUL = 600  # ms: a question is not answered in the first half second
LATE = """() => {  // what a form is answered begins to come (late), and comes to its end by came()
  const text = Response.prototype.text;
  Response.prototype.text = async function () {
    if (this.headers.get("Content-Type").startsWith("application/json")) {
      window.late = true;
      await new Promise(done => { window.came = done; });
    }
    return text.call(this);
  };
}"""


async def known(world: World) -> Agent:
    """She and a shop that she told her address, and that writes what it likes."""
    her, shop, called = await met(world)
    await told(world, her, shop, called)
    await world.do(shop, "/v1/talks", peer=called, text=HOSTILE)
    await world.settle()
    return her


async def finds(she: Sitter) -> None:
    """She looks for the shop by a part of its name, and goes to its page."""
    await she.go("/relationships")
    await she.page.get_by_label("Find", exact=True).fill("sho")
    await she.page.keyboard.press("Enter")
    await she.sees("1 relationship")
    await she.click("Shop")
    await she.sees("to deliver what you ordered")


async def keeps(she: Sitter, button: str, folder: Path) -> bytes:
    """She presses a button that gives her a file. Returns what is in it."""
    async with she.page.expect_download() as waiting:
        await she.click(button)
    path = folder / "kept"
    await (await waiting.value).save_as(path)
    return path.read_bytes()


async def test_she_reads_and_writes_pauses_and_goes_on(world: World, browser: Browser) -> None:
    her = await known(world)

    async with sitting(browser, her) as she:
        await finds(she)
        await she.click("Read and write")
        assert "<img src=x onerror=alert(1)>" in await she.page.locator(".talk").inner_text()
        assert await she.page.locator(".talk img, .talk a").count() == 0
        await she.fill("Write to", "Is it mended?")
        await she.click("Send")
        await she.sees("Is it mended?")
        await world.settle()
        await she.page.go_back()
        await she.page.get_by_text("Pause", exact=True).first.click()
        await she.page.get_by_label("Until").fill("2027-03-01")
        await she.page.get_by_role("button", name="Pause").click()
        await she.sees("paused by you until 1 March 2027")
        assert the_only(her).paused
        await she.click("Go on with them now")
        await she.sees("terms are in force")


async def test_she_follows_what_is_signed_takes_proof_away_and_leaves(
    world: World, browser: Browser, tmp_path: Path
) -> None:
    her = await known(world)

    async with sitting(browser, her, theme="dark", width=360) as she:
        await finds(she)
        assert await she.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await she.click("Hold them to it")
        await she.click("Compare now")
        await she.sees_once("both sides hold the same", world.settle)
        proof = await keeps(she, "Save the file", tmp_path)
        await she.go("/history")
        table = await keeps(she, "Save as a table", tmp_path)
        await she.go(f"/leave?peers={fingerprint(the_only(her).peer)}")
        await she.page.wait_for_timeout(CAREFUL)
        await she.click("Leave")
        await she.sees("Tick that you mean it")
        await she.page.get_by_label("I mean it").check()
        await she.click("Leave")
        await she.sees("You left Shop")

    assert check(proof).verified
    assert b"1 Elm Street" in table
    assert the_only(her).ended


async def test_who_has_gone_on_is_not_called_back_by_an_answer_that_comes_late(world: World, browser: Browser) -> None:
    her = await known(world)

    async with sitting(browser, her) as she:
        await finds(she)
        await she.click("Read and write")
        await she.fill("Write to", "Is it mended?")
        await she.page.evaluate(LATE)
        await she.click("Send")
        await she.page.wait_for_function("() => window.late")
        await she.go("/settings")
        await she.page.evaluate("window.came()")
        await she.sees("Sent.")
        await she.page.wait_for_timeout(CAREFUL)

        assert await she.page.evaluate("place()") == "/settings"
        assert await she.page.locator("h1").inner_text() == "Settings"
