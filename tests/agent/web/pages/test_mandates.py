"""Who acts for her, and the helper's own side, by the pages alone."""

import pytest

from agent.agent import Agent
from agent.web.pages import visiting
from tests.agent.web.pages.plainly import read, words
from tests.agent.web.pages.visits import filled, refused, seen, sent
from tests.agent.world import World, public_did, state
from tests.scenarios.test_features_mandates import cast_of

Three = tuple[Agent, Agent, Agent]


@pytest.fixture
async def three(world: World) -> Three:
    """She, her agency and a vendor."""
    return await cast_of(world)


async def asked(world: World, her: Agent, **more: object) -> dict[str, object]:
    """A mandate as it is filled in."""
    known = {str(each["name"]): each["peer"] for each in await world.listed(her, "/v1/peers")}
    return {
        "peer": known["Agency"],
        "duty": "Speak for me, kindly.",
        "may": ["share-experiences", "ask-for-offers"],
        "orgs": [known["Vendor"]],
        "kind": "fourth-party",
        "level": "1",
        "casts": "3",
        "amount": "350",
        "currency": "gbp",
        "only": "yes",
        "tell": ["name", "email"],
        "lasts": "P30D",
        "reports": "P7D",
        **more,
    }


async def appointed(world: World, three: Three) -> tuple[str, str]:
    """A mandate that is in force: its page for her, and for the agency."""
    her, agency, _ = three
    done = await sent(her, "/helpers", **await asked(world, her))
    await world.settle()
    await world.answer(agency)
    await world.answer(her)
    await world.tick(0)
    return done.go, done.go


async def test_what_is_allowed_is_shown_before_anybody_is_asked(world: World, three: Three) -> None:
    her, agency, _ = three
    assert "Nobody acts for you" in await read(her, "/helpers")
    assert "Vendor (127.0.0.1" in await read(her, "/helpers/new")

    page = words(await filled(her, "/helpers/preview", **await asked(world, her)))
    again = await filled(her, "/helpers/new", **await asked(world, her))

    for each in (
        "Speak for me, kindly.",
        "Tell experiences, and accept a remedy",
        "Ask for offers",
        "Proof that you are entitled",
        "only name, email",
        "3 requests for offers to each vendor",
        "at most 350 GBP spent",
        "a month from now",
        "Others in its place not allowed",
    ):
        assert each in page
    assert "Speak for me, kindly.</textarea>" in again
    assert 'value="share-experiences" checked' in again
    assert await world.listed(agency, "/v1/questions") == []


@pytest.mark.parametrize(
    ("field", "why"), [("peer", "who is to act"), ("may", "at least one"), ("duty", "duty"), ("currency", "currency")]
)
async def test_what_is_missing_is_asked_for(world: World, three: Three, field: str, why: str) -> None:
    her, *_ = three
    assert why in await refused(her, "/helpers/preview", **await asked(world, her, **{field: ""}))


async def test_it_is_appointed_acts_reports_and_is_refused_from_the_next_message_on(world: World, three: Three) -> None:
    her, agency, vendor = three
    done = await sent(her, "/helpers", **await asked(world, her))
    await world.settle()
    assert "asked, not accepted yet" in await read(her, "/helpers")
    [question] = await world.listed(agency, "/v1/questions")
    assert f"/questions/{question['question']}" in await seen(agency, done.go)
    await world.answer(agency)
    await world.answer(her)
    await world.tick(0)
    [mandate] = await world.listed(her, "/v1/mandates")
    assert mandate["actions"] == [
        *(f"experience/1.0/{each}" for each in ("share", "add", "settle")),
        *(f"intent/1.0/{each}" for each in ("cast", "answer")),
    ]

    did = public_did(vendor)
    await sent(agency, f"{done.go}/introduce", org=did)
    await world.settle()
    say = {"org": did, "what": "experience/1.0/share", "kind": "idea", "text": "Open on Sundays."}
    await sent(agency, f"{done.go}/act", **say)
    await world.settle()
    [told] = await world.listed(vendor, "/v1/experiences")
    assert told["text"] == "Open on Sundays."
    assert "1 act." in (await sent(agency, f"{done.go}/report")).said
    await world.settle()
    assert "tell experiences Vendor" in await read(her, done.go)

    assert "Tick" in await refused(her, f"{done.go}/revoke")
    ended = await sent(her, f"{done.go}/revoke", sure="sure")
    await world.tick(0)
    await world.tick(0)

    assert "may do nothing more" in ended.said
    assert "ended" in await read(her, "/helpers")
    assert "over" in await refused(agency, f"{done.go}/act", **say)
    assert "End it now" not in await read(her, done.go)


async def test_a_helper_asks_for_another_vendor_and_gives_the_mandate_back(world: World, three: Three) -> None:
    her, agency, _ = three
    other = await world.add("Other", "org")
    await world.introduce(her, other)
    path, _ = await appointed(world, three)
    await sent(agency, f"{path}/copies", org=public_did(other))
    await world.settle()
    await world.answer(her)
    await world.settle()
    assert "Other" in await read(her, path)

    assert "Tick" in await refused(agency, f"{path}/resign")
    await sent(agency, f"{path}/resign", sure="sure")
    await world.settle()

    [mandate] = await world.listed(her, "/v1/mandates")
    assert state(her, str(mandate["mandate"])) == "revoked"
    assert "You act for nobody" not in await read(agency, "/helpers")


async def test_what_goes_beyond_the_mandate_is_not_said(world: World, three: Three) -> None:
    _, agency, vendor = three
    path, _ = await appointed(world, three)
    did = public_did(vendor)
    await sent(agency, f"{path}/introduce", org=did)
    await world.settle()

    right = {"org": did, "what": "data-rights/1.0/exercise", "right": "access", "regime": "gdpr"}
    assert "not go so far" in await refused(agency, f"{path}/act", **right)
    assert "cannot be read" in await refused(agency, f"{path}/act", org=did, what="intent/1.0/cast", text="a stroller")
    assert "Write what" in await refused(agency, f"{path}/act", org=did, what="experience/1.0/share", text="")
    assert await world.listed(vendor, "/v1/experiences") == []


async def test_an_organisation_appoints_nobody(world: World, three: Three) -> None:
    her, agency, _ = three
    assert "Appoint" not in await seen(agency, "/helpers")
    assert "no such page" in str(await visiting.answer(agency, "POST", "/helpers/preview", {}, b"{}"))
    assert "Appoint" in await seen(her, "/helpers")
