"""When another side wants to be asked again, within reason."""

import pytest

from agent.transports.retry import retry_after

NOW = 1_800_000_000  # Fri, 15 Jan 2027 08:00:00 GMT


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("5", 5),
        ("0", 1),
        (" 120 ", 120),
        ("21600", 21600),
        ("315360000", 21600),  # ten years
        ("9" * 5000, 21600),
        ("Fri, 15 Jan 2027 08:01:30 GMT", 90),
        ("Friday, 15-Jan-27 08:01:30 GMT", 90),
        ("Fri, 15 Jan 2027 07:00:00 GMT", 1),
        ("Thu, 15 Jan 2037 08:00:00 GMT", 21600),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("Fri, 99 Jan 2027 08:01:30 GMT", None),
        ("Fri, 15 Jan 9999999 08:01:30 GMT", None),
    ],
)
def test_what_is_asked_for_is_honoured_between_a_second_and_six_hours(said: str, seconds: int | None) -> None:
    """HT-14."""
    assert retry_after({"Retry-After": said}, NOW) == seconds


def test_who_says_nothing_asks_for_nothing() -> None:
    assert retry_after({}) is None
