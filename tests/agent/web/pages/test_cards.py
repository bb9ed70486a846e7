"""Her cards in pages: what each says, in words, and a long list in parts."""

import msgspec

from agent import cards
from agent.agent import Agent
from tests.agent.web.pages.visits import seen
from tests.agent.world import Said, World
from wallet.store.change import Change, Item

READER: Said = {
    "type": "urn:card:member",
    "name": "Reader's card",
    "claims": {"given_name": "Ada", "over_18": True, "a": 1, "b": 2, "exp": 1_900_000_000},
}


async def with_a_card(world: World) -> Agent:
    """A person with a card that a library gave her."""
    library, her = await world.add("Town Library", "org"), await world.add("her")
    called = await world.introduce(her, library)
    await world.do(library, "/v1/offers", peer=called, **READER)
    await world.settle()
    await world.answer(her)
    return her


async def test_without_a_card_the_page_says_how_one_is_got(world: World) -> None:
    her = await world.add("her")

    page = await seen(her, "/cards")

    assert "You have no cards yet" in page
    assert 'href="#/scan"' in page


async def test_a_card_is_shown_in_short_and_with_all_it_says(world: World) -> None:
    her = await with_a_card(world)
    [card] = await world.listed(her, "/v1/credentials")

    listed, whole = await seen(her, "/cards"), await seen(her, f"/cards/{card['card']}")

    assert "Reader&#39;s card" in listed
    assert "and 1 more" in listed
    assert [each in whole for each in ("given name", "Ada", "over 18", "yes")] == [True] * 4
    assert "Given to you by" in whole
    assert "good until 17 March 2030" in whole
    assert "You choose what is seen of it" in whole
    assert "eyJ" not in whole.partition("<details>")[0]


async def test_many_cards_come_in_parts_newest_first(world: World) -> None:
    her = await with_a_card(world)
    [kept] = her.store.items(cards.KEPT)
    card = cards.read(kept)
    more = [msgspec.structs.replace(card, id=f"c{number}", name=f"Card no {number};") for number in range(60)]
    rows = tuple(Item(cards.KEPT, each.id, msgspec.json.encode(each), "", each.type) for each in more)
    await her.store.apply(Change(peer="", keep=rows))

    first, second = await seen(her, "/cards"), await seen(her, "/cards", page="2")

    assert "Part 1 of 2, 61 in all" in first
    assert "Card no 59;" in first
    assert "Card no 59;" not in second
    assert "Reader&#39;s card" in second
