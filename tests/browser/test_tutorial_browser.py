"""docs/tutorial/in-the-browser.md, done as it says: every press, every word typed, everything that is seen."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from playwright.async_api import Browser

from tests.browser.sitting import Sitter, sit
from tests.browser.test_doorstep import Command, command

__all__ = ["command"]

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial" / "in-the-browser.md"
STEPS: Final = re.compile(
    r"`(?P<typed>[^`]+)`\s+into\s+\*\*(?P<field>[^*]+)\*\*"
    r"|(?P<words>words that are asked for)"
    r"|(?P<verb>[Pp]ress|[Tt]ick|choose|then|see|shows|and)\s+\*\*(?P<what>[^*]+)\*\*",
)


def steps() -> Iterator[tuple[str, str, str]]:
    """What is done, in order: (verb, what, words). `then` and `and` go on with what was done before."""
    verb = ""
    for found in STEPS.finditer(re.sub(r"\n +", " ", TUTORIAL.read_text().partition("```\n")[2])):
        if found["typed"]:
            yield "type", found["field"], found["typed"]
        elif found["words"]:
            yield "words", "", ""
        else:
            verb = verb if found["verb"] in ("then", "and") else found["verb"].lower()
            yield verb, found["what"], ""


async def does(she: Sitter, verb: str, what: str, words: str, kept: list[str]) -> None:
    """One step. kept: the recovery words, once they were shown."""
    match verb:
        case "type":
            await she.fill(what, words)
        case "words":
            kept += await she.page.locator("ol.words li").all_text_contents()
            for label in await she.page.locator("form label").all_text_contents():
                await she.fill(label.strip(), kept[int(label.split()[1]) - 1])
        case "press":
            await she.click(what)
            await she.page.wait_for_function("() => shownPath === place() && !document.querySelector('[aria-busy]')")
        case "tick":
            await she.page.get_by_label(what).first.check()
        case "choose":
            await she.page.locator("select", has=she.page.get_by_text(what)).first.select_option(label=what)
        case _:
            await she.sees(what)


async def test_it_goes_as_the_tutorial_says(browser: Browser, command: Command) -> None:
    she, kept = await sit(browser, *(await command.opens())[:2]), list[str]()
    done = 0
    for verb, what, words in steps():
        try:
            await does(she, verb, what, words, kept)
        except Exception as fault:
            seen = await she.page.inner_text("main")
            raise AssertionError(f"step {done + 1}, {verb} {what!r}: {seen}\n{she.wrong}") from fault
        done += 1

    assert done > 60
    assert she.wrong == []
