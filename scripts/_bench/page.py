"""docs/performance.md as text, from a stored run and nothing else."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from scripts._bench import page_words as words

Run = Mapping[str, Any]  # as `scripts/bench --json` writes it
Row = Mapping[str, Any]

WHOLE, GROWTH = "whole", "growth"
IN_PLOTS = (WHOLE, GROWTH)


def page(run: Run) -> str:
    """The whole page."""
    parts = (
        words.HEAD,
        machine(run),
        words.AGAINST,
        table(("", "ACA-Py", "here", "n", "ratio", "what is counted here"), against(run), right=(2, 3, 4)),
        words.LOAD,
        table(("operation", "in flight", *words.LOAD_COLUMNS), loads(run)),
        words.LOAD_PLOTS,
        words.GROWTH,
        table(("operation", "stored", *words.GROWTH_COLUMNS), growths(run)),
        words.GROWTH_PLOT,
        words.OTHERS,
        table(("part", "figure", "median", "quartiles", "n", "bound", ""), others(run), right=(2, 3, 4, 5)),
        words.REPEAT,
        words.LIMITS,
    )
    return "\n".join(parts)


def machine(run: Run) -> str:
    """What it was measured on, and whether others used it meanwhile."""
    said = run["machine"]
    lines = [f"- {words.NAMES.get(name, name)}: {value}" for name, value in said.items()]
    lines.append(f"- the run took {run['seconds'] / 60:.0f} minutes")
    if float(said["load"]) >= words.BUSY:
        lines += ["", words.WHILE_BUSY.format(load=said["load"], cores=said["cores"])]
    return "\n".join((words.MACHINE, "", *lines, ""))


def table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] | None = None) -> str:
    """A table in Markdown. right: columns of numbers; None: all but the first."""
    numbers = range(1, len(head)) if right is None else right
    rule = ["---:" if place in numbers else "---" for place in range(len(head))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows)) + "\n"


def rows_of(run: Run, part: str) -> dict[tuple[str, str, int], Row]:
    """The figures of a plot: by operation, measure, and how many were in flight or stored."""
    axis = "in flight" if part == WHOLE else "stored"
    measured = (row for row in run["figures"] if row["part"] == part and row["median"] is not None)
    return {(row["at"]["operation"], row["at"]["measure"], row["at"][axis]): row for row in measured}


def steps(found: Mapping[tuple[str, str, int], Row]) -> list[tuple[str, int]]:
    """Operations, each with how many were in flight or stored, in the order in which they were measured first."""
    operations = dict.fromkeys(operation for operation, _, _ in found)
    numbers = dict.fromkeys(number for _, _, number in found)
    return [(operation, number) for operation in operations for number in numbers]


def against(run: Run) -> Iterator[tuple[str, ...]]:
    """What is said of ACA-Py beside what was measured here."""
    known = {row["name"]: row for row in run["figures"]}
    for what, low, high, unit, name, counted in words.THEIRS:
        theirs = f"{number(low)} to {number(high)} {unit}" if high != low else f"{number(low)} {unit}"
        row = known.get(name)
        if row is None or row["median"] is None:
            yield what, theirs, "not measured", "", "", counted
            continue
        ratio = (
            f"{low / row['median']:.1f} to {high / row['median']:.1f}" if high != low else f"{low / row['median']:.1f}"
        )
        yield what, theirs, f"{number(row['median'])} {row['unit']}", str(row["times"]), f"{ratio} x", counted


def loads(run: Run) -> Iterator[tuple[str, ...]]:
    """Every operation by how many were in flight."""
    found = rows_of(run, WHOLE)
    for operation, in_flight in steps(found):
        cells = [ranged(found.get((operation, each, in_flight))) for each in words.LOAD_MEASURES]
        yield operation, f"{in_flight}", *cells


def growths(run: Run) -> Iterator[tuple[str, ...]]:
    """Every operation by how many relationships the vendor has."""
    found = rows_of(run, GROWTH)
    for operation, stored in steps(found):
        cells = [ranged(found.get((operation, each, stored))) for each in words.GROWTH_MEASURES]
        yield operation, f"{stored:,}", *cells


def others(run: Run) -> Iterator[tuple[str, ...]]:
    """All that stands in no plot."""
    for row in run["figures"]:
        if row["part"] in IN_PLOTS:
            continue
        bound = f"{'≤' if row['most'] else '≥'} {row['bound']:g} {row['unit']}" if row["bound"] is not None else ""
        if row["median"] is None:
            yield row["part"], row["name"], "not measured", "", "", bound, row["note"]
            continue
        value, wavers = f"{number(row['median'])} {row['unit']}", quartiles(row)
        verdict = {True: "", False: "**over**", None: ""}[row["ok"]]
        said = "; ".join(each for each in (verdict, row["note"]) if each)
        yield row["part"], row["name"], value, wavers, str(row["times"]), bound, said


def ranged(row: Row | None) -> str:
    """A median with its quartiles, if there are enough repetitions for them."""
    if row is None:
        return ""
    wavers = quartiles(row)
    return f"{number(row['median'])} <small>({wavers})</small>" if wavers else number(row["median"])


def quartiles(row: Row) -> str:
    """From the first quartile to the third; nothing if it was measured once."""
    return f"{number(row['low'])} – {number(row['high'])}" if row["times"] > 1 else ""


def number(value: float) -> str:
    """Three digits that count."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
