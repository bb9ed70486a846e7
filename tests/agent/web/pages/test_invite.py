"""The page of invitations: made, shown as a code and a poster, and taken back."""

from agent.web.pages import visiting
from tests.agent.web.pages.visits import refused, saved, seen, sent
from tests.agent.world import World, the_only


async def test_whoever_takes_up_the_link_of_the_page_becomes_a_customer(world: World) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    made = await sent(shop, "/invite", goal="Buy <b>bread</b>")

    [standing] = await world.listed(shop, "/v1/invitations")
    page = await seen(shop, made.go)
    await world.do(her, "/v1/invitations/accept", url=standing["url"])
    await world.settle()

    assert str(standing["url"]) in page.replace("&amp;", "&")
    assert "Buy &lt;b&gt;bread" in page
    assert the_only(her).called == "Shop"
    assert the_only(shop).invitation == standing["id"]


async def test_an_invitation_for_a_week_and_for_one_person_says_so_and_is_used_up(world: World) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    made = await sent(shop, "/invite", days="7", once="yes")
    [standing] = await world.listed(shop, "/v1/invitations")
    before = await seen(shop, "/invite")

    await world.do(her, "/v1/invitations/accept", url=standing["url"])
    await world.settle()

    assert "for one person" in before
    assert "good until 22 January 2027" in before
    assert "No invitation stands" in await seen(shop, "/invite")
    assert (await visiting.answer(shop, "GET", made.go, {}, b""))[0] == 404


async def test_an_invitation_that_was_taken_back_is_answered_by_a_stranger(world: World) -> None:
    shop = await world.add("Shop", "org")
    made = await sent(shop, "/invite")

    await sent(shop, f"{made.go}/revoke")

    assert await world.listed(shop, "/v1/invitations") == []
    assert "nothing was done" in await refused(shop, f"{made.go}/revoke")


async def test_the_code_can_be_saved_as_a_picture(world: World) -> None:
    shop = await world.add("Shop", "org")
    made = await sent(shop, "/invite")

    file = await saved(shop, f"{made.go}/picture")

    assert file.media_type == "image/svg+xml"
    assert b"<svg" in file.content


async def test_a_person_has_no_such_page(world: World) -> None:
    her = await world.add("her")

    assert (await visiting.answer(her, "GET", "/invite", {}, b""))[0] == 404
