"""Agents as people run them: `freerange serve`, a process and a folder each, driven over the API of their owners.

What a process has spent is read from /proc, and whether a message has arrived from its wallet file, by names that are
blind and numbers of rows: neither costs the agent anything.
"""

import asyncio
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

import aiohttp
import msgspec

from agent import home
from agent.cli.running import Address, left
from agent.config import Config
from scripts._bench import process
from scripts._bench.receive import cpu_of
from wallet.keys import random_bytes
from wallet.store import file
from wallet.vault import Vault

PATIENCE = 120.0  # seconds
AGAIN = 0.0008  # seconds between looks, for each that is waited for: looking takes no more than a tenth of a core

LINES = (
    "SELECT count(*) FROM thread JOIN log ON log.peer = thread.peer AND log.thid = thread.thid"
    " WHERE thread.thid = :thid"
)


class TurnedAway(Exception):
    """An agent has refused what its owner asked for."""


@dataclass(eq=False)
class Served:
    """A running agent. wallet: its file, to be looked at only; vault: by which names in it are blind."""

    config: Config
    running: subprocess.Popen[bytes]
    session: aiohttp.ClientSession
    wallet: sqlite3.Connection
    vault: Vault
    url: str
    token: str

    async def ask(self, method: Literal["GET", "POST"], path: str, **said: object) -> Any:
        """What the API answers. Raises TurnedAway if it refuses."""
        body = msgspec.json.encode(said) if method == "POST" else None
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        async with self.session.request(method, self.url + path, data=body, headers=headers) as answer:
            found = msgspec.json.decode(await answer.read())
            if answer.status != 200:
                raise TurnedAway(f"{self.config.name}: {path} answered {answer.status}: {found}")
            return found

    def lines(self, thid: str) -> int:
        """How many messages of a thread it has kept, its own and the other's."""
        return self.count(LINES, thid=self.vault.blind("store", "thid", thid))

    def count(self, sql: str, **values: object) -> int:
        """A number that the wallet has."""
        [[found]] = self.wallet.execute(sql, values)
        return int(found)

    def cpu(self) -> float:
        """CPU seconds of the process so far."""
        return cpu_of(self.running.pid)

    def resident(self) -> float:
        """MiB of the process in memory."""
        return process.resident(self.running.pid)


async def until(holds: Callable[[], bool], waiting: list[None]) -> None:
    """Look now and then, until this holds. waiting: one element for each that waits, so that many look less often."""
    waiting.append(None)
    ends = perf_counter() + PATIENCE
    try:
        while not holds():
            assert perf_counter() < ends, "nothing came of it"
            await asyncio.sleep(AGAIN * len(waiting))
    finally:
        waiting.pop()


@asynccontextmanager
async def serving(folder: Path, *configs: Config, stored: int = 0) -> AsyncIterator[tuple[Served, ...]]:
    """Agents with these settings, each a process with a new wallet, until the block ends.

    stored: how many relationships each of them has already.
    """
    async with AsyncExitStack() as stack:
        entering = (stack.enter_async_context(serve(folder, each, stored)) for each in configs)
        yield tuple(await asyncio.gather(*entering))


@asynccontextmanager
async def serve(folder: Path, config: Config, stored: int) -> AsyncIterator[Served]:
    """One agent, as a process."""
    place, secret = folder / config.name, random_bytes(32)
    await process.make(place, config, secret, stored)
    key_file = folder / f"{config.name}.key"
    key_file.touch(0o600)
    key_file.write_bytes(secret)
    with process.started(place, key_file) as running:
        try:
            async with aiohttp.ClientSession() as session:
                at = await listening(place, running)
                with closing(file.connect(place / home.WALLET, writes=False)) as wallet:
                    vault = Vault(file.header_of(wallet, place / home.WALLET))
                    vault.unlock(secret)
                    yield Served(config, running, session, wallet, vault, at.url, at.token)
        finally:
            running.terminate()


async def listening(place: Path, running: subprocess.Popen[bytes]) -> Address:
    """Where its owner reaches it, once it has left word of that."""
    await until(lambda: left(place) is not None or running.poll() is not None, [None] * 50)
    found = left(place)
    assert found is not None, f"the agent in {place} ended with {running.poll()}"
    return found
