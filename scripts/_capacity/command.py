"""The command line of scripts/capacity."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from math import isfinite
from pathlib import Path

import msgspec

from scripts._capacity import page, stored
from scripts._capacity.arithmetic import Demand, Figures, Need, amount, fault, need
from scripts._capacity.served import Served, server
from scripts._capacity.served import simulate as simulate_served
from scripts._capacity.simulation import FIGURES, Report, simulate
from tests.postgresql import ABSENT, programs
from wallet.store import waiting


def number(text: str) -> float:
    """A number that can be reckoned with. Raises ValueError."""
    if not isfinite(value := float(text)):
        raise ValueError
    return value


WHAT = {
    "messages": (number, "messages that a customer sends in a day"),
    "answered": (number, "share of them that is answered by a message"),
    "peak": (number, "how much busier the busiest hour is than the mean"),
    "online": (number, "share of customers with an open WebSocket"),
    "retention": (number, "days for which messages are kept"),
    "busy": (number, "share of a core that may be in use at peak"),
    "core_hour": (number, "price of a core for an hour"),
    "gb_month": (number, "price of a GB of storage for a month"),
}


def main(about: str, words: Sequence[str] | None = None) -> int:
    """Do what was asked for. words: of the command line; None for those of this process."""
    parser, options = arguments(about, words)
    if options.simulate:
        return simulated(options)
    if options.take:
        try:
            print(f"{options.take} is now `{stored.take(options.take)}` of {stored.FILE.name}; run --page")
        except (OSError, ValueError) as fail:
            print(f"{fail}; nothing was changed", file=sys.stderr)
            return 1
        return 0
    if options.page:
        return page.write(check=options.check)
    demand = Demand(options.customers, pairwise=options.pairwise, **{name: vars(options)[name] for name in WHAT})
    if wrong := fault(demand):
        parser.error(wrong)
    try:
        by = stored.figures(stored.read(), options.figures)
    except (OSError, ValueError) as fail:
        parser.error(str(fail))
    found = need(demand, by)
    print(as_json(demand, by, found) if options.json else as_text(found))
    return 0


def arguments(about: str, words: Sequence[str] | None) -> tuple[argparse.ArgumentParser, argparse.Namespace]:
    """The parser, and what it made of the command line."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000, metavar="N", help="default: 1000000")
    for name, (kind, says) in WHAT.items():
        default = next(each.default for each in msgspec.structs.fields(Demand) if each.name == name)
        shown = "default: none, and no cost is told" if default is None else f"default: {default:g}"
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=kind, default=default, metavar="X", help=f"{says}; {shown}"
        )
    parser.add_argument("--pairwise", action="store_true", help="the vendor has a DID of its own for each customer")
    parser.add_argument("--figures", type=Path, metavar="FILE", help="a run of scripts/bench --json to reckon with")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--simulate", type=int, metavar="N", help="fill a store with N relationships and measure it")
    parser.add_argument("--store", type=Path, metavar="DIR", help="where the simulation keeps its store meanwhile")
    parser.add_argument(
        "--postgresql", action="store_true", help="simulate what a look-up finds, in a database of a server of its own"
    )
    parser.add_argument("--found", action="store_true", help="simulate only what a look-up finds")
    parser.add_argument("--side", choices=("org", "person"), default="org", help="whose wallet is simulated")
    parser.add_argument("--take", type=Path, metavar="FILE", help="keep this run in docs/capacity.json")
    parser.add_argument("--page", action="store_true", help="write docs/capacity.md")
    parser.add_argument("--check", action="store_true", help="with --page: write nothing; exit 1 if it is stale")
    options = parser.parse_args(words)
    if options.simulate is not None and options.simulate < 100:
        parser.error("--simulate needs 100 relationships or more to say anything")
    if options.postgresql and (options.simulate is None or options.side == "person"):
        parser.error("--postgresql goes with --simulate, and is of an org")
    if options.postgresql and programs() is None:
        parser.error(ABSENT)
    if options.simulate is None and (options.found or options.store or options.side == "person"):
        parser.error("--found, --store and --side go with --simulate")
    if options.store and not options.store.is_dir():
        parser.error(f"--store {options.store} is no folder")
    if (options.core_hour is None) != (options.gb_month is None):
        parser.error("--core-hour and --gb-month belong together: a cost has both in it")
    if options.check and not options.page:
        parser.error("--check goes with --page")
    return parser, options


def simulated(options: argparse.Namespace) -> int:
    """Run a simulation in a folder of its own, and print what it found as JSON."""
    counts = (*(each for each in FIGURES if each < options.simulate), options.simulate)
    tempfile.tempdir = str(options.store) if options.store else None  # where a server lives, too
    with tempfile.TemporaryDirectory() as folder:
        run = in_database(Path(folder), counts) if options.postgresql else in_file(Path(folder), counts, options)
    print(msgspec.json.format(msgspec.json.encode(run), indent=1).decode())
    return 0


def in_file(folder: Path, counts: Sequence[int], options: argparse.Namespace) -> Report:
    """Simulate with a file of SQLite."""
    return asyncio.run(simulate(folder, counts, options.side, only_found=options.found))


def in_database(folder: Path, counts: Sequence[int]) -> Served:
    """Simulate with a server of PostgreSQL."""
    with server() as on:
        return waiting.run(simulate_served(on, folder, counts))


def as_text(found: Need) -> str:
    """The table, and under each result how it came about."""
    rows = []
    for line in found.lines:
        rows.append(f"{line.name:<14}{amount(line.value)}{'' if line.unit == line.name else f' {line.unit}'}")
        rows.append(f"{'':<14}= {line.formula}\n{'':<14}= {line.numbers}")
    return "\n".join(rows)


def as_json(demand: Demand, by: Figures, found: Need) -> str:
    """Everything that went in and came out."""
    whole = {"demand": demand, "figures": by, "need": {line.name: line for line in found.lines}}
    return msgspec.json.format(msgspec.json.encode(whole), indent=1).decode()
