"""Which agreements an owner proffers or accepts, in which order; and looking at a roster before it is kept."""

from agent import house_rules, rosters
from agent.agreements import shipped_bytes
from tests.agent.world import World, state, the_only

ONLY, MORE = "freerange-service-only", "freerange-service-and-purpose"


async def test_what_she_prefers_is_proffered_first_whatever_the_settings_say(world: World) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    await world.introduce(her, library)

    await world.do(her, "/v1/terms/preferred", agreements=[MORE, ONLY])
    thid = await world.agree(her, library)

    assert state(library, thid) == "in-force"
    assert the_only(her).agreements[0].id == MORE
    assert [each.id for each in rosters.preferred(her)] == [MORE, ONLY]
    assert house_rules.judge_agreement(her, rosters.preferred(her)[0]).answer == "allow"


async def test_an_organisation_accepts_by_itself_what_it_named_and_nothing_else(world: World) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    await world.introduce(her, library)

    await world.do(library, "/v1/terms/preferred", agreements=[])
    await world.agree(her, library)

    assert len(await world.listed(library, "/v1/questions")) == 1
    assert the_only(her).agreements == ()


async def test_no_terms_are_named_that_are_not_on_the_roster_or_twice_and_a_person_keeps_some(world: World) -> None:
    her = await world.add("her")

    said = [await world.refused(her, "/v1/terms/preferred", agreements=each) for each in (["x"], [ONLY, ONLY], [])]

    assert ["not" in said[0], "twice" in said[1], "have to stay" in said[2]] == [True] * 3
    assert [each.id for each in rosters.preferred(her)] == [ONLY, MORE]


async def test_a_roster_is_looked_at_before_it_is_kept(world: World) -> None:
    her = await world.add("her")
    other = shipped_bytes().decode().replace('"name": "freerange"', '"name": "consumer terms"')

    found = await world.do(her, "/v1/rosters/look", file=other)
    listed = await world.listed(her, "/v1/rosters")
    await world.do(her, "/v1/rosters", file=other, digest=found["digest"], name="terms.json")

    assert (found["roster"], found["here"], len(listed)) == ("consumer terms", False, 1)
    assert str(found["agreements"]).count("OFFERS FOR A WANT") == 1
    assert (await world.do(her, "/v1/rosters/look", file=other))["here"] is True
