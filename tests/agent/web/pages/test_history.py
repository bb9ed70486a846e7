"""The page of what left: filtered, followed back, and saved as a table."""

import csv

from agent.relationship import fingerprint
from agent.web import history as looking
from agent.web.pages import history, visiting
from tests.agent.rich import rich, say
from tests.agent.web.pages.visits import saved, seen
from tests.agent.world import World, the_only


async def test_what_left_is_shown_with_when_and_to_whom_and_its_words_stay_words(world: World) -> None:
    her, _ = await rich(world)
    await say(world, her, "Town Library", "<b>bold</b> =1+1")

    page = await seen(her, "/history")

    assert "&lt;b&gt;bold" in page
    assert "Cards shown" in page
    assert "member</bdi>: " in page
    assert "15 January 2027" in page
    assert fingerprint(the_only(her).peer) in page
    assert "Nothing has left yet" in await seen(await world.add("somebody new"), "/history")


async def test_it_is_filtered_by_who_what_and_month(world: World) -> None:
    her, shop = await world.add("her"), await world.add("Shop", "org")
    await world.introduce(her, shop)
    await world.introduce(her, await world.add("Other", "org"))
    await say(world, her, "Shop", "Good morning")

    shop_only = await seen(her, "/history", who="Shop")
    written = await seen(her, "/history", kind="written")
    before = await seen(her, "/history", month="2026-12")
    unknown, _ = await visiting.answer(her, "GET", "/history", {"who": "Nobody"}, b"")

    assert ">Other<" not in shop_only
    assert "Good morning" in shop_only
    assert written.count("<tr>") == 1 + 1
    assert "Nothing left then" in before
    assert unknown == 404


async def test_a_long_history_comes_in_parts(world: World) -> None:
    her, shop = await world.add("her"), await world.add("Shop", "org")
    await world.introduce(her, shop)
    for number in range(looking.PART + 5):
        await world.do(her, "/v1/talks", peer="Shop", text=f"Message {number}.")

    first = await seen(her, "/history")
    second = await seen(her, "/history", start=str(looking.PART))

    assert "Message 54." in first
    assert "Message 4." not in first
    assert f"start={looking.PART}" in first
    assert "Message 4." in second
    assert "Hello" in second
    assert "Earlier</a>" not in second


async def test_the_table_has_a_row_for_each_value_and_computes_nothing(world: World) -> None:
    her, _ = await rich(world)
    await say(world, her, "Town Library", "=HYPERLINK(1)")

    file = await saved(her, "/history.csv")
    rows = list(csv.reader(file.content.decode("utf-8-sig").splitlines()))

    assert file.name == "history.csv"
    assert rows[0] == list(history.COLUMNS)
    assert any(row[4] == "member: True" for row in rows)
    assert any("HYPERLINK" in row[7] for row in rows)
    assert not any(text.startswith(history.FORMULA) for row in rows for text in row)
    assert history.cell("=1") == "'=1"


def test_every_month_since_the_first_message_can_be_asked_for() -> None:
    assert history.months("2026-11-03T00:00:00Z", 1_800_000_000) == [
        ("", "Any"),
        ("2027-01", "January 2027"),
        ("2026-12", "December 2026"),
        ("2026-11", "November 2026"),
    ]
