"""The owner's way in, for as long as a process runs: one door, whether there is no wallet yet, or it is locked or open.

To lock is to stop the agent and to let go of every key; the door stays, and asks for the passphrase. What others send
meanwhile they keep, and send again. Source: security 6.2, and cases UI-11, UI-14, UI-15, UI-23.
"""

import asyncio
import os
import signal
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from agent import config as configs
from agent import home as homes
from agent import places, restoring, serving
from agent.agent import Agent, unix_now
from agent.config import Config
from agent.errors import AgentError, Misconfigured
from agent.fair import Fair
from agent.logs import note
from agent.transports.ports import free_port
from agent.web.guesses import Guesses
from agent.web.server import TOKEN_FILE, Door
from agent.web.sessions import Sessions
from wallet import age
from wallet.errors import Locked, WalletError
from wallet.slots import Secret
from wallet.store import file
from wallet.vault import Vault
from wallet.words import key_of, sign_of

DOOR: Final = "door"  # what is held to be the only one; agent/cli/running.py looks for it
ANSWERED: Final = 1.0  # seconds
PORTS: Final = range(8081, 8181)  # where a first page is shown, before there are settings


@dataclass
class Porch:
    """The door of one folder, and the agent behind it while the wallet is open."""

    home: Path
    door: Door = field(init=False)
    running: serving.Running | None = None
    guesses: Guesses = field(default_factory=Guesses)
    market: Fair = field(init=False)
    _held: int = -1
    _sign: str = ""

    def __post_init__(self) -> None:
        self.door, self.market = Door(None, keeper=self), Fair(self.home)

    @property
    def sessions(self) -> Sessions:
        """Who sits at the pages."""
        return self.door.sessions

    async def start(self, agent: Agent | None = None) -> str:
        """Listen for the owner; returns the address. agent: one whose wallet is open already.

        Raises Misconfigured if a port is taken (UI-15); then nothing runs.
        """
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, serving.unmoved)
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._held = file.hold(self.home / DOOR)
        except Locked:
            raise Misconfigured(f"an agent is at the door of {self.home} already; nothing was started") from None
        try:
            await self.listen()
            if agent is not None:
                await self.let_in(agent)
        except BaseException:
            await self.door.stop()
            os.close(self._held)
            raise
        self.door.write_token(self.home)
        return f"http://{self.door.host}:{self.door.port}"

    async def listen(self) -> None:
        """Open the door: where the settings say, or where there is room."""
        if self.exists():
            place = configs.read(self.home).api
            try:
                await self.door.start(*serving.host_and_port(place))
            except OSError as fault:
                raise Misconfigured(f"cannot listen on {place}: {fault.strerror}. Something else is there.") from fault
            return
        for port in PORTS:
            try:
                await self.door.start("127.0.0.1", port)
            except OSError:
                continue
            return
        raise Misconfigured(f"no port from {PORTS[0]} to {PORTS[-1]} is free; nothing was started")

    async def stop(self) -> None:
        """Close the wallet, and the door."""
        (self.home / TOKEN_FILE).unlink(missing_ok=True)
        await self.close(besides=0)
        await self.door.stop()
        os.close(self._held)

    # -- the wallet ---------------------------------------------------------------------------------------------------

    def exists(self) -> bool:
        """Whether there is a wallet."""
        return places.exists(self.home)

    def sign(self) -> str:
        """Two words by which she knows a page for hers; "" before there is a wallet (UI-15)."""
        if not configs.store_of(self.home):
            return sign_of(Vault(file.header(self.home / homes.WALLET)).sign) if self.exists() else ""
        if not self._sign:
            with suppress(AgentError, WalletError, OSError):  # the database is away: the page says nothing for now
                self._sign = sign_of(places.sealed(self.home, configs.read(self.home)).sign)
        return self._sign

    async def let_in(self, agent: Agent) -> None:
        """Run an agent whose wallet is open. Raises Misconfigured."""
        self.running = await serving.start(agent, self.home, self.door)
        if self.market.begun() and agent.config.development:
            try:
                await self.market.open()
            except AgentError as fault:  # the wallet is of use without them
                note("the demo vendors stay away", why=str(fault))

    async def unlock(self, secret: Secret) -> None:
        """Open the wallet and start its agent. Raises Locked, TooMany, Misconfigured, or what opening it raises."""
        if self.running is None:
            async with self.guesses.guess():
                agent = await homes.open_agent(self.home, secret)
            try:
                await self.let_in(agent)
            except BaseException:
                await serving.close(agent)
                raise

    async def lock(self) -> None:
        """Stop the agent and let go of every key, and of all it remembers once the page, which waits, is answered."""
        await self.close(besides=1)
        asyncio.get_running_loop().call_later(ANSWERED, serving.let_go)

    async def close(self, besides: int) -> None:
        """Stop the agent, once what is asked of it is answered. besides: requests that wait for this."""
        running, self.running, self.door.agent = self.running, None, None
        await self.door.quiet(besides)
        if running is not None:
            await serving.stop(running)
        await self.market.close()

    async def make(self, name: str, secret: Secret, *, trying: bool) -> None:
        """Make a person's wallet and open it. trying: reached on this computer alone, by whoever is on it."""
        listen = f"127.0.0.1:{free_port()}" if trying else ""
        config = Config(
            kind="person",
            name=name,
            listen=listen,
            url=f"http://{listen}" if trying else "",
            api=f"{self.door.host}:{self.door.port}",
            development=trying,
        )
        await homes.make(self.home, config, secret)
        await self.unlock(secret)

    async def restore(self, backup: bytes, words: str, secret: Secret) -> None:
        """Make a wallet of a back-up and open it. Raises Locked, Malformed, Misconfigured, and as `unlock`."""
        key = key_of(words)
        with tempfile.NamedTemporaryFile(dir=self.home) as kept:  # the owner's folder: mode 0600, gone at once
            kept.write(backup)
            kept.flush()
            opens, slot = age.identity(key), age.slot_secret(key)
            await restoring.restore(self.home, Path(kept.name), opens, secret=secret, slot=slot, now=unix_now())
        await self.unlock(secret)
