"""Writes docs/capacity.md from what is stored in docs/capacity.json, and from the schema."""

import sys
from collections.abc import Iterator
from typing import Final

from scripts._capacity import shards, stored, words
from scripts._capacity.arithmetic import Demand, Figures, Need, amount, need
from scripts._capacity.served import Served
from scripts._capacity.simulation import CHANGED, Report, Size
from scripts._here import ROOT

PAGE: Final = ROOT / "docs" / "capacity.md"
CUSTOMERS: Final = (10_000, 1_000_000, 100_000_000)
MOST_GROWTH: Final = 1.5
MOST_BYTES: Final = 2000


def write(*, check: bool) -> int:
    """Write the page, or say whether it is stale. Returns the exit status."""
    wanted = text(stored.read())
    if not check:
        PAGE.write_text(wanted)
    elif not PAGE.is_file() or PAGE.read_text() != wanted:
        print(f"{PAGE.relative_to(ROOT)} is stale; run scripts/capacity --page and commit it", file=sys.stderr)
        return 1
    return 0


def text(run: stored.Stored) -> str:
    """The page."""
    by = stored.figures(run)
    parts = (
        (words.HEAD, _needs(by)),
        (words.FORMULA, _formula(by)),
        (words.FIGURES, _figures(run, by)),
        (words.SIMULATION, _simulation(run)),
        (words.SERVED, _served(run.served)),
        (words.BYTES, _bytes(run)),
        (words.SHARDS, _tables()),
        (words.CROSSING, ()),
        (words.NOT_SHOWN, ()),
    )
    return "\n\n".join("\n\n".join(filter(None, (said.strip(), "\n".join(rows)))) for said, rows in parts) + "\n"


def _needs(by: Figures) -> Iterator[str]:
    found = [need(Demand(customers), by) for customers in CUSTOMERS]
    yield "| customers | " + " | ".join(f"{customers:,}" for customers in CUSTOMERS) + " |"
    yield "|---|" + "---:|" * len(CUSTOMERS)
    for line in found[0].lines:
        unit = "" if line.unit == line.name else f", {line.unit}"
        yield f"| {line.name}{unit} | " + " | ".join(amount(each[line.name]) for each in found) + " |"
    yield (
        "| cost a month, with your prices P of a core-hour and Q of a GB-month | "
        + " | ".join(f"{_whole(each['cores'])} x 730 x P + {amount(each['storage'])} x Q" for each in found)
        + " |"
    )


def _whole(cores: float) -> str:
    return f"{max(1, -int(-cores // 1)):,}"


def _formula(by: Figures) -> Iterator[str]:
    found: Need = need(Demand(1_000_000), by)
    yield "| result | formula | for 1,000,000 customers | |"
    yield "|---|---|---|---:|"
    for line in found.lines:
        unit = "" if line.unit == line.name else f" {line.unit}"
        yield f"| {line.name} | {line.formula} | {line.numbers} | {amount(line.value)}{unit} |"


def _figures(run: stored.Stored, by: Figures) -> Iterator[str]:
    yield "| figure | value | from |"
    yield "|---|---:|---|"
    for name in stored.NEEDED:
        row = run.bench[name]
        yield f"| {name} | {row.median:.4g} {row.unit} ±{row.spread:.0%} | `scripts/bench`, {_machine(row.machine)} |"
    yield f"| Y | {by.yard * 1e6:.1f} us | the same run |"
    whole, person = run.whole.sizes[-1], run.person.sizes[-1]
    rows = f"the simulation of {whole.relationships:,}, {_machine(run.whole.machine)}"
    yield f"| a met relationship with all that belongs to it, on an org's side | {by.relationship:,.0f} B | {rows} |"
    yield f"| two private keys | {by.keys:,.0f} B | the same of a person with {person.relationships:,} relationships |"
    yield f"| a stored message of 1 KiB that begins a thread | {by.message:,.0f} B | {rows} |"
    yield f"| log of the file written for one, {CHANGED} at once | {by.log:,.0f} B | {rows} |"


def _machine(machine: dict[str, str]) -> str:
    return f"{machine['cpu']}, {machine['cores']} cores, Python {machine['python']}, load {machine['load']}"


