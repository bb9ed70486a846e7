"""Home: what waits, her cards, whom she knows, and whether her wallet would outlast this computer."""

import pytest

from agent.web.pages.first import OLD, backup
from tests.agent.web.pages.visits import seen
from tests.agent.world import World


async def test_whoever_begins_is_told_how(world: World) -> None:
    her = await world.add("her")

    page = await seen(her, "/")

    assert "How to begin" in page
    assert 'href="#/scan"' in page
    assert 'href="#/try"' not in page  # for nobody here keeps demo vendors
    assert "There are no recovery words yet" in page


async def test_home_shows_what_waits_the_newest_cards_and_whom_she_knows(world: World) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    called = await world.introduce(her, library)
    for number in range(4):
        offered = {"type": "urn:card", "name": f"Card no {number};", "claims": {"number": number}}
        await world.do(library, "/v1/offers", peer=called, **offered)
        await world.settle()
        await world.answer(her)
    for _ in range(6):
        await world.do(library, "/v1/offers", peer=called, type="urn:x", name="One more", claims={"a": 1})
    await world.settle()

    page = await seen(her, "/")

    assert page.count('href="#/questions/') == 5
    assert "All 6 questions" in page
    assert ["Card no 3;" in page, "Card no 0;" in page, "All 4 cards" in page] == [True, False, True]
    assert 'aria-label="you have met, without terms"' in page
    assert 'href="#/relationships/' in page
    assert "How to begin" not in page


async def test_who_was_left_stands_there_no_more(world: World) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    await world.introduce(her, library)

    before = await seen(her, "/")
    await world.ask(her, "POST", "/v1/leavings", peers=["Town Library"])
    await world.settle()

    assert "Town Library" in before
    assert "Town Library" not in await seen(her, "/")


NOW = 1_800_000_000


@pytest.mark.parametrize(
    ("found", "word", "said"),
    [
        ({"recipient": None, "last": 0}, "bad", "no recovery words"),
        ({"recipient": "age1x", "last": 0}, "warn", "no back-up was made"),
        ({"recipient": "age1x", "last": NOW}, "good", "today"),
        ({"recipient": "age1x", "last": NOW - 86400}, "good", "yesterday"),
        ({"recipient": "age1x", "last": NOW - OLD - 1}, "warn", "30 days ago"),
    ],
)
def test_how_the_back_up_is_stands_in_a_sentence(found: dict[str, object], word: str, said: str) -> None:
    assert backup(found, NOW)[0] == word
    assert said in backup(found, NOW)[1]
