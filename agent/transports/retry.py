"""When another side wants to be asked again. Source: RFC 9110, 10.2.3, "Retry-After"; case HT-14."""

from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from time import time

SOONEST, LATEST = 1, 6 * 3600  # seconds: whatever it asks for, it is asked again within these


def retry_after(headers: Mapping[str, str], now: float | None = None) -> int | None:
    """The seconds for which it asks to be left alone, within reason; None if it does not say, or not in earnest."""
    said = headers.get("Retry-After", "").strip()
    if said.isascii() and said.isdecimal():
        seconds = int(said[:12])
    else:
        try:
            at = parsedate_to_datetime(said)
            seconds = round(at.replace(tzinfo=at.tzinfo or UTC).timestamp() - (time() if now is None else now))
        except (ValueError, OverflowError):
            return None
    return max(SOONEST, min(seconds, LATEST))
