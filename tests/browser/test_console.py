"""An organisation's people at its pages: a day at the desk, in a browser, with a customer's agent at the other end."""

from pathlib import Path

from playwright.async_api import Browser

from agent import clock, rules_known
from protocols.vrm import data_rights
from protocols.vrm.relationship import Rules, rules
from tests.agent.web.pages.shops import HOME, MAIL, holding
from tests.agent.world import World, state, the_only
from tests.browser.sitting import sitting


async def test_a_day_at_the_desk(world: World, browser: Browser, tmp_path: Path) -> None:
    her, shops = await holding(world, Bakery=(HOME, MAIL))
    shop = shops["Bakery"]
    stated = {"version": 1, "channels": {"agent": "any"}, "promotion": "asked", "topics": {"allow": ["bread"]}}
    await world.do(her, "/v1/threads", peer="Bakery", type=rules.type_of(Rules), body=stated)
    asked = await world.do(her, "/v1/rights", right="access", peers=["Bakery"])
    await world.settle()

    async with sitting(browser, shop) as clerk:
        await clerk.go("/log")
        await clerk.fill("Your name, or that of your desk", "Counter two")
        await clerk.click("Say who is here")
        await clerk.sees("The log calls you Counter two")

        await clerk.go("/")
        await clerk.click("She asks to have a copy of what you hold about her")
        await clerk.sees("What you hold of it")
        await clerk.page.wait_for_timeout(600)  # a question is not answered in the first half second
        await clerk.click("Give her a copy of it, and say so")
        await clerk.sees("It is done, and she is told so")
        await world.settle()
        assert state(shop, str(asked["case"])) == data_rights.State.CLOSED

        await clerk.go("/notices")
        await clerk.page.get_by_label("What is it?").select_option("promotion")
        await clerk.fill("What you tell them", "Fresh <b>bread</b>")
        await clerk.fill("Subject, in a word", "Bread")
        await clerk.click("See who may be told")
        await clerk.sees("A notice, before it is told")
        await clerk.page.wait_for_timeout(600)
        await clerk.click("Tell 1 customer")
        await clerk.sees("How far it has come")
        await clock.tick(shop)
        await world.settle()
        await clerk.sees("1 of 1, since")
        assert [said.text for _, said, _ in rules_known.notices(her, the_only(her).peer)] == ["Fresh <b>bread</b>"]

        await clerk.go("/customers")
        await clerk.click(the_only(shop).called)
        await clerk.sees("9 Old Road, 1000 Lisboa, PT")
        await clerk.sees("Subjects she wants to hear of: bread.")

        await clerk.go("/log")
        await clerk.sees("told customers a notice")
        await clerk.sees("opened these pages")
        await clerk.sees("none was changed, and none is missing")
        async with clerk.page.expect_download() as saving:
            await clerk.click("Save the log as a file")
        saved = tmp_path / "log.jsonl"
        await (await saving.value).save_as(saved)
        await clerk.page.get_by_label("A file that you saved earlier").set_input_files(saved)
        await clerk.click("Compare it")
        await clerk.sees("stand here, word for word")
        await clerk.go("/")
        assert await clerk.page.locator(".figures dd").all_inner_texts() == ["1", "1", "0", "0", "0"]


async def test_an_invitation_is_made_and_its_code_opens_the_way_on_a_small_screen(
    world: World, browser: Browser
) -> None:
    shop, her = await world.add("Bakery", "org"), await world.add("her")

    async with sitting(browser, shop, theme="dark", width=360) as clerk:
        await clerk.click("Invite customers")
        await clerk.click("Make the invitation")
        await clerk.sees("Open your wallet and choose")
        wide = await clerk.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0
        link = await clerk.page.get_by_role("button", name="Copy the link").get_attribute("data-copy")
        await world.do(her, "/v1/invitations/accept", url=str(link))
        await world.settle()
        await clerk.go("/customers")
        await clerk.sees(the_only(shop).called)
        for path in (
            "/",
            "/cases",
            "/notices",
            "/terms",
            "/terms/lists",
            "/keys",
            "/log",
            f"/customers/{the_only(shop).called}",
        ):
            await clerk.go(path)
            wide = await clerk.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert wide == 0, path
