"""Cards and requests of an organisation, as its people handle them in a browser."""

from playwright.async_api import Browser

from agent.agent import Agent
from tests.agent.world import World
from tests.browser.sitting import Sitter, sitting


async def settle(world: World) -> None:
    """Let what waits for the clock be said, and arrive."""
    for _ in range(3):
        await world.tick(1)


async def choose(she: Sitter, label: str, words: str) -> None:
    """Choose from a list of choices."""
    await she.page.get_by_label(label).first.select_option(label=words)


async def test_a_card_is_made_and_offered_by_a_code_that_a_new_customer_takes_up(
    world: World, browser: Browser
) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")

    async with sitting(browser, library) as it:
        await it.go("/card-types")
        await it.click("Make a new kind of card")
        await it.fill("What is it called?", "Library card")
        await it.fill("Field 1", "Name")
        await it.fill("Field 2", "Adult")
        await choose(it, "holds in field 2", "yes or no")
        await it.page.locator("#preview").get_by_text("adult").wait_for()
        await it.click("Make this kind of card")
        await it.sees("Nobody was offered this card yet")

        await it.click("Make a code or link")
        await it.fill("Name", "<img src=x onerror=alert(1)>")
        await it.page.locator("#preview").get_by_text("<img src=x").wait_for()
        assert await it.page.locator("#preview img").count() == 0
        await it.click("Make the code and link")
        await it.sees("not taken up yet")
        url = await it.page.locator("[data-copy]").first.get_attribute("data-copy")

        await world.do(her, "/v1/invitations/accept", url=url)
        await settle(world)
        await it.sees("Nobody can take it up any more")
        await world.answer(her)
        await it.click("Back to Library card")
        await it.sees("the customer has it")

    [card] = await world.listed(her, "/v1/credentials")
    assert card["name"] == "Library card"


async def asked(world: World) -> tuple[Agent, Agent, str]:
    """A shop with a kind of card that a customer has."""
    shop, her = await world.add("Film Shop", "org"), await world.add("her")
    fields = [{"label": "Name"}, {"label": "Date of birth", "holds": "day"}, {"label": "Adult", "holds": "yes-no"}]
    kind = await world.do(shop, "/v1/card-types", name="Library card", fields=fields)
    called = await world.introduce(her, shop)
    claims = {"name": "Ada", "date_of_birth": "1990-12-10", "adult": "yes"}
    await world.do(shop, f"/v1/card-types/{kind['id']}/offers", peer=called, claims=claims)
    await world.settle()
    await world.answer(her)
    return shop, her, called


async def test_a_request_is_made_with_hints_tried_asked_and_its_result_read(world: World, browser: Browser) -> None:
    shop, her, called = await asked(world)

    async with sitting(browser, shop, width=360) as it:
        await it.go("/requests")
        await it.click("Make a new request")
        await it.click("Library card")
        await it.page.get_by_label("Date of birth").check()
        await it.fill("What for?", "To check your age")
        await it.sees("can be shown without an exact birth date")
        await it.page.get_by_label("Date of birth").uncheck()
        await it.page.get_by_label("Adult", exact=True).check()
        await it.sees("nothing stands out")
        await it.click("Keep this request")

        await it.click("Try it with a demo person")
        await it.sees("It works")
        assert await it.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await it.click("Back to the request")

        await it.fill("Which customer?", called)
        await it.page.wait_for_timeout(600)  # a question is careful: nothing that was just put there is answered
        await it.page.get_by_role("button", name="Ask", exact=True).click()
        await it.sees("waits for the customer")
        await world.settle()
        await world.answer(her)
        await it.click("shown, and all of it holds")
        await it.sees("The card's own holder answered.")
        assert await it.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_a_list_of_many_goes_out_while_its_tally_moves(world: World, browser: Browser) -> None:
    shop, _, called = await asked(world)
    lines = [f"{called},Ada", "nobody,Bo"]

    async with sitting(browser, shop) as it:
        await it.go("/card-types")
        await it.click("Open Library card")
        await it.click("Offer it by a list")
        await it.page.get_by_label("A file from your spreadsheet").set_input_files(
            {"name": "x.csv", "mimeType": "text/csv", "buffer": "\n".join(["customer,name", *lines]).encode()}
        )
        await it.click("Look at what would be sent")
        await it.sees("line 3")
        await it.page.wait_for_timeout(600)
        await it.click("Offer 1 card")
        await it.sees("0 of 1 offered")
        await settle(world)
        await it.sees("1 of 1 offered")
        await it.sees("Lines to mend")
