"""Command: crm. The mini-CRM, read and written as the file that it is: no wallet is opened, and no agent asked.

A value is shown for a use, and only if one of its Labels allows that use now.
"""

import csv
import os
import sqlite3
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from agent import wording
from agent.agreements import purposes
from agent.bridges import Saying, crm_file, minicrm
from agent.cli import crm_page
from agent.cli.exits import DONE, MISUSED, Stopped
from agent.cli.fields import fields
from agent.cli.plain import plain
from agent.cli.words import count, pairs, short, show, table, when
from wallet.credentials.vcdm import timestamp

EXPORTED: Final = {
    "customers": "SELECT party, since, ended, rules, terms FROM party ORDER BY since, party",
    "values": "SELECT party, ptr, value, purpose, expires, record FROM contact JOIN label USING (party, ptr)"
    " ORDER BY party, ptr, purpose",
    "leads": "SELECT * FROM lead ORDER BY since, thread",
    "orders": 'SELECT * FROM "order" ORDER BY since, thread',
    "cases": 'SELECT * FROM "case" ORDER BY opened, thread',
    "counters": "SELECT name, count FROM counter ORDER BY name",
}
"""Files of an export, and what is in them: no value without what it is for and until when."""
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would carry out

Row = dict[str, Any]


def crm(options: Namespace) -> int:
    """Look into it, or say something to somebody."""
    path = Path(options.home) / crm_file.FILE
    if not path.exists():
        raise Stopped(f"there is no mini-CRM in {options.home}", "Have one: freerange bridge add minicrm", MISUSED)
    with opened(path) as file:
        return ACTIONS[options.action or "overview"](options, file)


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The file. Raises Stopped."""
    try:
        with crm_file.opened(path) as file:
            yield file
    except (sqlite3.Error, OSError) as fault:
        raise Stopped(f"the mini-CRM cannot be used: {fault}", "Try again; nothing was changed.") from fault


def rows(file: sqlite3.Connection, sql: str, *values: object) -> list[Row]:
    """What a query finds."""
    return [dict(row) for row in file.execute(sql, values)]


def overview(options: Namespace, file: sqlite3.Connection) -> int:
    """All customers, with how much there is of each."""
    found = rows(
        file,
        "SELECT party, since, ended, (SELECT count(*) FROM contact WHERE contact.party = party.party) AS told,"
        " (SELECT count(*) FROM lead WHERE lead.party = party.party) AS wants,"
        ' (SELECT count(*) FROM "order" AS o WHERE o.party = party.party) AS orders,'
        " (SELECT count(*) FROM \"case\" AS c WHERE c.party = party.party AND c.state = 'open') AS cases"
        " FROM party WHERE met != '' OR told OR orders OR cases ORDER BY since, party",
    )

    def lines(found: list[Row]) -> Iterator[str]:
        if not found:
            yield "There is nobody yet. Show your invitation: freerange invite"
            return
        head = ("CUSTOMER", "SINCE", "TOLD YOU", "WANTS", "ORDERS", "OPEN CASES", "NOTE")
        yield from table([head, *((*line(each), "left" if each["ended"] else "") for each in found)])

    return show(options, msgspec.json.encode(found), list[Row], lines)


def line(each: Row) -> tuple[object, ...]:
    """One customer, as a row."""
    return (
        each["party"],
        when(each["since"]),
        count(each["told"], "value"),
        each["wants"],
        each["orders"],
        each["cases"],
    )


def one(file: sqlite3.Connection, typed: str) -> str:
    """The customer whose id begins so. Raises Stopped."""
    found = rows(file, "SELECT party FROM party WHERE substr(party, 1, ?) = ?", len(typed), typed)
    if len(found) != 1:
        raise Stopped(
            f"{plain(typed)!r} is {'nobody' if not found else 'more than one'}", "See: freerange crm", MISUSED
        )
    return str(found[0]["party"])


def allowed(each: Row, purpose: str) -> bool:
    """Whether a Label allows a use now."""
    return purposes.contains(each["purpose"], purpose) and each["expires"] > timestamp(int(time.time()))


def one_of(options: Namespace, file: sqlite3.Connection) -> int:
    """One customer: what there is, for what, until when; and the values, for the use that is named."""
    party = one(file, options.party)
    [about] = rows(file, "SELECT * FROM party WHERE party = ?", party)
    labels = rows(file, EXPORTED["values"].replace(" ORDER", " WHERE party = ? ORDER"), party)
    found = {
        "customer": party,
        "since": about["since"],
        "ended": about["ended"] or None,
        "rules": msgspec.json.decode(about["rules"]),
        "values": [value(each, options.purpose) for each in labels],
        "wants": rows(file, "SELECT thread, want, state, expires FROM lead WHERE party = ?", party),
        "orders": rows(file, 'SELECT thread, what, since FROM "order" WHERE party = ?', party),
        "cases": rows(file, 'SELECT thread, kind, what, state, due FROM "case" WHERE party = ?', party),
        "acts": rows(file, "SELECT at, message, state, why FROM action WHERE party = ? AND message != ''", party),
    }
    return show(options, msgspec.json.encode(found), Row, about_one)


def value(each: Row, purpose: str | None) -> Row:
    """A value with one of its Labels; the value itself only if that allows the use that is named."""
    told = {name: each[name] for name in ("ptr", "purpose", "expires", "record")}
    use = purpose is not None and allowed(each, purpose)
    return {**told, "value": msgspec.json.decode(each["value"])} if use else told


def about_one(found: Row) -> Iterator[str]:
    """One customer, in words."""
    yield f"{found['customer']}, since {when(found['since'])}" + (", left" if found["ended"] else "")
    if found["rules"]:
        yield from pairs([("her rules", rules_in_words(found["rules"]))])
    for each in found["values"]:
        what = plain(text(each["value"])) if "value" in each else "(name a use: --for PURPOSE)"
        until = f"{wording.purpose(each['purpose'])}, until {wording.day(each['expires'])}"
        yield from pairs([(wording.field(each["ptr"]), f"{what}; {until}")], size=20)
    for kind in ("wants", "orders", "cases", "acts"):
        for each in found[kind]:
            yield from pairs([(kind, "; ".join(f"{name} {plain(value)}" for name, value in each.items() if value))])


def rules_in_words(rules: Row) -> str:
    """Her house rules, shortly."""
    channels = ", ".join(f"{name}: {value}" for name, value in rules.get("channels", {}).items())
    return f"{channels}; promotion: {rules.get('promotion', 'none')}"


def text(value: object) -> str:
    """A value in one line."""
    return wording.value(value)


def find(options: Namespace, file: sqlite3.Connection) -> int:
    """Customers by a word, for a use."""
    words = crm_file.words(options.word)
    sql = (
        "SELECT DISTINCT party, ptr, value, purpose, expires FROM word JOIN contact USING (party, ptr)"
        " JOIN label USING (party, ptr) WHERE word = ? ORDER BY party, ptr"
    )
    hits = [each for word in words for each in rows(file, sql, word) if allowed(each, options.purpose)]
    found = [
        {"customer": each["party"], "ptr": each["ptr"], "value": msgspec.json.decode(each["value"])} for each in hits
    ]

    def lines(found: list[Row]) -> Iterator[str]:
        if not found:
            yield "Nobody told you that for this use."
        yield from table([(each["customer"], wording.field(each["ptr"]), text(each["value"])) for each in found])

    return show(options, msgspec.json.encode(found), list[Row], lines)


def leads(options: Namespace, file: sqlite3.Connection) -> int:
    """What is wanted."""
    found = rows(file, "SELECT thread, party, want, state, since, expires FROM lead ORDER BY since, thread")
    return listing(
        options, found, ("SINCE", "WANT", "STATE", "KEPT UNTIL", "THREAD"), want, "Nothing is wanted just now."
    )


def want(each: Row) -> tuple[object, ...]:
    """One want, as a row."""
    return when(each["since"]), wanted(each["want"]), each["state"], when(each["expires"]), short(each["thread"])


def read(text: object) -> Row:
    """What the CRM keeps of a message, as JSON; nothing if it is none."""
    try:
        found = msgspec.json.decode(str(text))
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def wanted(text: object) -> str:
    """A want in a few words."""
    demand = read(text).get("demand")
    if not isinstance(demand, dict):
        return plain(text)
    must = read(text).get("must")
    return "; ".join([wording.demand(demand), *([f"it must: {wording.value(must)}"] if must else [])])


def gist(text: object) -> str:
    """A case in a few words: what it says beside the receipt and what is empty."""
    found = {name: each for name, each in read(text).items() if name != "receipt" and each not in (None, "", [], {})}
    return "; ".join(f"{name.replace('_', ' ')}: {wording.value(each)}" for name, each in found.items()) or plain(text)


def cases(options: Namespace, file: sqlite3.Connection) -> int:
    """What is to be seen to."""
    sql = (
        "SELECT thread, party, kind, what, state, opened, due, attachments FROM \"case\" WHERE state = 'open'"
        " ORDER BY due = '', due, opened, thread"
    )
    return listing(
        options, rows(file, sql), ("DUE", "KIND", "CUSTOMER", "WHAT", "THREAD"), case, "There is nothing to do."
    )


def case(each: Row) -> tuple[object, ...]:
    """One case, as a row."""
    return each["due"] or "-", each["kind"], each["party"], gist(each["what"]), short(each["thread"])


def counters(options: Namespace, file: sqlite3.Connection) -> int:
    """Counts, which are about nobody."""
    found = {each["name"]: each["count"] for each in rows(file, EXPORTED["counters"])}

    def lines(found: dict[str, int]) -> Iterator[str]:
        yield from table(found.items()) if found else ["Nothing has been counted yet."]

    return show(options, msgspec.json.encode(found), dict[str, int], lines)


def listing(
    options: Namespace, found: list[Row], head: tuple[str, ...], row: Callable[[Row], tuple[object, ...]], none: str
) -> int:
    """A table, or that there is nothing in it."""

    def lines(found: list[Row]) -> Iterator[str]:
        yield from table([head, *map(row, found)]) if found else [none]

    return show(options, msgspec.json.encode(found), list[Row], lines)


def export(options: Namespace, file: sqlite3.Connection) -> int:
    """Every table as CSV, for another program; readable by nobody else."""
    folder = Path(options.folder)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=False)
    except OSError as fault:
        raise Stopped(
            f"{folder}: {fault.strerror}; nothing was written", "Name a folder that is not there.", MISUSED
        ) from fault
    for name, sql in EXPORTED.items():
        cursor = file.execute(sql)
        opener = os.open(folder / f"{name}.csv", os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
        with open(opener, "w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow([each[0] for each in cursor.description])
            writer.writerows([harmless(cell) for cell in row] for row in cursor)
    print(f"Wrote {', '.join(EXPORTED)} to {folder}. Every value stands beside what it is for and until when.")
    return DONE


def page(options: Namespace, file: sqlite3.Connection) -> int:
    """Everything that may be used for a purpose, as a page for a browser; readable by nobody else."""
    tables = {name: rows(file, sql) for name, sql in EXPORTED.items()}
    tables["values"] = [each for each in tables["values"] if allowed(each, options.purpose)]
    try:
        opener = os.open(options.file, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
    except OSError as fault:
        raise Stopped(
            f"{options.file}: {fault.strerror}; nothing was written", "Name another file.", MISUSED
        ) from fault
    with open(opener, "w", encoding="utf-8") as out:
        out.write(crm_page.page(tables, timestamp(int(time.time())), options.purpose))
    print(f"Wrote {plain(options.file)}. It is as old as it says; throw it away when you have read it.")
    return DONE


def harmless(cell: object) -> object:
    """A cell that no spreadsheet takes for a formula: what people write is data."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def say(options: Namespace, file: sqlite3.Connection) -> int:
    """Say something to a customer."""
    party = one(file, options.party)
    saying = Saying(
        "", party, options.message, fields(options.field), options.thread, "" if options.thread else options.family
    )
    key = minicrm.act(file, saying, int(time.time()))

    def lines(found: Row) -> Iterator[str]:
        yield f"The agent says it as soon as it runs. What came of it: freerange crm show {found['customer']}"

    return show(options, msgspec.json.encode({"customer": party, "act": key}), Row, lines)


ACTIONS: Final[dict[str, Callable[[Namespace, sqlite3.Connection], int]]] = {
    "overview": overview,
    "show": one_of,
    "find": find,
    "leads": leads,
    "cases": cases,
    "counters": counters,
    "export": export,
    "page": page,
    "say": say,
}
