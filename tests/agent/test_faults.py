"""Loss, repetition and reordering: whatever the network does, both sides end in the same place.

Source: vrm-protocols 3.6; security, promises P1, P2 and P21.
"""

import pytest

from agent.agent import Agent
from agent.transports.memory import Network
from tests.agent.world import World, ledger, state, the_only, threads

HOUR, DAY = 3600, 86400


def faulty(seed: int) -> Network:
    """A network that loses three packets in ten, repeats as many, and delivers in any order."""
    return Network(loss=0.3, repeat=0.3, shuffle=True, seed=seed)


async def until(world: World, agents: tuple[Agent, Agent], thid: str, wanted: str) -> None:
    """Let time pass until a thread stands where it should on both sides; a month must do."""
    for _ in range(60):
        if all(state(agent, thid) == wanted for agent in agents):
            return
        await world.pass_time(DAY // 2)
    pytest.fail(f"after a month it is {[state(agent, thid) for agent in agents]}, not {wanted}")


@pytest.mark.parametrize("seed", range(20))
async def test_meeting_agreeing_and_ending_survive_a_bad_network(world: World, seed: int) -> None:
    world.network = faulty(seed)
    library, her = await world.add("Town Library", "org"), await world.add("her")
    both = (her, library)
    invitation = await world.do(library, "/v1/invitations", goal="Meet", once=True)

    taken = await world.do(her, "/v1/invitations/accept", url=invitation["url"])
    await world.settle()
    await until(world, both, str(taken["thread"]), "met")
    thid = await world.agree(her, library)
    await until(world, both, thid, "in-force")
    await world.do(
        her, f"/v1/threads/{thid}/say", message="withdraw", body={"from": "2030-01-01T00:00:00Z", "reason": "other"}
    )
    await world.settle()
    await until(world, both, thid, "ending-by-person")
    await world.answer(library)
    await until(world, both, thid, "withdrawn")
    await world.pass_time(90 * DAY)
    world.network.loss = world.network.repeat = 0.0
    await world.pass_time(8 * DAY)  # meanwhile the two compare what they signed every week

    mine, theirs = the_only(her), the_only(library)
    talked = {str(taken["thread"]), thid}
    assert ledger(her, mine.peer) == ledger(library, theirs.peer)
    assert sum(each in talked for _, each in ledger(her, mine.peer)) == 6
    assert (mine.ours, mine.theirs) == (theirs.theirs, theirs.ours)
    records = [next(agent.store.items("record")).id for agent in both]
    assert records[0] == records[1]
    for agent in both:
        counts = agent.store.counts()
        assert (counts["outgoing"], counts["dead"], counts["question"]) == (0, 0, 0)
        assert counts["timer"] == (agent is her)  # for the next comparison
        assert {each for each in threads(agent) if "audit" not in threads(agent)[each].thread.table} == talked


async def test_two_withdrawals_that_cross_end_it_for_both(world: World) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    await world.introduce(her, library)
    thid = await world.agree(her, library)
    said = {"from": "2030-01-01T00:00:00Z", "reason": "other"}

    for agent in (her, library):
        await world.do(agent, f"/v1/threads/{thid}/say", message="withdraw", body=said)
    await world.pass_time(DAY)

    assert state(her, thid) == state(library, thid) == "withdrawn"
    assert ledger(her, the_only(her).peer) == ledger(library, the_only(library).peer)
    assert library.store.counts()["question"] == 0
