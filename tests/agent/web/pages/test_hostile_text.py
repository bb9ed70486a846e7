"""Whatever a vendor writes, or a customer, is text on every page, in every place, and in a box of its own.

Source: UI-07, UI-09, UI-10. The same in a real browser: tests/browser/test_hostile.py.
"""

import asyncio
from pathlib import Path

import pytest

from tests.agent.web.pages import reading
from tests.agent.web.pages.places import Places, places
from tests.agent.web.pages.reading import Read
from tests.browser.hostile import MARK, NAMED, PAYLOADS, UNLIKELY, batches, intruders, loose, named, spelling
from tests.browser.household import Spelling
from tests.browser.lived import lived

WHOSE = ("her", "shop")


def visited(folder: Path, says: Spelling) -> dict[str, Places]:
    """All pages of two, of whom each has to do with others who mean ill."""

    async def visit() -> dict[str, Places]:
        made = await lived(folder, says, named)
        try:
            return {whose: await places(getattr(made, whose)) for whose in WHOSE}
        finally:
            await made.s.close()

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FREERANGE_TEST_KDF", "1")
        return asyncio.run(visit())


def wrong(found: dict[str, Places]) -> list[str]:
    """What is not as it should be on any page."""
    said = []
    for whose, all_places in found.items():
        said += [f"{whose}: {fault}" for fault in all_places.faults]
        for address, page in all_places.pages.items():
            for check in (loose, intruders, reading.dangers):
                said += [f"{whose} {address}: {each}" for each in sorted(set(check(page)))]
    return said


def shown(found: dict[str, Places]) -> int:
    """On how many pages there are words of others."""
    return sum(MARK in page.words() for each in found.values() for page in each.pages.values())


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Places]:
    """Everybody's pages in a world where all texts hold eight payloads and what cannot be seen."""
    return visited(tmp_path_factory.mktemp("hostile"), spelling(list(PAYLOADS.values())[::7], UNLIKELY))


def test_what_others_write_is_text_in_a_box_of_its_own(visits: dict[str, Places]) -> None:
    """UI-07, UI-10."""
    assert shown(visits) > 80
    assert wrong(visits) == []


def test_a_name_is_never_the_only_sign_of_who_somebody_is(visits: dict[str, Places]) -> None:
    """UI-10: a question says with the name how we know who asks, or letters that stand for them alone."""
    her = visits["her"]
    who = {each: her.pages[each].says().get("who", "") for each in her.rows["/questions/{id}"]}

    assert who
    assert [each for each, words in who.items() if not reading.SIGN.search(words)] == []


@pytest.mark.full
@pytest.mark.parametrize("batch", batches(5), ids=lambda batch: str(len(batch)))
def test_every_payload_in_every_place_is_text(tmp_path: Path, batch: list[str]) -> None:
    """UI-07."""
    found = visited(tmp_path, spelling(batch))

    assert shown(found) > 80
    assert wrong(found) == []


@pytest.mark.parametrize(
    "planted",
    [
        f"<p>{MARK}</p>",
        "<p>a\u202eb</p>",
        f"<p>a{chr(0x301) * 4}</p>",
        "<p aria-label='a\u200bb'>x</p>",
        "<bdi class='said'><b>x</b></bdi>",
        "<bdi><p id='evil'>x</p></bdi>",
        f"<p>{NAMED}</p>",
        *(f"<p>{each}</p>" for name, each in PAYLOADS.items() if name in ("svg-onload", "a-javascript", "iframe")),
    ],
)
def test_words_of_others_that_got_out_of_their_box_are_found(planted: str) -> None:
    """The control."""
    page = Read(f"<main><h1>Cards</h1>{planted}</main>")

    assert [*loose(page), *intruders(page), *reading.dangers(page)]


def test_there_are_sixty_payloads_and_all_are_different() -> None:
    assert len(PAYLOADS) == len(set(PAYLOADS.values())) == 60
    assert all("evil" in each or "alert" in each for each in PAYLOADS.values())
