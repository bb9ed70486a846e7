"""What was signed, in words; and timelines, which both sides read alike."""

import pytest

from agent.ledger import family
from agent.web import deeds
from protocols import tables
from protocols.machine import Signed
from protocols.vrm.base import VRM, Receipt
from tests.agent.world import World
from wallet.signed import type_name


def kinds() -> list[tuple[str, str]]:
    """Every type that is ever signed, with what it is a receipt of."""
    found = {
        (
            type_name(family(table), row.says.name),
            str(row.says.__struct_config__.tag) if issubclass(row.says, Receipt) else "",
        )
        for table in tables()
        for row in table.rows
        if issubclass(row.says, Signed) and table.uri.startswith(VRM)
    }
    return sorted(found)


@pytest.mark.parametrize(("type", "of"), kinds())
def test_there_are_words_for_whatever_is_signed(type: str, of: str) -> None:
    assert deeds.title(type, {"of": of} if of else {}) in deeds.DEEDS.values()


def test_a_type_without_words_is_spelled_out_and_a_member_without_words_is_left_to_the_details() -> None:
    assert deeds.title("DataRightsFrobnicate", {}) == "data rights: frobnicate"
    assert deeds.lines({"frobnication": "high", "text": "Hello"}) == [deeds.Line("Says", "Hello")]


def test_what_is_said_of_fields_purposes_and_times_is_said_in_words() -> None:
    items = [{"ptr": "/addresses/home", "purpose": "dpv:DeliveryOfGoods", "until": "2027-03-01T00:00:00Z"}]

    said = {each.label: each.words for each in deeds.lines({"items": items, "retention": "P30D", "refused": [""]})}

    assert said["What"] == "address (home) to deliver what you ordered until 2027-03-01"
    assert said["Kept for"] == "30 days"
    assert said["Not this"] == "everything"


def test_what_something_is_about_is_said_without_what_only_machines_read() -> None:
    said = deeds.lines({"about": {"use": "dpv:DirectMarketing", "record": "uEiC", "order": "No. 7"}, "text": "Why?"})

    assert [each.words for each in said] == ["to send you advertising", "a record of both", "order No. 7", "Why?"]


async def test_both_sides_read_the_same_timeline_part_by_part(world: World) -> None:
    her, library = await world.add("her"), await world.add("Town Library", "org")
    await world.introduce(her, library)
    await world.agree(her, library)
    [customer] = await world.listed(library, "/v1/peers")

    hers = await world.ask(her, "GET", "/v1/timelines/Town%20Library/1")
    its = await world.ask(library, "GET", f"/v1/timelines/{customer['fingerprint']}/1")
    beyond = await world.ask(her, "GET", "/v1/timelines/Town%20Library/9")

    assert isinstance(hers, dict)
    assert isinstance(its, dict)
    assert isinstance(beyond, dict)
    assert hers["entries"] == its["entries"] == beyond["entries"]
    assert hers["total"] == len(hers["entries"]) >= 4
    assert {"Introduced with name, domain and the terms accepted", "Terms offered", "Terms accepted"} <= {
        each["title"] for each in hers["entries"]
    }
    assert {each["by"] for each in hers["entries"]} == {"person", "org"}
