"""The terms an organisation accepts: their texts, which come first, and lists loaded from files."""

import base64
import json
from typing import Any

from agent import agreements
from agent.agent import Agent
from tests.agent.web.pages.visits import filled, refused, seen, sent
from tests.agent.world import World, the_only
from wallet.encoding import digest

ONLY, PURPOSE, WANT = agreements.IDS


async def accepted(world: World, shop: Agent) -> list[str]:
    """What it accepts by itself, the preferred first."""
    found: Any = await world.ask(shop, "GET", "/v1/terms")
    return list(found["preferred"])


def another() -> bytes:
    """A list of terms with one agreement."""
    text = "LENT BOOKS, version 1\n\nWhoever lends a book lends it for a month."
    one = {"id": "lending", "version": "1", "title": "Lent <b>books</b>", "text": text, "digest": digest(text.encode())}
    return json.dumps({"name": "Lenders", "version": "1", "agreements": [{**one, "policy": {}}]}).encode()


def as_file(raw: bytes) -> dict[str, str]:
    """A file as the form sends it."""
    return {"name": "terms.json", "type": "application/json", "content": base64.b64encode(raw).decode()}


async def test_terms_are_accepted_preferred_and_accepted_no_more(world: World) -> None:
    shop = await world.add("Shop", "org")
    page = await seen(shop, "/terms")

    await sent(shop, "/terms", id=PURPOSE, do="first")
    first = await accepted(world, shop)
    await sent(shop, "/terms", id=WANT, do="add")
    await sent(shop, "/terms", id=ONLY, do="drop")

    assert page.index("Service only") < page.index("Not accepted") < page.index("Offers for a want")
    assert first == [PURPOSE, ONLY]
    assert await accepted(world, shop) == [PURPOSE, WANT]
    assert "Nothing was changed" in await refused(shop, "/terms", id=ONLY, do="burn")


async def test_what_is_accepted_no_more_waits_for_an_answer_and_what_was_agreed_stays(world: World) -> None:
    shop, her, him = await world.add("Shop", "org"), await world.add("her"), await world.add("him")
    for person in (her, him):
        await world.introduce(person, shop)
    await world.agree(her, shop)

    for id in (ONLY, PURPOSE):
        await sent(shop, "/terms", id=id, do="drop")
    await world.agree(him, shop)

    page = await seen(shop, "/terms")
    assert "You accept no terms by yourself" in page
    assert "still in force with 1 customer" in page
    assert the_only(him).governing(world.time) is None
    assert the_only(her).governing(world.time) is not None


async def test_the_whole_text_is_read_by_the_link_of_a_customer(world: World) -> None:
    shop, her = await world.add("Shop", "org"), await world.add("her")
    called = await world.introduce(her, shop)
    await world.agree(her, shop)
    agreed = the_only(shop).governing(world.time)
    assert agreed is not None

    customer, text = await seen(shop, f"/customers/{called}"), await seen(shop, f"/terms/{agreed.digest}")

    assert f"#/terms/{agreed.digest}" in customer
    assert "and for nothing else" in text


async def test_a_list_is_looked_at_kept_used_and_forgotten(world: World) -> None:
    shop = await world.add("Shop", "org")
    raw = another()

    page = await filled(shop, "/terms/lists/look", file=as_file(raw))
    before = await world.listed(shop, "/v1/rosters")
    content = base64.b64encode(raw).decode()
    other = await refused(shop, "/terms/lists", file=content, name="terms.json", meant="uEiAnother")
    await sent(shop, "/terms/lists", file=content, name="terms.json")
    await sent(shop, "/terms/lists/change", list=digest(raw), do="use")
    await sent(shop, "/terms", id="lending", do="add")

    assert "Lent &lt;b&gt;books" in page
    assert "lends it for a month" in page
    assert len(before) == 1
    assert "Nothing was kept" in other
    assert await accepted(world, shop) == ["lending"]
    await sent(shop, "/terms/lists/change", list=agreements.PINNED, do="use")
    await sent(shop, "/terms/lists/change", list=digest(raw), do="drop")
    assert len(await world.listed(shop, "/v1/rosters")) == 1


async def test_a_file_that_is_no_list_is_refused_in_words(world: World) -> None:
    shop = await world.add("Shop", "org")

    for raw in (b"anything", another().replace(b"a month", b"a year")):
        assert "Nothing was taken" in await refused(shop, "/terms/lists/look", file=as_file(raw))
    assert "Choose a file" in await refused(shop, "/terms/lists/look")
