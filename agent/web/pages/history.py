"""History: exactly what left, when, and to whom; to be looked through, kept as a file, and printed."""

import asyncio
import csv
from collections.abc import AsyncIterator
from io import StringIO
from typing import Any, Final

from agent.web.pages.page import PAGE_SIZE, File, Page, Shown, Visit
from agent.web.pages.relationships import decorated
from agent.web.pages.render import day
from agent.web.pages.timeline import dated
from agent.web.routes import quoted
from wallet.credentials.vcdm import timestamp

KINDS: Final = (
    ("", "Everything"),
    ("values", "What I told of myself"),
    ("cards", "Cards I showed"),
    ("written", "What I wrote"),
    ("signed", "What I signed"),
    ("other", "The rest"),
)
AT_ONCE: Final = 250  # messages that are read for a table before others are served
COLUMNS: Final = ("when", "to", "proved domain or sign", "what", "told of me", "what for", "until", "says", "signed")
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # by which a cell of a spreadsheet would be computed


async def asked(visit: Visit) -> dict[str, Any]:
    """What is looked for: who is meant, and the kind and month, as far as they were named well."""
    who, kind, month = (visit.query.get(name, "").strip() for name in ("who", "kind", "month"))
    start = visit.query.get("start", "0")
    return {
        "who": decorated(await visit.get("/v1/peers", who)) if who else None,
        "kind": kind if kind in dict(KINDS) else "",
        "month": month,
        "start": int(start) if start.isascii() and start.isdecimal() and len(start) < 12 else 0,
    }


async def found(visit: Visit, wanted: dict[str, Any], start: int, most: int = PAGE_SIZE) -> Any:
    """A part of it."""
    peer = wanted["who"]["peer"] if wanted["who"] else ""
    asked = {"peer": peer, "kind": wanted["kind"], "month": wanted["month"]}
    return await visit.post("/v1/history", **asked, start=start, most=most)


async def history(visit: Visit) -> Shown:
    """A part of what left, the newest first."""
    wanted = await asked(visit)
    part = await found(visit, wanted, wanted["start"])
    named = {"who": wanted["who"]["fingerprint"] if wanted["who"] else "", **{k: wanted[k] for k in ("kind", "month")}}
    query = "&".join(f"{name}={quoted(value)}" for name, value in named.items() if value)
    return Shown(
        "history",
        {
            "wanted": wanted,
            "items": [spelled(each) for each in part["items"]],
            "part": part,
            "kinds": KINDS,
            "months": months((await visit.get("/v1/history/first"))["first"], visit.agent.now()),
            "query": query,
            "path": f"/history?{query}",
        },
    )


def spelled(item: dict[str, Any]) -> dict[str, Any]:
    """One message that left, with days as people write them."""
    lines = [{"label": each["label"], "words": dated(each["words"])} for each in item["lines"]]
    return item | {"lines": lines, "sign": item["domain"] or item["fingerprint"]}


def months(first: str | None, now: int) -> list[tuple[str, str]]:
    """Every month since the first message, the newest first, as it is asked for and as people say it."""
    if first is None:
        return [("", "Any")]
    last, listed = timestamp(now)[:7], [("", "Any")]
    while last >= first[:7]:
        listed.append((last, day(f"{last}-01").partition(" ")[2]))
        year, month = map(int, last.split("-"))
        last = f"{year - 1}-12" if month == 1 else f"{year}-{month - 1:02}"
    return listed


# -- as a file ----------------------------------------------------------------------------------------------------


async def table(visit: Visit) -> File:
    """All of it, as a table that spreadsheets read; the mark at its beginning tells them that it is UTF-8."""
    text = StringIO()
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    async for item in every(visit):
        for row in rows_of(item):
            rows.writerow([cell(each) for each in row])
    return File("history.csv", "text/csv", text.getvalue().encode("utf-8-sig"))


async def every(visit: Visit) -> AsyncIterator[dict[str, Any]]:
    """Every message that is looked for; others are served between the parts."""
    wanted, start = await asked(visit), 0
    while start is not None:
        part = await found(visit, wanted, start, AT_ONCE)
        for each in part["items"]:
            yield each
        start = part["next"]
        await asyncio.sleep(0)


def rows_of(item: dict[str, Any]) -> list[tuple[str, ...]]:
    """A row for each value that a message carried, and one for a message that carried none."""
    head = (item["at"], item["with"], item["domain"] or item["fingerprint"], item["title"])
    says = "; ".join(f"{each['label']}: {each['words']}" for each in item["lines"])
    signed = "yes" if item["signed"] else "no"
    told = [(f"{each['what']}: {each['value']}", each["why"] or "", each["until"] or "") for each in item["values"]]
    told += [(f"{name}: {value}", "", "") for name, value in item["claims"].items()]
    return [(*head, *each, says, signed) for each in told or [("", "", "")]]


def cell(text: str) -> str:
    """A cell that no spreadsheet computes: others wrote some of it."""
    return f"'{text}" if text.startswith(FORMULA) else text


PAGES = (
    Page("GET", "/history", history, "person"),
    Page("GET", "/history.csv", table, "person"),
)
