"""Relationships: found by name, looked at one by one, and what she does about one of them."""

import re

from agent import groups, rules_known
from agent.agent import Agent
from agent.relationship import fingerprint
from agent.web.pages import relationship, visiting
from tests.agent.market import casts, wants
from tests.agent.rich import rich, say
from tests.agent.web.pages.visits import refused, seen, sent
from tests.agent.world import World, known, the_only

ITEMS = [{"ptr": "/addresses/home", "purpose": "dpv:DeliveryOfGoods"}]
HOSTILE = "<img src=x onerror=alert(1)> \u202ehttps://evil.example"


def page_of(agent: Agent) -> str:
    """The address of the page of the one relationship there is."""
    return f"/relationships/{fingerprint(the_only(agent).peer)}"


async def met(world: World) -> tuple[Agent, Agent, str]:
    """She and a shop with terms in force, and what the shop calls her."""
    her, shop = await world.add("her"), await world.add("Shop", "org")
    called = await world.introduce(her, shop)
    await world.agree(her, shop)
    return her, shop, called


async def told(world: World, her: Agent, shop: Agent, called: str) -> None:
    """The shop asks for her address, and is told it."""
    asked = await world.do(
        shop, "/v1/consents/ask", peer=called, items=ITEMS, until="2027-12-01T00:00:00Z", effect="No delivery"
    )
    await world.settle()
    await world.answer(her)
    values = {"/addresses/home": {"full": "1 Elm Street"}}
    await world.do(her, f"/v1/consents/{asked['thread']}/disclose", values=values)
    await world.settle()


async def test_everybody_is_listed_by_name_with_what_proves_it_and_is_found_by_a_part_of_either(world: World) -> None:
    her = await world.add("her")
    for name in ("Bean Shop", "Leaf Shop", "Library"):
        await world.introduce(her, await world.add(name, "org"))
    leaf = next(each for each in known(her) if each.called == "Leaf Shop")

    everybody = await seen(her, "/relationships")
    shops = await seen(her, "/relationships", who="shop")
    by_sign = await seen(her, "/relationships", who=fingerprint(leaf.peer))
    nobody = await seen(her, "/relationships", who="zoo")

    assert re.sub("<.*?>", "", everybody).count("proved to be 127.0.0.1:") == 3
    assert "Library" in everybody
    assert "Library" not in shops
    assert "Bean Shop" in shops
    assert "Bean Shop" not in by_sign
    assert "Leaf Shop" in by_sign
    assert "Nobody fits" in nobody
    assert "You have met nobody yet" in await seen(await world.add("somebody new"), "/relationships")


async def test_the_list_comes_in_parts_and_can_be_narrowed_to_those_paused_or_ended(world: World) -> None:
    her = await world.add("her")
    shop = await world.add("Shop", "org")
    for _ in range(3):
        await world.introduce(her, await world.add(f"Shop {len(world.agents)}", "org"))
    await world.introduce(her, shop)
    await sent(her, f"/relationships/{fingerprint(known(her)[0].peer)}/pause", until="2027-03-01")
    await world.settle()

    paused = await seen(her, "/relationships", show="paused")
    ended = await seen(her, "/relationships", show="ended")

    assert paused.count("paused until 1 March 2027") == 1
    assert "1 relationship<" in paused
    assert "Nobody fits" in ended


async def test_one_page_says_what_they_know_under_which_terms_and_what_was_signed(world: World) -> None:
    her, shop, called = await met(world)
    await told(world, her, shop, called)

    page = await seen(her, page_of(her))

    row = page[page.index("What they know of you") : page.index(">Terms<")]
    assert "address (home)" in row
    assert "1 Elm Street" in row
    assert "to deliver what you ordered" in row
    assert "1 December 2027" in row
    assert "may be used" in row
    assert "sent 15 January 2027, under" in row
    assert "Record <code>uEi" in row
    assert "Service only" in page
    assert "in force" in page
    titles = re.findall(r"<b>(.*?)</b>", page[page.index("What was signed") :])
    assert titles[:2] == ["Values sent", "Permission received"]
    assert len(titles) == relationship.FEW
    every = re.findall(r"<b>(.*?)</b>", await seen(her, f"{page_of(her)}/signed"))
    assert every[: len(titles)] == titles
    assert "Terms accepted" in every
    assert f"All {len(every)} statements" in page


async def test_of_a_value_that_was_changed_since_the_newer_one_counts(world: World) -> None:
    her, shop, called = await met(world)
    await told(world, her, shop, called)
    await world.tick(60)
    await world.do(her, "/v1/contact", changes={"address": "2 New Street"}, jitter=0)
    await world.tick(1)

    new, old = (await seen(her, page_of(her))).split('<th scope="row">')[1:]

    assert "2 New Street" in new
    assert "may be used" in new
    assert "1 Elm Street" in old
    assert "something newer took its place" in old


async def test_cards_that_were_shown_are_a_part_of_what_they_know(world: World) -> None:
    her, _ = await rich(world)

    page = await seen(her, page_of(her))

    assert "Seen of your cards" in page
    assert "To lend you films" in page