def _simulation(run: stored.Stored) -> Iterator[str]:
    sizes = run.found.sizes
    yield "| relationships | " + " | ".join(f"{each.relationships:,}" for each in sizes) + " | last against first |"
    yield "|---|" + "---:|" * (len(sizes) + 1)
    kinds = (
        ("warm, CPU p50, us", [each.warm.cpu_p50 for each in sizes]),
        ("warm, CPU p99, us", [each.warm.cpu_p99 for each in sizes]),
        ("warm, on the clock p50, us", [each.warm.wall_p50 for each in sizes]),
        ("warm, on the clock p99, us", [each.warm.wall_p99 for each in sizes]),
        ("cold, on the clock p50, us", [each.cold.wall_p50 for each in sizes]),
        ("cold, on the clock p99, us", [each.cold.wall_p99 for each in sizes]),
        ("cold, read from the disk p99, KiB", [each.cold.read_p99 / 1024 for each in sizes]),
        ("a message stored, CPU, Y", [each.change_y for each in sizes]),
        ("its log, KiB", [each.wal / 1024 for each in sizes]),
        ("filling in one, CPU, ms", [each.fill_cpu_ms for each in sizes]),
        ("bytes of one in `peer` and `did`", [each.relationship for each in sizes]),
        ("pages from the root of `peer` to a row", [float(each.depth["peer"]) for each in sizes]),
    )
    for name, values in kinds:
        yield f"| {name} | " + " | ".join(map(amount, values)) + f" | x {values[-1] / values[0]:.2f} |"
    yield _bound(sizes[0].warm.cpu_p99, sizes[-1].warm.cpu_p99)


def _bound(first: float, last: float) -> str:
    growth = last / first
    kept = "keeps" if growth <= MOST_GROWTH else "DOES NOT KEEP"
    return f"\nBound: look-up p99 (CPU, warm) grows by at most x {MOST_GROWTH}. It is x {growth:.2f}, and {kept} it."


def _served(run: Served) -> Iterator[str]:
    sizes = run.sizes
    yield f"PostgreSQL {run.server['server_version'].split()[0]}, shared_buffers {run.server['shared_buffers']};"
    yield f"{_machine(run.machine)}.\n"
    yield "| relationships | " + " | ".join(f"{each.relationships:,}" for each in sizes) + " | last against first |"
    yield "|---|" + "---:|" * (len(sizes) + 1)
    kinds = (
        ("CPU of both sides p50, us", [each.warm.cpu_p50 for each in sizes]),
        ("CPU of both sides p99, us", [each.warm.cpu_p99 for each in sizes]),
        ("of it the server's p50, us", [each.server[0] for each in sizes]),
        ("of it the server's p99, us", [each.server[1] for each in sizes]),
        ("on the clock p50, us", [each.warm.wall_p50 for each in sizes]),
        ("on the clock p99, us", [each.warm.wall_p99 for each in sizes]),
        ("filling in one, the agent's CPU, ms", [each.fill_cpu_ms for each in sizes]),
        ("filling in one, the server's CPU, ms", [each.fill_server_ms for each in sizes]),
        ("bytes of one in `peer` and `did`", [each.relationship for each in sizes]),
    )
    for name, values in kinds:
        yield f"| {name} | " + " | ".join(map(amount, values)) + f" | x {values[-1] / values[0]:.2f} |"
    yield _bound(sizes[0].warm.cpu_p99, sizes[-1].warm.cpu_p99)


def _bytes(run: stored.Stored) -> Iterator[str]:
    whole: Report = run.whole
    columns: tuple[Size, ...] = (run.earlier.size, *whole.sizes)
    heads = (f"{columns[0].relationships:,}, before", *(f"{each.relationships:,}" for each in whole.sizes))
    yield "| bytes of one | " + " | ".join(heads) + " | rows of one |"
    yield "|---|" + "---:|" * (len(columns) + 1)
    for table in whole.sizes[-1].table:
        rows = whole.sizes[-1].rows.get(table, 0.0)
        yield (
            f"| `{table}` | " + " | ".join(amount(each.table.get(table, 0.0)) for each in columns) + f" | {rows:.3g} |"
        )
    sums = (amount(sum(each.table.values())) for each in columns)
    yield "| **all of a handshake** | " + " | ".join(sums) + f" | {whole.records} |"
    yield (
        "| **the relationship: `peer` and `did`** | "
        + " | ".join(amount(each.relationship) for each in columns)
        + " | 2 |"
    )
    most = max(whole.sizes[-1].relationship, run.found.sizes[-1].relationship)
    kept = "keeps" if most < MOST_BYTES else "DOES NOT KEEP"
    yield (
        f"\nBound: a relationship takes less than 2 KB ({MOST_BYTES:,} bytes) and its keys. It takes {most:,.0f},"
        f" and {kept} it. Before is before commit {run.earlier.commit}."
    )


def _tables() -> Iterator[str]:
    yield "| table | key | begins with the peer | indexes that do not |"
    yield "|---|---|---|---|"
    for table in sorted(shards.tables(), key=lambda each: (not each.by_peer, each.name)):
        crossing = ", ".join(f"`{each}`" for each in table.crossing)
        why = "yes" if table.by_peer else shards.ELSEWHERE[table.name]
        yield f"| `{table.name}` | {', '.join(table.key)} | {why} | {crossing} |"
