"""What a day brought to an organisation, in counts that say nothing of whom."""

from agent import tally
from agent.agent import DAY
from tests.agent.rich import CLAIMS, rich
from tests.agent.world import World


async def test_a_day_s_meetings_terms_cards_and_proofs_are_counted_by_the_org_alone(world: World) -> None:
    her, library = await rich(world)

    today, before = tally.of_day(library, world.time), tally.of_day(library, world.time - DAY)

    assert today == {"met": 1, "agreed": 1, "issued": 1, "verified": 1, "failed": 0}
    assert set(before.values()) == {0}
    assert set(tally.of_day(her, world.time).values()) == {0}


async def test_a_proof_that_does_not_hold_is_counted_as_one(world: World) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    called = await world.introduce(her, library)
    offer = {"type": "urn:card:member", "name": "Library card", "claims": CLAIMS}
    await world.do(library, "/v1/offers", peer=called, **offer)
    await world.settle()
    await world.answer(her)
    wanted = {"type": "urn:card:member", "claims": ["member=true"], "purpose": "To lend you films"}

    await world.do(library, "/v1/requests", peer=called, issuers=["elsewhere.example"], **wanted)
    await world.settle()
    await world.answer(her)

    today = tally.of_day(library, world.time)
    assert (today["issued"], today["verified"], today["failed"]) == (1, 0, 1)


async def test_no_mark_says_of_whom_it_is_and_none_is_kept_for_long(world: World) -> None:
    _, library = await rich(world)
    marks = list(library.store.items(tally.KIND))
    day = tally.day(world.time).encode()

    kept = await tally.forget(library)
    world.time += (tally.DAYS + 1) * DAY
    dropped = await tally.forget(library)

    assert {(each.peer, each.record) for each in marks} == {("", day)}
    assert (kept, dropped) == (0, len(marks))
    assert list(library.store.items(tally.KIND)) == []
