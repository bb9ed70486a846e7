"""An organisation's pages about the cards it issues: defining one, and the three ways to offer it."""

from agent.agent import Agent
from tests.agent.web.pages.visits import filled, refused, saved, seen, sent
from tests.agent.world import World

NEW = {"name": "Library card", "label-0": "Name", "label-1": "Adult", "holds-1": "yes-no", "label-7": "Valid until"}
CARD = "/card-types/"


async def library_card(world: World) -> tuple[Agent, str]:
    """An org, and the page of the kind of card it made."""
    library = await world.add("Town Library", "org")
    return library, (await sent(library, "/card-types", **NEW)).go


async def settle(world: World) -> None:
    """Let what waits for the clock be said, and arrive."""
    for _ in range(3):
        await world.tick(1)


async def test_a_kind_that_is_made_is_listed_with_its_fields(world: World) -> None:
    library = await world.add("Town Library", "org")
    assert "Begin by naming one" in await seen(library, "/card-types")

    made = await sent(library, "/card-types", **NEW)

    assert "Library card is ready" in made.said
    page = await seen(library, "/card-types")
    assert all(label in page for label in ("Library card", "name", "adult", "valid until"))
    assert "Nobody was offered this card yet" in await seen(library, made.go)


async def test_the_card_is_drawn_with_what_is_typed(world: World) -> None:
    library, path = await library_card(world)

    new = await filled(library, "/card-types/new/preview", **NEW)
    typed = await filled(library, f"{path}/preview", **{"value-name": "<b>Ada</b>", "value-adult": "yes"})

    assert "valid until" in new
    assert "&lt;b&gt;Ada&lt;/b&gt;" in typed


async def test_a_card_is_offered_to_one_customer_and_what_became_of_it_is_shown(world: World) -> None:
    library, path = await library_card(world)
    her = await world.add("her")
    called = await world.introduce(her, library)

    done = await sent(library, f"{path}/offer", to=called, **{"value-name": "Ada", "value-adult": "yes"})
    await world.settle()

    assert called in done.said
    assert "waits for the customer" in await seen(library, path)
    await world.answer(her)
    assert "the customer has it" in await seen(library, path)


async def test_a_value_that_fits_no_field_is_said_and_nothing_is_offered(world: World) -> None:
    library, path = await library_card(world)
    called = await world.introduce(await world.add("her"), library)

    why = await refused(library, f"{path}/offer", to=called, **{"value-adult": "perhaps"})

    assert "neither yes nor no" in why
    assert "Nobody was offered this card yet" in await seen(library, path)


async def test_a_code_is_shown_until_it_is_taken_up(world: World) -> None:
    library, path = await library_card(world)
    her = await world.add("her")
    link = (await sent(library, f"{path}/link", days="7", once="yes", **{"value-name": "Ada"})).go
    before = await seen(library, link)
    kind = await world.ask(library, "GET", f"/v1{path}")
    assert isinstance(kind, dict)
    [found] = kind["links"]

    await world.do(her, "/v1/invitations/accept", url=found["url"])
    await settle(world)

    assert "class='qr'" in before
    assert "not taken up yet" in before
    assert "class='qr'" not in await seen(library, link)
    assert len(await world.listed(her, "/v1/questions")) == 1


async def test_a_link_that_is_ended_cannot_be_taken_up(world: World) -> None:
    library, path = await library_card(world)
    link = (await sent(library, f"{path}/link", **{"value-name": "Ada"})).go

    await sent(library, f"{link}/end")

    assert "Nobody can take it up any more" in await seen(library, link)


async def test_a_list_is_looked_at_before_it_is_sent_and_its_bad_lines_can_be_saved(world: World) -> None:
    library, path = await library_card(world)
    called = await world.introduce(await world.add("her"), library)
    text = f"customer,name,adult\n{called},Ada,yes\nnobody,Bo,no\n"

    looked = await filled(library, f"{path}/list/look", file=text, name="Spring")
    nothing = await seen(library, path)
    progress = (await sent(library, f"{path}/list", list=text, name="Spring")).go
    await settle(world)

    assert "Offer 1 card" in looked
    assert "line 3" in looked
    assert "Nobody was offered this card yet" in nothing
    page = await seen(library, progress)
    assert "1 of 1 offered" in page
    assert "line 3" in page
    assert (await saved(library, f"{progress}/to-mend")).content == b"customer,name,adult\r\nnobody,Bo,no\r\n"
    assert (await saved(library, f"{path}/list/sample")).content == b"customer,name,adult,valid_until\r\n"


async def test_a_list_can_be_held_and_its_rest_cancelled(world: World) -> None:
    library, path = await library_card(world)
    called = await world.introduce(await world.add("her"), library)
    progress = (await sent(library, f"{path}/list", list=f"customer,name\n{called},Ada\n")).go

    await sent(library, f"{progress}/pause")
    await settle(world)
    held = await seen(library, progress)
    await sent(library, f"{progress}/cancel")

    assert "It is paused" in held
    assert "0 of 1 offered" in held
    assert "The rest was cancelled" in await seen(library, progress)


async def test_a_card_of_somebody_else_is_kept_apart_and_never_offered(world: World) -> None:
    library = await world.add("Town Library", "org")

    await sent(library, "/card-types", **NEW, issuer="university.example", type="urn:card:student")

    page = await seen(library, "/card-types")
    assert "issued by" in page
    assert "university.example" in page
    assert "Begin by naming one" in page


async def test_a_kind_is_taken_away_only_after_a_page_that_says_what_follows(world: World) -> None:
    library, path = await library_card(world)

    asked = await seen(library, f"{path}/drop")
    await sent(library, f"{path}/drop")

    assert "Cards that were issued stay" in asked
    assert "Begin by naming one" in await seen(library, "/card-types")
