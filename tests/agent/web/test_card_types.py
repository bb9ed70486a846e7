"""Kinds of card: what is kept of them, and the three ways to offer one, each to the end."""

import msgspec
import pytest

from agent import campaigns, card_types
from agent.agent import Agent
from tests.agent.world import Said, World

FIELDS = [
    {"label": "Name"},
    {"label": "Date of birth", "holds": "day"},
    {"label": "Adult", "holds": "yes-no"},
    {"label": "Shelf", "holds": "number"},
]
CLAIMS = {"name": "Ada", "date_of_birth": "1990-12-10", "adult": "yes", "shelf": "12"}


async def library_card(world: World) -> tuple[Agent, Said]:
    """An org with a kind of card."""
    library = await world.add("Town Library", "org")
    return library, await world.do(library, "/v1/card-types", name="Library card", fields=FIELDS)


async def settle(world: World) -> None:
    """Let what waits for the clock be said, and arrive."""
    for _ in range(3):
        await world.tick(1)


async def test_a_kind_has_named_fields_and_a_type_below_the_domain(world: World) -> None:
    library, made = await library_card(world)

    [found] = await world.listed(library, "/v1/card-types")

    assert found == {**made, "offered": 0}
    assert found["type"] == f"https://{library.config.domain}/cards/library-card"
    fields = msgspec.convert(made["fields"], list[card_types.Field])
    assert [each.name for each in fields] == ["name", "date_of_birth", "adult", "shelf"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"name": " ", "fields": FIELDS}, "a name has 1 to 80"),
        ({"name": "Card", "fields": []}, "1 to 40 fields"),
        ({"name": "Card", "fields": [{"label": "Name"}, {"label": "name"}]}, "two fields are called"),
        ({"name": "library CARD", "fields": FIELDS}, "already"),
    ],
)
async def test_a_kind_that_makes_no_sense_is_not_kept(world: World, body: Said, why: str) -> None:
    library, _ = await library_card(world)

    assert why in await world.refused(library, "/v1/card-types", **body)
    assert len(await world.listed(library, "/v1/card-types")) == 1


async def test_a_card_offered_to_one_customer_says_what_was_typed(world: World) -> None:
    library, made = await library_card(world)
    her = await world.add("her")
    called = await world.introduce(her, library)

    await world.do(library, f"/v1/card-types/{made['id']}/offers", peer=called, claims=CLAIMS)
    await world.settle()
    await world.answer(her)

    [card] = await world.listed(her, "/v1/credentials")
    assert card["claims"] == {"name": "Ada", "date_of_birth": "1990-12-10", "adult": True, "shelf": 12}
    [became] = await world.listed(library, f"/v1/card-types/{made['id']}/offers/1")
    assert (became["to"], became["state"], became["how"]) == (called, "done", "one")


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"adult": "perhaps"}, "neither yes nor no"),
        ({"date_of_birth": "10.12.1990"}, "is no day"),
        ({"shelf": "twelve"}, "no whole number"),
        ({"debts": "3"}, "no field"),
        ({"name": " "}, "nothing would stand on this card"),
    ],
)
async def test_what_fits_no_field_is_not_offered(world: World, claims: Said, why: str) -> None:
    library, made = await library_card(world)
    called = await world.introduce(await world.add("her"), library)

    assert why in await world.refused(library, f"/v1/card-types/{made['id']}/offers", peer=called, claims=claims)
    assert await world.listed(library, f"/v1/card-types/{made['id']}/offers/1") == []


async def test_whoever_is_new_and_takes_up_a_link_gets_the_offer(world: World) -> None:
    library, made = await library_card(world)
    her, other = await world.add("her"), await world.add("other")
    link = await world.do(library, f"/v1/card-types/{made['id']}/links", claims=CLAIMS)

    await world.do(her, "/v1/invitations/accept", url=link["url"])
    await settle(world)
    await world.answer(her)
    await world.do(other, "/v1/invitations/accept", url=link["url"])
    await settle(world)

    assert [card["name"] for card in await world.listed(her, "/v1/credentials")] == ["Library card"]
    assert await world.listed(other, "/v1/questions") == []  # the link was for one
    after = await world.ask(library, "GET", f"/v1/card-links/{link['link']}")
    assert isinstance(after, dict)
    assert (after["taken"], after["stands"]) == (1, False)


