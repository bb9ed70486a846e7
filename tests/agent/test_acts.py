"""The log of a team: a row for every act, in the change it tells of, in a chain that shows what was done to it."""

import asyncio

import msgspec
import pytest

from agent import acts, backup, restoring
from agent.agent import Agent
from agent.web import api
from tests.agent.world import World
from wallet import age
from wallet.store.change import Change, Item
from wallet.store.sqlite import FileStore

NEW = "another passphrase for tests"


def rows(agent: Agent) -> list[acts.Act]:
    """All rows, oldest first."""
    found = [acts.row(agent, number) for number in range(1, acts.newest(agent).number + 1)]
    return [each for each in found if each is not None]


def every_fault(agent: Agent) -> list[int]:
    """The numbers of the rows that are not as they were written."""
    return sorted(number for number, _ in acts.faults(agent, 1, acts.newest(agent).number))


async def forge(agent: Agent, number: int, **changes: object) -> None:
    """Alter a row, as somebody could who has the wallet's keys."""
    act = acts.row(agent, number)
    assert act is not None
    record = msgspec.json.encode(msgspec.structs.replace(act, **changes))
    await agent.store.apply(Change(peer="", keep=(Item(acts.KIND, str(number), record),)))


async def busy(world: World, times: int = 5) -> Agent:
    """An org whose people did a few things."""
    shop = await world.add("Shop", "org")
    for number in range(times):
        await world.do(shop, "/v1/invitations", goal=f"Meet {number}")
    return shop


async def test_an_act_is_kept_with_who_what_and_when_and_without_what_was_said(world: World) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    called = await world.introduce(her, shop)
    world.time += 60
    with acts.sitting("1a2b3c4d"):
        await world.do(shop, "/v1/desk", name="Counter two")
        await world.do(
            shop,
            "/v1/threads",
            peer=called,
            type="https://didcomm.org/basicmessage/2.0/message",
            body={"content": "secret"},
        )

    last = rows(shop)[-1]

    assert (last.did, last.on, last.by, last.who) == ("/v1/threads", (called,), "1a2b3c4d", "Counter two")
    assert (last.at, last.came) == (world.time, "")
    assert b"secret" not in await acts.file_of(shop)
    assert every_fault(shop) == []


