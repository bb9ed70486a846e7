"""Questions of every family on the same page: each in plain words, and answered there."""

from agent.agent import Agent
from tests.agent.market import TOLD, bids, casts, wants
from tests.agent.web.pages.test_questions import library_and_her, the_question
from tests.agent.web.pages.visits import sent
from tests.agent.world import Said, World, the_only

CLUB: Said = {
    "name": "Bread Club",
    "rules": "One point a loaf.\nA coffee costs 100.\n",
    "tiers": ["silver"],
    "exit": {"balance": "paid-out", "notice": "P30D"},
    "rewards": {"coffee": 100},
    "admit": "ask",
    "redeem": "ask",
}


async def answered(world: World, agent: Agent, word: str = "yes") -> str:
    """Answer the one question there is, on its page. Returns the page as it was before."""
    page, path = await the_question(agent, world)
    await sent(agent, path, answer=word)
    await world.settle()
    return page


async def test_a_helper_is_appointed_by_both_on_their_pages(world: World) -> None:
    agency, her, _ = await library_and_her(world)
    asked = {"peer": "Town Library", "actions": ["experience/1.0/share"], "duty": "Speak for me, kindly."}
    await world.do(her, "/v1/mandates", **asked)
    await world.settle()

    first = await answered(world, agency)
    second = await answered(world, her)

    assert "Speak for me, kindly." in first
    assert "tell experiences" in first
    assert "It may act" not in second.partition("</h1>")[0]
    assert "takes on what you asked it to do for you" in second
    assert "It would hold until" in second
    [mandate] = await world.listed(her, "/v1/mandates")
    assert mandate["state"] == "active"


async def test_a_programme_is_joined_and_spent_from(world: World) -> None:
    baker, her, _ = await library_and_her(world)
    await world.do(baker, "/v1/programme", **CLUB)
    await world.do(her, "/v1/memberships", peer="Town Library")
    await world.settle()

    invited = await answered(world, her)
    asks = await answered(world, baker)

    assert "A coffee costs 100." in invited
    assert "your balance is paid out" in invited
    assert "Under the terms “Service only”" in invited
    assert "Take her in" in asks
    [membership] = await world.listed(her, "/v1/memberships")
    assert membership["state"] == "member"


async def test_a_bid_is_asked_for_picked_and_ordered(world: World) -> None:
    her, shop = await world.add("her"), await world.add("Shop", "org")
    want = await wants(world, her)
    await casts(world, her, want, shop)

    page, _ = await the_question(shop, world)
    assert "twin stroller" in page
    assert 'href="#/demand"' in page
    await bids(world, shop, "300.00")
    await world.do(her, f"/v1/wants/{want}/select", bid="1")
    await world.settle()
    picked = await answered(world, shop)
    held, _ = await the_question(her, world)
    await world.do(her, f"/v1/wants/{want}/order", values=TOLD)
    await world.settle()
    ordered = await answered(world, shop)

    assert "Your bid: 300.00 GBP" in picked
    assert "has not said who she is" in picked
    assert "It is held for you until" in held
    assert f'href="#/wants/{want}"' in held
    assert "Give it a number of your own" in ordered
    assert "address (home)" in ordered


async def test_the_end_of_a_relationship_is_confirmed_by_whoever_has_to_delete(world: World) -> None:
    library, her, _ = await library_and_her(world)
    await world.ask(her, "POST", "/v1/leavings", peers=["Town Library"])
    await world.settle()

    page = await answered(world, library)

    assert "must be deleted" in page
    assert "It has to be done by" in page
    assert "Confirm, and delete" in page
    assert await world.listed(library, "/v1/questions") == []
    assert the_only(library).ended


async def test_an_agreement_ends_with_a_question_that_says_from_when(world: World) -> None:
    library, her, called = await library_and_her(world)
    [thread] = [each for each in await world.listed(her, "/v1/threads") if each["about"] == "terms"]
    body = {"from": "2027-02-01T00:00:00Z", "reason": "moving-on"}
    await world.do(her, f"/v1/threads/{thread['thread']}/say", message="withdraw", body=body)
    await world.settle()

    page = await answered(world, library)

    assert "It ends on 1 February 2027" in page
    assert "moving on" in page
    assert called in page


async def test_an_offer_of_other_terms_is_taken_only_if_its_text_is_here(world: World) -> None:
    library, her = await world.add("Town Library", "org"), await world.add("her")
    await world.introduce(her, library)
    await world.do(library, "/v1/terms/preferred", agreements=[])
    begun = await world.do(her, "/v1/terms", peer="Town Library", agreement="freerange-service-only")
    await world.settle()
    known = await world.ask(her, "GET", "/v1/terms")
    assert isinstance(known, dict)
    other = next(each for each in known["known"] if each["id"] == "freerange-service-and-purpose")
    named = {"id": other["id"], "version": "1", "digest": other["digest"]}
    [question] = await world.listed(library, "/v1/questions")
    path = f"/v1/threads/{question['thread']}/say"
    await world.do(library, path, message="alternative", body={"agreement": named})
    await world.settle()

    page = await answered(world, her)

    assert "Agree to these instead" in page
    assert str(other["title"]) in page
    thread = await world.ask(her, "GET", f"/v1/threads/{begun['thread']}")
    assert isinstance(thread, dict)
    assert thread["state"] == "in-force"
