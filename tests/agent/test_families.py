"""Threads of one kind are found without opening any other, whenever they began."""

from agent import families
from agent.agent import Agent
from agent.families import KIND, KNOWN
from protocols.vrm.loyalty import statement
from tests.agent.world import World
from wallet.store.change import Change

STATEMENT: dict[str, object] = {"strength": "regular", "category": "bread", "until": "2099-01-01"}


async def town(world: World) -> tuple[Agent, Agent]:
    """She said thrice to a baker whom she has met that she is loyal."""
    baker, her = await world.add("Baker", "org"), await world.add("her")
    await world.introduce(her, baker)
    for category in ("bread", "cake", "coffee"):
        await world.do(her, "/v1/statements", peer="Baker", **{**STATEMENT, "category": category})
        await world.settle()
    return her, baker


async def test_both_sides_find_the_threads_of_a_kind_in_their_order(world: World) -> None:
    for agent in await town(world):
        await families.look_up(agent)
        first = [each.thread.thid for _, each in families.every(agent, statement)]

        assert families.count(agent, statement) == len(first) == 3
        assert [each.thread.thid for _, each in families.newest(agent, statement, 0, 2)] == [first[2], first[1]]
        assert [each.thread.thid for _, each in families.newest(agent, statement, 2, 2)] == [first[0]]
        said = await world.listed(agent, "/v1/statements")
        assert [each["category"] for each in said] == ["bread", "cake", "coffee"]


async def test_threads_that_began_before_there_were_lists_are_listed_too(world: World) -> None:
    her, _ = await town(world)
    for kind in (KIND, KNOWN):
        await her.store.apply(Change(peer="", claim=tuple((kind, each.id) for each in her.store.items(kind))))
    assert families.count(her, statement) == 0

    said = await world.ask(her, "GET", "/v1/statements/newest/0")

    assert isinstance(said, dict)
    assert (said["total"], sorted(each["category"] for each in said["items"])) == (3, ["bread", "cake", "coffee"])


async def test_a_part_of_a_list_begins_where_it_is_asked_to(world: World) -> None:
    her = await world.add("her")
    for number in range(60):
        await world.do(her, "/v1/things", thing={"name": f"Chair {number}"})

    parts = [await world.ask(her, "GET", f"/v1/things/newest/{start}") for start in (0, 50, 100)]

    assert [len(each["items"]) for each in parts if isinstance(each, dict)] == [50, 10, 0]
    assert isinstance(parts[1], dict)
    assert (parts[1]["items"][0]["name"], parts[1]["total"]) == ("Chair 9", 60)
