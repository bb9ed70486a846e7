"""Accepting connections: no more than there is room for, from nobody more than its share, over TLS if so set.

What is too much is closed as it is accepted, before anything is read or any TLS is spoken (HT-04).
"""

import asyncio
import resource
import socket
import ssl
from collections import Counter
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from agent import limits
from agent.limits import Network
from agent.logs import note
from agent.metrics import Metrics
from agent.transports.connection import Server

BACKLOG = 1024
AT_ONCE = 32  # connections accepted before others get their turn
OTHER_FILES = 512  # file descriptors left for the store, the owner's API and what we connect to
NO_ROOM_SECONDS = 0.2
LAST_WORDS = 0.05  # seconds in which those who were accepted last have begun to speak


@dataclass
class Entrance:
    """A listening socket. spared: addresses that many share; only the total counts for them. shared: by several
    processes, each with a queue of its own at the same place."""

    server: Server
    spared: tuple[Network, ...] = ()
    tls: ssl.SSLContext | None = None
    metrics: Metrics = field(default_factory=Metrics)
    inside: Counter[str] = field(default_factory=Counter)
    total: int = 0
    shared: bool = False
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _listening: socket.socket | None = None
    _room: int = 0

    def open(self, host: str, port: int) -> int:
        """Listen; returns the port. Raises OSError if it is taken."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        dual = host == "::" and socket.has_dualstack_ipv6()
        listening = socket.create_server(
            (host, port), family=family, backlog=BACKLOG, dualstack_ipv6=dual, reuse_port=self.shared
        )
        listening.setblocking(False)
        self._listening, self._room = listening, room(self.server.bounds.connections)
        self._start(self._accept(listening))
        self._start(self.server.look_after())
        return int(listening.getsockname()[1])

    async def close(self) -> None:
        """Stop listening, answer what is under way, and close every connection."""
        if self._listening is None:
            return
        listening, self._listening = self._listening, None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.shared:
            await self._welcome_the_last(listening)
        listening.close()
        await asyncio.sleep(0)  # requests that have arrived begin to be answered
        self.server.pre_shutdown()
        await self.server.shutdown(self.server.bounds.stop)

    async def _welcome_the_last(self, listening: socket.socket) -> None:
        """Accept who is in our queue already: none of the others would, and whoever is left there is cut off."""
        with suppress(OSError):  # BlockingIOError: nobody is left
            while True:
                connection, address = listening.accept()
                connection.setblocking(False)
                self._welcome(connection, limits.counted(str(address[0])), str(address[0]))
        await asyncio.sleep(LAST_WORDS)

    async def _accept(self, listening: socket.socket) -> None:
        loop, count = asyncio.get_running_loop(), 0
        while True:
            try:
                connection, address = await loop.sock_accept(listening)
            except OSError:  # no descriptor left, or it broke off while it waited
                await asyncio.sleep(NO_ROOM_SECONDS)
                continue
            self._welcome(connection, limits.counted(str(address[0])), str(address[0]))
            count += 1
            if count % AT_ONCE == 0:
                await asyncio.sleep(0)

    def _welcome(self, connection: socket.socket, source: str, address: str) -> None:
        shared = limits.is_within(address, self.spared)
        if self.total >= self._room or (self.inside[source] >= self.server.bounds.per_address and not shared):
            self.metrics.count("refused", reason="connections")
            connection.close()
            return
        self.inside[source] += 1
        self.total += 1
        self._start(self._connect(connection, source))

    async def _connect(self, connection: socket.socket, source: str) -> None:
        left = partial(self._leave, source)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                partial(self.server.connection, left),
                connection,
                ssl=self.tls,
                ssl_handshake_timeout=self.server.bounds.head if self.tls else None,
            )
        except OSError:  # no TLS, or none that may be spoken; TimeoutError and ssl.SSLError among them
            left()
        except asyncio.CancelledError:
            connection.close()
            raise

    def _leave(self, source: str) -> None:
        self.total -= 1
        self.inside[source] -= 1
        if self.inside[source] <= 0:
            del self.inside[source]

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def room(wanted: int) -> int:
    """How many connections there are file descriptors for, at most as many as wanted; asks for more if it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = wanted + OTHER_FILES
    if soft < enough:
        soft = min(enough, hard) if hard != resource.RLIM_INFINITY else enough
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    found = min(wanted, max(soft - OTHER_FILES, soft // 2))
    if found < wanted:
        note("there is room for fewer connections than wanted; raise the limit of open files", room=found)
    return found


def tls_context(certificate: str, key: str) -> ssl.SSLContext:
    """TLS 1.2 or newer with this certificate chain and key (PEM files). Raises OSError, ssl.SSLError among it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(certificate, key)
    return context
