"""The program as a process: how soon it answers, how soon it listens, how much memory it holds when idle."""

import subprocess
import sys
from collections.abc import Iterator
from resource import RUSAGE_CHILDREN, getrusage

from scripts._bench.measure import Effort, Figure, of


def help_figures(effort: Effort) -> Iterator[Figure]:
    """`freerange --help` against a Python that does nothing: CPU of the child, in turns."""
    ratios = []
    for _ in range(max(3, effort.rounds // 2)):
        nothing = cpu_of_child(sys.executable, "-c", "pass")
        ratios.append(cpu_of_child(sys.executable, "-m", "agent", "--help") / nothing)
    yield of("freerange --help, against python -c pass", "x", ratios, 3.0)


def cpu_of_child(*command: str) -> float:
    """CPU seconds, user and system, of a command that must succeed."""
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
