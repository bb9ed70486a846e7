"""Questions in a browser: a proof with one field kept back, a card that is taken, and data given field by field."""

from playwright.async_api import Browser

from agent import contact
from tests.agent.world import Said, World
from tests.browser.sitting import Sitter, sitting

CARD: Said = {
    "type": "urn:card:member",
    "name": "Reader's card",
    "claims": {"given_name": "Ada", "over_18": True, "birth_date": "1990-03-01", "street": "Quay 4"},
}
PAUSE = 600  # ms: a question is not answered in the first half second


async def open_question(she: Sitter, words: str) -> None:
    """From the first page to one question, as whoever reads it does."""
    await she.go("/")
    await she.page.get_by_role("link", name=words).first.click()
    await she.page.wait_for_selector("[data-says=who]")
    await she.page.wait_for_timeout(PAUSE)


async def test_a_person_takes_a_card_shows_a_part_of_it_and_gives_one_of_two_things(
    world: World, browser: Browser
) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    called = await world.introduce(her, library)
    await world.agree(her, library)
    await contact.edit(her, {"/addresses/home": {"full": "Quay 4, Lisbon, PT"}, "/phones/main": {"number": "+351 1"}})
    items = [
        {"ptr": ptr, "purpose": "dpv:DeliveryOfGoods", "necessary": False}
        for ptr in ("/addresses/home", "/phones/main")
    ]
    wanted = {"type": "urn:card:member", "claims": ("over_18", "birth_date")}

    async with sitting(browser, her, width=360, theme="dark") as she:
        await she.sees("Nothing waits for you")
        await world.do(library, "/v1/offers", peer=called, **CARD)
        await world.settle()
        await she.sees("offers you a card")  # by itself

        await open_question(she, "offers you a card")
        await she.click("Take the card")
        await she.sees("Nothing waits for you")
        await world.settle()
        await she.go("/cards")
        await she.sees("Reader's card")

        said = await world.do(library, "/v1/requests", peer=called, purpose="To see that you are old enough", **wanted)
        await world.settle()
        await open_question(she, "asks you to prove something")
        await she.sees("without an exact birth date")
        await she.page.get_by_label("Keep back: birth date").check()
        await she.click("Show what is not kept back")
        await she.sees("Kept back: 1")
        await world.settle()

        await world.do(library, "/v1/consents/ask", peer=called, items=items, until="2028-01-01T00:00:00Z", effect="-")
        await world.settle()
        await open_question(she, "asks for some of your data")
        assert await she.page.evaluate("document.documentElement.scrollWidth") <= 360
        await she.page.get_by_text("Read all of it").click()
        await she.page.get_by_label("Keep back: Your phone (main)").focus()
        await she.page.keyboard.press("Space")
        await she.page.get_by_role("button", name="Allow what is not kept back").focus()
        await she.page.keyboard.press("Enter")
        await she.sees("Both of you hold the record")
        await world.settle()

    verdict = await world.ask(library, "GET", f"/v1/verdicts/{said['thread']}")
    held = await world.ask(library, "GET", f"/v1/held/{called}")
    assert ("over_18" in str(verdict), "1990-03-01" in str(verdict)) == (True, False)
    assert ("Quay 4" in str(held), "+351 1" in str(held)) == (True, False)
