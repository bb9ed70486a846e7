"""What others wrote cannot do anything to a terminal (security UI-10, UI-16)."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cli.plain import plain

HOSTILE = {
    "clear screen": "\x1b[2J",
    "set title": "\x1b]0;owned\x07",
    "8-bit control sequence": "\x9b31m",
    "link": "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "carriage return": "Town Library\rEvil Library",
    "backspace": "abc\b\b\bxyz",
    "null": "a\0b",
    "right-to-left override": "gpj.\u202eexe",
    "isolate": "\u2066abc\u2069",
    "zero width": "Town\u200bLibrary",
    "line separator": "a\u2028b",
    "language tag": "a\U000e0041",
    "lone surrogate": "a\ud800",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_a_terminal_would_obey_is_shown_as_a_question_mark(text: str) -> None:
    shown = plain(text)

    assert "?" in shown
    assert not any(unicodedata.category(letter).startswith(("C", "Zl", "Zp")) for letter in shown)


@given(st.text(max_size=400))
def test_whatever_comes_is_one_printable_line(text: str) -> None:
    shown = plain(text)

    assert len(shown.splitlines()) <= 1
    assert all(letter == " " or letter.isprintable() or unicodedata.category(letter)[0] in "MZ" for letter in shown)


def test_ordinary_words_of_any_language_stay_as_they_are() -> None:
    for text in ("Bücherei am Markt", "図書館", "مكتبة", "Библиотека", "café", "5 % off, at 17:00"):
        assert plain(text) == text


def test_lines_become_one() -> None:
    assert plain("first\nsecond\tthird") == "first second third"


def test_a_long_text_is_cut_and_says_by_how_much() -> None:
    assert plain("x" * 1_000_000) == "x" * 256 + "... (999744 more)"


def test_a_pile_of_marks_does_not_cover_the_lines_around_it() -> None:
    assert len(plain("a" + "\u0301" * 50)) == 5


def test_values_are_told_as_a_person_would() -> None:
    assert [plain(each) for each in (True, False, None, 7, ["a", True], {"n": 1})] == [
        "yes",
        "no",
        "nothing",
        "7",
        "a, yes",
        "n: 1",
    ]
