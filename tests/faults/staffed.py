"""An agent that several processes run, on a PostgreSQL database: killed one by one, started anew, and looked into."""

import asyncio
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from agent.cli import running
from agent.cli.running import Address
from tests.faults.judging import Verdict, judge, judge_chains, queued_without_line
from tests.faults.lives import Life, Place
from tests.faults.load import Load
from wallet.store import quarantine

PATIENCE = 60.0  # seconds


@dataclass(frozen=True)
class Staffed(Place):
    """The folder of an agent that several processes run: its wallet is in a database."""

    def at_the_desk(self) -> Address | None:
        """Where the owner comes in now."""
        return running.left(self.folder)


def processes() -> set[int]:
    """All that run on this computer."""
    return {int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()}


def listener(port: int) -> set[int]:
    """The processes that listen on a port of loopback."""
    return having("0A", f"0100007F:{port:04X}", "")


def attendant(port: int, source: str) -> set[int]:
    """The processes that have a connection on a port of loopback from an IPv4 address."""
    there = bytes(map(int, reversed(source.split(".")))).hex().upper()
    return having("01", f"0100007F:{port:04X}", there)


def having(state: str, here: str, there: str) -> set[int]:
    """The processes with sockets in a state, as Linux writes it. here, there: their ends, or how the latter begins."""
    inodes = {
        fields[9]
        for fields in map(str.split, Path("/proc/net/tcp").read_text().splitlines()[1:])
        if fields[1] == here and fields[2].startswith(there) and fields[3] == state
    }
    found = set()
    for each in Path("/proc").iterdir():
        if each.name.isdigit():
            try:
                links = [os.readlink(link) for link in (each / "fd").iterdir()]
            except OSError:  # it has ended, or is not ours to look at
                continue
            if any(link == f"socket:[{inode}]" for link in links for inode in inodes):
                found.add(int(each.name))
    return found


async def staff(life: Life, place: Staffed, count: int, but: frozenset[int] = frozenset()) -> set[int]:
    """The processes, once so many listen, none of them one of those. Raises TimeoutError."""
    port = int(place.config.listen.rpartition(":")[2])
    async with asyncio.timeout(PATIENCE):
        while True:
            found = await asyncio.to_thread(listener, port)
            if len(found - but) == count and found.isdisjoint(but):
                return found
            await asyncio.sleep(0.05)


async def goes_on(load: Load) -> float:
    """Return once a message is answered 202: after how many seconds. Raises TimeoutError."""
    began = time.monotonic()
    load.news.clear()
    async with asyncio.timeout(PATIENCE):
        await load.news.wait()
    return time.monotonic() - began


async def come_to_rest(place: Staffed, load: Load, life: Life) -> Verdict:
    """Let everything get its answer, end the agent in order, and look at all of its wallet."""
    await load.finish(PATIENCE * 2)
    assert await life.stop() == 0, life.said
    store = place.store()
    try:
        found = judge(store, load, {*load.heard, *(each.thid for each in load.accepted())})
        found.add(judge_chains(store))
        found.lost += [f"{row.id} is in quarantine" for row in store.read(quarantine.rows)]
        found.halves += [*queued_without_line(store), *store.verify()]
    finally:
        store.close()
    return found


def told(life: Life, number: signal.Signals) -> None:
    """Send a signal to the process that looks after the others."""
    os.kill(life.process.pid, number)
