"""Leaving one, several and a group: what would be said is shown first, and what came of it afterwards."""

from agent.relationship import fingerprint
from agent.web.pages import visiting
from tests.agent.web.pages.visits import refused, seen, sent
from tests.agent.world import World, known, the_only


async def test_what_would_be_said_is_shown_and_nothing_is_said_until_it_is_meant(world: World) -> None:
    her, shop = await world.add("her"), await world.add("Shop", "org")
    await world.introduce(her, shop)
    await world.agree(her, shop)
    sign = fingerprint(the_only(her).peer)

    page = await seen(her, "/leave", peers=sign, data="return-then-erase", by="2027-03-03", reason="moving-on")
    unsure = await refused(her, "/leave", peers=sign, data="erase")

    assert "give you everything it has of you, and then erase it by 3 March 2027" in page
    assert "moving-on" in page
    assert "The terms you have with them end" in page
    assert "Tick that you mean it" in unsure
    assert not the_only(her).ended


async def test_she_leaves_one_and_sees_what_becomes_of_her_data(world: World) -> None:
    her, shop = await world.add("her"), await world.add("Shop", "org")
    await world.introduce(her, shop)
    sign = fingerprint(the_only(her).peer)

    went = await sent(her, "/leave", peers=sign, data="erase", by="2027-02-01", sure="yes")
    await world.settle()
    await world.tick(10)
    asked = await seen(her, went.go)
    await world.answer(shop)
    over = await seen(her, went.go)
    gone, _ = await visiting.answer(her, "GET", "/leave", {"peers": sign}, b"")

    assert went.said == "You left Shop. They were told."
    assert the_only(her).ended
    assert "have yet to answer what they deleted" in asked
    assert "1 February 2027" in asked
    assert "It is over" in over
    assert "Write a message" not in over
    assert gone == 404


async def test_those_she_ticked_are_left_together(world: World) -> None:
    her = await world.add("her")
    for name in ("One", "Two", "Three"):
        await world.introduce(her, await world.add(name, "org"))
    signs = [fingerprint(each.peer) for each in known(her) if each.called != "Two"]

    chosen = await sent(her, "/relationships/chosen", peers=signs, do="leave")
    page = await seen(her, "/leave", peers=chosen.go.partition("=")[2])
    went = await sent(her, "/leave", peers=",".join(signs), data="erase", sure="yes")
    ended = await seen(her, "/relationships", show="ended")

    assert "Leave 2 of them" in page
    assert went.said.startswith("You left 2 of them")
    assert [each.ended for each in known(her)].count(True) == 2
    assert ">One<" in ended
    assert ">Two<" not in ended


async def test_a_whole_group_is_left_as_one_act_that_can_be_followed(world: World) -> None:
    her = await world.add("her")
    for name in ("One", "Two"):
        await world.introduce(her, await world.add(name, "org"))
    signs = [fingerprint(each.peer) for each in known(her)]
    await sent(her, "/relationships/chosen", peers=signs, do="tag", tag="old")

    page = await seen(her, "/leave", group="tag:old")
    went = await sent(her, "/leave", group="tag:old", data="erase", sure="yes")
    await world.pass_time(3600)

    assert "end these 2 relationships" in page
    assert went.go.startswith("/changes/")
    assert went.said == "2 are told that you leave."
    assert all(each.ended for each in known(her))


async def test_a_day_that_is_past_is_refused_and_nothing_is_said(world: World) -> None:
    her, shop = await world.add("her"), await world.add("Shop", "org")
    await world.introduce(her, shop)
    sign = fingerprint(the_only(her).peer)

    why = await refused(her, "/leave", peers=sign, data="erase", by="2020-01-01", sure="yes")

    assert "is past" in why
    assert not the_only(her).ended
