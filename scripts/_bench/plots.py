"""The plots of docs/performance.md, from the same stored run as its text. The one file that imports matplotlib."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts._bench.page import GROWTH, WHOLE, Row, Run, rows_of, steps

Found = Mapping[tuple[str, str, int], Row]

WIDTH, DPI = 8.0, 200  # inches; legible at half of its 1,600 pixels
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8c6d00", "#4d4d4d")  # told apart without red and green
INK, FAINT = "#24292f", "#d0d7de"
STYLE: dict[str, Any] = {
    "font.size": 10,
    "font.family": "DejaVu Sans",
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.grid": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "xtick.color": INK,
    "ytick.color": INK,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "legend.frameon": False,
}


def draw(run: Run, folder: Path) -> None:
    """Write throughput.png, latency.png and growth.png."""
    loaded, grown = rows_of(run, WHOLE), rows_of(run, GROWTH)
    plots = {"throughput": throughput, "latency": latency, "growth": growth}
    with plt.style.context(STYLE):
        for name, plot in plots.items():
            figure = plot(grown if name == "growth" else loaded)
            figure.savefig(folder / f"{name}.png", dpi=DPI, metadata={"Software": None})
            plt.close(figure)


def throughput(found: Found) -> Figure:
    """Operations a second, one line for each operation."""
    figure, axes = plt.subplots(figsize=(WIDTH, 4.4), layout="constrained")
    numbers = sorted({number for _, number in steps(found)})
    ends = []
    for color, operation in zip(COLORS, operations(found), strict=True):
        rows = [found[operation, "throughput", number] for number in numbers]
        line(axes, rows, color)
        ends.append((rows[-1]["median"], operation, color))
    marks(axes, numbers, "in flight at once")
    axes.set_yscale("log")
    plain(axes)
    label(axes, ends, len(numbers) - 1)
    axes.set_title("Operations a second, vendor and people on the same cores")
    return figure


def latency(found: Found) -> Figure:
    """Median and 99th percentile, one small plot for each operation."""
    figure, panels = grid(found, "Latency by the clock, ms: from the owner's request until the last step is on disk")
    numbers = sorted({number for _, number in steps(found)})
    for axes, operation in zip(panels, operations(found), strict=True):
        for measure, color in (("p50", COLORS[0]), ("p99", COLORS[1])):
            line(axes, [found[operation, measure, number] for number in numbers], color, measure)
        small(axes, operation, numbers, "in flight")
    panels[0].legend(loc="upper left")
    return figure


def growth(found: Found) -> Figure:
    """CPU of the vendor, one small plot for each operation."""
    figure, panels = grid(found, "CPU of the vendor for one operation, ms: by relationships stored, 8 in flight")
    numbers = sorted({number for _, number in steps(found)})
    for axes, operation in zip(panels, operations(found), strict=True):
        rows = [found[operation, "vendor", number] for number in numbers]
        line(axes, rows, COLORS[0])
        small(axes, operation, numbers, "stored")
    return figure


def grid(found: Found, title: str) -> tuple[Figure, list[Axes]]:
    """Small plots, three in a row."""
    count = len(operations(found))
    figure, panels = plt.subplots(-(-count // 3), 3, figsize=(WIDTH, 5.2), layout="constrained", squeeze=False)
    figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")
    every = [axes for row in panels for axes in row]
    for axes in every[count:]:
        axes.set_visible(False)
    return figure, every[:count]


def operations(found: Found) -> list[str]:
    """Their names, in order."""
    return list(dict.fromkeys(operation for operation, _ in steps(found)))


def line(axes: Axes, rows: Sequence[Row], color: str, name: str | None = None) -> None:
    """Medians, joined, with the quartiles as a band."""
    places = range(len(rows))
    axes.plot(
        places, [row["median"] for row in rows], color=color, marker="o", markersize=4.5, linewidth=1.8, label=name
    )
    axes.fill_between(
        places, [row["low"] for row in rows], [row["high"] for row in rows], color=color, alpha=0.15, lw=0
    )


def small(axes: Axes, title: str, numbers: Sequence[int], unit: str) -> None:
    """What all small plots have: from zero, so that flat looks flat."""
    axes.set_title(title, fontsize=10)
    axes.set_ylim(0, 1.15 * max(axes.get_ylim()[1], 1e-9) / 1.05)
    marks(axes, numbers, unit)


def marks(axes: Axes, numbers: Sequence[int], unit: str) -> None:
    """The steps, evenly apart."""
    axes.set_xticks(range(len(numbers)), [f"{number:,}" for number in numbers])
    axes.set_xlim(-0.25, len(numbers) - 0.75)
    axes.set_xlabel(unit)


def plain(axes: Axes) -> None:
    """Numbers on a logarithmic axis as people write them."""
    low, high = axes.get_ylim()
    wanted = [base * 10**power for power in range(6) for base in (1, 2, 5)]
    axes.set_yticks([each for each in wanted if low <= each <= high], minor=False)
    axes.set_yticks([], minor=True)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")


def label(axes: Axes, ends: Sequence[tuple[float, str, str]], last: int) -> None:
    """The name of each line at its end, none over another."""
    axes.set_xlim(-0.15, last + 0.75)
    low, high = axes.get_ylim()
    step, below = (high / low) ** 0.062, 0.0
    for value, name, color in sorted(ends):
        below = max(value, below * step)
        axes.annotate(name, (last + 0.06, below), color=color, va="center", fontweight="bold", annotation_clip=False)
