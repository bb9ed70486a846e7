"""What happens reaches an org's own systems: all of it, in order for each customer, whatever they do."""

from functools import partial
from pathlib import Path

import pytest

from agent.agent import Agent
from agent.bridges import CloudEvent, Gone, Unreachable, feed, state
from agent.bridges.dispatch import KEEP
from agent.bridges.state import DELAYS
from tests.agent.bridges.customs import FULL, NAME, Customs, bridged, customers, happen
from tests.agent.world import PASSPHRASE, START, World
from wallet.slots import CHEAP
from wallet.store import events as rows
from wallet.store import exporting
from wallet.store.importing import Import
from wallet.store.snapshot import snapshot
from wallet.store.sqlite import FileStore
from wallet.store.store import Store
from wallet.store.transaction import Transaction
from wallet.vault import Vault


async def test_events_arrive_in_the_order_in_which_they_came_about(world: World) -> None:
    shop, [ann, bob] = await customers(world, 2)
    customs = Customs()
    dispatcher = bridged(shop, customs)
    for number in range(150):  # more than a page
        await happen(shop, (ann, bob)[number % 2], number)

    await dispatcher.turn()

    happened = [each for each in customs.taken if each.type == "vrm.test.happened.v1"]
    assert len(happened) == 150
    assert [each.data["number"] for each in happened if each.subject == ann] == [*range(0, 150, 2)]
    assert [each.data["number"] for each in happened if each.subject == bob] == [*range(1, 150, 2)]


