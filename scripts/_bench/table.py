"""Runs the parts of the bench, and shows what they found to people or to programs."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from time import monotonic
from typing import Any, TextIO

from scripts._bench import compare, machine, runs
from scripts._bench.measure import FULL, TINY, Effort, Figure
from scripts._bench.parts import PARTS, Part, chosen


def main(about: str, words: Sequence[str] | None = None) -> int:
    """Measure and print. words: of the command line; None for those of this process. With --json, the table goes to
    standard error, so that it is seen how far it has come.

    Returns 1 with --strict if a figure is over its bound, with --fail-worse if one is worse.
    """
    options = arguments(about, words)
    if options.list:
        print("\n".join(f"{each.name:<20} {each.about}" for each in PARTS))
        return 0
    earlier = options.earlier
    effort = replace(TINY if options.tiny else FULL, deep=options.deep)
    made_on, where = machine.describe(effort), sys.stderr if options.json else sys.stdout
    print("  ".join(f"{name} {value}" for name, value in made_on.items()), end="\n\n", file=where)
    began, found = monotonic(), list[Figure]()
    for figure in measured(chosen(options.only), effort):
        found.append(figure)
        print(row(figure), file=where, flush=True)
    spent = monotonic() - began
    made = report(made_on, spent, found)
    compared = list(compare.differences(earlier["figures"], made["figures"])) if earlier else []
    over = [figure for figure in found if figure.ok is False]
    if options.json:
        print(json.dumps(made, indent=1))
    print(f"\n{len(found)} figures, {len(over)} over their bound, in {spent:.0f} s", file=where)
    if earlier:
        tell(earlier["machine"], made_on, compared, compare.alone(earlier["figures"], made["figures"]), where)
    worse = compare.failing(compared, options.fail_worse) if options.fail_worse is not None else []
    return 1 if worse or (over and options.strict) else 0


def arguments(about: str, words: Sequence[str] | None) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object; the table goes to standard error")
    parser.add_argument("--list", action="store_true", help="which parts there are; nothing is measured")
    parser.add_argument("--only", metavar="WORD", default="", help="only the part of this name, or those with it in it")
    parser.add_argument("--tiny", action="store_true", help="only see that everything runs; the figures mean nothing")
    parser.add_argument("--deep", action="store_true", help="also with 100,000 relationships, and four workers")
    parser.add_argument("--strict", action="store_true", help="exit 1 if a figure is over its bound")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="show what changed since FILE, an earlier --json")
    parser.add_argument(
        "--fail-worse",
        type=float,
        metavar="PERCENT",
        help="with --compare: exit 1 if a figure is worse by more than that, and beyond the spread of both runs",
    )
    options = parser.parse_args(words)
    if options.fail_worse is not None and not options.compare:
        parser.error("--fail-worse needs --compare FILE")
    if not chosen(options.only):
        parser.error(f'no part has "{options.only}" in its name; --list shows them')
    try:
        options.earlier = runs.read(options.compare) if options.compare else None
    except ValueError as fault:
        parser.error(str(fault))
    return options


def measured(parts: Sequence[Part], effort: Effort) -> Iterator[Figure]:
    """The figures of these parts, one after another."""
    for part in parts:
        for figure in part.figures(effort):
            yield replace(figure, part=part.name)


def report(made_on: Mapping[str, str], seconds: float, found: Sequence[Figure]) -> dict[str, Any]:
    """A run as it is stored. load after: how busy the machine was at its end, and how much of that was ours is open."""
    rows = [{**asdict(each), "spread": each.spread, "ok": each.ok} for each in found]
    return {"machine": {**made_on, "load after": machine.load()}, "seconds": round(seconds, 1), "figures": rows}


def tell(
    before: Mapping[str, str],
    now: Mapping[str, str],
    found: Sequence[compare.Difference],
    alone: Sequence[str],
    where: TextIO,
) -> None:
    """Show what changed. before, now: the machines; alone: what one of the runs alone has measured."""
    print("\nAgainst the earlier run:", file=where)
    for each in compare.other_machine(before, now):
        print(f"  not the same: {each}", file=where)
    for difference in found:
        print(f"  {compare.line(difference)}", file=where)
    for name in alone:
        print(f"  measured in one of the two alone: {name}", file=where)


def row(figure: Figure) -> str:
    """One line of the table."""
    bound = f"{'<=' if figure.most else '>='} {figure.bound:g} {figure.unit}" if figure.bound is not None else ""
    if figure.median is None:
        return f"{figure.name:<62} {'not measured':>20}  {bound:>12}  {figure.note}"
    verdict = {True: "ok", False: "OVER", None: ""}[figure.ok]
    value, times = f"{figure.median:.2f} {figure.unit}", f"n {figure.times}"
    said = f"{figure.name:<62} {value:>13} {f'±{figure.spread:.0%}':>6} {times:>5}  {bound:>12}  {verdict:<4}"
    return f"{said}  {figure.note}".rstrip()


if __name__ == "__main__":
    sys.exit(main(""))
