"""Fields as they are typed, and tables as they fit."""

import sys
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


DIGEST = "uEiBom73" * 5
WIDE = [("WHEN", "WHAT", "RECORD"), ("2026-11-22 09:00:00", "word " * 30, DIGEST)]


def test_for_a_program_a_row_is_a_line() -> None:
    assert len([*words.table(WIDE)]) == len(WIDE)


def test_a_wide_table_folds_between_words_and_breaks_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    lines = [*words.table(WIDE)]

    assert max(map(len, lines)) <= words.WIDEST
    assert any(DIGEST in line for line in lines)
    assert any("2026-11-22 09:00:00" in line for line in lines)
    assert " ".join(lines).count("word") == 30
