"""How long an agreement governs."""

from agent.agent import Agent
from tests.agent.world import Said, World

YEAR = 365 * 86400


async def governing(world: World, agent: Agent) -> list[Said]:
    """The agreements in force, as this owner sees them."""
    said = await world.ask(agent, "GET", "/v1/terms")
    assert isinstance(said, dict)
    found = said["in_force"]
    assert isinstance(found, list)
    return found


async def test_an_agreement_lasts_as_long_as_she_said_on_both_sides(world: World) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    await world.introduce(her, library)

    await world.agree(her, library)  # for a year, unless she says otherwise

    [hers], [theirs] = await governing(world, her), await governing(world, library)
    assert (hers["record"], hers["ends"]) == (theirs["record"], theirs["ends"])
    world.time += YEAR
    assert (await governing(world, her), await governing(world, library)) == ([], [])


async def test_nobody_ends_an_agreement_in_the_past(world: World) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    await world.introduce(her, library)
    thid = await world.agree(her, library)
    body = {"from": "2020-01-01T00:00:00Z", "reason": "moving-on"}

    await world.do(her, f"/v1/threads/{thid}/say", message="withdraw", body=body)
    await world.settle()

    [kept] = library.store.peers()
    [agreement] = library.relationship(kept.peer)[0].agreements
    assert agreement.ends == world.time
    assert await governing(world, library) == []
