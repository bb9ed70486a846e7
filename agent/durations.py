"""ISO 8601 durations, counted from a moment."""

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta

DAY = 86400

_DURATION = re.compile(
    r"P(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})W)?(?:(\d{1,6})D)?"
    r"(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?"
)


def end_of(since: int, lasts: str) -> int:
    """When what began at `since` and lasts so long is over. Unix seconds; 0 if that is never, or after the year 9999.

    What lasts a day or longer ends at midnight (UTC), so that two who began a moment apart end together.
    """
    found = _DURATION.fullmatch(lasts)
    if found is None:
        return 0
    years, months, weeks, days, hours, minutes, seconds = (int(each or 0) for each in found.groups())
    begun = datetime.fromtimestamp(since, UTC)
    year, month = divmod(begun.year * 12 + begun.month - 1 + years * 12 + months, 12)
    try:
        day = min(begun.day, monthrange(year, month + 1)[1])
        length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
        end = int((begun.replace(year=year, month=month + 1, day=day) + length).timestamp())
    except (ValueError, OverflowError):
        return 0
    return end - end % DAY if end - since >= DAY else end
