"""The agent as a process that is started, killed and started again, always with the same wallet."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Self

from agent import config as configs
from agent import home, places
from agent.config import Config
from tests.faults.correspondent import Org
from tests.faults.failpoints import ROOT, VARIABLE
from tests.ports import free_ports
from tests.promises import FILE, SERVER
from wallet.keys import random_bytes
from wallet.store.store import Store

PLANT: Final = "FREERANGE_PLANT"
TENANT: Final = "library"
PATIENCE: Final = 60.0  # seconds to start listening in


@dataclass(frozen=True)
class Place:
    """The folder of one agent, and what opens it."""

    folder: Path
    key_file: Path
    config: Config

    @classmethod
    async def make(
        cls, folder: Path, kind: Literal["person", "org"] = "org", name: str = "Town Library", *, database: str = ""
    ) -> Self:
        """A new wallet in a folder that is there, with a key file: nothing is spent on a passphrase.

        database: the URL of an empty one that the wallet is to be in.
        """
        port, api = free_ports()
        config = Config(
            kind=kind,
            name=name,
            listen=f"127.0.0.1:{port}",
            url=f"http://127.0.0.1:{port}",
            api=f"127.0.0.1:{api}",
            development=True,
            rate_per_peer=0,
        )
        if database:
            config = configs.stored(config, database, TENANT)
        made = cls(folder / "home", folder / "key", config)
        made.key_file.touch(0o600)
        made.key_file.write_bytes(random_bytes(32))
        if database:
            made.folder.mkdir(mode=0o700)
            places.keep_password(made.folder, configs.password_of(database))
        await home.make(made.folder, config, made.secret)
        return made

    @property
    def secret(self) -> bytes:
        """What the key file holds."""
        return self.key_file.read_bytes()

    @property
    def wallet(self) -> Path:
        """The wallet file."""
        return self.folder / "wallet.db"

    @property
    def kind(self) -> str:
        """What the wallet is in: FILE or SERVER."""
        return SERVER if self.config.store else FILE

    async def org(self) -> Org:
        """This agent, an org's, as others see it."""
        agent = await home.open_agent(self.folder, self.secret)
        try:
            return Org.of(agent)
        finally:
            agent.store.close()

    def store(self) -> Store:
        """The wallet, opened while no agent has it."""
        store = places.open(self.folder, self.config)
        store.vault.unlock(self.secret)
        return store

    async def start(
        self,
        *,
        failpoints: str = "",
        plant: str = "",
        under: tuple[str, ...] = (),
        probe: Path | None = None,
        more: tuple[str, ...] = (),
    ) -> "Life":
        """Start the agent, and return once it listens; if it dies before, that is a life too.

        under: a command that runs commands. probe: where to write samples; then what is not closed is complained of.
        more: options.
        """
        environment = {key: value for key, value in os.environ.items() if not key.startswith("FREERANGE_")}
        options = ("--quiet", "--home", str(self.folder), "--key-file", str(self.key_file))
        process = await asyncio.create_subprocess_exec(
            *(*under, sys.executable, "-m", "tests.faults.start", "serve", *options, *more),
            cwd=ROOT,
            env={**environment, VARIABLE: failpoints, PLANT: plant, **(probing(probe) if probe else {})},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
        )
        life = Life(process)
        await life.listening()
        return life


def probing(file: Path) -> dict[str, str]:
    """What has an agent write samples, and complain of what it leaves open."""
    return {"FREERANGE_PROBE": str(file), "PYTHONWARNINGS": "default::ResourceWarning"}


@dataclass
class Life:
    """One run of the agent. peak: the most memory it was seen to have while it was told to stop, in bytes."""

    process: Process
    peak: int = 0

    async def listening(self) -> None:
        """Return once the agent listens, or is dead."""
        assert self.process.stdout
        async with asyncio.timeout(PATIENCE):
            await self.process.stdout.readline()

    @property
    def dead(self) -> bool:
        """Whether it has ended."""
        return self.process.returncode is not None

    async def kill(self) -> int:
        """End it now, if it has not ended. Returns its exit status: -9 if somebody killed it."""
        if not self.dead:
            self.process.kill()
        return await self.ended()

    async def stop(self) -> int:
        """Ask it to stop, and wait. Returns its exit status."""
        watching = asyncio.create_task(self.weigh())
        if not self.dead:
            self.process.send_signal(signal.SIGTERM)
        status = await self.ended()
        await watching
        return status

    async def weigh(self) -> None:
        """Look at the most memory it has ever had, until it has ended."""
        while not self.dead:
            with suppress(OSError):  # it ended this moment
                self.peak = max(self.peak, highest(self.process.pid))
            await asyncio.sleep(0.02)

    async def ended(self) -> int:
        """Wait for its end; what it said on standard error is in `said`."""
        _, said = await self.process.communicate()
        self.said = said.decode()
        status = self.process.returncode
        assert status is not None
        return status


def highest(pid: int) -> int:
    """The most memory a process has had, in bytes; 0 if it has ended."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)
