"""Cases on the organisation's pages: requests about data, problems with things, experiences, and their answers."""

from typing import Any, get_args, get_type_hints

import pytest

from agent.agent import Agent
from agent.web.pages.cases import DENIALS, DOES, REMEDIES, STATUSES, TELLS, WANTS
from protocols.machine import Message
from protocols.vrm import data_rights, things
from protocols.vrm.data_rights_words import Decline, Exercise
from protocols.vrm.experience_words import Share
from protocols.vrm.things_words import Report, Resolve, Update
from tests.agent.web.pages.shops import HOME, MAIL, holding
from tests.agent.web.pages.visits import refused, seen, sent
from tests.agent.world import World, state


async def asked(world: World, right: str, **more: object) -> tuple[Agent, Agent, str]:
    """A shop that holds her address and her e-mail address, and a request of hers."""
    her, shops = await holding(world, Shop=(HOME, MAIL))
    made = await world.do(her, "/v1/rights", right=right, peers=["Shop"], **more)
    await world.settle()
    return shops["Shop"], her, str(made["case"])


async def answered(world: World, agent: Agent, path: str) -> Any:
    """What the owner's API says, whatever its shape."""
    return await world.ask(agent, "GET", path)


def delivered(found: Any) -> set[str]:
    """Where the values stood that came with a case."""
    return {each["ptr"] for part in found["delivered"] for each in part["items"]}


async def test_a_request_for_a_copy_says_who_what_why_until_when_and_is_answered(world: World) -> None:
    shop, her, id = await asked(world, "access")

    page, listed = await seen(shop, f"/cases/{id}"), await seen(shop, "/cases")
    done = await sent(shop, f"/cases/{id}/fulfil", told="A courier\n\nAn archive")
    await world.settle()

    assert all(f'data-says="{what}"' in page for what in ("who", "what", "why", "until", "terms"))
    assert "address (home)" in page
    assert "email (main)" in page
    assert "to have a copy of what you hold about her" in listed
    assert "signed by you" in done.said
    found = await world.ask(her, "GET", f"/v1/rights/{id}")
    assert delivered(found) == {HOME, MAIL}
    assert state(shop, id) == data_rights.State.CLOSED
    assert "You told: A courier, An archive." in await seen(shop, f"/cases/{id}")
    assert "No case waits for you" in await seen(shop, "/cases")


async def test_an_erasure_needs_a_tick_and_then_nothing_is_held(world: World) -> None:
    shop, _, id = await asked(world, "erasure")

    warned = await refused(shop, f"/cases/{id}/fulfil")
    before = await answered(world, shop, f"/v1/caseload/{id}")
    await sent(shop, f"/cases/{id}/fulfil", sure="yes")
    await world.settle()

    assert "Nothing was done" in warned
    assert len(before["holds"]) == 2
    assert "You hold nothing of it here" in await seen(shop, f"/cases/{id}")
    assert state(shop, id) == data_rights.State.CLOSED


async def test_a_correction_shows_what_she_would_have_in_its_place(world: World) -> None:
    shop, _, id = await asked(world, "rectification", corrections={MAIL: {"address": "new@example.org"}})

    page = await seen(shop, f"/cases/{id}")
    await sent(shop, f"/cases/{id}/fulfil")
    await world.settle()

    assert "new@example.org" in page
    held = await answered(world, shop, f"/v1/held/{(await world.listed(shop, '/v1/peers'))[0]['name']}")
    assert {"address": "new@example.org"} in [each["value"] for each in held["held"]]


async def test_data_is_sent_first_and_the_case_closed_later(world: World) -> None:
    shop, her, id = await asked(world, "portability")

    await sent(shop, f"/cases/{id}/deliver")
    await world.settle()
    await sent(shop, f"/cases/{id}/progress", details="We look into our archive, too", by="2027-02-01")
    await world.settle()
    page = await seen(shop, f"/cases/{id}")
    hers = await answered(world, her, f"/v1/rights/{id}")

    assert delivered(hers) == {HOME, MAIL}
    assert "You said: We look into our archive, too" in page
    assert "Send her the data" not in page
    assert state(shop, id) == data_rights.State.OPEN


