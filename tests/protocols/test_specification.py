"""Every VRM table is what the specification says, row for row, with nothing added. Source: vrm-protocols, section 5."""

from functools import cache

import pytest

from protocols import tables
from protocols.machine import Protocol, Signed
from protocols.messages import label
from protocols.vrm.base import VRM
from tests.protocols.specification import Family, Row, families


@cache
def specified() -> dict[str, Family]:
    """What the page says."""
    return families()


def ours(family: str) -> list[Protocol]:
    """The tables of one family, as they are built."""
    return [each for each in tables() if each.uri == f"{VRM}/{family}"]


def rows(table: Protocol) -> set[Row]:
    """The rows of a table, in the form of the page; what is signed is marked there on the row it is first said in."""
    found: set[Row] = set()
    for row in table.rows:
        signed = "●" * (issubclass(row.says, Signed) and not row.crossed)
        marks = signed + "⏱" * row.expires + "crossed" * row.crossed
        says = label(row.says) + (f"[{row.only.__name__}]" if row.only else "")
        found |= {(state, row.by, says, marks, row.then or state) for state in row.when}
    return found


@pytest.mark.parametrize("family", families())
def test_a_family_has_the_tables_it_is_specified_to_have(family: str) -> None:
    assert {each.table for each in ours(family)} == set(specified()[family].tables)


@pytest.mark.parametrize(("family", "name"), [(family, name) for family, f in families().items() for name in f.tables])
def test_a_table_is_as_specified(family: str, name: str) -> None:
    table, wanted = next(each for each in ours(family) if each.table == name), specified()[family].tables[name]

    assert rows(table) == wanted.rows
    assert table.binding == wanted.binding
    assert table.final == wanted.ends


@pytest.mark.parametrize("family", families())
def test_who_commits_and_who_lapses_is_as_specified(family: str) -> None:
    wanted = specified()[family]

    assert {(state, who) for each in ours(family) for state, who in each.committed.items()} == wanted.committed
    lapses = {(state, *lapse) for each in ours(family) for state, lapse in each.lapses.items()}
    assert lapses == wanted.lapses


def test_all_eleven_families_and_all_their_tables_are_read() -> None:
    found = specified()

    assert len(found) == 11
    assert sum(len(each.tables) for each in found.values()) == 25
    assert sum(len(table.rows) for each in found.values() for table in each.tables.values()) > 180