async def test_somebody_known_who_takes_up_a_link_gets_the_offer_once(world: World) -> None:
    library, made = await library_card(world)
    her = await world.add("her")
    await world.introduce(her, library)
    link = await world.do(library, f"/v1/card-types/{made['id']}/links", claims=CLAIMS, once=False)

    for _ in range(2):
        await world.do(her, "/v1/invitations/accept", url=link["url"])
        await settle(world)

    [question] = await world.listed(her, "/v1/questions")
    assert "card" in str(question["asks"])
    [offered] = await world.listed(library, f"/v1/card-types/{made['id']}/offers/1")
    assert offered["how"] == "link"


async def test_a_link_that_was_ended_gives_nothing(world: World) -> None:
    library, made = await library_card(world)
    her = await world.add("her")
    await world.introduce(her, library)
    link = await world.do(library, f"/v1/card-types/{made['id']}/links", claims=CLAIMS, once=False)

    await world.do(library, "/v1/card-links/end", link=link["link"])
    await world.do(her, "/v1/invitations/accept", url=link["url"])
    await settle(world)

    assert await world.listed(her, "/v1/questions") == []


async def test_a_list_goes_out_but_for_the_lines_that_cannot_be_read_which_are_kept(world: World) -> None:
    library, made = await library_card(world)
    people = [await world.add(f"person {number}") for number in range(3)]
    called = [await world.introduce(each, library) for each in people]
    lines = (
        "Customer;Name;Adult",
        f"{called[0]};Ada;yes",
        f"{called[1]};Bo;perhaps",
        "nobody;Cy;no",
        "",
        f"{called[2]};Di;no",
        f"{called[0]};Ada once more;yes",
    )
    body = {"list": "\r\n".join(lines), "name": "spring.csv"}
    looked = await world.do(library, f"/v1/card-types/{made['id']}/lists", **body, preview=True)
    assert not campaigns.listed(library)

    begun = await world.do(library, f"/v1/card-types/{made['id']}/lists", **body)
    await world.restart(library)
    await settle(world)

    assert looked["unread"] == begun["unread"]
    library = world.agents["Town Library"]
    found = await world.ask(library, "GET", f"/v1/card-types/{made['id']}/lists/{begun['list']}")
    assert isinstance(found, dict)
    assert [each["number"] for each in found["unread"]] == [3, 4, 7]
    assert found["to_mend"].splitlines()[1:] == [lines[2], lines[3], lines[6]]
    assert (found["size"], found["said"]) == (2, 2)
    assert [len(await world.listed(each, "/v1/questions")) for each in people] == [1, 0, 1]


async def test_a_list_whose_columns_are_not_the_cards_is_refused_whole(world: World) -> None:
    library, made = await library_card(world)

    why = await world.refused(library, f"/v1/card-types/{made['id']}/lists", list="customer,salary\nx,1\n")

    assert "salary" in why


async def test_a_kind_that_is_dropped_is_offered_no_more_and_its_links_end(world: World) -> None:
    library, made = await library_card(world)
    her = await world.add("her")
    link = await world.do(library, f"/v1/card-types/{made['id']}/links", claims=CLAIMS, once=False)

    await world.do(library, f"/v1/card-types/{made['id']}/drop")
    await world.ask(library, "GET", "/v1/card-types")

    assert await world.listed(library, "/v1/card-types") == []
    after = await world.ask(library, "GET", f"/v1/card-links/{link['link']}")
    assert isinstance(after, dict)
    assert not after["stands"]
    assert await world.listed(her, "/v1/credentials") == []