async def test_a_denial_names_a_reason_and_a_place_to_appeal(world: World) -> None:
    shop, her, id = await asked(world, "objection")
    nowhere = await refused(shop, f"/cases/{id}/deny", reason="not-covered", appeal="our office")
    unsaid = await refused(shop, f"/cases/{id}/deny", reason="other", appeal="rights@shop.example")

    await sent(shop, f"/cases/{id}/deny", reason="not-covered", appeal="rights@shop.example", text="The law wants it.")
    await world.settle()

    assert "where she can appeal" in nowhere
    assert "in your own words" in unsaid
    hers = await answered(world, her, f"/v1/rights/{id}")
    [denied] = hers["outcome"]
    assert "(The law wants it.). Appeals go to: rights@shop.example." in denied


async def test_a_late_answer_is_marked_and_stands_first(world: World) -> None:
    shop, her, _ = await asked(world, "access")
    await world.pass_time(20 * 86400)
    await world.do(her, "/v1/rights", right="categories", peers=["Shop"])
    await world.settle()
    await world.pass_time(15 * 86400)

    page, front = await seen(shop, "/cases"), await seen(shop, "/")

    assert page.count("late</span>") == 1
    assert page.index("to have a copy") < page.index("which kinds of data")
    assert "late</span>" in front


async def test_there_is_no_case_of_another_name(world: World) -> None:
    shop = await world.add("Shop", "org")

    assert "no such case" in await refused(shop, "/cases/unknown/fulfil")


async def test_a_problem_is_taken_on_followed_and_answered(world: World) -> None:
    her, shops = await holding(world, Shop=())
    shop = shops["Shop"]
    said = {"problem": {"text": "It <b>squeaks</b>"}, "want": "repair"}
    begun = await world.do(her, "/v1/threads", peer="Shop", type=things.service.type_of(Report), body=said)
    await world.settle()
    id = str(begun["thread"])

    page = await seen(shop, f"/cases/{id}")
    await sent(shop, f"/cases/{id}/act", act="answer", number="R-7", by="2027-02-01")
    await world.settle()
    await sent(shop, f"/cases/{id}/act", act="update", status="in-repair", text="On the bench")
    await world.settle()
    mute = await refused(shop, f"/cases/{id}/act", act="resolve", remedy="refunded", amount="12,50", currency="eur")
    await sent(
        shop, f"/cases/{id}/act", act="resolve", remedy="refunded", amount="12,50", currency="eur", text="Our fault"
    )
    await world.settle()

    assert "It &lt;b&gt;squeaks" in page
    assert "in a few words" in mute
    [hers] = await world.listed(her, "/v1/cases")
    assert (hers["case"], hers["outcome"], hers["outcome_text"]) == ("R-7", "refunded", "Our fault")
    assert hers["amount"] == {"amount": "12.50", "currency": "EUR"}
    assert "Her money is given back" in await seen(shop, f"/cases/{id}")
    assert "R-7" in await seen(shop, f"/cases/{id}")


async def test_an_experience_is_answered_and_put_right(world: World) -> None:
    her, shops = await holding(world, Shop=())
    shop = shops["Shop"]
    told = {
        "kind": "complaint",
        "text": "I waited for an hour",
        "want": "An apology",
        "rating": {"value": 2, "best": 5},
    }
    await world.do(her, "/v1/experiences/share", to="Shop", delay=0, known=True, **told)
    await world.pass_time(120)
    load = await answered(world, shop, "/v1/caseload")
    [row] = load["waiting"]

    page = await seen(shop, f"/cases/{row['id']}")
    await sent(shop, f"/cases/{row['id']}/respond", text="We are sorry.")
    await world.settle()
    page_after = await seen(shop, "/cases")
    await sent(shop, f"/cases/{row['id']}/resolve", remedy="A cake", amount="5", currency="EUR", by="2027-02-01")
    await world.settle()

    assert "I waited for an hour" in page
    assert "2 of 5" in page
    assert "No case waits" in page_after
    [hers] = await answered(world, her, "/v1/experiences")
    assert hers["answer"] == "We are sorry."
    assert hers["remedy"]["remedy"] == "A cake"
    assert "A cake" in await seen(shop, f"/cases/{row['id']}")
    assert "A complaint" in await seen(shop, "/cases", kind="experiences")


@pytest.mark.parametrize(
    ("words", "kind", "field"),
    [
        (DOES, Exercise, "right"),
        (dict(DENIALS), Decline, "reason"),
        (WANTS, Report, "want"),
        (dict(STATUSES), Update, "status"),
        (dict(REMEDIES), Resolve, "remedy"),
        (TELLS, Share, "kind"),
    ],
)
def test_there_are_words_for_all_that_can_be_said(words: dict[str, str], kind: type[Message], field: str) -> None:
    assert words.keys() == set(get_args(get_type_hints(kind)[field]))
