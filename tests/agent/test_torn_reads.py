"""Whoever looks while something is being stored sees it, or does not see it yet; never half of it."""

import msgspec
import pytest

from agent import meeting, rosters
from agent.web import api
from tests.agent.world import World
from wallet.store.change import Change, Outcome


async def test_a_question_can_be_read_at_the_moment_it_is_stored(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    await world.introduce(her, shop)
    shop.config = msgspec.structs.replace(shop.config, accepts=())
    thid = (await world.do(her, "/v1/terms", peer="Shop", agreement="freerange-service-only"))["thread"]
    await world.settle()
    seen: list[tuple[int, object]] = []
    apply = her.store.apply

    async def looked_at(change: Change) -> Outcome:
        outcome = await apply(change)
        seen.append(await api.answer(her, "GET", "/v1/questions", b""))
        return outcome

    monkeypatch.setattr(her.store, "apply", looked_at)
    other = next(each for each in rosters.in_use(shop).agreements if each.id == "freerange-service-and-purpose")
    body = {"agreement": msgspec.to_builtins(meeting.reference(other))}
    await world.do(shop, f"/v1/threads/{thid}/say", message="alternative", body=body)
    await world.settle()

    assert {status for status, _ in seen} == {200}
    assert "others" in str(seen[-1])
