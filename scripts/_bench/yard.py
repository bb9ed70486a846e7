"""The yardstick, taken beside what is measured: a core with company is slower than one alone, by a third and more, so
that both are measured in the same company. `python -m scripts._bench.yard FILE` does it in a process of its own.

What it took so far, in CPU seconds, and how many checks that was, is in a file that is replaced as a whole.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep, thread_time

from scripts._bench.measure import Y
from scripts._bench.process import ROOT

CHECKS, EVERY = (
    60,
    0.1,
)  # about a twentieth of a core; so many at a time that what others left in its caches is forgotten
PATIENCE = 30.0  # seconds to begin in


@dataclass(frozen=True, slots=True)
class Yards:
    """spent: CPU seconds for so many checks."""

    spent: float
    checks: int

    def __sub__(self, other: "Yards") -> "Yards":
        return Yards(self.spent - other.spent, self.checks - other.checks)

    @property
    def one(self) -> float:
        """CPU seconds of one Y."""
        return self.spent / self.checks


def read(file: Path) -> Yards:
    """What was taken so far."""
    spent, checks = file.read_text().split()
    return Yards(float(spent), int(checks))


async def since(file: Path, before: Yards) -> Yards:
    """What was taken since; if that is nothing, because the time was short, what is taken next."""
    while not (found := read(file) - before).checks:  # noqa: ASYNC110 - another process tells nobody
        await asyncio.sleep(EVERY / 10)
    return found


async def measure(file: Path, checks: int = CHECKS, every: float = EVERY) -> None:
    """Take the yardstick until cancelled; replace the file as a whole, so that a reader sees one moment.

    checks: so many at a time; every: seconds between.
    """
    spent, count, draft = 0.0, 0, file.with_suffix(".new")
    while True:
        began = thread_time()  # of this thread alone: one that writes the store may be at work
        for _ in range(checks):
            Y()
        spent, count = spent + thread_time() - began, count + checks
        draft.write_text(f"{spent} {count}")
        draft.replace(file)
        await asyncio.sleep(every)


@contextmanager
def beside(file: Path) -> Iterator[None]:
    """A process that takes it until the block ends."""
    with subprocess.Popen((sys.executable, "-m", "scripts._bench.yard", str(file)), cwd=ROOT) as process:
        try:
            ends = monotonic() + PATIENCE
            while not file.exists():
                assert process.poll() is None, "nobody takes the yardstick"
                assert monotonic() < ends, "nobody has taken the yardstick yet"
                sleep(0.02)
            yield
        finally:
            process.kill()


if __name__ == "__main__":
    asyncio.run(measure(Path(sys.argv[1])))
