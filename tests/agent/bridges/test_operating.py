"""What the operator can do with bridges, over the owner's API: none of it loses or repeats anything by itself."""

import msgspec
import pytest

from agent import config as configs
from agent import deletions, events, owner
from agent.agent import Agent
from agent.bridges import Gone, state
from agent.bridges.dispatch import Dispatcher
from agent.bridges.state import DELAYS
from agent.draft import Draft
from protocols.vrm.relationship import rules
from tests.agent.bridges.crm import rows, with_crm
from tests.agent.bridges.customs import FULL, NAME, Customs, bridged, customers, happen
from tests.agent.world import World
from wallet.needs import Lookup

HOOK = "https://crm.example/hook"


async def test_a_bridge_that_was_added_is_there_after_a_restart(world: World) -> None:
    shop = await world.add("Shop", "org")

    added = await world.do(shop, "/v1/bridges", bridge=HOOK)

    assert str(added["key"]).startswith("whpk_")
    assert configs.read(shop.store.path.parent).bridges == (HOOK,)
    again = await world.do(shop, "/v1/bridges/rotate", bridge="https://crm", shared=True)
    assert str(again["key"]).startswith("whsec_")


async def test_other_settings_that_were_changed_meanwhile_stay_so(world: World) -> None:
    shop = await world.add("Shop", "org")
    folder = shop.store.path.parent
    configs.write(folder, msgspec.structs.replace(shop.config, rights_contact="privacy@shop.example"))

    await world.do(shop, "/v1/bridges", bridge="minicrm")

    assert configs.read(folder).rights_contact == "privacy@shop.example"
    assert configs.read(folder).bridges == ("minicrm",)


async def test_a_bridge_whose_word_a_deletion_waits_for_is_not_removed(world: World) -> None:
    shop, [ann] = await customers(world, 1)
    with_crm(shop)
    await begun(shop, ann)

    assert "1 deletions wait" in await world.refused(shop, "/v1/bridges/remove", bridge="minicrm")

    await Dispatcher(shop).turn()
    await world.do(shop, "/v1/bridges/remove", bridge="minicrm")


async def begun(shop: Agent, subject: str) -> None:
    """A deletion that owes nobody an answer."""

    def decide(draft: Draft) -> Lookup[None]:
        draft.begin(rules, "org")
        deletions.begin(draft, "expired", "a record", ("/x",))
        yield from ()

    await owner.act(shop, events.peer_of(shop, subject), "t", decide)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"bridge": "sapphire"}, "no bridge to"),
        ({"bridge": "http://crm.example/"}, "not an address for webhooks"),
        ({"bridge": "mini crm"}, "nothing was added"),
        ({"bridge": HOOK, "secret": "hunter2"}, "a key of a webhook is"),
    ],
)
async def test_what_cannot_work_is_not_added(world: World, asked: dict[str, object], says: str) -> None:
    shop = await world.add("Shop", "org")

    assert says in await world.refused(shop, "/v1/bridges", **asked)
    assert shop.config.bridges == ()
    assert await world.listed(shop, "/v1/bridges") == []


async def test_a_person_has_no_bridges(world: World) -> None:
    her = await world.add("her")

    assert "organisation" in await world.refused(her, "/v1/bridges", bridge="minicrm")


async def test_what_is_paused_waits_and_comes_when_it_is_resumed(world: World) -> None:
    shop, [ann] = await customers(world, 1)
    customs = Customs()
    dispatcher = bridged(shop, customs)
    await world.do(shop, "/v1/bridges/pause", bridge=NAME)
    await happen(shop, ann, 1)

    await dispatcher.turn()
    [paused] = await world.listed(shop, "/v1/bridges")
    assert (paused["state"], paused["waiting"], customs.taken) == ("paused", 2, [])

    await world.do(shop, "/v1/bridges/resume", bridge=NAME)
    await dispatcher.turn()
    [works] = await world.listed(shop, "/v1/bridges")
    assert (works["state"], works["waiting"], len(customs.taken)) == ("works", 0, 2)


