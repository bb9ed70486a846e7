"""Customers on the organisation's pages: letters instead of names, their rules, what is held and until when."""

from agent.agent import Agent
from agent.relationship import fingerprint
from protocols.vrm.relationship import Rules, rules
from tests.agent.web.pages.shops import HOME, MAIL, holding
from tests.agent.web.pages.visits import refused, seen, sent
from tests.agent.world import World, the_only


async def states(world: World, her: Agent, **more: object) -> None:
    """She states her rules to the one org that she knows."""
    stated = {"version": 1, "channels": {"agent": "service-only", "phone": "never"}, "promotion": "asked", **more}
    await world.do(her, "/v1/threads", peer=the_only(her).called, type=rules.type_of(Rules), body=stated)
    await world.settle()


async def test_a_customer_stands_there_by_letters_with_what_is_held_and_until_when(world: World) -> None:
    her, shops = await holding(world, Shop=(HOME, MAIL))
    shop = shops["Shop"]
    await states(world, her, topics={"allow": ["bread"], "deny": ["cake"]}, max_per_week=2)
    called = fingerprint(the_only(shop).peer)

    listed, page = await seen(shop, "/customers"), await seen(shop, f"/customers/{called}")

    assert f'href="#/customers/{called}"' in listed
    assert "Advertising only about subjects that she named" in listed
    for words in (
        "9 Old Road, 1000 Lisboa, PT",
        "to deliver what you ordered",
        "30 June 2029",
        "By her wallet: about what she has from you, and nothing else.",
        "By telephone: never.",
        "Subjects she wants to hear of: bread.",
        "Subjects she does not want: cake.",
        "At most 2 a week.",
        "in force",
    ):
        assert words in page, words
    assert '<ol class="timeline"' in page


async def test_who_states_no_rules_is_not_to_be_advertised_to(world: World) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    called = await world.introduce(her, shop)

    page = await seen(shop, f"/customers/{called}")

    assert "She has stated no rules" in page
    assert "You hold nothing about her" in page
    assert "No terms are in force" in page


async def test_customers_are_found_by_letters_tag_state_and_terms(world: World) -> None:
    shop = await world.add("Shop", "org")
    called = [await world.introduce(await world.add(f"she {number}"), shop) for number in range(4)]
    await world.agree(world.agents["she 1"], shop)
    await sent(shop, f"/customers/{called[2]}/tags", tag="regular")

    async def found(**query: str) -> set[str]:
        page = await seen(shop, "/customers", **query)
        return {each for each in called if f'href="#/customers/{each}"' in page}

    assert await found() == set(called)
    assert await found(who=called[3][:6]) == {each for each in called if each.startswith(called[3][:6])}
    assert await found(terms="yes") == {called[1]}
    assert await found(tag="regular") == {called[2]}
    assert await found(state="ended") == set()
    assert "Nobody fits that" in await seen(shop, "/customers", state="ended")


async def test_a_long_list_comes_in_parts(world: World) -> None:
    shop = await world.add("Shop", "org")
    for number in range(52):
        await world.introduce(await world.add(f"she {number}", listens=True), shop)

    first, second = await seen(shop, "/customers"), await seen(shop, "/customers", page="2")

    assert (first.count('<th scope="row">'), second.count('<th scope="row">')) == (50, 2)
    assert "Part 1 of 2, 52 in all" in first


async def test_a_letter_is_written_to_one_customer(world: World) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    called = await world.introduce(her, shop)

    empty = await refused(shop, f"/customers/{called}/write", text="  ")
    done = await sent(shop, f"/customers/{called}/write", text="Your coat is ready.")
    await world.settle()

    assert "Nothing was sent" in empty
    assert done.go == f"/customers/{called}"
    said = [entry for peer, row in her.store.threads() for entry in her.store.log(peer, row.thid)]
    assert any(b"Your coat is ready." in each.record for each in said)


async def test_what_both_wrote_stands_on_her_page_and_all_of_it_behind_a_link(world: World) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    called = await world.introduce(her, shop)
    await world.do(her, "/v1/talks", peer="Shop", text="Is my <b>coat</b> ready?")
    await world.settle()
    for number in range(6):
        world.time += 60
        await sent(shop, f"/customers/{called}/write", text=f"Nearly, {number}")

    page, letters = await seen(shop, f"/customers/{called}"), await seen(shop, f"/customers/{called}/letters")

    assert "All 7 letters" in page
    assert "Nearly, 5" in page
    assert "coat" not in page
    assert "<b>She</b>: <bdi class='said' dir='auto'>Is my &lt;b&gt;coat" in letters
    assert letters.index("Nearly, 5") < letters.index("Nearly, 0") < letters.index("coat")


async def test_a_tag_is_given_shown_and_taken_away(world: World) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    called = await world.introduce(her, shop)

    await sent(shop, f"/customers/{called}/tags", tag="wholesale")
    with_it = await seen(shop, f"/customers/{called}")
    await sent(shop, f"/customers/{called}/tags", gone="wholesale")

    assert 'name="gone" value="wholesale"' in with_it
    assert "wholesale" not in await seen(shop, f"/customers/{called}")
    assert "Nothing was done" in await refused(shop, f"/customers/{called}/tags")


async def test_a_relationship_is_ended_once_that_is_ticked(world: World) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    called = await world.introduce(her, shop)

    page = await seen(shop, f"/customers/{called}/end")
    warned = await refused(shop, f"/customers/{called}/end")
    await sent(shop, f"/customers/{called}/end", sure="yes")
    await world.settle()

    assert "neither of you can write to the other" in page
    assert "Nothing was said" in warned
    assert the_only(shop).ended
    assert "End the relationship</a>" not in await seen(shop, f"/customers/{called}")
