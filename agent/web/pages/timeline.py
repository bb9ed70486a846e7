"""A timeline: everything that two sides have signed towards each other, as both of them see it.

A part of other pages: `entries` is what `_timeline.html` shows.
"""

import re
from typing import Any, Final

from agent.web.pages.page import Slice, Visit
from agent.web.pages.render import day, moment

WHEN: Final = re.compile(r"\b\d{4}-\d\d-\d\d(?:(?:T\d\d:\d\d:\d\dZ)|(?: \d\d:\d\d UTC))?(?![\w-])")


async def entries(visit: Visit, name: str) -> Slice:
    """The part that `?page=` asks for, the newest first. name: of the relationship. Raises Failed."""
    found = await visit.get("/v1/timelines", name, str(visit.part()))
    shown = [entry(each, str(found["we"])) for each in found["entries"]]
    return Slice(shown, found["part"], found["parts"], found["total"])


def entry(found: dict[str, Any], we: str) -> dict[str, Any]:
    """One statement, with days as people write them."""
    lines = [{"label": each["label"], "words": dated(each["words"])} for each in found["lines"]]
    return found | {"ours": found["by"] == we, "lines": lines}


def dated(words: str) -> str:
    """Words in which days and moments stand as people write them."""

    def said(found: re.Match[str]) -> str:
        raw = found[0].replace(" UTC", "Z").replace(" ", "T")
        return day(raw) if len(raw) == 10 or raw.endswith(("T00:00Z", "T00:00:00Z")) else moment(raw)

    return WHEN.sub(said, words)
