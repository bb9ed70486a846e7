"""What may be told to a person, by her rules and by the hour."""

import pytest

from agent.house_rules import HouseRules, stated
from agent.notice_rules import Member, against, in_utc, quiet_now
from protocols.vrm.relationship import Notice, Rules

NOON = 1_800_014_400  # 2027-01-15T12:00:00Z, a Friday in winter
SUMMER = 1_815_000_000
SALE = Notice("promotion", "Everything is cheaper.", topic="sale")
SERVICE = Notice("service", "We move.")
RECALL = Notice("recall", "Stop using the charger.", topic="sale")
ANY = Rules(1, channels={}, promotion="any")


@pytest.mark.parametrize(
    ("rules", "notice", "words"),
    [
        (None, SERVICE, ""),
        (None, SALE, "has not said"),
        (ANY, SALE, ""),
        (Rules(1, channels={}, promotion="none"), SALE, "no advertising"),
        (Rules(1, channels={}, promotion="asked"), SALE, "only for topics"),
        (Rules(1, channels={}, promotion="asked", topics={"allow": ("sale",)}), SALE, ""),
        (Rules(1, channels={}, promotion="any", topics={"deny": ("sale",)}), SALE, "to hear of sale"),
        (Rules(1, channels={"agent": "service-only"}, promotion="any"), SALE, "services only"),
        (Rules(1, channels={"agent": "service-only"}, promotion="any"), SERVICE, ""),
        (Rules(1, channels={"agent": "never"}, promotion="any"), SERVICE, "nothing by her agent"),
        (Rules(1, channels={}, promotion="any", paused=True), SERVICE, "nothing for now"),
        (Rules(1, channels={}, promotion="any", max_per_week=2), SERVICE, "told 2 things"),
        (Rules(1, channels={}, promotion="any", quiet={"from": "11:00", "to": "13:00"}), SERVICE, "hours in which"),
        (Rules(1, channels={"agent": "never"}, promotion="none", paused=True, max_per_week=0), RECALL, ""),
    ],
)
def test_a_rule_that_forbids_it_is_named(rules: Rules | None, notice: Notice, words: str) -> None:
    found = against(rules, notice, now=NOON, this_week=2)

    assert bool(found) == bool(words)
    assert words in found


@pytest.mark.parametrize(
    ("since", "until", "zone", "quiet"),
    [
        ("22:00", "07:00", None, False),
        ("11:59", "12:01", None, True),
        ("12:00", "12:00", None, False),
        ("22:00", "13:00", None, True),
        ("20:30", "21:30", "Asia/Tokyo", True),  # 21:00 there
        ("11:00", "13:00", "Nowhere/AtAll", True),
        ("", "", None, False),
    ],
)
def test_hours_may_be_on_two_days_and_anywhere(since: str, until: str, zone: str | None, quiet: bool) -> None:
    assert quiet_now(since, until, zone, NOON) is quiet


def test_hours_are_told_in_utc_and_mean_the_same_on_that_day() -> None:
    hers: dict[Member, str] = {"from": "22:00", "to": "07:00", "zone": "Europe/Athens"}

    assert in_utc(hers, NOON) == {"from": "20:00", "to": "05:00", "zone": "UTC"}
    assert in_utc(hers, SUMMER) == {"from": "19:00", "to": "04:00", "zone": "UTC"}
    assert in_utc({"from": "late", "to": "07:00"}, NOON) == {"from": "late", "to": "07:00", "zone": "UTC"}
    said = stated(HouseRules(version=3, quiet={"from": "22:00", "to": "07:00", "zone": "Europe/Athens"}), NOON)
    assert "Athens" not in str(said)