async def test_she_writes_and_reads_and_hostile_words_stay_words(world: World) -> None:
    her, shop, called = await met(world)

    went = await sent(her, f"{page_of(her)}/talk", text="Is it mended?")
    await world.settle()
    await world.tick(60)
    await say(world, shop, called, HOSTILE)
    await world.settle()
    page = await seen(her, went.go)

    assert page.index("onerror") < page.index("Is it mended?")
    assert "<img" not in page
    assert 'href="https://evil' not in page
    assert "U+202E" in page
    assert "characters" in await refused(her, f"{page_of(her)}/talk", text=" ")


async def test_a_pause_is_told_shown_and_ended_on_the_page(world: World) -> None:
    her, shop, _ = await met(world)

    went = await sent(her, f"{page_of(her)}/pause", until="2027-03-01")
    await world.settle()
    paused = await seen(her, went.go)
    stated = rules_known.in_force(shop, the_only(shop).peer)
    again = await sent(her, f"{page_of(her)}/resume")
    after = await seen(her, again.go)

    assert went.said == "Paused. They were told."
    assert "paused by you until 1 March 2027" in paused
    assert stated is not None
    assert stated.paused
    assert "Go on with them now" not in after
    assert "Name the day" in await refused(her, f"{page_of(her)}/pause", until="")
    assert "later day" in await refused(her, f"{page_of(her)}/pause", until="2020-01-01")


async def test_tags_are_given_and_taken_and_given_to_several_at_once(world: World) -> None:
    her = await world.add("her")
    for name in ("One", "Two", "Three"):
        await world.introduce(her, await world.add(name, "org"))
    peers = [each.peer for each in known(her)]
    prints = [fingerprint(each) for each in peers]

    await sent(her, f"/relationships/{prints[0]}/tag", tag="insurer")
    page = await seen(her, f"/relationships/{prints[0]}")
    await sent(her, f"/relationships/{prints[0]}/untag", tag="insurer")
    went = await sent(her, "/relationships/chosen", peers=prints[:2], tag="old", do="tag")

    assert "Take the tag insurer away" in page
    assert went.said == "2 now have the tag old."
    assert [groups.tags(her, each) for each in peers] == [("old",), ("old",), ()]
    assert "Tick whom you mean" in await refused(her, "/relationships/chosen", peers=[], tag="old", do="tag")
    assert "Type the tag" in await refused(her, "/relationships/chosen", peers=prints, do="tag")


async def test_she_is_known_by_a_new_address_and_knocks_and_states_her_rules_and_offers_terms(world: World) -> None:
    her, shop = await world.add("her"), await world.add("Shop", "org")
    await world.introduce(her, shop)
    before = the_only(her).our_did

    await sent(her, f"{page_of(her)}/address")
    await world.settle()
    knocked = await sent(her, f"{page_of(her)}/knock")
    waiting = await seen(her, page_of(her), knocked=knocked.go.partition("=")[2])
    await world.settle()
    answered = await seen(her, page_of(her), knocked=knocked.go.partition("=")[2])
    await sent(her, f"{page_of(her)}/terms")
    await world.settle()

    assert the_only(her).our_did != before
    assert "No answer yet" in waiting
    assert "They are there" in answered
    assert the_only(her).agreements
    assert "There are no house rules" in await refused(her, f"{page_of(her)}/rules")


async def test_a_relationship_for_one_exchange_is_apart_and_nothing_can_be_written_there(world: World) -> None:
    her, shop, _ = await met(world)
    await casts(world, her, await wants(world, her), shop)
    once = next(each for each in known(her) if each.one_off)

    usual, apart = await seen(her, "/relationships"), await seen(her, "/relationships", show="one-off")
    page = await seen(her, f"/relationships/{fingerprint(once.peer)}")

    assert fingerprint(once.peer) not in usual
    assert fingerprint(once.peer) in apart
    assert "for one exchange" in page
    assert "Write a message" not in page
    assert "Pause" not in page


async def test_her_rules_are_shown_as_far_as_they_speak_of_this_one(world: World) -> None:
    her, _, _ = await met(world)
    before = await seen(her, page_of(her))
    delivery, advertising = "dpv:DeliveryOfGoods", "dpv:Marketing"
    lines = (
        ("Shop", "/addresses", delivery, True),
        ("any", "", advertising, False),
        ("Another", "/phones", delivery, True),
    )
    for who, what, why, allow in lines:
        entry = {"who": who, "what": what, "why": why, "allow": allow}
        await world.do(her, "/v1/rules/register", entry=entry)

    after = await seen(her, page_of(her))
    section = after[after.index("What they may use") : after.index("What you can do")]

    assert "You are asked about whatever they ask for" in before
    assert section.count("allowed</span>") == section.count("forbidden</span>") == 1
    assert "to advertise" in section
    assert "phone" not in section
    assert "Anything else is refused by itself" in section


async def test_an_organisation_and_a_name_that_nobody_has_get_no_such_page(world: World) -> None:
    her, shop, _ = await met(world)

    theirs, _ = await visiting.answer(shop, "GET", "/relationships", {}, b"")
    nobody, _ = await visiting.answer(her, "GET", "/relationships/nobody", {}, b"")

    assert (theirs, nobody) == (404, 404)
