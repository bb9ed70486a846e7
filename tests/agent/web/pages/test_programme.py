"""An organisation's programme and what customers said of their loyalty, by the pages alone."""

import pytest

from tests.agent.web.pages.plainly import read
from tests.agent.web.pages.visits import refused, seen, sent
from tests.agent.world import World
from tests.scenarios.test_features_loyalty import STATEMENT, Town

CLUB = {
    "name": "Bread Club",
    "rules": "One point a loaf.\nA coffee costs 100.",
    "rewards": "coffee: 100\n\nwhole cake = 900",
    "tiers": "silver\ngold",
    "balance": "paid-out",
    "notice": "P30D",
    "amount": "0,01",
    "currency": "eur",
    "welcome": "10",
    "data_needed": ["/emails/main"],
    "admit": "yes",
}


@pytest.fixture
async def town(world: World) -> Town:
    baker, her = await world.add("Baker", "org"), await world.add("Ada Lovelace")
    made = Town(world, her, baker, await world.introduce(her, baker))
    await world.agree(her, baker)
    return made


async def test_a_programme_is_set_up_and_changed(town: Town) -> None:
    assert "You offer no programme" in await read(town.baker, "/programme")

    await sent(town.baker, "/programme", **CLUB)

    said = await town.world.ask(town.baker, "GET", "/v1/programme")
    assert isinstance(said, dict)
    offered = said["programme"]
    assert offered["rewards"] == {"coffee": 100, "whole cake": 900}
    assert (offered["point"], offered["welcome"]) == ({"amount": "0.01", "currency": "EUR"}, 10)
    assert (offered["admit"], offered["redeem"], offered["tiers"]) == ("all", "ask", ("silver", "gold"))
    page = await read(town.baker, "/programme")
    for each in ("coffee for 100", "the balance is paid out to the member", "everybody who joins", "email"):
        assert each in page
    form = await seen(town.baker, "/programme/set")
    assert "coffee: 100\nwhole cake: 900</textarea>" in form
    assert 'value="0.01"' in form


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("name", "", "a name"),
        ("rules", " ", "its rules"),
        ("rewards", "coffee", "coffee: 100"),
        ("welcome", "-3", "whole number"),
        ("currency", "", "which currency"),
    ],
)
async def test_what_is_missing_is_asked_for(town: Town, field: str, value: str, why: str) -> None:
    assert why in await refused(town.baker, "/programme", **{**CLUB, field: value})
    assert "You offer no programme" in await read(town.baker, "/programme")


async def test_a_customer_is_invited_credited_and_let_go(town: Town) -> None:
    world = town.world
    await sent(town.baker, "/programme", **CLUB)
    assert "Say whom" in await refused(town.baker, "/programme/invite", peer="")
    await sent(town.baker, "/programme/invite", peer=town.called)
    await town.run()
    await world.answer(town.her)
    await town.run()
    held = await town.membership(town.baker)
    path = f"/programme/{held['membership']}"

    assert "like 50 or -50" in await refused(town.baker, f"{path}/credit", change="many")
    done = await sent(town.baker, f"{path}/credit", change="+50", reason="bonus")
    await sent(town.baker, f"{path}/credit", change="-20", reason="correction")
    await town.run()

    assert "balance is 60" in done.said
    assert (await town.membership(town.her))["balance"] == 40
    page = await read(town.baker, path)
    assert "-20" in page
    assert "a correction" in page
    assert "Tick" in await refused(town.baker, f"{path}/close", by="2030-01-01")
    assert "which day" in await refused(town.baker, f"{path}/close", sure="sure", by="")
    await sent(town.baker, f"{path}/close", sure="sure", why="moving-on", by="2030-01-01")
    await town.run()
    assert (await town.membership(town.her))["payout"] == {"amount": "0.40", "currency": "EUR"}
    assert "over" in await read(town.baker, "/programme")


async def test_what_customers_say_of_their_loyalty_is_read_as_it_was_said(town: Town) -> None:
    await town.world.do(town.her, "/v1/statements", peer="Baker", **STATEMENT)
    await town.run()

    for path in ("/programme", "/programme/said"):
        page = await read(town.baker, path)
        for each in (
            "groceries",
            "first choice",
            "since 2019",
            "quality: the bread",
            "high street",
            "not to be repeated",
        ):
            assert each in page


async def test_hostile_words_of_a_customer_are_only_words(town: Town) -> None:
    words = {**STATEMENT, "category": "<img src=x onerror=alert(1)>\u202e", "reasons": []}
    await town.world.do(town.her, "/v1/statements", peer="Baker", **words)
    await town.run()

    page = await seen(town.baker, "/programme")

    assert "<img" not in page
    assert "U+202E" in page
