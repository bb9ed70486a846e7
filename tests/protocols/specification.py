"""The tables of docs/vrm-protocols.md, section 5, read from the page itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

PAGE = Path(__file__).parents[2] / "docs" / "vrm-protocols.md"
SECONDS = {"d": 86400, "min": 60}

Row: TypeAlias = tuple[str, str, str, str, str]  # state, who, says, marks, then


@dataclass
class Table:
    """One table: each row for each of its states, those that bind, and those after which nothing is said."""

    rows: set[Row] = field(default_factory=set)
    binding: set[str] = field(default_factory=set)
    ends: set[str] = field(default_factory=set)


@dataclass
class Family:
    """One family: its tables by name ("" if there is one), who has committed where, and who may lapse where, after how
    many seconds."""

    tables: dict[str, Table] = field(default_factory=dict)
    committed: set[tuple[str, str]] = field(default_factory=set)
    lapses: set[tuple[str, str, int]] = field(default_factory=set)


def families() -> dict[str, Family]:
    """Every family that the page specifies, by its identifier."""
    sections = re.split(r"^### 5\.\d+ ", PAGE.read_text(), flags=re.MULTILINE)[1:]
    return {text.split()[0]: family(re.split(r"^## ", text, flags=re.MULTILINE)[0]) for text in sections}


def family(text: str) -> Family:
    """One section."""
    found, name = Family(), ""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|") or cells[-1] in ("meaning", "---"):
            continue
        name = cells[0] or name if len(cells) == 6 else ""
        add(found.tables.setdefault(name, Table()), *cells[-5:-1])
    [law] = re.findall(r"^Committed: (.*)$", text, re.MULTILINE)
    said, _, ends = law.partition("Ends: ")
    said, _, crossed = said.partition("Crossed: ")
    committed, _, lapses = said.partition("Lapse (to *lapsed*): ")
    found.committed = set(re.findall(r"\*([\w-]+)\* \((\w+)\)", committed))
    found.lapses = {
        (state, who, int(count) * SECONDS[unit])
        for state, who, count, unit in re.findall(r"\*([\w-]+)\* \((\w+), (\d+) (d|min)\)", lapses)
    }
    for name, part in parts(crossed, found):
        for states, who, says, then in re.findall(r"in \*([^*]+)\* (\w+) (`.*?) → ([\w-]+)", part):
            for each in re.findall(r"`[\w-]+`(?:\(\w+\))?", says):
                rows(found.tables[name], states, who, each, then, crossed=True)
    for name, part in parts(ends, found):
        found.tables[name].ends = set(re.findall(r"[a-z-]+", part)) - {"lapsed"}
    return found


def parts(text: str, found: Family) -> Iterator[tuple[str, str]]:
    """What is said of each table: `name: text; name: text.`, or of the only one."""
    for each in text.strip(" .").split("; ") if text else ():
        name, colon, rest = each.partition(": ")
        yield (name, rest) if colon else (next(iter(found.tables)), each)


def add(table: Table, states: str, who: str, says: str, then: str) -> None:
    """A line of a table."""
    table.binding |= {*re.findall(r"\*\*([\w-]+)\*\*", f"{states} {then}")}
    rows(table, states, who, says, then)


def rows(table: Table, states: str, who: str, says: str, then: str, *, crossed: bool = False) -> None:
    """What a line says, for each state it names."""
    name = re.sub(r"[`\s●⏱]", "", says)
    for state in re.findall(r"[\w-]+", states):
        after = re.sub(r"\*", "", then)
        marks = "●" * ("●" in says) + "⏱" * ("⏱" in says) + "crossed" * crossed
        table.rows.add((state, who, name, marks, state if after == "same" else after))