async def test_a_row_is_written_in_the_transaction_of_its_act(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = await busy(world, 1)

    def broken(tx: object, *, act: acts.Act) -> None:
        raise OSError(28, "no room")

    monkeypatch.setattr(acts, "add", broken)
    status, _ = await api.answer(shop, "POST", "/v1/invitations", b'{"goal":"Never"}')
    monkeypatch.undo()

    assert status == 507
    assert len(await world.listed(shop, "/v1/invitations")) == 1
    assert len(rows(shop)) == 1


async def test_what_was_refused_and_what_changed_nothing_is_kept_and_said_so(world: World) -> None:
    shop = await busy(world, 1)
    await world.refused(shop, "/v1/pings", peer="nobody-here")
    await world.do(shop, "/v1/queue/retry")

    assert [(each.did, each.came) for each in rows(shop)[1:]] == [
        ("/v1/pings", acts.REFUSED),
        ("/v1/queue/retry", acts.NOTHING),
    ]


async def test_a_look_is_no_act_and_a_person_has_no_such_log(world: World) -> None:
    shop, her = await busy(world, 1), await world.add("her")
    [standing] = await world.listed(shop, "/v1/invitations")

    await world.do(shop, "/v1/invitations/read", url=standing["url"])
    await world.do(shop, "/v1/notices", notice={"kind": "service", "text": "Hello"}, preview=True)
    await world.do(her, "/v1/invitations", goal="Meet")

    assert len(rows(shop)) == 1
    assert rows(her) == []


async def test_every_look_is_a_route() -> None:
    assert {each.path for each in api.ROUTES if each.method == "POST"} >= api.LOOKS


async def test_a_changed_row_is_found_and_named(world: World) -> None:
    shop = await busy(world)

    await forge(shop, 3, who="Somebody else")

    assert every_fault(shop) == [3]


async def test_a_row_that_names_another_one_before_it_is_found_and_named(world: World) -> None:
    shop = await busy(world)

    await forge(shop, 3, before="f" * 64)

    assert every_fault(shop) == [2, 3]


@pytest.mark.parametrize("number", [1, 3, 5])
async def test_a_row_that_was_taken_away_is_found_and_named(world: World, number: int) -> None:
    shop = await busy(world)

    await shop.store.apply(Change(peer="", claim=((acts.KIND, str(number)),)))

    assert every_fault(shop) == [number]


async def test_a_log_that_was_cut_back_differs_from_the_file_that_was_saved_before(world: World) -> None:
    shop = await busy(world)
    saved = await acts.file_of(shop)
    fourth = acts.record(shop, 4)
    assert fourth is not None
    back = msgspec.json.encode(acts.Newest(4, acts.digest(fourth)))
    cut = (Item(acts.NEWEST, acts.NEWEST, back),)
    await shop.store.apply(Change(peer="", keep=cut, claim=((acts.KIND, "5"),)))

    assert every_fault(shop) == []
    assert await acts.against(shop, saved) == (5, (5,))


async def test_a_row_behind_the_last_one_is_found(world: World) -> None:
    shop = await busy(world)
    record = acts.record(shop, 5)
    assert record is not None

    await shop.store.apply(Change(peer="", keep=(Item(acts.KIND, "6", record),)))

    assert every_fault(shop) == [6]


async def test_the_rows_outlive_the_agent_and_go_on_from_where_they_were(world: World) -> None:
    shop = await world.restart(await busy(world, 2))

    await world.do(shop, "/v1/invitations", goal="Again")

    assert [each.number for each in rows(shop)] == [1, 2, 3]
    assert every_fault(shop) == []


async def test_acts_at_once_have_a_row_each(world: World) -> None:
    shop = await world.add("Shop", "org")
    asked = (api.answer(shop, "POST", "/v1/invitations", b"{}") for _ in range(20))

    await asyncio.gather(*asked)

    assert [each.number for each in rows(shop)] == [*range(1, 21)]
    assert every_fault(shop) == []


async def test_an_act_of_several_changes_has_one_row(world: World) -> None:
    shop = await world.add("Shop", "org")
    called = [await world.introduce(await world.add(name), shop) for name in ("her", "him")]
    before = len(rows(shop))

    await world.ask(shop, "POST", "/v1/tags", tag="regular", peers=called)

    assert [(each.did, each.on) for each in rows(shop)[before:]] == [("/v1/tags", tuple(called))]


async def test_an_act_that_was_begun_and_not_finished_is_kept_as_that(world: World) -> None:
    shop = await world.add("Shop", "org")

    async def half() -> tuple[int, str]:
        await shop.store.apply(Change(peer="", keep=(Item("half", "one", b"{}"),)))
        return 409, "the other half cannot be done"

    await acts.witnessed(shop, "/v1/half", (), half)

    assert [each.came for each in rows(shop)] == ["", acts.BROKEN]
    assert every_fault(shop) == []


async def test_what_goes_on_behind_an_act_is_no_part_of_it(world: World) -> None:
    shop = await world.add("Shop", "org")
    later: list[asyncio.Task[None]] = []

    async def write() -> None:
        await asyncio.sleep(0.01)
        await shop.store.apply(Change(peer="", keep=(Item("later", "one", b"{}"),)))

    async def begin() -> tuple[int, str]:
        later.append(asyncio.create_task(write()))
        return 200, "it will be done"

    await acts.witnessed(shop, "/v1/later", (), begin)
    await asyncio.gather(*later)

    assert [each.came for each in rows(shop)] == [acts.NOTHING]


async def test_a_change_that_came_to_nothing_takes_no_row_along(world: World) -> None:
    shop = await world.add("Shop", "org")

    async def twice() -> tuple[int, str]:
        await shop.store.apply(Change(peer="", claim=(("nothing", "here"),)))  # conflicts
        await shop.store.apply(Change(peer="", keep=(Item("done", "one", b"{}"),)))
        return 200, "done"

    await acts.witnessed(shop, "/v1/twice", (), twice)

    assert [(each.number, each.came) for each in rows(shop)] == [(1, "")]


async def test_the_chain_holds_in_a_wallet_that_was_made_again_from_its_back_up(world: World) -> None:
    shop, key = await busy(world), bytes(range(32))
    saved, file = await acts.file_of(shop), world.folder / "shop.age"
    identity = age.identity(key)
    store = shop.store
    backup.create(store.snapshot, shop.config, target=file, recipient=age.recipient(identity), now=world.time)
    folder = world.folder / "again"

    proof = await restoring.restore(folder, file, identity, secret=NEW, slot=age.slot_secret(key), now=world.time)
    shop.store.close()
    opened = FileStore.open(folder / "wallet.db")
    await opened.unlock(NEW)
    again = world.put(proof.config, opened)
    await world.do(again, "/v1/invitations", goal="Again")

    assert every_fault(again) == []
    assert await acts.against(again, saved) == (5, ())
    assert len(rows(again)) == 6
