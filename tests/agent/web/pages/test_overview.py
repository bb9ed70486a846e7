"""The first page of an organisation: its day in numbers, what is stuck, what needs a person."""

from tests.agent.rich import rich
from tests.agent.web.pages.visits import refused, seen, sent
from tests.agent.world import World, peer_of, the_only

TEXT = "https://didcomm.org/basicmessage/2.0/message"


def figures(page: str) -> list[str]:
    """The numbers of the day, in the order in which they stand."""
    return [part.split("</dd>")[0].split(">")[-1] for part in page.split("<dd")[1:6]]


async def test_the_day_is_told_in_numbers_which_begin_anew_at_midnight(world: World) -> None:
    _, library = await rich(world)

    today = await seen(library, "/")
    world.time += 86400
    tomorrow = await seen(library, "/")

    assert figures(today) == ["1", "1", "1", "1", "0"]
    assert figures(tomorrow) == ["0", "0", "0", "0", "0"]


async def test_a_new_organisation_is_told_that_nothing_needs_it(world: World) -> None:
    shop = await world.add("Shop", "org")

    page = await seen(shop, "/")

    assert "Nothing needs you now" in page
    assert "#/invite" in page


async def test_what_a_customer_asks_waits_on_the_first_page(world: World) -> None:
    her, library = await rich(world)
    await world.do(her, "/v1/rights", right="access", peers=["Town Library"])
    await world.settle()
    await world.pass_time(3600)

    page = await seen(library, "/")

    assert "She asks to have a copy of what you hold about her" in page
    assert "answer due in " in page
    assert "She exercises a right" not in page  # the same, as a question


async def test_a_letter_that_was_given_up_is_looked_at_tried_again_and_thrown_away(world: World) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    called = await world.introduce(her, shop)
    world.network.down.add(her.config.url)
    for words in ("First", "Second"):
        thid = str((await world.do(shop, "/v1/threads", peer=called, type=TEXT, body={"content": words}))["thread"])
        await world.settle()
        [entry] = shop.store.log(the_only(shop).peer, thid)
        await shop.store.bury(the_only(shop).peer, entry.id, why="nobody took it", at=world.time)
    world.network.down.clear()
    first, second = (each.message.id for each in shop.store.dead_letters())

    first_page = await seen(shop, "/")
    page, one = await seen(shop, "/stuck"), await seen(shop, f"/stuck/{first}")
    warned = await refused(shop, f"/stuck/{first}/discard")
    gone = await sent(shop, f"/stuck/{first}/discard", sure="yes")
    again = await sent(shop, f"/stuck/{second}/retry")
    await world.pass_time(60)

    assert "2 letters are stuck" in first_page
    assert page.count("A letter</a>") == 2
    assert "nobody took it" in one
    assert "Nothing was done" in warned
    assert gone.said == "It was thrown away."
    assert again.said == "It is on its way again."
    assert "Nothing is stuck" in await seen(shop, "/stuck")
    said = [
        entry for _, row in her.store.threads() for entry in her.store.log(peer_of(her, the_only(her).peer), row.thid)
    ]
    assert any(b"Second" in each.record for each in said)
    assert not any(b"First" in each.record for each in said)
