"""What an org's own systems hear of things and loyalty, and that nothing is said to be gone before they let it go."""

from agent import completion, deletions
from agent.bridges.dispatch import Dispatcher
from tests.agent.bridges.crm import counters, rows, with_crm
from tests.agent.world import World
from tests.scenarios.shop import Sale, bought, open_shop
from tests.scenarios.test_features_handing_on import settle


async def sold(world: World) -> tuple[Sale, Dispatcher]:
    """She has bought a machine from a shop with a mini-CRM."""
    sale = await open_shop(world)
    await bought(sale)
    return sale, with_crm(sale.vendor)


async def test_a_problem_is_a_case_with_all_that_is_needed_to_solve_it(world: World) -> None:
    sale, crm = await sold(world)

    await world.do(sale.her, "/v1/things/problem", thing="Washing machine", text="Water stays in the drum.")
    await settle(world)
    await crm.turn()
    [(kind, state, what)] = rows(sale.vendor, 'SELECT kind, state, what FROM "case"')
    assert (kind, state) == ("fault", "open")
    assert "Water" in what
    assert counters(sale.vendor)["cases opened with full context"] == 1

    [case] = await world.listed(sale.vendor, "/v1/cases")
    for asked in ({"act": "answer", "number": "C-1"}, {"act": "resolve", "remedy": "repaired", "text": "New pump."}):
        await world.do(sale.vendor, f"/v1/cases/{case['thread']}", **asked)
        await settle(world)
    await world.answer(sale.her)
    await settle(world)
    await crm.turn()

    assert rows(sale.vendor, 'SELECT state FROM "case"') == [("closed",)]


async def test_a_registration_is_gone_once_the_systems_have_let_it_go(world: World) -> None:
    sale, _ = await sold(world)
    await world.do(sale.her, "/v1/things/register", thing="Washing machine")
    await settle(world)

    await world.do(sale.her, "/v1/things/release", thing="Washing machine", reason="scrapped")
    await settle(world)
    [(_, deletion)] = deletions.of(sale.vendor)
    [thread] = [each for each in await world.listed(sale.her, "/v1/threads") if each["about"] == "things/registration"]
    assert (thread["state"], deletion.reason) == ("releasing", "released")

    await completion.complete(sale.vendor, deletion.id, deletion.ptrs)
    await settle(world)

    [thread] = [each for each in await world.listed(sale.her, "/v1/threads") if each["about"] == "things/registration"]
    assert thread["state"] == "released"
