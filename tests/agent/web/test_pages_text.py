"""The text of others on a page: words in a box of their own, and nothing else. Source: security UI-07, UI-10."""

import re
from html.parser import HTMLParser

import pytest

from agent.web.pages import dates, text


class Reader(HTMLParser):
    """What a browser would make of it."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One element begins."""
        self.elements.append(tag)

    def handle_data(self, data: str) -> None:
        """What is read."""
        self.words += data


def read(value: object, most: int = text.MOST) -> Reader:
    """What a value of somebody else becomes."""
    reader = Reader()
    reader.feed(str(text.said(value, most)))
    reader.close()
    return reader


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "</bdi></main><h1>Yours</h1>",
        "\"'><svg/onload=alert(1)>",
        "&lt;script&gt;",
        "<!-- -->",
        "{{ 7*7 }}{% raw %}",
    ],
)
def test_markup_is_text(hostile: str) -> None:
    """UI-07."""
    found = read(hostile)

    assert found.elements == ["bdi"]
    assert found.words == hostile


@pytest.mark.parametrize(
    "unseen", ["\u202e", "\u202d", "\u2066", "\u2069", "\u200b", "\u200e", "\ufeff", "\u00ad", "\x00", "\x1b", "\r"]
)
def test_a_character_that_cannot_be_seen_is_shown(unseen: str) -> None:
    """UI-10: an issuer that looks like another one does not."""
    found = read(f"Bank{unseen}gro")

    assert unseen not in found.words
    assert f"U+{ord(unseen):04X}" in found.words


def test_what_turns_text_around_stays_within_its_own_box() -> None:
    """UI-10."""
    assert re.fullmatch(r"<bdi class='said' dir='auto'>.*</bdi>", str(text.said("שלום")))


def test_marks_on_one_letter_do_not_cover_the_lines_around() -> None:
    """UI-10: 5,000 combining marks; those that a language needs stay."""
    found = read("a" + "\u0301" * 5000 + "b", most=10_000)

    assert found.words == "a" + "\u0301" * text.MARKS_IN_A_ROW + "b"
    assert read("Việt Nam, ส้ม, שָׁלוֹם").words == "Việt Nam, ส้ม, שָׁלוֹם"


def test_an_emoji_family_and_a_joined_script_stay_whole() -> None:
    """CRED-35."""
    for word in ("👨‍👩‍👧", "می‌خواهم"):
        assert read(word).words == word
    assert "U+200D" in read("ab\u200dc").words


def test_what_is_long_is_cut_and_says_so() -> None:
    found = read("x" * 1000, most=600)

    assert found.words == "x" * 600 + " (400 more characters)"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "nothing"),
        ([], "nothing"),
        (True, "yes"),
        (False, "no"),
        (7, "7"),
        (["a", "<b>"], "a, <b>"),
        ({"city": "Lisboa", "far": {"x": None}}, "city: Lisboa, far: x: nothing"),
    ],
)
def test_a_value_is_written_as_a_person_would(value: object, words: str) -> None:
    assert read(value).words == words


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2027-03-01", "1 March 2027"),
        ("until 2027-03-01.", "until 1 March 2027."),
        ("at 2027-03-01T08:30:00Z, then", "at 1 March 2027, 08:30 UTC, then"),
        ("at 2027-03-01T08:30:00+02:00", "at 1 March 2027, 06:30 UTC"),
        ("noted, 2027-03-01 08:30 UTC", "noted, 1 March 2027, 08:30 UTC"),
        ("for P2Y or PT12H", "for 2 years or 12 hours"),
        ("A2027-03-01", "A2027-03-01"),
        ("2027-03-01-7", "2027-03-01-7"),
        ("2027-13-45", "2027-13-45"),
        ("P, PT, P2, XP2Y", "P, PT, P2, XP2Y"),
    ],
)
def test_days_and_spans_are_spelled_out(written: str, meant: str) -> None:
    assert dates.plainly(written) == read(written).words == read([written]).words == meant


def test_lines_stay_lines() -> None:
    assert read("one\ntwo").elements == ["bdi", "br"]
