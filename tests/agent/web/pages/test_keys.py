"""Keys and trust of an organisation: who it is, how its domain vouches for it, its keys and their age."""

from agent.agent import DAY
from tests.agent.web.pages.visits import refused, seen, sent
from tests.agent.world import World, the_only


async def test_the_page_says_who_it_is_by_its_domain_and_how_old_its_keys_are(world: World) -> None:
    shop = await world.add("Shop", "org")
    world.time += 40 * DAY

    page = await seen(shop, "/keys")
    open_part = "".join(part.split("</details>")[-1] for part in page.split("<details"))

    assert "127.0.0.1:9000" in open_part
    assert page.count("40 days old") == 2
    assert "did:web:" in page
    assert "did:web:" not in open_part


async def test_it_is_looked_at_from_outside(world: World) -> None:
    shop = await world.add("Shop", "org")

    good = await sent(shop, "/keys/check")
    world.time += 6 * 365 * DAY
    late = await refused(shop, "/keys/check")

    assert "your domain vouches for this wallet" in good.said
    assert "do not vouch for each other" in late
    assert "it has run out" in await seen(shop, "/keys")


async def test_keys_of_their_own_are_used_towards_one_customer_once_that_is_ticked(world: World) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    called = await world.introduce(her, shop)
    before = the_only(shop).our_did

    warned = await refused(shop, "/keys/move", customer=called)
    await sent(shop, "/keys/move", customer=called, sure="yes")
    await world.settle()

    assert "Nothing was changed" in warned
    assert "Nothing was changed" in await refused(shop, "/keys/move", sure="yes")
    assert the_only(shop).our_did != before
    assert the_only(her).their_did != before
    assert called in await seen(shop, "/keys")
