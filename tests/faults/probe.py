"""What an agent's process holds, written down every second as it runs: memory, files, tasks, the log of its store."""

import asyncio
import json
import os
import sqlite3
import stat
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

EVERY: Final = 1.0
MOST_FILES: Final = 1024
PAGE: Final = os.sysconf("SC_PAGE_SIZE")
CACHE: Final = "PRAGMA cache_size = -2048"  # so that it is full at once, and what grows then is something else


@dataclass(frozen=True)
class Sample:
    """One moment. memory, log: bytes; files: open descriptors but for sockets, of which there are as many as the load
    and the pool of connections have open just then; tasks: of the loop."""

    memory: int
    files: int
    sockets: int
    tasks: int
    log: int


def install(file: Path) -> None:
    """Write samples to `file` as lines of JSON, once an agent is served in this process."""
    from agent import serving
    from agent.agent import Agent
    from agent.web.server import Door
    from wallet.store import file as files

    start, connect, running = serving.start, files.connect, list[asyncio.Task[None]]()

    async def started(agent: Agent, home: Path, door: Door | None = None) -> serving.Running:
        running.append(asyncio.create_task(write(file, agent.store.path)))
        return await start(agent, home, door)

    def connected(path: Path, *, writes: bool) -> sqlite3.Connection:
        connection = connect(path, writes=writes)
        connection.execute(CACHE)
        return connection

    serving.start, files.connect = started, connected


async def write(file: Path, wallet: Path) -> None:
    """Add a line every second, for ever."""
    while True:
        with file.open("a") as out:
            out.write(json.dumps(asdict(sample(wallet))) + "\n")
        await asyncio.sleep(EVERY)


def sample(wallet: Path) -> Sample:
    """This moment."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    log = Path(f"{wallet}-wal")
    sockets = sum(map(is_socket, range(MOST_FILES)))
    return Sample(
        memory=pages * PAGE,
        files=sum(map(is_open, range(MOST_FILES))) - sockets,
        sockets=sockets,
        tasks=len(asyncio.all_tasks()),
        log=log.stat().st_size if log.exists() else 0,
    )


def is_open(number: int) -> bool:
    """Whether a descriptor is in use."""
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def is_socket(number: int) -> bool:
    """Whether a descriptor in use is a socket."""
    try:
        return stat.S_ISSOCK(os.fstat(number).st_mode)
    except OSError:
        return False


def read(file: Path) -> list[Sample]:
    """The samples that were written."""
    return [Sample(**json.loads(line)) for line in file.read_text().splitlines()]
