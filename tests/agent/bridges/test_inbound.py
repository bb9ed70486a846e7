"""What is done in an org's own systems comes back: said by its table, once, or refused in words."""

import asyncio
from collections.abc import Sequence

import pytest

from agent.bridges import Bridge, Inbound, Saying, Unreachable, dispatch, inbound, state
from tests.agent.bridges.customs import NAME, Customs, bridged, customers
from tests.agent.world import World, the_only

NOTICE: dict[str, object] = {"kind": "recall", "text": "Stop using the charger."}


async def test_an_act_in_a_system_is_said_to_the_customer_once(world: World) -> None:
    shop, [ann] = await customers(world, 1)
    customs = Customs(done=[Saying("k1", ann, "notice", NOTICE, family="relationship")])
    dispatcher = bridged(shop, customs)

    await dispatcher.turn()
    await dispatcher.turn()
    await world.settle()

    assert customs.settled == {"k1": ""}
    her = world.agents["her 0"]
    heard = [each for each in await world.listed(her, "/v1/threads") if "notice" in str(each["about"])]
    assert len(heard) == 1
    assert list(shop.store.items(state.CARRIED_OUT)) == []


async def test_an_act_that_was_carried_out_and_not_settled_is_not_carried_out_again(world: World) -> None:
    shop, [ann] = await customers(world, 1)

    class Forgetful(Customs):
        async def settle(self, key: str, refused: str = "") -> None:
            raise OSError("gone just now")

    forgetful: Bridge = Forgetful(done=[Saying("k1", ann, "notice", NOTICE, family="relationship")])
    with pytest.raises(OSError, match="gone"):
        await inbound.take(shop, NAME, forgetful)
    again = await world.restart(shop)
    customs = Customs(done=[Saying("k1", ann, "notice", NOTICE, family="relationship")])
    await inbound.take(again, NAME, customs)
    await world.settle()

    assert customs.settled == {"k1": ""}
    assert len([each for each in await world.listed(again, "/v1/threads") if "notice" in str(each["about"])]) == 1


@pytest.mark.parametrize(
    ("saying", "why"),
    [
        (Saying("k", "rel_nobody", "notice", NOTICE, family="relationship"), "no relationship rel_nobody"),
        (Saying("k", "", "notice", {"kind": "recall"}, family="relationship"), "`text`"),
        (Saying("k", "", "rules", {}, family="relationship"), ""),
        (Saying("k", "", "sing", {}, family="opera"), "opera"),
        (Saying("k", "", "receipt", {}, thread="none"), "no thread none"),
        (Saying("k", "", "hello", {"protocols": []}, family="relationship"), "cannot begin"),
    ],
    ids=["nobody", "incomplete", "hers to say", "unknown", "no thread", "not an org's"],
)
async def test_what_cannot_be_said_is_refused_in_words(world: World, saying: Saying, why: str) -> None:
    shop, [ann] = await customers(world, 1)
    asked = Saying(saying.key, saying.subject or ann, saying.message, saying.body, saying.thread, saying.family)
    customs = Customs(done=[asked])

    await bridged(shop, customs).turn()

    assert why in customs.settled["k"]
    assert customs.settled["k"]
    assert the_only(shop).local == ann


async def test_a_system_that_is_down_for_a_while_is_served_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "AFTER_A_FAULT", 0.01)
    shop, [ann] = await customers(world, 1)

    class Ailing(Customs):
        looks = 0

        async def poll(self) -> Sequence[Inbound]:
            self.looks += 1
            if self.looks < 3:
                raise Unreachable("down") if self.looks == 1 else ValueError("confused")
            return await super().poll()

    customs = Ailing(done=[Saying("k1", ann, "notice", NOTICE, family="relationship")])
    serving = asyncio.create_task(bridged(shop, customs).run())
    async with asyncio.timeout(60):
        while "k1" not in customs.settled:  # noqa: ASYNC110 - what is waited for happens in another task
            await asyncio.sleep(0.01)
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)

    assert customs.settled == {"k1": ""}


async def test_a_disk_that_was_full_for_a_while_stops_nothing_for_good(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "AFTER_A_FAULT", 0.01)
    shop, _ = await customers(world, 1)
    customs = Customs()
    dispatcher = bridged(shop, customs)
    looks = iter((OSError(28, "no space left"), OSError(28, "no space left")))

    async def full() -> None:
        if (fault := next(looks, None)) is not None:
            raise fault

    monkeypatch.setattr(dispatcher, "follow_settings", full)
    serving = asyncio.create_task(dispatcher.run())
    async with asyncio.timeout(60):
        while not customs.taken:  # noqa: ASYNC110 - what is waited for happens in another task
            await asyncio.sleep(0.01)
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)

    assert customs.taken[0].type == "vrm.relationship.met.v1"
