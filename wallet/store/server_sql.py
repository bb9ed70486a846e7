"""The subjects' SQL as PostgreSQL has it: one statement, or one that does the same for many rows at once.

Subjects are written in the SQL that SQLite and PostgreSQL share, with named parameters. The few words in which they
differ are replaced here, once for each text. What is asked for many rows at a time becomes a join with the rows of the
parameters: one round trip, one plan, whatever their number.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_PARAMETER: Final = re.compile(r"(?<![:\w]):([a-z_]\w*)")
_WORDS: Final = (
    (re.compile(r"x'([0-9a-f]*)'"), r"'\\x\1'::bytea"),
    (re.compile(r" INDEXED BY \w+"), ""),  # the planner here has no such hint, and needs none
    (re.compile(r"(?<= )\+(?=[a-z])"), ""),  # SQLite's way to leave an index alone
    (re.compile(r"\bBLOB\b"), "BYTEA"),
    (re.compile(r" WITHOUT ROWID"), ""),
    (re.compile(r"ON CONFLICT \(name\)"), "ON CONFLICT (tenant, name)"),  # table meta, of which each tenant has its own
)
_PLACE: Final = re.compile(r"\$(\d+)")
_TABLE: Final = re.compile(r"\b(?:INSERT INTO|UPDATE(?! SET)|FROM|JOIN) (\w+)")
_INSERT: Final = re.compile(r"(INSERT INTO \w+ \(([^)]*)\)) VALUES \(([^()]*)\)( ON CONFLICT \(([^)]*)\).*)?")
_UPDATE: Final = re.compile(r"(UPDATE \w+ SET .*?)( WHERE .*)")
_DELETE: Final = re.compile(r"(DELETE FROM \w+)( WHERE .*)")


@dataclass(frozen=True, slots=True)
class Statement:
    """sql: with $1, $2 ... for the parameters, which are named in this order."""

    sql: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bulk:
    """A statement for many rows: $1, $2 ... are arrays, one for each name.

    key: names of the parameters by which the rows that were written are told from those that were not; with it the
    answer is these keys, else the number of each row that was found or written, with what was found. once: rows with
    equal keys have to go into statements of their own.
    """

    sql: str
    names: tuple[str, ...]
    answers: str = ""
    key: tuple[str, ...] = ()
    once: bool = False


@lru_cache(maxsize=4096)
def translated(sql: str) -> Statement:
    """A subject's statement."""
    for pattern, word in _WORDS:
        sql = pattern.sub(word, sql)
    names = tuple(dict.fromkeys(_PARAMETER.findall(sql)))
    places = {name: f"${place}" for place, name in enumerate(names, 1)}
    return Statement(_PARAMETER.sub(lambda found: places[found[1]], sql), names)


def bulk(sql: str, types: tuple[str, ...]) -> Bulk | None:
    """The same for many rows, or None if it has no such form. types: of its parameters, in their order."""
    names = translated(sql).names
    if not names or any(each.endswith("[]") for each in types):
        return None
    for pattern, word in _WORDS:
        sql = pattern.sub(word, sql)
    sql = _PARAMETER.sub(r"v.p_\1", sql)
    arrays = ", ".join(f"${place}::{each}[]" for place, each in enumerate(types, 1))
    columns = ", ".join((*(f"p_{name}" for name in names), "nth"))
    rows = f"unnest({arrays}) WITH ORDINALITY AS v ({columns})"
    if found := _INSERT.fullmatch(sql):
        return _insert(found, rows, names)
    # So the planner takes them for few, and finds each row by its name: what it has not counted yet it takes for fewer
    # rows than an array has, and would go past all that the tenant has in the table.
    few = f"(SELECT * FROM {rows} LIMIT cardinality($1)) AS v"
    if found := _UPDATE.fullmatch(sql):
        return Bulk(f"{found[1]} FROM {few}{found[2]}", names, " RETURNING v.nth")
    if found := _DELETE.fullmatch(sql):
        return Bulk(f"{found[1]} USING {few}{found[2]}", names, " RETURNING v.nth")
    if sql.startswith("SELECT "):
        return Bulk(f"SELECT v.nth, found.* FROM {rows} CROSS JOIN LATERAL ({sql}) AS found", names)
    return None


@lru_cache(maxsize=1024)
def together(forms: tuple[tuple[Bulk, bool], ...]) -> str:
    """Statements for many rows as one, each on a table of its own; each one's parameters come after the former's.

    With each: whether it is asked how many rows it wrote or found. The answer is one row of these numbers.
    """
    if len(forms) == 1 and not forms[0][1]:
        return forms[0][0].sql
    parts, numbers, before = [], [], 0
    for place, (form, asked) in enumerate(forms):
        sql = form.sql + form.answers if asked else form.sql
        parts.append(f"part{place} AS ({_moved(sql, before)})")
        numbers += [f"(SELECT count(*) FROM part{place})"] if asked else []
        before += len(form.names)
    return f"WITH {', '.join(parts)} SELECT {', '.join(numbers)}"


def _moved(sql: str, by: int) -> str:
    return _PLACE.sub(lambda found: f"${int(found[1]) + by}", sql)


@lru_cache(maxsize=1024)
def tables_of(sql: str) -> frozenset[str]:
    """The tables that a subject's statement writes to, or reads."""
    return frozenset(_TABLE.findall(sql))


def _insert(found: re.Match[str], rows: str, names: tuple[str, ...]) -> Bulk | None:
    head, columns, values, conflict, target = found.groups()
    sql = f"{head} SELECT {values} FROM {rows} ORDER BY v.nth{conflict or ''}"
    if conflict is None:
        return Bulk(sql, names)
    made = dict(zip(columns.split(", "), values.split(", "), strict=True))
    key = tuple(made.get(each, "").removeprefix("v.p_") for each in target.split(", ") if each != "tenant")
    if not set(key) <= set(names):
        return None
    return Bulk(sql, names, f" RETURNING {target.removeprefix('tenant, ')}", key, once=True)
