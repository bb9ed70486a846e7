"""Exactly what left, when, and to whom."""

from typing import Any

import pytest

from agent.agent import Agent
from agent.web import history
from protocols import tables
from protocols.machine import Signed
from protocols.messages import label
from tests.agent.rich import rich, say
from tests.agent.world import World

FORBIDDEN = ("did", "json", "didcomm", "jwt", "credential", "protocol", "payload", "digest", "schema", "uri")


async def looked(world: World, her: Agent, **asked: object) -> dict[str, Any]:
    """What the API says."""
    found = await world.ask(her, "POST", "/v1/history", **asked)
    assert isinstance(found, dict)
    return found


def unsigned() -> list[str]:
    """Every message that is said without a signature, by family and name."""
    rows = ((table, row.says) for table in tables() for row in table.rows)
    return sorted(
        {f"{table.uri.rsplit('/', 2)[1]}/{label(says)}" for table, says in rows if not issubclass(says, Signed)}
    )


@pytest.mark.parametrize("named", unsigned())
def test_there_are_plain_words_for_whatever_is_said_without_a_signature(named: str) -> None:
    title = history.UNSIGNED.get(named) or history.in_words(named)

    assert not set(title.lower().replace(":", " ").split()) & set(FORBIDDEN)


async def test_every_message_that_was_said_is_listed_newest_first_with_whom(world: World) -> None:
    her, _ = await rich(world)

    found = await looked(world, her)

    assert [each["at"] for each in found["items"]] == sorted((each["at"] for each in found["items"]), reverse=True)
    assert {each["with"] for each in found["items"]} == {"Town Library"}
    titles = [each["title"] for each in found["items"]]
    assert titles[-1] == "Hello"
    assert "Terms offered" in titles
    assert "Cards shown" in titles
    assert "A message" in titles
    assert found["total"] == len(titles)


async def test_each_kind_is_found_by_itself(world: World) -> None:
    her, _ = await rich(world)

    cards = await looked(world, her, kind="cards")
    written = await looked(world, her, kind="written")
    signed = await looked(world, her, kind="signed")
    other = await looked(world, her, kind="other")

    assert [each["claims"] for each in cards["items"]] == [{"member": True}]
    assert [each["lines"][0]["words"] for each in written["items"]][-1].startswith("Is the reading room")
    assert all(each["signed"] for each in signed["items"])
    assert {"Hello", "A card taken"} <= {each["title"] for each in other["items"]}
    every = await looked(world, her)
    parts = (cards, written, signed, other)
    assert sum(len(each["items"]) for each in parts) == len(every["items"])


async def test_what_she_told_of_herself_is_said_with_what_for_and_until_when(world: World) -> None:
    her, shop = await world.add("her"), await world.add("Shop", "org")
    called = await world.introduce(her, shop)
    await world.agree(her, shop)
    items = [{"ptr": "/addresses/home", "purpose": "dpv:DeliveryOfGoods"}]
    asked = await world.do(shop, "/v1/consents/ask", peer=called, items=items, until="2027-12-01T00:00:00Z", effect="-")
    await world.settle()
    await world.answer(her)
    values = {"/addresses/home": {"full": "1 Elm Street"}}
    await world.do(her, f"/v1/consents/{asked['thread']}/disclose", values=values)
    await world.settle()

    [told] = (await looked(world, her, kind="values"))["items"]

    assert told["values"] == [
        {
            "what": "address (home)",
            "value": "1 Elm Street",
            "why": "to deliver what you ordered",
            "until": "2027-12-01T00:00:00Z",
        }
    ]


async def test_months_and_people_are_told_apart(world: World) -> None:
    her, first, second = await world.add("her"), await world.add("First", "org"), await world.add("Second", "org")
    await world.introduce(her, first)
    await world.tick(40 * 86400)
    await world.introduce(her, second)
    await say(world, her, "Second", "Good morning")

    january = await looked(world, her, month="2027-01")
    february = await looked(world, her, month="2027-02", peer="Second")
    march = await looked(world, her, month="2027-03")

    assert {each["with"] for each in january["items"]} == {"First"}
    assert [each["title"] for each in february["items"]] == ["A message", "Hello"]
    assert march["items"] == []
    assert "month" in await world.refused(her, "/v1/history", month="2027-13")


async def test_a_rare_kind_is_looked_for_so_far_back_at_once_and_then_further(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "LOOKED", 3)
    her, shop = await world.add("her"), await world.add("Shop", "org")
    await world.introduce(her, shop)
    for text in ("one", "two", "three", "four"):
        await say(world, her, "Shop", text)

    newest = await looked(world, her, kind="other")
    further = await looked(world, her, kind="other", start=newest["next"])

    assert newest["items"] == []
    assert newest["next"] == 3
    assert [each["title"] for each in further["items"]] == ["Hello"]
    assert further["next"] is None
