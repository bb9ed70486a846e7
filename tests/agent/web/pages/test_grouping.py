"""Groups: chosen part by part, named or only looked at, and forgotten."""

from agent.relationship import fingerprint
from agent.web.pages import grouping
from tests.agent.web.pages.visits import refused, seen, sent
from tests.agent.world import World, known


async def some(world: World) -> list[str]:
    """She knows three shops, of which she has tagged two. Returns their signs by name."""
    her = await world.add("her")
    for name in ("Ant", "Bee", "Cat"):
        await world.introduce(her, await world.add(name, "org"))
    signs = {each.called: fingerprint(each.peer) for each in known(her)}
    await sent(her, "/relationships/chosen", peers=[signs["Ant"], signs["Bee"]], do="tag", tag="small")
    await world.agree(her, world.agents["Bee"])
    return [signs[name] for name in ("Ant", "Bee", "Cat")]


async def test_a_group_is_put_together_of_choices_and_keeps_itself(world: World) -> None:
    ant, bee, cat = await some(world)
    her = world.agents["her"]

    went = await sent(her, "/groups", tag="small", terms="none", name="Without terms")
    page = await seen(her, went.go)
    await world.agree(her, world.agents["Ant"])
    later = await seen(her, went.go)
    listed = await seen(her, "/groups")

    assert went.said == "The group without terms has 1 in it now."
    assert "they have your tag “small” and no terms are in force" in page
    assert ant in page
    assert bee not in page
    assert cat not in page
    assert "Nobody fits now" in later
    assert "without terms" in listed
    assert "small · 2" in listed.replace("</bdi>", "")


async def test_without_a_name_it_is_looked_at_and_not_kept(world: World) -> None:
    ant, bee, cat = await some(world)
    her = world.agents["her"]

    went = await sent(her, "/groups", rule="tag:small or name:cat")
    page = await seen(her, went.go)

    assert all(each in page for each in (ant, bee, cat))
    assert "Forget this group" not in page
    assert await world.listed(her, "/v1/groups") == []


async def test_a_group_is_forgotten_and_nobody_in_it_is_touched(world: World) -> None:
    await some(world)
    her = world.agents["her"]
    await sent(her, "/groups", tag="small", name="few")

    went = await sent(her, "/groups/few/forget")

    assert went.go == "/groups"
    assert await world.listed(her, "/v1/groups") == []
    assert not any(each.ended for each in known(her))
    assert "Choose at least one thing" in await refused(her, "/groups", name="nothing")
    assert "no group and no term" in await refused(her, "/groups", name="wrong", rule="colour:blue")


def test_rules_are_said_as_people_say_them() -> None:
    said = grouping.in_words("kind:vendor and unused:1y or not terms:any")

    assert said == "they are vendors and nothing was said for a year or not terms:any"
    assert grouping.in_words("all") == "everybody"
