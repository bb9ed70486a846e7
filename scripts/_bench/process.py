"""The program as a process: how soon it answers, how soon it listens, how much memory it holds when idle."""

import asyncio
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from time import perf_counter, sleep

from agent import home
from scripts._bench import world
from scripts._bench.measure import Effort, Figure, of
from wallet.keys import random_bytes

ROOT = Path(__file__).resolve().parents[2]
# What the installed command does, also where it is not installed.
COMMAND = (sys.executable, "-c", "import sys; from agent.__main__ import main; sys.exit(main())")
PATIENCE = 20.0  # seconds
SETTLED = 1.0  # seconds after which a fresh agent is idle


def help_figures(effort: Effort) -> Iterator[Figure]:
    """`freerange --help` against a Python that does nothing: CPU of the child, in turns."""
    ratios = []
    for _ in range(max(3, effort.rounds // 2)):
        nothing = cpu_of_child(sys.executable, "-c", "pass")
        ratios.append(cpu_of_child(*COMMAND, "--help") / nothing)
    yield of("freerange --help, against python -c pass", "x", ratios, 3.0)


def serve_figures(effort: Effort) -> Iterator[Figure]:
    """Seconds from the start of the process to its listening, unlocked by a key file, and its memory when idle."""
    delays, sizes = [], []
    for _ in range(effort.repeats):
        with tempfile.TemporaryDirectory() as folder:
            delay, size = serve(Path(folder))
            delays.append(delay)
            sizes.append(size)
    yield of("freerange serve, from start to listening", "s", delays, 1.0)
    yield of("freerange serve, resident memory when idle", "MiB", sizes, 60.0)


def cpu_of_child(*command: str) -> float:
    """CPU seconds, user and system, of a command that must succeed."""
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, cwd=ROOT)
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def serve(folder: Path) -> tuple[float, float]:
    """Run an org's agent once. Returns seconds until it listened, and MiB of memory."""
    place, key_file, secret = folder / "org", folder / "key", random_bytes(32)
    key_file.touch(0o600)
    key_file.write_bytes(secret)
    config = world.configuration("org", "vendor")
    asyncio.run(home.make(place, config, secret))
    command = (*COMMAND, "serve", "--quiet", "--home", str(place), "--key-file", str(key_file))
    began = perf_counter()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL) as process:
        try:
            wait_for(int(config.listen.rpartition(":")[2]), process)
            delay = perf_counter() - began
            sleep(SETTLED)
            return delay, resident(process.pid)
        finally:
            process.terminate()


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return once something listens on a port of loopback."""
    until = perf_counter() + PATIENCE
    while perf_counter() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        sleep(0.005)
    raise TimeoutError(f"nothing listens on {port}; the agent ended with {process.poll()}")


def resident(pid: int) -> float:
    """MiB of a process that are in memory now."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    [size] = [line.split()[1] for line in lines if line.startswith("VmRSS:")]
    return int(size) / 1024
