"""Structured logs: a JSON object a line, on standard error. Counts and fixed words; no payloads, DIDs or secrets."""

import json
import logging
import sys
from typing import Final

_log: Final = logging.getLogger("freerange")


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, "fields", {})
        return json.dumps({"at": round(record.created, 3), "event": record.getMessage(), **fields})


def start(level: int = logging.INFO) -> None:
    """Write log lines to standard error from now on."""
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(_Lines())
    _log.handlers = [lines]
    _log.setLevel(level)
    _log.propagate = False


def note(event: str, **fields: str | int | float | bool) -> None:
    """Log one event. event and string fields: words of ours; what came from outside is cut to 200 characters."""
    if _log.isEnabledFor(logging.INFO):
        _log.info(event, extra={"fields": {name: _plain(value) for name, value in fields.items()}})


def _plain(value: str | int | float | bool) -> str | int | float | bool:
    if not isinstance(value, str):
        return value
    return "".join(letter if letter.isprintable() else "?" for letter in value[:200])
