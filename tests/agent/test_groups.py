"""Tags and rules of hers: who belongs, and what cannot be read."""

import pytest

from agent import groups
from agent.agent import Agent
from protocols.problems import Misuse
from tests.agent.world import World

DAY = 86400


async def known(world: World) -> Agent:
    """A person who knows two shops and a club; with the club terms are in force."""
    her = await world.add("her")
    for name in ("Green Insurance", "Blue Shop", "Chess Club"):
        org = await world.add(name, "org")
        await world.introduce(her, org)
    await world.agree(her, world.agents["Chess Club"])
    return her


async def tagged(world: World, her: Agent, name: str, *orgs: str) -> None:
    await world.ask(her, "POST", "/v1/tags", tag=name, peers=orgs)


def members(her: Agent, rule: str) -> set[str]:
    return {each.called for each in groups.members(her, rule)}


async def test_who_belongs_is_said_by_a_rule(world: World) -> None:
    her = await known(world)
    await tagged(world, her, "Insurer", "Green Insurance")
    await tagged(world, her, "local", "Blue Shop", "Chess Club")

    assert members(her, "all") == {"Green Insurance", "Blue Shop", "Chess Club"}
    assert members(her, "tag:insurer") == {"Green Insurance"}
    assert members(her, "tag:local and not terms:any") == {"Blue Shop"}
    assert members(her, "tag:insurer or name:chess") == {"Green Insurance", "Chess Club"}
    assert members(her, "not tag:local, kind:vendor") == {"Green Insurance"}
    assert members(her, "terms:freerange-service-only") == {"Chess Club"}
    assert members(her, "holds:address") == set()


async def test_what_was_not_used_for_long_is_told_by_what_was_last_said(world: World) -> None:
    her = await known(world)
    world.time += 200 * DAY
    await world.ask(her, "POST", "/v1/terms", peer="Blue Shop")
    await world.settle()
    world.time += 200 * DAY

    assert members(her, "unused:1y") == {"Green Insurance", "Chess Club"}
    assert members(her, "unused:6m") == {"Green Insurance", "Blue Shop", "Chess Club"}


async def test_whoever_has_left_is_in_no_group(world: World) -> None:
    her = await known(world)
    await world.ask(her, "POST", "/v1/leavings", peers=["Chess Club"])

    assert members(her, "all") == {"Green Insurance", "Blue Shop"}


async def test_a_rule_may_have_a_name_and_be_part_of_another(world: World) -> None:
    her = await known(world)
    await tagged(world, her, "insurer", "Green Insurance")

    await world.do(her, "/v1/groups", name="Insurers", rule="tag:insurer")
    await world.do(her, "/v1/groups", name="others", rule="not insurers")
    listed = await world.listed(her, "/v1/groups")
    refused = await world.refused(her, "/v1/groups", name="insurers", rule="others or tag:x")
    await world.do(her, "/v1/groups/remove", name="others")

    assert members(her, "INSURERS") == {"Green Insurance"}
    assert {each["name"]: each["count"] for each in listed} == {"insurers": 1, "others": 2}
    assert "lead to itself" in refused
    assert await world.listed(her, "/v1/groups") == [{"name": "insurers", "rule": "tag:insurer", "count": 1}]


async def test_a_tag_is_taken_away_again(world: World) -> None:
    her = await known(world)
    await tagged(world, her, "old shop", "Blue Shop", "Green Insurance")

    await world.ask(her, "POST", "/v1/tags/remove", tag="Old  Shop", peers=["Blue Shop"])

    assert members(her, "tag:old shop") == {"Green Insurance"}
    assert await world.listed(her, "/v1/tags") == [{"tag": "old shop", "count": 1}]
    assert "has no tag" in await world.refused(her, "/v1/tags/remove", tag="old shop", peers=["Blue Shop"])


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("", "empty"),
        ("tag:", "no group and no term"),
        ("insurers", "no group and no term"),
        ("unused:long", "no length of time"),
        ("holds:shoes", "no field"),
        (" or ".join(["all"] * 40), "32 terms"),
    ],
)
async def test_what_cannot_be_read_is_refused_in_words(world: World, rule: str, why: str) -> None:
    her = await world.add("her")

    with pytest.raises(Misuse, match=why):
        groups.members(her, rule)


@pytest.mark.parametrize("name", ["", "all", "not x", "a:b", "x" * 80, "../x"])
async def test_a_name_is_a_plain_one(world: World, name: str) -> None:
    her = await known(world)

    assert "cannot be a name" in await world.refused(her, "/v1/tags", tag=name, peers=["Blue Shop"])
