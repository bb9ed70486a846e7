"""What holds of every page there is, and of those that are not written yet: both kinds of agent, without a browser."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.web.pages import visiting
from tests.agent.web.pages import reading
from tests.agent.web.pages.places import Places, places
from tests.agent.web.pages.reading import Read
from tests.browser.lived import lived

WHOSE = ("her", "shop", "agency", "neighbour")
LATER = {  # pages that a form leads to, or that only a longer life than this one has
    "/changes/new": "a change that is not confirmed yet",
    "/customers/{name}/letters": "more letters than the page of a customer lists",
    "/experiences/{id}/withdrawal": "an experience in a file that was taken back",
    "/loyalties/memberships": "more memberships than one page lists",
    "/programme/said": "more statements than one page lists",
    "/scan/met/{who}": "after a code was scanned",
    "/sign-in/{thread}": "after a question was answered",
    "/try": "a wallet for trying out",
    "/welcome": "a wallet that was just made",
}
SAID = {"who", "what", "why", "until", "terms"}


@pytest.fixture(scope="module")
def everybody(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Places]:
    """All pages of four who have lived: a person, a vendor, a helper, and somebody who has just begun."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FREERANGE_TEST_KDF", "1")
        return asyncio.run(all_of(tmp_path_factory.mktemp("lived")))


async def all_of(folder: Path) -> dict[str, Places]:
    """The same, while a loop runs."""
    made = await lived(folder)
    try:
        return {name: await places(getattr(made, name)) for name in WHOSE}
    finally:
        await made.s.close()


def wrong(found: Places, check: Callable[[Read], Iterator[str]]) -> dict[str, list[str]]:
    """What a check finds on each page."""
    said = {address: sorted(set(check(page))) for address, page in found.pages.items()}
    return {address: each for address, each in said.items() if each}


@pytest.mark.parametrize("whose", WHOSE)
def test_every_link_leads_to_a_page_and_every_form_to_somebody_who_answers(
    everybody: dict[str, Places], whose: str
) -> None:
    assert everybody[whose].faults == []


@pytest.mark.parametrize("whose", WHOSE)
def test_no_page_says_a_word_that_nobody_need_know(everybody: dict[str, Places], whose: str) -> None:
    assert wrong(everybody[whose], reading.forbidden) == {}


@pytest.mark.parametrize("whose", WHOSE)
def test_every_page_can_be_heard_and_worked_without_being_seen(everybody: dict[str, Places], whose: str) -> None:
    assert wrong(everybody[whose], reading.structure) == {}


@pytest.mark.parametrize("whose", WHOSE)
def test_no_page_has_what_the_browser_is_told_to_refuse(everybody: dict[str, Places], whose: str) -> None:
    assert wrong(everybody[whose], reading.dangers) == {}


@pytest.mark.parametrize("whose", [("her",), ("shop", "agency")], ids=["person", "org"])
def test_there_is_a_way_to_every_page(everybody: dict[str, Places], whose: tuple[str, ...]) -> None:
    unseen = set[str].intersection(*(everybody[each].unseen() for each in whose))

    assert sorted(unseen - set(LATER)) == []
    assert set(LATER) <= {page.path for page in visiting.PAGES}


@pytest.mark.parametrize("whose", ["her", "shop", "agency"])
def test_every_question_says_who_asks_what_and_why_until_when_under_which_terms(
    everybody: dict[str, Places], whose: str
) -> None:
    found = everybody[whose]
    asked = found.rows["/questions/{id}"]
    missing = {each: SAID - {name for name, words in found.pages[each].says().items() if words} for each in asked}

    assert asked
    assert {each: what for each, what in missing.items() if what} == {}
