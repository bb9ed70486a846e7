"""The whole way, customer and vendor at once in two browsers: from a first page to a wallet brought back elsewhere.

All agents are real and speak over HTTP: hers behind the door that `freerange open` opens, the vendor's with its
console, and nineteen more who hold her address.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import Browser

from agent import home as homes
from agent import serving
from agent.agent import Agent
from agent.config import Config
from agent.porch import Porch
from agent.web import api
from tests.browser.sitting import Sitter, sit
from tests.browser.test_doorstep import SECRET, makes, saves
from tests.ports import free_ports

KEY = b"the key file of a vendor in a test"
OLD, NEW = "1 Old Street, 1100 Lisboa, PT", "2 New Street, 1200 Lisboa, PT"
HOME = {"ptr": "/addresses/home", "purpose": "dpv:DeliveryOfGoods"}
OTHERS = 19


@dataclass
class Market:
    """She, the vendor at its console, and the other vendors. told: the links of their invitations."""

    folder: Path
    she: Sitter
    it: Sitter
    porch: Porch
    shop: serving.Running
    others: list[serving.Running] = field(default_factory=list)

    @property
    def her(self) -> Agent:
        """Her agent, while the wallet is open."""
        assert self.porch.running
        return self.porch.running.agent


async def vendor(stack: AsyncExitStack, folder: Path, name: str) -> serving.Running:
    """One more vendor, listening."""
    port, door = free_ports()
    place = f"127.0.0.1:{port}"
    config = Config(
        kind="org", name=name, listen=place, url=f"http://{place}", api=f"127.0.0.1:{door}", development=True
    )
    await homes.make(folder, config, KEY)
    running = await serving.start(await homes.open_agent(folder, KEY), folder)
    stack.push_async_callback(serving.stop, running)
    return running


async def ask(agent: Agent, method: str, path: str, **body: object) -> Any:
    """What the owner's API says."""
    status, said = await api.answer(agent, method, path, msgspec.json.encode(body) if body else b"")
    assert status == 200, said
    return said


@pytest.fixture
async def market(tmp_path: Path, browser: Browser) -> AsyncIterator[Market]:
    """Nobody has met, and she has no wallet yet."""
    async with AsyncExitStack() as stack:
        porch = Porch(tmp_path / "her")
        url = await porch.start()
        stack.push_async_callback(porch.stop)
        shop = await vendor(stack, tmp_path / "shop", "Corner Books")
        she = await sit(browser, url, porch.sessions.code(), viewport={"width": 1280, "height": 900})
        it = await sit(browser, f"http://127.0.0.1:{shop.door.port}", shop.door.sessions.code())
        made = Market(tmp_path, she, it, porch, shop)
        made.others = [await vendor(stack, tmp_path / f"other-{n}", f"Shop {n:02}") for n in range(OTHERS)]
        yield made
        await she.page.context.close()
        await it.page.context.close()


async def meets(m: Market) -> None:
    """The vendor shows a code; the picture of it is decoded, and shown to her page."""
    await m.it.go("/invite")
    await m.it.fill("What for?", "Be a customer of Corner Books")
    await m.it.click("Make the invitation")
    picture = m.folder / "code.png"
    await m.it.page.locator("div.qr").first.screenshot(path=picture)
    [found] = zxingcpp.read_barcodes(Image.open(picture))
    assert found.text.startswith(f"http://{m.shop.agent.config.listen}?_oob=")

    await m.she.go("/scan")
    await m.she.page.set_input_files("#scan-picture", picture)
    await m.she.sees("Be a customer of Corner Books")
    await m.she.click("Say hello")
    await m.she.sees("You have met")
    await m.she.go("/relationships")
    await m.she.click("Corner Books")
    await m.she.click("Offer your terms")
    await m.she.sees("Terms confirmed: they hold from here on")


async def gets_a_card(m: Market) -> None:
    """The vendor makes a kind of card and offers it to her; she takes it."""
    await m.it.go("/card-types")
    await m.it.click("Make a new kind of card")
    await m.it.fill("What is it called", "Reader card")
    for number, name in enumerate(("member", "over_18", "city"), 1):
        await m.it.page.get_by_label(f"Field {number}", exact=True).fill(name)
    await m.it.click("Make this kind of card")
    await m.it.click("Offer it to one customer")
    [customer] = await ask(m.shop.agent, "GET", "/v1/peers")
    await m.it.fill("To which customer", customer["fingerprint"])
    for name, value in (("member", "yes"), ("over_18", "yes"), ("city", "Lisboa")):
        await m.it.page.get_by_label(name, exact=True).fill(value)
    await m.it.click("Offer the card")

    await m.she.go("/questions")
    await m.she.click("offers you a card")
    await m.she.click("Take the card")
    await m.she.go("/cards")
    await m.she.sees("Reader card")


async def proves_a_part(m: Market) -> None:
    """The vendor asks for two fields; she keeps one back, and the vendor sees which."""
    await m.it.go("/requests")
    await m.it.click("Make a new request")
    await m.it.click("Reader card")
    await m.it.page.get_by_label("member", exact=True).check()
    await m.it.page.get_by_label("city", exact=True).check()
    await m.it.fill("What for?", "Members get 10 % off")
    await m.it.click("Keep this request")
    [customer] = await ask(m.shop.agent, "GET", "/v1/peers")
    await m.it.fill("Which customer?", customer["fingerprint"])
    await m.it.page.get_by_role("button", name="Ask", exact=True).click()

    await m.she.go("/questions")
    await m.she.click("asks you to prove something")
    await m.she.sees("Stays hidden: over 18")
    await m.she.page.get_by_label("city").check()
    await m.she.click("Show what is not kept back")
    await m.it.go("/results")
    await m.it.sees("member")


