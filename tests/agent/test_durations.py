"""How long things last."""

import pytest

from agent.durations import end_of
from protocols.messages import unix


@pytest.mark.parametrize(
    ("since", "lasts", "until"),
    [
        ("2026-11-02T09:06:00Z", "P1Y", "2027-11-02T00:00:00Z"),
        ("2024-02-29T12:00:00Z", "P1Y", "2025-02-28T00:00:00Z"),
        ("2026-01-31T12:00:00Z", "P1M", "2026-02-28T00:00:00Z"),
        ("2026-12-15T12:00:00Z", "P2M10D", "2027-02-25T00:00:00Z"),
        ("2026-12-15T12:00:00Z", "P2W", "2026-12-29T00:00:00Z"),
        ("2026-12-15T12:00:00Z", "PT90M", "2026-12-15T13:30:00Z"),
    ],
)
def test_a_duration_ends_when_the_calendar_says(since: str, lasts: str, until: str) -> None:
    assert end_of(unix(since), lasts) == unix(until)


@pytest.mark.parametrize("lasts", ["P9999Y", "P95700M", "for ever", ""])
def test_what_the_calendar_cannot_hold_never_ends(lasts: str) -> None:
    assert end_of(unix("2026-12-15T12:00:00Z"), lasts) == 0
