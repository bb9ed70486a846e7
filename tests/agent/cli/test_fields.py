"""Fields as they are typed, and tables as they fit."""

from argparse import Namespace

import pytest

from agent.cli import fields, rights, words
from agent.cli.exits import Stopped


def test_a_field_is_typed_as_it_is_shown() -> None:
    typed = ["address (home)", "email.work", "phone", "/shoes"]

    assert fields.pointers(typed) == ["/addresses/home", "/emails/work", "/phones/main", "/shoes"]
    assert fields.by_pointer(["name=Somebody"]) == {"/name": "Somebody"}


def test_a_field_that_nobody_knows_is_not_taken_for_another() -> None:
    with pytest.raises(Stopped, match="adress"):
        fields.pointers(["adress"])


@pytest.mark.parametrize("typed", ["appeals@shop.example", "mailto:appeals@shop.example"])
def test_an_address_for_appeals_may_be_typed_as_people_write_it(typed: str) -> None:
    denied = Namespace(action="deny", reason="not-covered", appeal=typed, text=None)

    assert rights.body(denied)["appeal"] == "mailto:appeals@shop.example"


def test_a_wide_table_folds_between_words_and_breaks_none() -> None:
    digest = "uEiBom73" * 5
    rows = [("WHEN", "WHAT", "RECORD"), ("2026-11-22 09:00:00", "word " * 30, digest)]

    lines = [*words.table(rows)]

    assert max(map(len, lines)) <= words.WIDEST
    assert any(digest in line for line in lines)
    assert any("2026-11-22 09:00:00" in line for line in lines)
    assert " ".join(lines).count("word") == 30
