"""Whoever looks while something is being stored sees it, or does not see it yet; never half of it."""

from urllib.parse import quote

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


async def test_whoever_has_just_met_is_met_in_every_list(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    seen: list[tuple[str, str]] = []
    apply = her.store.apply

    async def looked_at(change: Change) -> Outcome:
        outcome = await apply(change)
        [peer], threads = await world.listed(her, "/v1/peers"), await world.listed(her, "/v1/threads")
        by_name = await world.ask(her, "GET", f"/v1/peers/{quote(str(peer['peer']), safe='')}")
        assert isinstance(by_name, dict)
        seen.extend(
            (str(each["state"]), str(by_name["state"])) for each in threads if each["about"] == "relationship/meet"
        )
        return outcome

    invitation = await world.do(shop, "/v1/invitations", goal="Meet")
    await world.do(her, "/v1/invitations/accept", url=invitation["url"])
    monkeypatch.setattr(her.store, "apply", looked_at)
    await world.settle()

    assert ("met", "met") in seen
    assert ("met", "waiting") not in seen
