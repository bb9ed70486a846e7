"""Her contact card: fields by words and by pointers."""

import pytest

from agent import contact, wording
from protocols.problems import Misuse
from tests.agent.world import World
from wallet.strict_json import Json, JsonObject

HOME: Json = {"full": "1 New Street, 1100 Lisboa, PT", "countryCode": "PT"}


@pytest.mark.parametrize(
    ("field", "ptr", "shown"),
    [
        ("address", "/addresses/home", "address (home)"),
        ("address.work", "/addresses/work", "address (work)"),
        ("email", "/emails/main", "email (main)"),
        ("phone", "/phones/main", "phone (main)"),
        ("name", "/name", "name"),
        ("/emails/main/address", "/emails/main/address", "email (main), address"),
        ("/notes/n1", "/notes/n1", "/notes/n1"),
    ],
)
def test_a_field_has_a_word_and_a_pointer(field: str, ptr: str, shown: str) -> None:
    assert contact.pointer(field) == ptr
    assert wording.card_field(ptr) == shown


@pytest.mark.parametrize("field", ["", "adress", "email.a/b", "/", "//", "/uid", "/shoeSize", "/notes/~2"])
def test_what_is_no_field_is_refused_in_words(field: str) -> None:
    with pytest.raises(Misuse, match=r"known|nothing on a contact card"):
        contact.pointer(field)


def test_what_she_types_stands_where_jscontact_has_it() -> None:
    assert contact.typed("address", "1 New Street, 1100 Lisboa, PT") == HOME
    assert contact.typed("email.work", "her@example.org") == {"address": "her@example.org"}
    assert contact.typed("address", '{"full": "x", "isOrdered": true}') == {"full": "x", "isOrdered": True}
    assert contact.typed("/name/full", "Her Name") == "Her Name"


async def test_one_edit_changes_what_it_names_and_nothing_else(world: World) -> None:
    her = await world.add("her")
    await contact.edit(her, {"/addresses/home": HOME, "/emails/main": {"address": "her@example.org"}})

    card = await contact.edit(her, {"/addresses/home/full": "2 Old Road", "/emails/main": None})

    assert contact.value_at(card, "/addresses/home") == {"full": "2 Old Road", "countryCode": "PT"}
    assert contact.value_at(card, "/emails/main") is None
    assert contact.value_at(card, "/emails/main/address/deeper") is None
    assert contact.read(her) == card
    assert card["@type"] == "Card"


@pytest.mark.parametrize("ptr", ["", "/", "name", "/name/full/deeper"])
async def test_a_pointer_that_leads_nowhere_changes_nothing(world: World, ptr: str) -> None:
    her = await world.add("her")
    before: JsonObject = await contact.edit(her, {"/name": {"full": "Her"}})

    with pytest.raises(Misuse):
        await contact.edit(her, {ptr: "x"})

    assert contact.read(her) == before


async def test_a_card_without_end_is_refused(world: World) -> None:
    her = await world.add("her")

    with pytest.raises(Misuse, match="at most"):
        await contact.edit(her, {"/notes/n1": "x" * 70_000})
