"""Pausing one relationship: nothing new of theirs comes through until the day; what is owed, and what ends, does."""

from agent import rules_known
from agent.agent import DAY
from tests.agent.rich import say
from tests.agent.world import World, known, the_only

UNTIL = "2027-02-01"
ASKED = {
    "items": [{"ptr": "/emails", "purpose": "dpv:ServiceProvision"}],
    "until": "2027-06-01T00:00:00Z",
    "effect": "-",
}


async def test_a_paused_vendor_is_told_and_what_it_begins_is_refused_until_the_day(world: World) -> None:
    her, shop = await world.add("her"), await world.add("Shop", "org")
    called = await world.introduce(her, shop)
    await world.agree(her, shop)

    paused = await world.do(her, "/v1/pauses", peer="Shop", until=UNTIL)
    await world.settle()
    await world.do(shop, "/v1/consents/ask", peer=called, **ASKED)
    await say(world, shop, called, "Buy more")
    await world.settle()
    waiting = await world.listed(her, "/v1/questions")
    chats = [each for each in await world.listed(her, "/v1/threads") if each["about"] == "basicmessage"]
    rules = rules_known.in_force(shop, the_only(shop).peer)

    assert paused["until"] == f"{UNTIL}T00:00:00Z"
    assert rules is not None
    assert rules.paused is True
    assert waiting == []
    assert chats == []


async def test_after_the_day_they_are_told_again_and_their_requests_come_through(world: World) -> None:
    her, shop = await world.add("her"), await world.add("Shop", "org")
    called = await world.introduce(her, shop)
    await world.agree(her, shop)
    await world.do(her, "/v1/pauses", peer="Shop", until=UNTIL)
    await world.settle()

    await world.pass_time(40 * DAY)
    await world.do(shop, "/v1/consents/ask", peer=called, **ASKED)
    await world.settle()
    rules = rules_known.in_force(shop, the_only(shop).peer)
    [shown] = await world.listed(her, "/v1/peers")

    assert rules is not None
    assert rules.paused is None
    assert shown["paused"] is None
    assert len(await world.listed(her, "/v1/questions")) == 1


async def test_a_pause_is_ended_at_once_and_stated_under_a_higher_number(world: World) -> None:
    her, shop = await world.add("her"), await world.add("Shop", "org")
    await world.introduce(her, shop)
    await world.do(her, "/v1/pauses", peer="Shop", until=UNTIL)
    await world.do(her, "/v1/pauses", peer="Shop", until="2027-03-01")

    await world.do(her, "/v1/pauses/end", peer="Shop")
    await world.settle()
    rules = rules_known.in_force(shop, the_only(shop).peer)

    assert rules is not None
    assert (rules.version, rules.paused) == (2, None)
    assert "not paused" in await world.refused(her, "/v1/pauses/end", peer="Shop")
    assert "later day" in await world.refused(her, "/v1/pauses", peer="Shop", until="2020-01-01")
    assert "only a person" in await world.refused(shop, "/v1/pauses", peer=known(shop)[0].peer, until=UNTIL)


async def test_what_she_began_goes_on_and_a_recall_and_an_end_come_through(world: World) -> None:
    her, shop = await world.add("her"), await world.add("Shop", "org")
    called = await world.introduce(her, shop)
    thid = await say(world, her, "Shop", "Is it mended?")
    await world.settle()
    await world.do(her, "/v1/pauses", peer="Shop", until=UNTIL)
    await world.settle()

    await world.do(shop, f"/v1/threads/{thid}/say", message="message", body={"content": "Yes"})
    recall = {"kind": "recall", "text": "Stop using it"}
    await world.do(
        shop, "/v1/threads", peer=called, type="https://freerange.example/vrm/relationship/1.0/notice", body=recall
    )
    await world.ask(shop, "POST", "/v1/leavings", peers=[called])
    await world.settle()
    log = await world.ask(her, "GET", f"/v1/threads/{thid}/log")

    assert isinstance(log, dict)
    assert [each["message"]["body"]["content"] for each in log["log"]] == ["Is it mended?", "Yes"]
    assert [said.text for _, said, _ in rules_known.notices(her, the_only(her).peer)] == ["Stop using it"]
    assert the_only(her).ended


async def test_house_rules_sent_during_a_pause_say_that_it_is_one(world: World) -> None:
    her, shop = await world.add("her"), await world.add("Shop", "org")
    await world.introduce(her, shop)
    await world.do(her, "/v1/pauses", peer="Shop", until=UNTIL)
    await world.settle()
    await world.do(her, "/v1/rules", rules={"promotion": "any"})

    first = await world.do(her, "/v1/rules/send")
    await world.settle()
    again = await world.do(her, "/v1/rules/send")
    during = rules_known.in_force(shop, the_only(shop).peer)
    await world.do(her, "/v1/pauses/end", peer="Shop")
    await world.settle()
    after = rules_known.in_force(shop, the_only(shop).peer)
    told = await world.ask(her, "GET", "/v1/rules")
    changed = await world.do(her, "/v1/rules", rules={"promotion": "none"})

    assert isinstance(told, dict)
    assert (told["version"], told["in_force"]) == (1, {"Shop": 1})  # what is told is counted by what it says
    assert (changed["version"], changed["in_force"]) == (2, {"Shop": 1})
    assert isinstance(first["stated"], dict)
    assert list(first["stated"]) == ["Shop"]
    assert again["stated"] == {}
    assert during is not None
    assert after is not None
    assert (during.promotion, during.paused) == ("any", True)
    assert (after.promotion, after.paused) == ("any", None)
