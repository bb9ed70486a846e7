"""Whoever looks while something is being stored sees it, or does not see it yet; never half of it."""

import asyncio
from urllib.parse import quote

import msgspec
import pytest

from agent import meeting, rosters
from agent.web import api
from tests.agent.puppet import Puppet
from tests.agent.test_rotation_heard import NOTE, PING
from tests.agent.world import World, the_only
from wallet.store import meta
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


async def test_what_is_written_though_whoever_made_it_has_gone_is_known_and_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever hears of a message may be broken off, as when the line on which it came is over."""
    her, friend = await world.add("her"), Puppet.make(world)
    await friend.befriend(her)
    who, apply = the_only(her), her.store.apply
    await friend.say(her, NOTE, {"content": "one"}, to=who.our_did, thid="notes")
    note = friend.message(NOTE, {"content": "two"}, to=who.our_did, thid="notes")
    ping = friend.message(PING, {}, to=who.our_did)

    def broken_off(change: Change) -> asyncio.Future[Outcome]:
        written = apply(change)
        hearing.cancel()
        return written

    monkeypatch.setattr(her.store, "apply", broken_off)
    for message in (note, ping):
        hearing = asyncio.create_task(friend.repeat(her, message))
        await asyncio.wait([hearing])
        assert hearing.cancelled()
    monkeypatch.undo()
    await her.store.write(meta.touch)
    await world.settle()

    for thid in ("notes", ping.id):
        thread = her.store.thread(who.peer, thid)
        assert thread
        assert her.conversation(who.peer, thid)[1] == thread.version
    assert ping.id in {each.thid for each in friend.heard}
