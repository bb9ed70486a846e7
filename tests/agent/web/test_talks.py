"""What two sides write to each other: one conversation, whoever began which chat."""

from tests.agent.rich import say
from tests.agent.world import World


async def test_chats_that_either_side_began_are_one_conversation_newest_first(world: World) -> None:
    her, shop = await world.add("her"), await world.add("Shop", "org")
    called = await world.introduce(her, shop)
    await say(world, shop, called, "Welcome")
    await world.settle()
    await world.tick(60)

    await world.do(her, "/v1/talks", peer="Shop", text=" Is it mended? ")
    await world.settle()
    await world.tick(60)
    await say(world, shop, called, "In another thread: yes")
    await world.settle()
    found = await world.ask(her, "GET", "/v1/talks/Shop/0")
    rest = await world.ask(her, "GET", "/v1/talks/Shop/2")
    threads = await world.listed(shop, "/v1/threads")

    assert isinstance(found, dict)
    assert isinstance(rest, dict)
    assert [(each["ours"], each["text"]) for each in found["items"]] == [
        (False, "In another thread: yes"),
        (True, "Is it mended?"),
        (False, "Welcome"),
    ]
    assert [each["text"] for each in rest["items"]] == ["Welcome"]
    assert found["total"] == rest["total"] == 3
    assert sum(1 for each in threads if each["about"] == "basicmessage") == 2  # she answered in the one that was there


async def test_an_empty_message_and_one_too_long_are_not_sent(world: World) -> None:
    her, shop = await world.add("her"), await world.add("Shop", "org")
    await world.introduce(her, shop)

    assert "1 to 16384 characters" in await world.refused(her, "/v1/talks", peer="Shop", text="  ")
    assert "1 to 16384 characters" in await world.refused(her, "/v1/talks", peer="Shop", text="x" * 20_000)
