"""The page of the team log: rows in words, checked whenever it is looked at, saved and compared."""

from functools import partial

import msgspec

from agent import acts
from agent.agent import Agent
from agent.rest import keys
from agent.rest.desk import Desk
from agent.web import api
from agent.web.pages.team import DEEDS
from tests.agent.web.pages.visits import filled, refused, saved, seen, sent
from tests.agent.world import World
from wallet.store.change import Change, Item


async def busy(world: World, times: int = 3) -> Agent:
    """An org whose people did a few things on its pages."""
    shop = await world.add("Shop", "org")
    for number in range(times):
        await sent(shop, "/invite", goal=f"Meet {number}")
    return shop


async def forge(agent: Agent, number: int) -> None:
    """Put another name into a row, as somebody could who has the wallet's keys."""
    act = acts.row(agent, number)
    assert act is not None
    record = msgspec.json.encode(msgspec.structs.replace(act, who="Somebody else"))
    await agent.store.apply(Change(peer="", keep=(Item(acts.KIND, str(number), record),)))


async def test_whoever_names_herself_is_named_in_the_rows_of_her_session_alone(world: World) -> None:
    shop = await world.add("Shop", "org")
    with acts.sitting("1a2b3c4d"):
        await sent(shop, "/log/desk", name="Counter <two>")
        await sent(shop, "/invite")
        page = await seen(shop, "/log")
    with acts.sitting("9f9f9f9f"):
        await sent(shop, "/invite")
        other = await seen(shop, "/log")

    assert page.count("Counter &lt;two&gt;") == 3  # in the form, where it says who she is, and beside the invitation
    assert "made an invitation" in page
    assert "All 2 rows were checked" in page
    assert "The log does not know your name" in other


async def test_a_page_that_shows_what_would_happen_leaves_no_row(world: World) -> None:
    shop = await busy(world, 1)
    file = await saved(shop, "/log/file")

    await filled(shop, "/log/compare", file=file.content.decode())

    assert acts.newest(shop).number == 1


async def test_an_altered_row_is_named_on_the_page(world: World) -> None:
    shop = await busy(world)

    await forge(shop, 2)
    page = await seen(shop, "/log")

    assert "The log is not as it was written" in page
    assert "Row 2: it is not as it was written" in page
    assert "were checked just now" not in page


async def test_an_old_altered_row_is_found_when_all_are_checked(world: World) -> None:
    shop = await world.add("Shop", "org")
    for number in range(560):
        act = acts.Act(0, world.time + number, "/v1/invitations", "terminal", "")
        await shop.store.write(partial(acts.add, act=act))
    await forge(shop, 7)

    newest, whole, old = (
        await seen(shop, "/log"),
        await seen(shop, "/log", all="yes"),
        await seen(shop, "/log", to="50"),
    )

    assert "The rows 61 to 560 of 560 were checked" in newest
    assert "Row 7: it is not as it was written" in whole
    assert "Row 7: it is not as it was written" in old
    assert '<tr class="altered"><th scope="row">7 ' in old


async def test_a_saved_file_tells_an_altered_row_even_if_the_chain_was_mended(world: World) -> None:
    shop = await busy(world)
    file = (await saved(shop, "/log/file")).content.decode()
    same = await filled(shop, "/log/compare", file=file)

    await forge(shop, 3)
    last = acts.record(shop, 3)
    assert last is not None
    mended = msgspec.json.encode(acts.Newest(3, acts.digest(last)))
    await shop.store.apply(Change(peer="", keep=(Item(acts.NEWEST, acts.NEWEST, mended),)))

    assert "All 3 rows of your file stand here" in same
    assert "were checked just now" in await seen(shop, "/log")
    assert "1 of 3 rows are not the same here" in await filled(shop, "/log/compare", file=file)
    assert "not a file of this log" in await refused(shop, "/log/compare", file="anything")
    assert "Choose the file" in await refused(shop, "/log/compare")


async def test_a_program_with_a_key_is_named_and_what_it_said_is_not(world: World) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    await world.introduce(her, shop)
    before = acts.newest(shop).number
    _, token = await keys.add(shop, "till", ("notices",))
    asked = {"notice": {"kind": "service", "text": "a secret"}}
    headers = {"authorization": f"Bearer {token}", "idempotency-key": "one"}

    await Desk(shop).answer("POST", "/v1/notices", headers, msgspec.json.encode(asked))
    await Desk(shop).answer("POST", "/v1/notices", headers, msgspec.json.encode(asked))
    page = await seen(shop, "/log")

    assert acts.newest(shop).number == before + 1
    assert "the program till" in page
    assert "one notice to a selection" in page
    assert "secret" not in (await acts.file_of(shop)).decode()


def test_every_deed_in_words_is_one_that_can_be_done() -> None:
    assert {acts.SESSION, *(each.path for each in api.ROUTES if each.method == "POST")} >= DEEDS.keys()
