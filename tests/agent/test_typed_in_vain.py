"""What cannot be meant is refused in words, before anything is said or kept."""

import pytest

from agent import wording
from agent.contact import typed
from protocols.problems import Misuse
from tests.agent.world import World

HOME = {"ptr": "/addresses/home", "purpose": "dpv:DeliveryOfGoods"}


def test_a_field_without_a_value() -> None:
    with pytest.raises(Misuse, match="nothing was typed for email"):
        typed("email", "  ")


@pytest.mark.parametrize(
    ("form", "words"),
    [("^P(?=.)[0-9YMWD]+$", "a length of time"), ("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "a day"), ("^x$", "another form")],
)
def test_a_form_that_does_not_fit_is_named_in_words(form: str, words: str) -> None:
    said = wording.fault(f"Expected `str` matching regex '{form}' - at `$.by`")

    assert words in said
    assert said.startswith("by must be ")


def test_any_other_fault_stands_as_it_is() -> None:
    assert wording.fault("Object missing required field `peer`") == "Object missing required field `peer`"


async def test_a_notice_that_says_nothing(world: World) -> None:
    shop = await world.add("Shop", "org")

    said = await world.refused(shop, "/v1/notices", notice={"kind": "service", "text": "  "})

    assert "nothing was said" in said
    assert await world.ask(shop, "GET", "/v1/notices") == {"notices": [], "blocked": {}}


async def test_a_day_that_is_none(world: World) -> None:
    her = await world.add("her")

    said = await world.refused(her, "/v1/wants", words="a lamp", by="tomorrow", item={"category": "lamp"})

    assert '"tomorrow" is no day' in said
    assert await world.listed(her, "/v1/wants") == []


async def test_a_day_that_is_over_and_a_field_that_is_empty(world: World) -> None:
    her, shop = await world.add("her"), await world.add("Shop", "org")
    await world.introduce(her, shop)
    await world.agree(her, shop)

    over = await world.refused(her, "/v1/consents/volunteer", peer="Shop", items=[HOME], until="2020-01-01T00:00:00Z")
    empty = await world.refused(her, "/v1/consents/volunteer", peer="Shop", items=[HOME], until="2030-01-01T00:00:00Z")

    assert "2020-01-01 is over" in over
    assert "no address (home)" in empty
    told = await world.ask(her, "GET", "/v1/told/Shop")
    assert isinstance(told, dict)
    assert told["told"] == []
