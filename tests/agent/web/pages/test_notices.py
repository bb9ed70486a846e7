"""Notices on the organisation's pages: looked at before they are told, told once, and followed."""

import asyncio
from typing import get_args, get_type_hints

import msgspec
import pytest

from agent import clock, notice_rules, rules_known
from agent.agent import Agent
from agent.web.pages import visiting
from agent.web.pages.notices import BECAUSE, KINDS
from protocols.vrm.relationship import Notice, Rules, rules
from tests.agent.web.pages.visits import refused, seen, sent
from tests.agent.world import World, the_only

ANY = {"version": 1, "channels": {"agent": "any"}, "promotion": "any"}


async def three(world: World) -> tuple[Agent, list[Agent]]:
    """A shop with three customers: who wants advertising, who wants none, and who has said nothing."""
    shop = await world.add("Shop", "org")
    people = [await world.add(name) for name in ("willing", "unwilling", "silent")]
    for person in people:
        await world.introduce(person, shop)
    for person, wish in zip(people, ("any", "none"), strict=False):
        stated = {**ANY, "promotion": wish}
        await world.do(person, "/v1/threads", peer="Shop", type=rules.type_of(Rules), body=stated)
    await world.settle()
    return shop, people


async def go(world: World, shop: Agent) -> None:
    """Let a campaign do its work."""
    for _ in range(4):
        await clock.tick(shop)
        await world.settle()


def heard(person: Agent) -> list[str]:
    """What somebody was told."""
    return [said.text for _, said, _ in rules_known.notices(person, the_only(person).peer)]


async def test_who_may_be_told_and_who_may_not_is_seen_before_anybody_is(world: World) -> None:
    shop, people = await three(world)

    made = await sent(shop, "/notices", kind="promotion", text="Fresh <i>bread</i>", topic="Bread")
    page, others = await seen(shop, made.go), await seen(shop, made.go, who="against")
    await go(world, shop)

    assert "Nobody was told yet" in made.said
    assert "Fresh &lt;i&gt;bread" in page
    assert "Tell 1 customer<" in page
    assert "1: <bdi class='said' dir='auto'>They want no advertising." in page
    assert "They have stated no rules" in page
    assert others.count('href="#/customers/') == 2
    assert "she wants no advertising" in others
    assert [heard(each) for each in people] == [[], [], []]


async def test_a_notice_is_told_once_to_those_who_may_be_told_however_often_one_presses(world: World) -> None:
    shop, people = await three(world)
    made = await sent(shop, "/notices", kind="promotion", text="Fresh bread")

    await asyncio.gather(*(visiting.answer(shop, "POST", f"{made.go}/send", {}, b"{}") for _ in range(3)))
    await go(world, shop)
    again = await sent(shop, f"{made.go}/send")
    await go(world, shop)

    assert [heard(each) for each in people] == [["Fresh bread"], [], []]
    assert "Nobody is told twice" in again.said
    page = await seen(shop, made.go)
    assert "1 of 1, since" in page
    assert "<dt>Seen by their wallet</dt><dd>1</dd>" in page
    assert "told to 1" in await seen(shop, "/notices")


async def test_a_recall_is_told_to_all(world: World) -> None:
    shop, people = await three(world)

    made = await sent(shop, "/notices", kind="recall", text="Stop using the charger", by="2027-02-01")
    await sent(shop, f"{made.go}/send")
    await go(world, shop)

    assert [heard(each) for each in people] == [["Stop using the charger"]] * 3
    assert "until 1 February 2027" in await seen(shop, made.go)


async def test_whoever_changes_her_rules_meanwhile_is_left_out_and_said_why(world: World) -> None:
    shop, people = await three(world)
    made = await sent(shop, "/notices", kind="promotion", text="Fresh bread")

    stated = {**ANY, "version": 2, "promotion": "none"}
    await world.do(people[0], "/v1/threads", peer="Shop", type=rules.type_of(Rules), body=stated)
    await world.settle()
    await sent(shop, f"{made.go}/send")
    await go(world, shop)

    assert heard(people[0]) == []
    page = await seen(shop, made.go)
    assert "<dt>Left out at the last moment</dt><dd>1</dd>" in page
    assert "she wants no advertising" in page


async def test_a_notice_goes_to_those_with_a_tag_and_is_looked_at_anew(world: World) -> None:
    shop, _ = await three(world)
    [first, *_] = await world.listed(shop, "/v1/peers")
    made = await sent(shop, "/notices", kind="service", text="We open at nine", tag="regular")
    before = await seen(shop, made.go)

    await sent(shop, f"/customers/{first['name']}/tags", tag="regular")
    await sent(shop, f"{made.go}/look")

    assert "Nobody may be told this" in before
    assert "Tell 1 customer<" in await seen(shop, made.go)


async def test_what_was_dropped_is_told_to_nobody(world: World) -> None:
    shop, people = await three(world)
    made = await sent(shop, "/notices", kind="service", text="We open at nine")

    await sent(shop, f"{made.go}/drop")
    warned = await refused(shop, f"{made.go}/send")
    await go(world, shop)

    assert "Nothing was said" in warned
    assert [heard(each) for each in people] == [[], [], []]
    assert "Nothing was kept" in await refused(shop, "/notices", kind="service", text=" ")


@pytest.mark.parametrize(
    ("stated", "kind"),
    [
        (None, "promotion"),
        ({**ANY, "paused": True}, "service"),
        ({**ANY, "channels": {"agent": "never"}}, "service"),
        ({**ANY, "channels": {"agent": "service-only"}}, "promotion"),
        ({**ANY, "promotion": "none"}, "promotion"),
        ({**ANY, "promotion": "asked"}, "promotion"),
        ({**ANY, "quiet": {"from": "00:00", "to": "23:59", "zone": "UTC"}}, "service"),
    ],
)
def test_there_are_words_for_every_rule_against_telling_several(stated: dict[str, object] | None, kind: str) -> None:
    said = msgspec.convert({"kind": kind, "text": "Hello"}, Notice)
    found = msgspec.convert(stated, Rules) if stated else None

    assert notice_rules.against(found, said, now=1_800_000_000, this_week=0) in BECAUSE


def test_there_are_words_for_every_kind_of_notice() -> None:
    assert dict(KINDS).keys() == set(get_args(get_type_hints(Notice)["kind"]))