@pytest.mark.parametrize("how", ["refused", "slow"])
async def test_who_is_held_up_holds_up_nobody_else(world: World, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    monkeypatch.setattr(feed, "TAKES", 0.2)
    shop, [ann, bob] = await customers(world, 2)
    customs = Customs()
    dispatcher = bridged(shop, customs)
    await dispatcher.turn()
    customs.taken.clear()
    if how == "slow":
        customs.slow.add(ann)
    else:
        customs.refuses[ann] = FULL
    for number in range(6):
        await happen(shop, (ann, bob)[number % 2], number)

    await dispatcher.turn()
    await happen(shop, ann, 6)
    await happen(shop, bob, 7)
    await dispatcher.turn()

    assert customs.told() == [1, 3, 5, 7]
    assert customs.told(ann) == []

    customs.refuses.clear()
    customs.slow.clear()
    world.time += DELAYS[0]
    await dispatcher.turn()

    assert customs.told(ann) == [0, 2, 4, 6]
    assert state.held_up(shop, NAME) == {}


async def test_retries_come_as_the_schedule_says_and_then_wait_for_the_operator(world: World) -> None:
    shop, [ann] = await customers(world, 1)
    customs = Customs({ann: FULL})
    dispatcher = bridged(shop, customs)

    waits = []
    await dispatcher.turn()
    while (held := state.held_up(shop, NAME)[ann]).due:
        waits.append(held.due - world.time)
        world.time = held.due - 1
        await dispatcher.turn()
        assert state.held_up(shop, NAME)[ann].tries == held.tries
        world.time = held.due
        await dispatcher.turn()

    assert waits == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert held.tries == 10
    assert "not tried any more" in shop.troubles["bridges"][0]


async def test_while_nobody_is_there_everything_waits_and_no_customer_is_held_up(world: World) -> None:
    shop, [ann, bob] = await customers(world, 2)
    customs = Customs({"": Unreachable("nobody there")})
    dispatcher = bridged(shop, customs)

    await dispatcher.turn()

    assert state.of(shop, NAME).due == world.time + DELAYS[0]
    assert state.held_up(shop, NAME) == {}

    customs.refuses.clear()
    await dispatcher.turn()
    assert customs.taken == []
    world.time += DELAYS[0]
    await dispatcher.turn()
    assert {each.subject for each in customs.taken} == {ann, bob}
    assert len(customs.taken) == 2


async def test_what_was_taken_before_nobody_was_there_is_not_sent_again(world: World) -> None:
    shop, [ann, bob] = await customers(world, 2)
    customs = Customs({bob: Unreachable("gone home")})
    dispatcher = bridged(shop, customs)

    await dispatcher.turn()
    customs.refuses.clear()
    world.time += DELAYS[0]
    await dispatcher.turn()

    assert sorted(each.subject for each in customs.taken) == sorted([ann, bob])


async def test_who_wants_no_more_gets_no_more_until_the_operator_says_so(world: World) -> None:
    shop, _ = await customers(world, 1)
    customs = Customs({"": Gone("it answered 410")})
    dispatcher = bridged(shop, customs)

    await dispatcher.turn()
    customs.refuses.clear()
    world.time += 10 * 86400
    await dispatcher.turn()

    assert customs.taken == []
    assert "wants no more" in shop.troubles["bridges"][0]


async def test_a_bug_of_an_adapter_holds_up_one_customer_and_is_told_without_what_was_said(world: World) -> None:
    shop, [ann, bob] = await customers(world, 2)
    customs = Customs({ann: ValueError("her secret")})
    dispatcher = bridged(shop, customs)

    await dispatcher.turn()

    assert [each.subject for each in customs.taken] == [bob]
    assert state.held_up(shop, NAME)[ann].why == "its adapter failed: ValueError"


async def test_after_a_restart_it_goes_on_where_it_was(world: World) -> None:
    shop, [ann, bob] = await customers(world, 2)
    customs = Customs({ann: FULL})
    await bridged(shop, customs).turn()
    await happen(shop, bob, 1)

    again = await world.restart(shop)
    customs.refuses.clear()
    world.time += DELAYS[0]
    await bridged(again, customs).turn()

    assert [each.subject for each in customs.taken] == [bob, bob, ann]


async def test_old_events_are_let_go_once_every_bridge_has_had_them(world: World) -> None:
    shop, [ann, bob] = await customers(world, 2)
    customs = Customs({ann: FULL})
    dispatcher = bridged(shop, customs)
    for number in range(5):
        await happen(shop, bob, number)
    await dispatcher.turn()

    world.time += KEEP + 1
    await state.save(shop, NAME, hold=[_not_due(each) for each in state.held_up(shop, NAME).values()])
    await dispatcher.turn()
    first = shop.store.read(partial(rows.after, place=0, limit=1))[0][1]
    assert first.subject == ann

    customs.refuses.clear()
    await state.save(shop, NAME, hold=[_due(each) for each in state.held_up(shop, NAME).values()])
    await dispatcher.turn()
    assert shop.store.read(rows.count) == 1  # the one the cursor names


def _not_due(held: state.HeldUp) -> state.HeldUp:
    return state.HeldUp(held.subject, held.first, held.tries, 0, held.since, held.why)


def _due(held: state.HeldUp) -> state.HeldUp:
    return state.HeldUp(held.subject, held.first, held.tries, 1, held.since, held.why)


def test_a_value_that_is_over_goes_to_nobody() -> None:
    event = feed.current(
        CloudEvent(
            id="1",
            source="did:web:shop.example",
            type="vrm.consent.disclosed.v1",
            subject="rel_1",
            time="2027-01-15T08:00:00Z",
            data={
                "items": [
                    {"ptr": "/a", "value": "old", "label": {"expires": "2027-01-15T08:00:00Z"}},
                    {"ptr": "/b", "value": "good", "label": {"expires": "2027-01-15T08:00:01Z"}},
                ]
            },
        ),
        START,
    )

    assert event.data["items"] == [
        {"ptr": "/a", "erased": True},
        {"ptr": "/b", "value": "good", "label": {"expires": "2027-01-15T08:00:01Z"}},
    ]


def test_a_secret_in_an_address_is_not_told_further() -> None:
    assert state.called("https://crm.example/hook?token=hunter2") == "https://crm.example"
    assert state.called("tryton:http://127.0.0.1:8000/shop") == "tryton"
    assert state.called("minicrm") == "minicrm"


async def test_an_export_takes_along_what_has_not_been_told(world: World, tmp_path: Path) -> None:
    shop, [ann, bob] = await customers(world, 2)
    await bridged(shop, Customs({ann: FULL})).turn()
    await happen(shop, bob, 1)

    moved = copy_of(shop, tmp_path / "moved.db")
    customs = Customs()
    moved_shop = world.put(shop.config, moved)
    world.time += DELAYS[0]
    await bridged(moved_shop, customs).turn()
    shop.store.close()

    assert sorted((each.subject, each.type) for each in customs.taken) == sorted(
        [(ann, "vrm.relationship.met.v1"), (bob, "vrm.test.happened.v1")]
    )


def copy_of(agent: Agent, path: Path) -> Store:
    """The wallet of an agent, exported and imported elsewhere."""

    def fill(tx: Transaction) -> None:
        into = Import(tx)
        with snapshot(agent.store.path, agent.store.vault) as source:
            for line in exporting.records(source):
                into.take(line)

    path.parent.chmod(0o700)
    return FileStore.create(path, Vault.create(PASSPHRASE, CHEAP), fill)
