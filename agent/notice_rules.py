"""What an organisation may tell a person, by the rules she has stated to it. Source: vrm-protocols 5.1.

The same for both sides: the organisation's agent does not say what they forbid, and hers refuses advertising that they
forbid. A recall, or a breach of her data, is told whatever they say. Advertising needs a rule that allows it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, time, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from protocols.vrm.relationship import Notice, Rules

ALWAYS = frozenset({"recall", "breach"})
WEEK = 7 * 86400
HOURS = "%H:%M"
Member = Literal["from", "to", "zone"]


def against(rules: Rules | None, notice: Notice, *, now: int, this_week: int) -> str:
    """The rule that forbids telling her this, in words; empty if none does.

    rules: those in force, None if she has stated none. this_week: notices that counted against her weekly number in the
    last seven days.
    """
    if notice.kind in ALWAYS:
        return ""
    if rules is None:
        return "she has not said that she wants advertising" if notice.kind == "promotion" else ""
    return unreachable(rules, notice) or unwanted(rules, notice) or untimely(rules, now, this_week)


def unreachable(rules: Rules, notice: Notice) -> str:
    """The rule by which she cannot be told it by her agent."""
    if rules.paused:
        return "she wants to hear nothing for now"
    reach = rules.channels.get("agent", "any")
    if reach == "never":
        return "she wants to hear nothing by her agent"
    if reach == "service-only" and notice.kind == "promotion":
        return "by her agent she wants to hear of services only"
    return ""


def unwanted(rules: Rules, notice: Notice) -> str:
    """The rule against what it is about. Advertising that must be asked for is asked for by its topic."""
    topics = rules.topics or {}
    if notice.topic and notice.topic in topics.get("deny", ()):
        return f"she does not want to hear of {notice.topic}"
    if notice.kind != "promotion" or rules.promotion == "any":
        return ""
    if rules.promotion == "none":
        return "she wants no advertising"
    if notice.topic and notice.topic in topics.get("allow", ()):
        return ""
    return "she wants advertising only for topics that she named"


def untimely(rules: Rules, now: int, this_week: int) -> str:
    """The rule against telling her now."""
    if rules.max_per_week is not None and this_week >= rules.max_per_week:
        return f"she has been told {this_week} things this week, and wants no more"
    if rules.quiet and quiet_now(rules.quiet.get("from", ""), rules.quiet.get("to", ""), rules.quiet.get("zone"), now):
        return "these are hours in which she wants quiet"
    return ""


def in_utc(quiet: Mapping[Member, str], now: int) -> dict[Member, str]:
    """Hours of quiet as they are in UTC on this day; hours that cannot be read stay as they are."""
    day, place = datetime.fromtimestamp(now, UTC), place_of(quiet.get("zone"))

    def moved(hour: str) -> str:
        try:
            hours = time.fromisoformat(hour)
        except ValueError:
            return hour
        return datetime.combine(day.astimezone(place).date(), hours, place).astimezone(UTC).strftime(HOURS)

    return {"from": moved(quiet.get("from", "")), "to": moved(quiet.get("to", "")), "zone": "UTC"}


def place_of(zone: str | None) -> tzinfo:
    """A time zone by its IANA name; UTC if we do not know it."""
    try:
        return ZoneInfo(zone) if zone else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def quiet_now(since: str, until: str, zone: str | None, now: int) -> bool:
    """Whether it is between two times of day (HH:MM), which may be on two days. zone: of IANA; UTC if we do not know
    it."""
    here = datetime.fromtimestamp(now, place_of(zone)).strftime(HOURS)
    if not since or not until:
        return False
    return since <= here < until if since <= until else here >= since or here < until
