"""An organisation's pages about its own systems."""

import ast
from pathlib import Path

from msgspec.structs import replace

from agent import events
from agent.bridges.dispatch import Dispatcher
from agent.bridges.tryton_map import Memory, Party
from agent.web.pages import event_words
from agent.web.pages.bridges import path as page_of
from tests.agent.bridges import crm
from tests.agent.bridges.customs import FULL, NAME, Customs, bridged, customers, happen
from tests.agent.web.pages.visits import refused, seen, sent
from tests.agent.world import World

CRM = page_of("minicrm")
HOOK = "https://crm.example/hook?key=hunter2"
FAMILIES = Path(event_words.__file__).parents[3] / "protocols" / "vrm"


def published() -> set[str]:
    """Every event that a family tells an organisation's systems of."""
    found = {"label.delete"}
    for module in FAMILIES.glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Publish":
                [word] = node.args
                assert isinstance(word, ast.Constant)
                found.add(f"{module.stem}.{word.value!s}")
    return found


def test_every_event_has_words() -> None:
    assert published() <= event_words.WORDS.keys()
    assert event_words.in_words("vrm.data-rights.asked.v1") == event_words.WORDS["data_rights.asked"]
    assert event_words.in_words("vrm.new.thing_done.v1") == "new: thing done"


async def test_the_small_crm_is_connected_by_one_button_and_says_what_it_holds(world: World) -> None:
    shop, [ann] = await customers(world, 1)
    assert "None of your systems" in await seen(shop, "/bridges")

    path = (await sent(shop, "/bridges", kind="minicrm")).go
    await Dispatcher(shop).turn()

    page = await seen(shop, path)
    called = shop.relationship(events.peer_of(shop, ann))[0].called
    assert "has heard everything" in page
    assert "has become your customer" in page
    assert called in page
    assert "<dt>Customers</dt><dd>1</dd>" in page
    assert ann not in page.split("<summary>Details")[0]


async def test_a_crm_whose_file_cannot_be_read_is_shown_with_the_reason(world: World) -> None:
    shop, _ = await customers(world, 1)
    crm.with_crm(shop)
    crm.path(shop).write_bytes(b"no database, whatever its name says" * 40)

    page = await seen(shop, CRM)

    assert "cannot be told now" in page
    assert "has become your customer" in page


async def test_what_tryton_holds_is_counted_by_what_was_put_there(world: World) -> None:
    shop, [ann] = await customers(world, 1)
    tryton = "tryton:https://erp.example/shop"
    shop.config = replace(shop.config, bridges=("minicrm", tryton))
    await Memory(shop, tryton).keep(ann, Party(7))

    page, empty = await seen(shop, page_of(tryton)), await seen(shop, CRM)

    assert "Tryton at erp.example" in page
    assert "<dt>Customers</dt><dd>1</dd>" in page
    assert "<dt>Customers</dt><dd>0</dd>" in empty  # nothing was handed over yet, so its file is not there


async def test_a_system_that_is_paused_waits_and_goes_on(world: World) -> None:
    shop, [ann] = await customers(world, 1)
    crm.with_crm(shop)

    await sent(shop, f"{CRM}/pause")
    await happen(shop, ann, 1)
    await Dispatcher(shop).turn()
    paused = await seen(shop, CRM)
    await sent(shop, f"{CRM}/resume")
    await Dispatcher(shop).turn()

    assert "paused by you" in paused
    assert "has heard everything" in await seen(shop, CRM)


async def test_what_was_not_taken_says_why_and_is_tried_again(world: World) -> None:
    shop, [ann] = await customers(world, 1)
    customs = Customs(refuses={ann: FULL})
    dispatcher, path = bridged(shop, customs), page_of(NAME)
    await happen(shop, ann, 1)
    await dispatcher.turn()
    stuck = await seen(shop, path)

    customs.refuses.clear()
    await sent(shop, f"{path}/again")
    await dispatcher.turn()

    assert "is tried again" in stuck
    assert "it is full" in stuck
    assert "has heard everything" in await seen(shop, path)


async def test_a_webhook_has_a_key_that_can_be_changed_and_its_address_is_not_shown_whole(world: World) -> None:
    shop = await world.add("Shop", "org")

    path = (await sent(shop, "/bridges", kind="webhook", address=HOOK)).go
    before = (await world.listed(shop, "/v1/bridges"))[0]["key"]
    await sent(shop, f"{path}/rotate")

    assert "hunter2" not in path
    assert "hunter2" not in await seen(shop, "/bridges")
    page = await seen(shop, path)
    assert str(before) not in page
    assert "whpk_" in page
    assert "hunter2" not in page.split("<details><summary>Details")[0]


async def test_what_cannot_work_is_not_connected(world: World) -> None:
    shop = await world.add("Shop", "org")

    assert "not an address" in await refused(shop, "/bridges", kind="webhook", address="http://crm.example/")
    assert shop.config.bridges == ()


async def test_a_system_is_told_again_since_a_day(world: World) -> None:
    shop, _ = await customers(world, 1)
    crm.with_crm(shop)
    await Dispatcher(shop).turn()

    done = await sent(shop, f"{CRM}/again", since="2020-01-01")

    assert "told again" in done.said
    assert "has not heard everything yet" in await seen(shop, CRM)
    assert "is no day" in await refused(shop, f"{CRM}/again", since="yesterday")


async def test_a_system_is_disconnected_after_a_page_that_says_what_follows(world: World) -> None:
    shop, _ = await customers(world, 1)
    crm.with_crm(shop)

    assert "What it holds already stays" in await seen(shop, f"{CRM}/remove")
    await sent(shop, f"{CRM}/remove")

    assert "None of your systems" in await seen(shop, "/bridges")
