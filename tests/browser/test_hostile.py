"""What others write is text in a real browser, in every place, and nobody gets the browser to work for them.

Source: UI-06 to UI-10, UI-12, UI-24. Without a browser, and in more worlds: tests/agent/web/pages/test_hostile_text.py.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import Browser

from agent.agent import Agent
from agent.web.pages.text import said
from agent.web.server import Door
from tests.agent.web.pages.places import places, some
from tests.agent.world import World
from tests.browser.hostile import PAYLOADS, UNLIKELY, batches, named, spelling
from tests.browser.lived import Lived, lived
from tests.browser.sitting import Sitter, sitting

SOON, LATE = 200, 700  # ms after a question is shown, before and after it can be answered
LISTENING = """
  window.refusals = [];
  document.addEventListener("securitypolicyviolation",
                            each => refusals.push(`${each.violatedDirective} ${each.blockedURI}`));
"""
INTRUDERS = """() => [...document.querySelectorAll("#menu *, #page *")].filter(each =>
  each.matches(`script, style, iframe, object, embed, base, meta, link, image, math, audio, marquee, [style],
                [srcdoc], a:not([href^="#/"]), [id*=evil], [class*=evil], [src*=evil], [href*=evil]`)
  || [...each.attributes].some(one => one.name.startsWith("on"))
  || (each.parentElement.closest("bdi") && !each.matches("br, span"))
).map(each => each.outerHTML.slice(0, 120))"""


@asynccontextmanager
async def watched(browser: Browser, agent: Agent) -> AsyncIterator[Sitter]:
    """Somebody at her page, where nothing may ask her anything, be refused by the browser, or run."""
    async with sitting(browser, agent) as she:
        she.page.on("dialog", lambda dialog: she.wrong.append(f"a dialog: {dialog.message}"))
        await she.page.add_init_script(LISTENING)
        await she.page.reload()
        await she.page.wait_for_function("() => shownPath && document.querySelector('#page h1')")
        yield she
        she.wrong += await she.page.evaluate("() => refusals")


async def look(she: Sitter, path: str) -> list[str]:
    """What is on a page that none of our templates put there."""
    await she.go(path)
    await she.page.evaluate("() => document.querySelectorAll('details').forEach(each => each.open = true)")
    found: list[str] = await she.page.evaluate(INTRUDERS)
    return [f"{path}: {each}" for each in found]


@pytest.fixture
async def mean(tmp_path: Path) -> AsyncIterator[Lived]:
    """A world in which everybody means ill."""
    made = await lived(tmp_path, spelling([*PAYLOADS.values()][::6], UNLIKELY), named)
    yield made
    await made.s.close()


async def test_every_payload_is_text(world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """UI-07: each of the sixty as a page shows it, put where a page puts it."""
    her = await world.add("her")

    async with watched(browser, her) as she:
        for name, payload in PAYLOADS.items():
            page = f"<main><h1>x</h1><p>{said(payload)}</p></main>"
            await she.page.evaluate("html => put(parsed(html))", page)
            assert await she.page.evaluate("() => document.querySelector('#page bdi').textContent") == payload, name
            assert await she.page.evaluate(INTRUDERS) == [], name


async def test_a_payload_that_is_not_escaped_is_stopped_by_the_browser(world: World, browser: Browser) -> None:
    """UI-07: the second line. What a template forgot to escape is in the page, and does not run."""
    her = await world.add("her")

    async with sitting(browser, her) as she:
        dialogs: list[str] = []
        she.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        for payload in PAYLOADS.values():
            await she.page.evaluate("html => put(parsed(html))", f"<main><h1>x</h1><p>{payload}</p></main>")
        assert await she.page.evaluate("() => document.querySelectorAll('#page script, #page iframe').length") == 0
        await she.page.wait_for_timeout(SOON)
        assert she.wrong  # the browser refused much of it, and said so
        assert all("Content Security Policy" in each or "ERR_" in each or "evil" in each for each in she.wrong)
        she.wrong.clear()

    assert dialogs == []


async def test_questions_of_somebody_who_means_ill_are_text(mean: Lived, browser: Browser) -> None:
    """UI-07, UI-09, UI-10."""
    wrong = []
    for agent in (mean.her, mean.shop):
        async with watched(browser, agent) as she:
            for path in ("/", "/questions"):
                wrong += await look(she, path)
            for question in await mean.s.listed(agent, "/v1/questions"):
                wrong += await look(she, f"/questions/{question['question']}")

    assert wrong == []


@pytest.mark.full
@pytest.mark.parametrize("batch", batches(20), ids=lambda batch: str(len(batch)))
@pytest.mark.parametrize("whose", ["her", "shop"])
async def test_every_payload_in_every_place_is_text(
    tmp_path: Path, browser: Browser, whose: str, batch: list[str]
) -> None:
    """UI-07 to UI-10: on every page that a link leads to."""
    made = await lived(tmp_path, spelling(batch, UNLIKELY), named)
    agent: Agent = getattr(made, whose)
    wrong = []
    async with watched(browser, agent) as she:
        for path in some(await places(agent)):
            wrong += await look(she, path)
    await made.s.close()

    assert wrong == []


TRIES = {
    "innerHTML": "() => { document.body.innerHTML = '<b>x</b>'; }",
    "eval": "() => { (0, eval)('1'); }",
    "Function": "() => { Function('1')(); }",
    "another policy": "() => { trustedTypes.createPolicy('evil', {}); }",
    "the same policy": "() => { trustedTypes.createPolicy('pages', { createHTML: text => text }); }",
    "document.write": "() => { document.write('<b>x</b>'); }",
    "a text as the source of a script": "() => { document.createElement('script').src = '/static/page.js'; }",
    "a text as a script": "() => { document.createElement('script').text = '1'; }",
}


# Not at once: what the test itself has evaluated may evaluate more, which no script of a page may.
TRIED = """() => new Promise(done => setTimeout(() => {
  try { (%s)(); done("done"); } catch (fault) { done(fault.name); }
}))"""


async def test_no_text_becomes_a_page_or_a_script_but_by_our_one_way(world: World, browser: Browser) -> None:
    """UI-07: Trusted Types are on."""
    her = await world.add("her")
    told: dict[str, str] = {}

    async with sitting(browser, her) as she:
        for name, code in TRIES.items():
            told[name] = await she.page.evaluate(TRIED % code)
        she.wrong.clear()

    assert {name: each for name, each in told.items() if each not in ("TypeError", "EvalError")} == {}


@asynccontextmanager
async def elsewhere(html: str) -> AsyncIterator[str]:
    """A page of somebody else on this computer. Yields where it is."""

    async def answer(request: web.BaseRequest) -> web.Response:
        return web.Response(text=html, content_type="text/html")

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_no_page_of_another_origin_frames_reads_or_asks_hers(world: World, browser: Browser) -> None:
    """UI-03, UI-04, UI-06: with the key of a session in the browser, of which the other page gets nothing."""
    her = await world.add("her")
    async with sitting(browser, her) as she, elsewhere("<iframe id=a></iframe><p>hello</p>") as url:
        page = await she.page.context.new_page()
        await page.goto(url)
        framed = await page.evaluate(
            """async hers => { const frame = document.getElementById("a");
                 const done = new Promise(loaded => frame.onload = loaded); frame.src = hers; await done;
                 try { return frame.contentDocument === null ? "refused" : frame.contentDocument.title; }
                 catch { return "refused"; } }""",
            f"{she.url}/",
        )
        asked = [
            await page.evaluate(
                """([url, how]) => fetch(url, how).then(answer => answer.type === "opaque" ? "opaque" : answer.status,
                                                        () => "refused")""",
                [f"{she.url}{path}", how],
            )
            for path in ("/", "/pages/", "/v1/status", "/static/page.js")
            for how in ({}, {"method": "POST", "body": "{}", "headers": {"Content-Type": "application/json"}})
        ]
        opened = await page.evaluate("hers => { const other = open(hers); return other === null; }", f"{she.url}/")
        async with asyncio.timeout(60):
            while len(she.page.context.pages) < 3:
                await page.wait_for_timeout(SOON)
        cookies = await she.page.context.cookies()
        kept: list[Any] = await she.page.evaluate("() => [document.cookie, Object.keys(localStorage)]")
        [popup] = [each for each in she.page.context.pages if each not in (page, she.page)]
        severed = await popup.evaluate("() => window.opener === null")

    assert framed == "refused"
    assert set(asked) == {"refused"}
    assert (opened, severed) == (False, True)
    assert cookies == []
    assert kept == ["", []]


AT_ONCE = """() => document.addEventListener("page", () => {
  document.querySelector("#page form[data-careful] button")?.click();
})"""


async def test_a_question_cannot_be_answered_in_the_moment_it_appears(home: Lived, browser: Browser) -> None:
    """UI-12: whoever lures her to click where a button will be gets no answer of hers."""
    asked = await home.s.listed(home.her, "/v1/questions")
    offer = next(each for each in asked if "offers you a card" in str(each["asks"]))
    path = f"/questions/{offer['question']}"

    async def waits() -> bool:
        return offer["question"] in [each["question"] for each in await home.s.listed(home.her, "/v1/questions")]

    async with sitting(browser, home.her) as she:
        await she.page.evaluate(AT_ONCE)
        await she.go(path)
        await she.page.wait_for_timeout(SOON)
        at_once = await waits()
        await she.page.wait_for_timeout(LATE)
        await she.page.locator("#page form[data-careful] button").first.click()
        await she.page.wait_for_function("path => shownPath !== path", arg=path)

    assert at_once
    assert not await waits()


async def reach(she: Sitter, selector: str) -> None:
    """Press Tab until what is meant has the focus."""
    for _ in range(200):
        if await she.page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        await she.page.keyboard.press("Tab")
    raise AssertionError(f"no number of Tabs leads to {selector}")


async def test_she_answers_and_moves_house_by_the_keyboard_alone(home: Lived, browser: Browser) -> None:
    """UI-24: Tab, Enter, Space, and letters."""
    before = len(await home.s.listed(home.her, "/v1/questions"))

    async with sitting(browser, home.her) as she:
        await reach(she, "#menu a[href='#/questions']")
        await she.page.keyboard.press("Enter")
        await she.page.wait_for_function("() => shownPath === '/questions'")
        assert await she.page.evaluate("() => document.activeElement.tagName") == "H1"
        await reach(she, "#page a[href^='#/questions/']")
        await she.page.keyboard.press("Enter")
        await she.page.wait_for_function("() => shownPath.startsWith('/questions/')")
        await she.heeded()
        await reach(she, "#page form[data-careful] button")
        await she.page.keyboard.press("Space")
        await she.page.wait_for_function("() => !shownPath.startsWith('/questions/')")
        await reach(she, "#menu a[href='#/me']")
        await she.page.keyboard.press("Enter")
        await she.page.wait_for_function("() => shownPath === '/me'")
        await reach(she, "#page input[name*=address]")
        await she.page.keyboard.press("Control+A")
        await she.page.keyboard.type("2 Quay, 1100 Lisboa, PT")
        await she.page.keyboard.press("Enter")
        await she.sees("told")
        await she.heeded()
        await reach(she, "#page form[data-careful] button")
        await she.page.keyboard.press("Enter")
        await she.sees("Confirmed")

    assert len(await home.s.listed(home.her, "/v1/questions")) == before - 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_her_page_opens_under_every_name_of_this_computer(world: World, browser: Browser, host: str) -> None:
    """UI-24."""
    door = Door(await world.add("her"))
    await door.start("127.0.0.1", 0)
    page = await browser.new_page()
    await page.goto(f"http://{host}:{door.port}/#k={door.sessions.code()}")
    await page.wait_for_selector("#menu a")
    title = await page.title()
    await page.context.close()
    await door.stop()

    assert title == "Home · freerange"
