"""What a run was made on: the line without which no figure says anything."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from statistics import median

from scripts._bench.measure import Effort, Y, side_by_side
from tests.postgresql import programs

LIBRARIES = ("cryptography", "PyNaCl", "msgspec", "aiohttp")


def describe(effort: Effort) -> dict[str, str]:
    """The machine and the versions that matter. load: runnable processes, mean of the last minute, before the run."""
    [yardstick] = side_by_side(effort, Y)
    return {
        "cpu": cpu_model(),
        "cores": str(os.cpu_count()),
        "memory": memory(),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
        "SQLite": sqlite(),
        **postgresql(),
        "load": load(),
        "Y": f"{median(yardstick.seconds) * 1e6:.1f} us",
    }


def cpu_model() -> str:
    """What the processor calls itself, where the system tells."""
    table = Path("/proc/cpuinfo")
    lines = table.read_text().splitlines() if table.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def memory() -> str:
    """How much there is."""
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"


def sqlite() -> str:
    """The library that the store uses."""
    import sqlite3

    return sqlite3.sqlite_version


def postgresql() -> dict[str, str]:
    """The server that is measured, if there is one."""
    if (folder := programs()) is None:
        return {}
    said = subprocess.run((folder / "postgres", "--version"), capture_output=True, text=True, check=True).stdout
    return {"PostgreSQL": said.split()[2]}


def load() -> str:
    """Runnable processes, mean of the last minute."""
    return f"{os.getloadavg()[0]:.1f}"
