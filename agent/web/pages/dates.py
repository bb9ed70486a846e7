"""Days, moments and spans of time as people write them, and not as programs do."""

import re
from datetime import UTC, date, datetime
from typing import Final

from agent import wording

DAY: Final = 86400
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_TIMES: Final = re.compile(
    r"(?<![\w:-])(?P<day>\d{4}-\d\d-\d\d)(?P<time>[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z| UTC|[+-]\d\d:\d\d))?(?![\w:-])"
    r"|(?<![\w:-])(?P<span>P(?=[\dT])(\d+[YMWD])*(T(\d+[HMS])+)?)(?![\w:-])"
)


def day(at: object) -> str:
    """3 March 2027. at: a timestamp or a day as it stands in messages, or Unix seconds."""
    found = _read(at)
    return f"{found.day} {found:%B %Y}" if found else str(at or "no day")


def moment(at: object) -> str:
    """3 March 2027, 14:05 UTC."""
    found = _read(at)
    return f"{found.day} {found:%B %Y, %H:%M} UTC" if found else str(at or "no time")


def left(at: object, now: int) -> str:
    """How long until then: in 12 days, today, 3 days ago."""
    found = _read(at)
    if found is None:
        return ""
    days = int(found.timestamp()) // DAY - now // DAY
    match days:
        case 0:
            return "today"
        case 1:
            return "tomorrow"
        case -1:
            return "yesterday"
    return f"in {days} days" if days > 0 else f"{-days} days ago"


def _read(at: object) -> datetime | None:
    """The moment meant; None for what is none."""
    if isinstance(at, int | float) and not isinstance(at, bool):
        return datetime.fromtimestamp(at, UTC)
    if not isinstance(at, str) or not _DAY.match(at):
        return None
    try:
        if len(at) == 10:
            return datetime.combine(date.fromisoformat(at), datetime.min.time(), UTC)
        return datetime.fromisoformat(at).astimezone(UTC)
    except ValueError:
        return None


def plainly(words: str) -> str:
    """A sentence with the days, moments and spans in it as people write them."""
    return _TIMES.sub(lambda found: _in_words(found), words)


def _in_words(found: re.Match[str]) -> str:
    if found["span"]:
        return wording.lasting(found["span"])
    if found["time"] is None:
        return day(found["day"])
    return moment(found[0].replace(" UTC", "Z").replace(" ", "T"))
