"""Runs all figures, and shows them to people or to programs."""

import argparse
import json
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import monotonic

from scripts._bench import (
    agents,
    envelopes,
    fanout,
    mediated,
    mediator,
    pages,
    process,
    proofs,
    receive,
    sd_jwt,
    sockets,
    store,
)
from scripts._bench.measure import FULL, TINY, Effort, Figure, Y, side_by_side

FIGURES: tuple[Callable[[Effort], Iterator[Figure]], ...] = (
    envelopes.figures,
    proofs.figures,
    sd_jwt.figures,
    store.figures,
    receive.figures,
    sockets.figures,
    agents.figures,
    mediated.figures,
    mediator.figures,
    fanout.figures,
    pages.figures,
    process.help_figures,
    process.serve_figures,
)


def main(about: str) -> int:
    """Measure and print. Returns 0 whatever the figures are; 1 with --strict if one is over its bound."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--tiny", action="store_true", help="only see that everything runs; the figures mean nothing")
    parser.add_argument("--only", metavar="WORD", default="", help="only figures made in modules whose name has WORD")
    parser.add_argument("--strict", action="store_true", help="exit 1 if a figure is over its bound")
    options = parser.parse_args()
    effort = TINY if options.tiny else FULL
    machine = describe(effort)
    chosen = [each for each in FIGURES if options.only in f"{each.__module__}.{each.__name__}"]
    if not options.json:
        print("  ".join(f"{name} {value}" for name, value in machine.items()), end="\n\n")
    began = monotonic()
    found: list[Figure] = []
    for measure in chosen:
        for figure in measure(effort):
            found.append(figure)
            if not options.json:
                print(row(figure), flush=True)
    if options.json:
        rows = [{**asdict(figure), "ok": figure.ok} for figure in found]
        print(json.dumps({"machine": machine, "seconds": round(monotonic() - began, 1), "figures": rows}, indent=1))
    over = [figure for figure in found if figure.ok is False]
    if not options.json:
        print(f"\n{len(found)} figures, {len(over)} over their bound, in {monotonic() - began:.0f} s")
    return 1 if over and options.strict else 0


def row(figure: Figure) -> str:
    """One line of the table."""
    bound = f"{'<=' if figure.most else '>='} {figure.bound:g} {figure.unit}"
    if figure.median is None:
        return f"{figure.name:<52} {'not measured':>20}  {bound:>12}  {figure.note}"
    value = f"{figure.median:.2f} {figure.unit}"
    return (
        f"{figure.name:<52} {value:>11} {f'±{figure.spread:.0%}':>8}  {bound:>12}  "
        f"{'ok' if figure.ok else 'OVER'}{'  ' + figure.note if figure.note else ''}"
    )


def describe(effort: Effort) -> dict[str, str]:
    """The machine and the versions that matter."""
    [yardstick] = side_by_side(effort, Y)
    versions = {name: version(name) for name in ("cryptography", "PyNaCl", "msgspec", "aiohttp")}
    return {
        "cpu": cpu_model(),
        "python": platform.python_version(),
        **versions,
        "Y": f"{median(yardstick.seconds) * 1e6:.1f} us",
    }


def cpu_model() -> str:
    """What the processor calls itself, where the system tells."""
    table = Path("/proc/cpuinfo")
    lines = table.read_text().splitlines() if table.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()} x{len(names) or 1}"


if __name__ == "__main__":
    sys.exit(main(""))