async def moves_house(m: Market) -> None:
    """Twenty vendors hold her address; one change reaches all of them, and the tally says so."""
    await m.she.go("/me")
    await m.she.fill("Address (home)", OLD)
    await m.she.click("Show who would get what")
    await m.she.click("Change it")
    for each in m.others:
        link = (await ask(each.agent, "POST", "/v1/invitations", goal="Meet"))["url"]
        await ask(m.her, "POST", "/v1/invitations/accept", url=link)
    for each in (m.shop, *m.others):
        await told(m, each.agent)

    await m.she.go("/me")
    await m.she.fill("Address (home)", NEW)
    await m.she.page.get_by_text("From when on").click()
    await m.she.page.get_by_label("How to tell them").select_option("0")
    await m.she.click("Show who would get what")
    await m.she.sees("20 vendors are told")
    await m.she.click("Change it and tell them")
    await m.she.page.wait_for_function("() => document.getElementById('answered')?.value === 20")


async def told(m: Market, vendor: Agent) -> None:
    """One vendor is given her address, once it has met her on her terms."""
    name = vendor.config.name

    async def stands(what: str, value: object = None) -> bool:
        [peer] = [each for each in await ask(m.her, "GET", "/v1/peers") if each["name"] == name] or [{what: None}]
        return peer[what] == value if value else bool(peer[what])

    await eventually(lambda: stands("state", "met"))
    if not await stands("terms"):
        await ask(m.her, "POST", "/v1/terms", peer=name)
    await eventually(lambda: stands("terms"))
    await ask(m.her, "POST", "/v1/consents/volunteer", peer=name, items=[HOME], until="2029-01-01T00:00:00Z")

    async def taken() -> bool:
        for question in await ask(vendor, "GET", "/v1/questions"):
            await ask(vendor, "POST", f"/v1/questions/{question['question']}/answer", answer="yes")
        return bool((await ask(m.her, "GET", f"/v1/told/{name}"))["told"])

    await eventually(taken)


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something holds that agents bring about over HTTP, and tell nobody."""
    async with asyncio.timeout(60):
        while not await holds():  # noqa: ASYNC110 - what is waited for is in another agent
            await asyncio.sleep(0.02)


async def goes_to_market(m: Market) -> None:
    """She wants something; the vendor bids; she picks its offer."""
    await m.she.go("/wants")
    await m.she.click("Keep a want")
    await m.she.fill("In your own words", "a lamp for my desk")
    await m.she.fill("What it is, as a shop would say", "lamp")
    await m.she.fill("Where", "PT-11")
    await m.she.fill("At most", "60.00")
    await m.she.fill("Currency", "EUR")
    await m.she.click("Keep it")
    await m.she.click("Ask for offers")
    await m.she.page.get_by_role("checkbox", name="Corner Books").check()
    await m.she.page.get_by_label("They are asked").select_option("0")
    await m.she.click("Show what each would learn")
    await m.she.click("Ask this vendor")

    await m.it.go("/demand")
    await m.it.click("lamp")
    await m.it.sees("You learn nothing about who asks")
    await m.it.fill("Price", "49.00")
    await m.it.click("Make this offer")
    await m.she.sees("49.00 EUR")
    await m.she.page.get_by_role("row").filter(has_text="49.00 EUR").get_by_role("link", name="Look").click()
    await m.she.click("Pick this offer")
    await m.it.click("Yes, hold it")
    await m.she.sees("An offer is held for you")


async def takes_back_and_leaves(m: Market) -> None:
    """She takes her address back, and ends the relationship; the vendor's console says so."""
    await m.she.go("/given")
    await m.she.page.get_by_role("link", name="Corner Books").first.click()
    await m.she.page.get_by_label("address (home)").check()
    await m.she.click("Take back what is ticked")
    await m.she.sees("They must delete it")
    await m.she.go("/relationships")
    await m.she.click("Corner Books")
    await m.she.page.get_by_role("link", name="Leave", exact=True).click()
    await m.she.page.get_by_label("I mean it").check()
    await m.she.page.get_by_role("button", name="Leave").click()
    await m.she.sees("You left Corner Books")
    await m.she.go("/relationships?show=ended")
    await m.she.sees("Corner Books")


async def is_brought_back(m: Market, browser: Browser, words: list[str]) -> None:
    """Her back-up opens in another place, and knows everybody."""
    await m.she.go("/backup")
    backup = await saves(m.she.page, "Make a back-up")
    await m.she.go("/settings")
    await m.she.click("Lock the wallet now")
    await m.she.sees("Your wallet is locked")
    again = Porch(m.folder / "again")
    url = await again.start()
    try:
        she = await sit(browser, url, again.sessions.code())
        await she.click("I have a back-up")
        await she.page.get_by_label("The back-up").set_input_files(backup)
        await she.fill("Your 24 words", " ".join(words))
        await she.fill("A passphrase for this computer", SECRET)
        await she.fill("The same again", SECRET)
        await she.click("Bring it back")
        await she.go("/relationships")
        await she.sees("Shop 00")
        await she.go("/cards")
        await she.sees("Reader card")
        assert she.wrong == []
    finally:
        await again.stop()


@pytest.mark.full
async def test_a_customer_and_a_vendor_go_the_whole_way(market: Market, browser: Browser) -> None:
    words = await makes(market.she)
    await meets(market)
    await gets_a_card(market)
    await proves_a_part(market)
    await moves_house(market)
    await goes_to_market(market)
    await takes_back_and_leaves(market)
    await is_brought_back(market, browser, words)

    assert market.she.wrong == market.it.wrong == []
