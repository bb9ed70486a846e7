"""docs/capacity.json: what was measured, and where from. The page and the calculator read nothing else.

It has runs of `scripts/capacity --simulate --json` and those lines of a run of `scripts/bench --json` that the
arithmetic needs; `scripts/capacity --take FILE` puts a run of either kind in the place of an earlier one.
"""

import json
from pathlib import Path
from typing import Final

import msgspec

from scripts._capacity.arithmetic import Figures
from scripts._capacity.served import Served
from scripts._capacity.simulation import Report, Size
from scripts._here import ROOT

FILE: Final = ROOT / "docs" / "capacity.json"
HTTP: Final = "message received over HTTP and stored"
SOCKET: Final = "message received over a WebSocket and stored"
ANSWERED: Final = "ping received, stored and answered by a message"
IDLE: Final = "an idle WebSocket"
AGENT: Final = "freerange serve, resident memory when idle"
NEEDED: Final = (HTTP, SOCKET, ANSWERED, IDLE, AGENT)


class Measured(msgspec.Struct, frozen=True):
    """One line of a run of the bench. name: how it begins there; machine: what that run was made on."""

    name: str
    unit: str
    median: float
    spread: float
    machine: dict[str, str]


class Row(msgspec.Struct, frozen=True):
    """One line of a run of the bench, as it is there."""

    name: str
    unit: str
    median: float | None
    spread: float


class Run(msgspec.Struct, frozen=True):
    """A run of the bench."""

    figures: tuple[Row, ...]
    machine: dict[str, str] = {}


class Earlier(msgspec.Struct, frozen=True):
    """How it was before something was mended. commit: that which mended it."""

    commit: str
    size: Size


class Stored(msgspec.Struct, frozen=True):
    """found: up to a million relationships, with what a look-up finds; whole: fewer, with all that belongs to them;
    person: the wallet of a person with many, for its keys; served: as `found`, in a database on a server."""

    found: Report
    whole: Report
    person: Report
    served: Served
    earlier: Earlier
    bench: dict[str, Measured]


def read(path: Path = FILE) -> Stored:
    """What is stored. Raises ValueError if it is not what it should be."""
    return msgspec.json.decode(path.read_bytes(), type=Stored)


def take(path: Path, into: Path = FILE) -> str:
    """Put a run in its place. Returns which that is. Raises ValueError for a file that is no run, or of no use here."""
    run, stored = json.loads(path.read_bytes()), json.loads(into.read_bytes())
    if not isinstance(run, dict):
        raise ValueError(f"{path} is no run")
    if "figures" in run:
        stored["bench"] |= msgspec.to_builtins(measured(path))
        place = "bench"
    elif "server" in run:
        place = "served"
        stored[place] = msgspec.to_builtins(msgspec.convert(run, Served))
    else:
        report = msgspec.convert(run, Report)
        place = "person" if report.side == "person" else "found" if report.only_found else "whole"
        stored[place] = msgspec.to_builtins(report)
    msgspec.convert(stored, Stored)
    into.write_text(json.dumps(stored, indent=1) + "\n")
    return place


def measured(path: Path) -> dict[str, Measured]:
    """The lines of a run of the bench that the arithmetic needs, as far as they were measured.

    Raises ValueError if there are none, or the file is no run, and OSError.
    """
    try:
        run = msgspec.json.decode(path.read_bytes(), type=Run)
    except msgspec.DecodeError as fault:
        raise ValueError(f"{path} is no run of scripts/bench --json: {fault}") from None
    found = {
        name: Measured(name, row.unit, row.median, row.spread, run.machine)
        for row in run.figures
        for name in NEEDED
        if row.name.startswith(name) and row.median is not None
    }
    if not found:
        raise ValueError(f"{path} has none of the figures that the arithmetic needs: {', '.join(NEEDED)}")
    if "Y" not in run.machine:
        raise ValueError(f"{path} does not say what a Y took there")
    return found


def figures(stored: Stored, run: Path | None = None) -> Figures:
    """What the arithmetic needs. run: of the bench, instead of what is stored of one. Raises as `measured` does."""
    bench = stored.bench | (measured(run) if run else {})
    whole, person, found = stored.whole.sizes[-1], stored.person.sizes[-1], stored.found.sizes[-1]
    return Figures(
        yard=float(bench[HTTP].machine["Y"].split()[0]) / 1e6,
        http=bench[HTTP].median,
        socket=bench[SOCKET].median,
        answered=bench[ANSWERED].median,
        relationship=sum(whole.table.values()),
        keys=person.keys,
        message=sum(stored.whole.message.values()),
        log=whole.wal,
        open_socket=bench[IDLE].median * 1024,
        worker=bench[AGENT].median * 2**20,
        shown=found.relationships,
    )
