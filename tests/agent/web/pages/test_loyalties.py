"""To whom she is loyal, and the programmes she is in, by the pages alone."""

import pytest

from tests.agent.web.pages.plainly import read, words
from tests.agent.web.pages.visits import filled, refused, seen, sent
from tests.agent.world import World, the_only
from tests.scenarios.shop import rows
from tests.scenarios.test_features_loyalty import CLUB, Town


@pytest.fixture
async def town(world: World) -> Town:
    baker, her = await world.add("Baker", "org"), await world.add("Ada Lovelace")
    made = Town(world, her, baker, await world.introduce(her, baker))
    await world.do(baker, "/v1/programme", **CLUB)
    await world.agree(her, baker)
    return made


def statement(town: Town, **more: object) -> dict[str, object]:
    """A statement as it is filled in."""
    return {
        "peer": the_only(town.her).peer,
        "category": "groceries",
        "strength": "first-choice",
        "since": "2019",
        "until": "2099-01-01",
        "why": ["people", "quality"],
        "why-quality": "the bread",
        "conditions": "the shop stays on the high street\n\n",
        **more,
    }


async def test_what_is_said_is_shown_before_and_can_be_changed(town: Town) -> None:
    assert "You said nothing of loyalty yet" in await read(town.her, "/loyalties")
    assert "Baker (127.0.0.1" in await read(town.her, "/loyalties/new")

    page = words(await filled(town.her, "/loyalties/preview", **statement(town)))
    changed = await filled(town.her, "/loyalties/new", **statement(town))

    for each in ("Baker", "and nobody else", "my first choice, since 2019", "quality: the bread", "high street"):
        assert each in page
    assert "may not be repeated to others" in page
    assert 'value="the bread"' in changed
    assert 'value="2099-01-01"' in changed
    assert await town.world.listed(town.her, "/v1/statements") == []


async def test_whom_it_is_about_can_be_chosen_before(town: Town) -> None:
    other = await town.world.add("Another", "org")
    await town.world.introduce(town.her, other)
    known = {str(each["name"]): each for each in await town.world.listed(town.her, "/v1/peers")}

    for path in ("/loyalties/new", "/loyalties/memberships/new", "/helpers/new"):
        page = await seen(town.her, path, who=str(known["Baker"]["fingerprint"]))
        assert f'<option value="{known["Baker"]["peer"]}" selected>' in page, path
        assert "selected>Baker" not in await seen(town.her, path, who="nobody"), path


@pytest.mark.parametrize(("field", "why"), [("peer", "towards whom"), ("category", "in what"), ("until", "Name a day")])
async def test_what_is_missing_is_asked_for(town: Town, field: str, why: str) -> None:
    assert why in await refused(town.her, "/loyalties/preview", **statement(town, **{field: ""}))


async def test_it_is_said_as_it_was_shown_and_taken_back(town: Town) -> None:
    done = await sent(town.her, "/loyalties", **statement(town, may_quote="yes"))
    await town.run()

    [theirs] = await town.world.listed(town.baker, "/v1/statements")
    assert [*rows(theirs["reasons"])] == [{"code": "quality", "text": "the bread"}, {"code": "people"}]
    assert (theirs["conditions"], theirs["may_quote"]) == (("the shop stays on the high street",), True)
    assert "said and received" in await read(town.her, done.go)
    assert "because of quality, the people there" in await read(town.her, "/loyalties")

    back = await sent(town.her, f"{done.go}/retire", reason="service", text="The queue is long now.")
    await town.run()

    assert back.said == "Taken back from Baker."
    page = await read(town.her, done.go)
    assert "taken back, because of service" in page
    assert "Take it back" not in page
    [theirs] = await town.world.listed(town.baker, "/v1/statements")
    assert theirs["state"] == "retired"


async def test_she_joins_spends_and_leaves_and_what_is_lost_is_said_before(town: Town) -> None:
    world, her = town.world, town.her
    asked = await sent(her, "/loyalties/memberships", peer=the_only(her).peer, program="")
    await town.run()
    assert asked.go == "/questions"
    assert await world.listed(her, "/v1/memberships") == []
    await world.answer(her)
    await town.run()
    held = await town.membership(her)
    path = f"/loyalties/memberships/{held['membership']}"
    await world.do(town.baker, "/v1/memberships/credit", member=held["member"], change=310)
    await town.run()
    assert "310 points" in await read(her, "/loyalties")

    assert "whole number" in await refused(her, f"{path}/redeem", amount="-3", reward="coffee")
    await sent(her, f"{path}/redeem", amount="100", reward="coffee")
    await town.run()

    page = await read(her, path)
    for each in ("Balance 210 points", "-100", "a purchase", "show this word", "your balance is paid out"):
        assert each in page
    leaving = await read(her, f"{path}/leave")
    assert "Your 210 points" in leaving
    assert "They are paid out to you" in leaving
    await sent(her, f"{path}/leave", reason="moving-on")
    await town.run()
    page = await read(her, path)
    assert "paid out as 2.10 EUR" in page
    assert "Leave the programme" not in page
    assert "over" in await read(her, "/loyalties/memberships")


async def test_points_that_would_be_lost_are_called_lost(town: Town) -> None:
    await town.world.do(town.baker, "/v1/programme", **{**CLUB, "exit": {"balance": "forfeited", "notice": "P30D"}})
    member = await town.join()
    await town.world.do(town.baker, "/v1/memberships/credit", member=member, change=5)
    await town.run()
    held = await town.membership(town.her)

    page = await read(town.her, f"/loyalties/memberships/{held['membership']}/leave")

    assert "They are lost." in page
