"""The mini-CRM as one page for a browser: a file without scripts, links or anything that is fetched."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

from agent.cli.words import count

Row = dict[str, Any]
HEAD: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Customers</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>body{font:16px/1.4 sans-serif;margin:2em;max-width:70em}table{border-collapse:collapse;width:100%}
td,th{border-bottom:1px solid #ccc;padding:.3em .6em;text-align:left;vertical-align:top;overflow-wrap:anywhere}
</style></head><body>
"""
COLUMNS: Final = {
    "customers": {"party": "Customer", "since": "Since", "ended": "Left"},
    "values": {"party": "Customer", "ptr": "What", "value": "Value", "purpose": "For", "expires": "Until"},
    "leads": {"since": "Since", "want": "Wanted", "state": "State", "expires": "Kept until"},
    "orders": {"since": "Since", "party": "Customer", "what": "Ordered", "expires": "Kept until"},
    "cases": {"due": "Due", "party": "Customer", "kind": "Kind", "what": "What", "state": "State"},
    "counters": {"name": "Counted", "count": "Number"},
}
"""Tables of the page, and their columns, as they are headed."""


def page(tables: Mapping[str, Sequence[Row]], made: str, purpose: str) -> str:
    """The whole page. purpose: the use for which values are shown. All text in it is text, whatever it says."""
    return "".join((HEAD, *body(tables, made, purpose), "</body></html>\n"))


def body(tables: Mapping[str, Sequence[Row]], made: str, purpose: str) -> Iterator[str]:
    """What is on the page."""
    yield f"<h1>Customers</h1><p>As of {escape(made)}; values are those that may be used for {escape(purpose)}.</p>\n"
    for name, columns in COLUMNS.items():
        found = tables[name]
        yield f"<h2>{name.capitalize()}</h2><p>{count(len(found), 'row')}</p>\n"
        if found:
            yield f"<table><tr>{''.join(f'<th>{head}</th>' for head in columns.values())}</tr>\n"
            yield from (f"<tr>{cells(row, columns)}</tr>\n" for row in found)
            yield "</table>\n"


def cells(row: Row, columns: dict[str, str]) -> str:
    """One row."""
    return "".join(f"<td>{escape(str(row.get(name, '')))}</td>" for name in columns)
