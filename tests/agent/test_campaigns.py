"""One act towards many: everybody once, whatever happens, and nothing of it said to anybody."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from agent import campaigns, leaving
from agent.agent import Agent
from agent.errors import Refused, Unreachable
from agent.many import To
from protocols.problems import Misuse
from tests.agent.test_backup import back_up, lose, restored
from tests.agent.world import World, the_only, threads
from tests.scenarios.test_features_campaigns import moves, with_shops
from wallet.store import campaigns as rows

WISH: dict[str, object] = {"data": "erase", "by": "2027-03-01"}
DAY = 86400


async def met(world: World, count: int) -> tuple[Agent, list[Agent]]:
    """A person who has met so many orgs."""
    her = await world.add("her")
    orgs = [await world.add(f"Shop {number}", "org") for number in range(count)]
    for org in orgs:
        await world.introduce(her, org)
    return her, orgs


def everybody(agent: Agent) -> Iterator[To]:
    return (To(row.peer) for row in agent.store.peers())


async def leave_all(agent: Agent, jitter: int = 0) -> str:
    return await campaigns.start(agent, "leaving", WISH, everybody(agent), title="Leave every shop", jitter=jitter)


def endings(orgs: list[Agent]) -> int:
    """In how many of these a person has ended the relationship."""
    return sum(the_only(org).ended for org in orgs)


async def test_everybody_is_told_and_each_answer_is_counted(world: World) -> None:
    her, orgs = await met(world, 3)

    id = await leave_all(her)
    await world.tick(1)
    await world.tick(5)
    told = campaigns.tally(her, id).counts
    await world.answer(orgs[0])

    assert endings(orgs) == 3
    assert told == {"delivered": 3}
    assert campaigns.tally(her, id).counts == {"delivered": 2, "ended": 1}


async def test_the_first_attempts_are_spread_over_the_jitter_and_no_more(world: World) -> None:
    her, orgs = await met(world, 4)

    await leave_all(her, jitter=600)
    await world.tick(0)
    at_once = endings(orgs)
    await world.pass_time(600)

    assert at_once < 4
    assert endings(orgs) == 4


async def test_paused_it_says_nothing_more_and_resumed_it_goes_on(world: World) -> None:
    her, orgs = await met(world, 3)
    id = await leave_all(her)

    await campaigns.pause(her, id)
    await world.tick(60)
    held = (endings(orgs), campaigns.tally(her, id).counts)
    await campaigns.resume(her, id)
    await world.tick(1)

    assert held == (0, {"queued": 3})
    assert endings(orgs) == 3
    with pytest.raises(Misuse, match="running"):
        await campaigns.resume(her, id)


async def test_cancelled_it_says_nothing_to_those_who_were_not_told(world: World) -> None:
    her, orgs = await met(world, 2)
    id = await leave_all(her)

    unsaid = await campaigns.cancel(her, id)
    await world.tick(60)

    assert (unsaid, endings(orgs)) == (2, 0)
    with pytest.raises(Misuse, match="cancelled"):
        await campaigns.cancel(her, id)


async def test_a_restart_in_the_middle_tells_nobody_twice_and_leaves_nobody_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaigns, "WINDOW", 2)
    her, orgs = await met(world, 5)
    id = await leave_all(her)

    await campaigns.attend(her)
    said = campaigns.tally(her, id).counts
    her = await world.restart(her)
    for _ in range(4):
        await world.tick(1)

    assert said == {"queued": 3, "sent": 2}
    assert endings(orgs) == 5
    assert [len(list(org.store.threads())) for org in orgs] == [2] * 5  # one in which they met, one that ended it
    assert campaigns.tally(her, id).counts == {"delivered": 5}


async def test_whoever_has_left_meanwhile_is_left_out_and_it_is_said_why(world: World) -> None:
    her, _ = await met(world, 2)
    id = await leave_all(her)
    await world.ask(her, "POST", "/v1/leavings", peers=["Shop 0"])

    await world.tick(1)
    await world.tick(5)

    counts = campaigns.tally(her, id).counts
    [(_, left_out)] = campaigns.recipients(her, id, "skipped")
    assert counts == {"skipped": 1, "delivered": 1}
    assert left_out.why == "it has ended already"


async def test_whoever_says_nothing_for_long_is_called_silent(world: World) -> None:
    her, orgs = await met(world, 2)
    id = await leave_all(her)
    await world.tick(1)
    await world.answer(orgs[0])

    await world.pass_time(15 * DAY)
    silent = campaigns.tally(her, id).counts
    await world.answer(orgs[1])

    assert silent == {"ended": 1, "silent": 1}
    assert campaigns.tally(her, id).counts == {"ended": 2}


async def test_whoever_has_answered_just_now_is_not_reminded(world: World) -> None:
    her, [shop] = await with_shops(world, "Shop")
    world.network.down.add(shop.config.url)
    id = await moves(world, her, jitter=0)
    await world.tick(1)
    world.time += 15 * DAY
    [row] = her.store.read(partial(rows.due, now=world.time, limit=2))

    world.network.down.clear()
    her.outbox.hasten(the_only(her).peer, insist=True)
    await world.settle()
    await campaigns.attend_to(her, row)
    await world.settle()

    assert campaigns.tally(her, id).counts == {"applied": 1}
    assert [each for each in threads(shop).values() if "basicmessage" in each.thread.table] == []


async def test_nobody_is_no_campaign_and_one_broken_off_while_it_was_filled_says_nothing(world: World) -> None:
    her, orgs = await met(world, 2)

    def broken() -> Iterator[To]:
        yield from everybody(her)
        raise asyncio.CancelledError

    with pytest.raises(Misuse, match="nobody"):
        await campaigns.start(her, "leaving", WISH, (), title="Leave nobody")
    with pytest.raises(asyncio.CancelledError):
        await campaigns.start(her, "leaving", WISH, broken(), title="Broken off")
    await world.tick(60)
    [left] = campaigns.listed(her)

    assert endings(orgs) == 0
    assert left.plan.state == "filling"
    assert await campaigns.cancel(her, left.id) == 0
    assert campaigns.listed(her) == []


async def test_a_restored_wallet_holds_its_campaigns_up_until_she_goes_on(world: World, tmp_path: Path) -> None:
    her, orgs = await met(world, 2)
    id = await leave_all(her)
    file = back_up(her, tmp_path / "her.age")
    await lose(world, her)

    her = await restored(world, her, file)
    await world.tick(60)
    held = (endings(orgs), campaigns.tally(her, id).plan.state)
    await campaigns.resume(her, id)
    await world.tick(1)

    assert held == (0, "paused")
    assert endings(orgs) == 2


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (Unreachable("away"), "queued"),
        (ConnectionError("away"), "queued"),
        (Refused("it is no organisation"), "skipped"),
    ],
)
async def test_whoever_cannot_be_found_now_is_told_later_and_who_is_none_is_left_out(
    world: World, monkeypatch: pytest.MonkeyPatch, fault: Exception, state: str
) -> None:
    her, orgs = await met(world, 1)
    id = await leave_all(her)

    async def nowhere(agent: Agent, to: str, thid: str) -> str:
        raise fault

    with monkeypatch.context() as away:
        away.setattr(campaigns, "KINDS", (replace(leaving.KIND, towards=nowhere),))
        await world.tick(1)
    at_first = campaigns.tally(her, id).counts
    await world.tick(601)

    assert at_first == {state: 1}
    assert endings(orgs) == (state == "queued")
