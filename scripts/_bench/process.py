"""The program as a process: how soon it answers, how soon it listens, how much memory it holds when idle."""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from time import perf_counter, sleep

from agent import home
from agent.config import Config
from scripts._bench import world
from scripts._bench.measure import Effort, Figure, of
from wallet.keys import random_bytes

ROOT = Path(__file__).resolve().parents[2]
# What the installed command does, also where it is not installed.
COMMAND = (sys.executable, "-c", "import sys; from agent.__main__ import main; sys.exit(main())")
PATIENCE = 20.0  # seconds
SETTLED = 1.0  # seconds after which a fresh agent is idle


@dataclass(frozen=True, slots=True)
class Wallet:
    """A wallet of an org, made to be served. stored: how many relationships are in it; disk: bytes of its files."""

    place: Path
    key_file: Path
    config: Config
    stored: int
    disk: int


def help_figures(effort: Effort) -> Iterator[Figure]:
    """`freerange --help` against a Python that does nothing: CPU of the child, in turns."""
    ratios = []
    for _ in range(max(3, effort.rounds // 2)):
        nothing = cpu_of_child(sys.executable, "-c", "pass")
        ratios.append(cpu_of_child(*COMMAND, "--help") / nothing)
    yield of("freerange --help, against python -c pass", "x", ratios, 3.0)


def serve_figures(effort: Effort) -> Iterator[Figure]:
    """Seconds from the start of the process to its listening, unlocked by a key file, wallets small and large."""
    small, large = 0, effort.stored[-1]
    with wallet(small) as empty, wallet(large) as full:
        delays = [(serve(empty)[0], serve(full)[0]) for _ in range(effort.repeats)]
    yield of("freerange serve, from start to listening", "s", [few for few, _ in delays], 1.0)
    yield of(f"freerange serve, the same, {large:,} relationships stored", "s", [many for _, many in delays])


def memory_figures(effort: Effort) -> Iterator[Figure]:
    """Memory of an agent that is idle, and what each relationship it has stored adds to it, there and on disk."""
    small, large = 0, effort.stored[-1]
    with wallet(small) as empty, wallet(large) as full:
        sizes = [(serve(empty)[1], serve(full)[1]) for _ in range(effort.repeats)]
    yield of("freerange serve, resident memory when idle", "MiB", [few for few, _ in sizes], 60.0)
    each = [(many - few) * 1024 / large for few, many in sizes]
    yield of(f"memory of a relationship, idle, of {large:,}", "KiB", each)
    yield of(f"disk of a relationship, of {large:,}", "KiB", [(full.disk - empty.disk) / 1024 / large])


def cpu_of_child(*command: str) -> float:
    """CPU seconds, user and system, of a command that must succeed."""
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, cwd=ROOT)
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@contextmanager
def wallet(stored: int) -> Iterator[Wallet]:
    """An org's wallet with so many relationships, in a folder of its own."""
    with tempfile.TemporaryDirectory() as name:
        place, key_file, secret = Path(name) / "org", Path(name) / "key", random_bytes(32)
        key_file.touch(0o600)
        key_file.write_bytes(secret)
        config = world.configuration("org", "vendor")
        asyncio.run(make(place, config, secret, stored))
        disk = sum(os.stat(each).st_size for each in place.iterdir())
        yield Wallet(place, key_file, config, stored, disk)


async def make(place: Path, config: Config, secret: bytes, stored: int) -> None:
    """Make a wallet with so many relationships, and close it."""
    await home.make(place, config, secret)
    if stored:
        agent = await home.open_agent(place, secret)
        await world.fill(agent, stored)
        agent.store.close()


def serve(wallet: Wallet) -> tuple[float, float]:
    """Run its agent once. Returns seconds until it listened, and MiB of memory."""
    began = perf_counter()
    with started(wallet.place, wallet.key_file) as process:
        try:
            wait_for(int(wallet.config.listen.rpartition(":")[2]), process)
            delay = perf_counter() - began
            sleep(SETTLED)
            return delay, resident(process.pid)
        finally:
            process.terminate()


def started(place: Path, key_file: Path) -> subprocess.Popen[bytes]:
    """`freerange serve` of a folder, which nobody hears."""
    command = (*COMMAND, "serve", "--quiet", "--home", str(place), "--key-file", str(key_file))
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)


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