async def test_who_wanted_no_more_gets_all_when_the_operator_says_so(world: World) -> None:
    shop, _ = await customers(world, 2)
    customs = Customs({"": Gone("it answered 410")})
    dispatcher = bridged(shop, customs)
    await dispatcher.turn()
    assert (await world.listed(shop, "/v1/bridges"))[0]["state"] == "gone"

    customs.refuses.clear()
    await world.do(shop, "/v1/bridges/resume", bridge=NAME)
    await dispatcher.turn()

    assert len(customs.taken) == 2
    assert "bridges" not in shop.troubles


async def test_the_log_says_what_became_of_each_event_and_a_replay_tries_what_was_not_taken(world: World) -> None:
    shop, [ann, bob] = await customers(world, 2)
    customs = Customs({ann: FULL})
    dispatcher = bridged(shop, customs)
    for number in range(4):
        await happen(shop, (ann, bob)[number % 2], number)
    await dispatcher.turn()

    logged = await world.listed(shop, f"/v1/bridges/{NAME}/log")
    became = [(each["customer"], each["became"], each["why"]) for each in reversed(logged) if each["customer"] == ann]
    later = "it waits for an earlier one of this customer"
    assert became == [(ann, "held up", "it is full"), (ann, "held up", later), (ann, "held up", later)]
    assert {each["became"] for each in logged if each["customer"] == bob} == {"delivered"}

    customs.refuses.clear()
    await world.do(shop, "/v1/bridges/replay", bridge=NAME)
    await dispatcher.turn()
    assert {each["became"] for each in await world.listed(shop, f"/v1/bridges/{NAME}/log")} == {"delivered"}
    assert len([each for each in customs.taken if each.subject == ann]) == 3


async def test_everything_since_a_moment_is_told_again_in_order(world: World) -> None:
    shop, [ann, bob] = await customers(world, 2)
    customs = Customs()
    dispatcher = bridged(shop, customs)
    await happen(shop, ann, 1)
    world.time += 3600
    await happen(shop, ann, 2)
    await happen(shop, bob, 3)
    await dispatcher.turn()
    before = [each.id for each in customs.taken]
    customs.taken.clear()

    await world.do(shop, "/v1/bridges/replay", bridge=NAME, since="2027-01-15T09:00:00Z")
    await dispatcher.turn()

    assert sorted(map(str, customs.told())) == ["2", "3"]
    assert {each.id for each in customs.taken} < set(before)
    assert "no time" in await world.refused(shop, "/v1/bridges/replay", bridge=NAME, since="yesterday")


async def test_a_customer_who_was_held_up_before_that_moment_is_not_forgotten(world: World) -> None:
    shop, [ann, bob] = await customers(world, 2)
    customs = Customs({ann: FULL})
    dispatcher = bridged(shop, customs)
    await dispatcher.turn()
    world.time += 3600
    await happen(shop, bob, 1)
    await dispatcher.turn()

    await world.do(shop, "/v1/bridges/replay", bridge=NAME, since="2027-01-15T09:00:00Z")
    customs.refuses.clear()
    world.time += DELAYS[1]
    await dispatcher.turn()

    assert [each.type for each in customs.taken if each.subject == ann] == ["vrm.relationship.met.v1"]


async def test_of_a_bridge_that_was_removed_nothing_stays(world: World) -> None:
    shop, _ = await customers(world, 2)
    dispatcher = with_crm(shop)
    await dispatcher.turn()
    assert rows(shop, "SELECT count(*) FROM party") == [(2,)]

    await world.do(shop, "/v1/bridges/remove", bridge="minicrm")
    await dispatcher.turn()

    assert dispatcher.feeds == {}
    assert (list(shop.store.items(state.STATE)), shop.config.bridges) == ([], ())
    assert "bridge add" in await world.refused(shop, "/v1/bridges/pause", bridge="minicrm")


async def test_a_setting_that_cannot_work_is_told_and_the_others_go_on(world: World) -> None:
    shop, _ = await customers(world, 1)
    dispatcher = with_crm(shop)
    shop.config = msgspec.structs.replace(shop.config, bridges=("sapphire", "minicrm"))

    await dispatcher.turn()

    assert "sapphire" in shop.troubles["bridges"][0]
    assert rows(shop, "SELECT count(*) FROM party") == [(1,)]
