"""Her rules in sentences: the terms she brings, what answers for her, limits, what she may be told; lists of terms."""

import re
from base64 import b64encode

import pytest

from agent import house_rules, rosters
from agent.agent import Agent
from agent.agreements import PINNED, shipped_bytes
from tests.agent.web.pages.visits import filled, refused, seen, sent
from tests.agent.world import World, the_only

HOME = {"who": "kind:vendor", "what": "/addresses/home", "why": "dpv:DeliveryOfGoods", "may": "yes"}
OTHER = shipped_bytes().decode().replace('"name": "freerange"', '"name": "consumer terms"')


def file_of(text: str) -> dict[str, str]:
    """A file as a form sends it."""
    return {"name": "terms.json", "type": "application/json", "content": b64encode(text.encode()).decode()}


def rules_of(agent: Agent) -> house_rules.HouseRules:
    """Her rules as they are kept."""
    found = house_rules.standing(agent)
    assert found is not None
    return found


async def test_rules_are_read_as_sentences_and_taken_out_again(world: World) -> None:
    her = await world.add("her")
    empty = await seen(her, "/rules")

    first = await sent(her, "/rules/add", **HOME, until="2027-03-01")
    await sent(her, "/rules/add", who="any", named="shop.example", what="", why="dpv:Marketing", may="no")
    nobody = await sent(her, "/rules/add", who="any", what="/phones", why="dpv:Marketing", may="no")
    await sent(her, "/rules/remove", who="any", what="/phones", why="dpv:Marketing", may="no")
    both = await seen(her, "/rules")
    await sent(her, "/rules/remove", **HOME, until="2027-03-01")

    assert "You have no rules yet" in empty
    assert first.said.endswith(
        "Every vendor may use your address (home) to deliver what you ordered, until 1 March 2027."
    )
    assert nobody.said == "Kept: Nobody may use your phone (all) to advertise."
    assert "shop.example may never use anything about you to advertise." in both
    assert [str(each) for each in rules_of(her).register] == ["shop.example may not use anything to advertise"]
    assert "Every vendor may use" not in await seen(her, "/rules")


async def test_limits_and_what_she_may_be_told_are_kept_beside_each_other(world: World) -> None:
    her = await world.add("her")
    await sent(her, "/rules/add", **HOME)

    await sent(her, "/rules/limits", otherwise="ask", retention="P1Y", sharing="none", storage="pt, GB")
    await sent(
        her,
        "/rules/notices",
        **{"promotion": "asked", "wanted": "New bicycles\nnew bicycles", "most": "3", "by-phone": "never"},
        **{"from": "22:00", "to": "07:00", "zone": "Europe/Lisbon"},
    )

    kept = rules_of(her)
    assert (kept.otherwise, kept.retention, kept.sharing, kept.storage) == ("ask", "P1Y", "none", ("PT", "GB"))
    assert (kept.promotion, kept.topics_allowed, kept.max_per_week) == ("asked", ("new-bicycles",), 3)
    assert (kept.channels, len(kept.register), kept.version) == ({"phone": "never"}, 1, 3)
    shown = await seen(her, "/rules")
    assert all(words in shown for words in ("At most 1 year", "22:00 to 07:00 (Europe/Lisbon)", "PT, GB", "3 a week"))


@pytest.mark.parametrize(
    ("path", "form", "words"),
    [
        ("/rules/add", {**HOME, "why": ""}, "for what"),
        ("/rules/limits", {"storage": "Portugal"}, "two letters"),
        ("/rules/notices", {"from": "22:00"}, "both hours"),
        ("/rules/notices", {"from": "25:00", "to": "07:00"}, "both hours"),
        ("/rules/notices", {"from": "22:00", "to": "07:00", "zone": "Nowhere/At All"}, "Europe/Lisbon"),
        ("/rules/notices", {"most": "many"}, "a number"),
        ("/rules/terms", {"id": "freerange-service-only"}, "Say what"),
        ("/rules/lists/look", {}, "Choose a file"),
        ("/rules/lists/look", {"file": "!!"}, "not text"),
        ("/rules/lists/look", {"file": "e30="}, "no list of terms"),
    ],
)
async def test_what_cannot_be_meant_is_said_in_words_and_changes_nothing(
    world: World, path: str, form: dict[str, str], words: str
) -> None:
    her = await world.add("her")

    why = await refused(her, path, **form)

    assert words in why
    assert not re.search(r"digest|roster|JSON|schema", why)
    assert house_rules.standing(her) is None


async def test_vendors_are_told_once_how_she_may_be_reached(world: World) -> None:
    her, shop = await world.add("her"), await world.add("Shop", "org")
    await world.introduce(her, shop)
    await sent(her, "/rules/notices", promotion="none", paused="yes")
    before = await seen(her, "/rules")

    done = await sent(her, "/rules/tell")
    await world.settle()

    assert "1 of those you have met does not know" in before
    assert "1 vendor is told" in done.said
    assert "Everybody you have met knows this" in await seen(her, "/rules")
    assert "said" in (await sent(her, "/rules/tell")).said


async def test_she_says_which_terms_come_first_and_reads_each(world: World) -> None:
    her, shop = await world.add("her"), await world.add("Shop", "org")
    await world.introduce(her, shop)
    before = await seen(her, "/rules")

    await sent(her, "/rules/terms", id="freerange-service-and-purpose", do="first")
    await sent(her, "/rules/terms", id="freerange-service-only", do="drop")
    why = await refused(her, "/rules/terms", id="freerange-service-and-purpose", do="drop")
    await world.agree(her, shop)

    assert before.index("Service only") < before.index("Service and a stated purpose")
    assert "SERVICE ONLY, version 1" in before
    assert "have to stay" in why
    assert the_only(her).agreements[0].id == "freerange-service-and-purpose"


async def test_another_list_of_terms_is_looked_at_kept_used_and_forgotten(world: World) -> None:
    her = await world.add("her")
    look = await filled(her, "/rules/lists/look", file=file_of(OTHER))
    pinned = (await world.do(her, "/v1/rosters/look", file=OTHER))["digest"]
    content = file_of(OTHER)["content"]

    wrong = await refused(her, "/rules/lists", file=content, name="terms.json", meant="uEi-another")
    await sent(her, "/rules/lists", file=content, name="terms.json", meant=pinned)
    await sent(her, "/rules/lists/change", list=pinned, do="use")
    used = rosters.in_use(her).name
    await sent(her, "/rules/lists/change", list=PINNED, do="use")
    await sent(her, "/rules/lists/change", list=pinned, do="drop")

    outside = re.sub(r"<details>.*?</details>", "", look, flags=re.DOTALL)
    assert (str(pinned) in look, str(pinned) in outside) == (True, False)
    assert "OFFERS FOR A WANT" in look
    assert "another file" in wrong
    assert used == "consumer terms"
    assert "consumer terms" not in await seen(her, "/rules/lists")
