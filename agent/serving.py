"""One running agent: it listens, it keeps the clock, and it stops in order."""

import asyncio
import gc
import signal
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from agent import clock, identity, lag, link, tally
from agent.agent import Agent
from agent.bridges.dispatch import Dispatcher
from agent.config import Config
from agent.errors import Misconfigured
from agent.logs import note
from agent.rest.server import Counter
from agent.transports import guard
from agent.transports.accepting import tls_context
from agent.transports.http import Listener
from agent.web.monitor import Monitor
from agent.web.readiness import Lookout
from agent.web.server import TOKEN_FILE, Door
from wallet.errors import WalletError

FORGET_EVERY = 3600
# An agent that is told to stop has ended within ten seconds, whatever does not answer: four for requests under way
# (guard.Bounds.stop), these two, one for what was delivered to leave the store (outbox.LAST_WRITE), two for the store.
LAST_DELIVERIES = 2.0  # seconds that deliveries under way get
NEW_OBJECTS = 2_000  # more than there were, after which Python looks for rings among them that nothing refers to


@dataclass
class Running:
    """What `serve` started. counter: where the org's own systems call. door_stays: it was there before the agent."""

    agent: Agent
    listener: Listener
    door: Door
    monitor: Monitor
    counter: Counter
    tasks: tuple[asyncio.Task[None], ...]
    token_file: Path
    door_stays: bool = False


def taken(places: str, fault: OSError) -> str:
    """Where nothing can listen, and what to do about it."""
    return f"cannot listen on {places}: {fault.strerror}. Stop what is there, or choose another port: freerange config"


async def start(agent: Agent, home: Path, door: Door | None = None) -> Running:
    """Listen for messages and for the owner. door: one that listens already, and will when this agent is gone.

    Raises Misconfigured if a port is taken.
    """
    listener, ours = listener_of(agent, home), door is None
    door, monitor, counter = door or Door(agent), Monitor(agent, Lookout(agent)), Counter(agent)
    places = (agent.config.listen, agent.config.api, agent.config.metrics, agent.config.integrations)
    try:
        if places[0]:
            await listener.start(*host_and_port(places[0]))
        if ours:
            await door.start(*host_and_port(places[1]))
        if places[2]:
            await monitor.start(*host_and_port(places[2]))
        if places[3]:
            await counter.start(*host_and_port(places[3]))
    except OSError as fault:
        await asyncio.gather(listener.stop(), *([door.stop()] if ours else ()), monitor.stop(), counter.stop())
        raise Misconfigured(taken(" and ".join(filter(None, places)), fault)) from fault
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, renew, listener, agent.config, home)
    # failpoint: serving.listening
    await agent.outbox.begin()
    # failpoint: serving.hastened
    tasks = (
        asyncio.create_task(clock.run(agent)),
        asyncio.create_task(forget(agent)),
        asyncio.create_task(link.run(agent)),
        asyncio.create_task(lag.run(agent)),
        asyncio.create_task(monitor.lookout.run()),
        *([asyncio.create_task(Dispatcher(agent).run())] if agent.config.kind == "org" else ()),
    )
    for task in tasks:
        task.add_done_callback(partial(missed, agent))
    door.agent = agent
    token_file = door.write_token(home) if ours else home / TOKEN_FILE
    return Running(agent, listener, door, monitor, counter, tasks, token_file, door_stays=not ours)


def missed(agent: Agent, task: asyncio.Task[None]) -> None:
    """A part of an agent is over: if nobody has ended it, it is told to whoever looks whether all is well."""
    if task.cancelled():
        return
    note("a part of the agent has ended", error=type(task.exception()).__name__)
    what = f"a part of this agent has ended by itself ({type(task.exception()).__name__}), and its work is not done"
    agent.troubles["parts"] = what, "start the agent again, and please report it"


def unmoved() -> None:
    """SIGHUP where there is no certificate to be renewed, as while the wallet is locked: it ends nothing."""


def host_and_port(place: str) -> tuple[str, int]:
    """A setting like 127.0.0.1:8080 or [::1]:8080, in two."""
    host, _, port = place.rpartition(":")
    return host.strip("[]"), int(port)


def listener_of(agent: Agent, home: Path) -> Listener:
    """The public listener, which does not listen yet. Raises Misconfigured if its certificate cannot be used."""
    config, published = agent.config, identity.documents(agent)
    return Listener(
        agent.receive,
        published.get,
        path=identity.path_of(config),
        guard=guard.of(config, agent.limits),
        tls=certificate(config, home),
        shared=agent.store.shared,
    )


def certificate(config: Config, home: Path) -> ssl.SSLContext | None:
    """How the public listener proves who it is, if it speaks TLS itself. Paths are relative to the agent's folder."""
    if not config.tls_certificate:
        return None
    try:
        return tls_context(str(home / config.tls_certificate), str(home / config.tls_key))
    except OSError as fault:  # a file that is not there, and what OpenSSL says of one that is
        raise Misconfigured(
            f"the certificate {config.tls_certificate} cannot be used with the key {config.tls_key}: {fault.strerror}."
            " Give both as PEM files, the certificate with those that vouch for it."
        ) from fault


def renew(listener: Listener, config: Config, home: Path) -> None:
    """Show the certificate that is in its file now (SIGHUP). If that cannot be used, the old one stays."""
    try:
        context = certificate(config, home)
    except Misconfigured as fault:
        note("the certificate stays as it was", why=str(fault))
        return
    if context is not None:
        listener.show(context)
        note("the certificate was renewed")


async def forget(agent: Agent) -> None:
    """Now and then, drop the marks by which repeats are known, once their time is over."""
    while True:
        try:
            if not agent.clock_in_doubt:
                await agent.store.forget(agent.now())
                await tally.forget(agent)
            # failpoint: serving.forgotten
        except (OSError, WalletError) as fault:  # a full disk, say: they can wait
            note("marks of messages heard stay for now", error=type(fault).__name__)
        await asyncio.sleep(FORGET_EVERY)


async def stop(running: Running) -> None:
    """Finish what is under way, then close everything."""
    if not running.door_stays:
        running.token_file.unlink(missing_ok=True)
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, unmoved)
    # failpoint: serving.stopping
    running.agent.stopping = True
    away = [] if running.door_stays else [running.door.stop()]
    await asyncio.gather(running.listener.stop(), *away, running.monitor.stop(), running.counter.stop())
    for task in running.tasks:
        task.cancel()
    await asyncio.gather(*running.tasks, return_exceptions=True)
    await close(running.agent)


async def close(agent: Agent) -> None:
    """Let deliveries under way end, and let go of the wallet. What is not delivered by then stays in it."""
    await agent.outbox.quiet(LAST_DELIVERIES)
    await agent.transport.close()
    await agent.needs.close()
    agent.keys.forget()
    agent.quarantine.close()
    agent.store.close()


def settle() -> None:
    """What is loaded by now stays, so Python need not look through it for garbage again and again; and what comes is
    looked through less often, for a message leaves hardly any. It was 8 % of the time of one."""
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])


def let_go() -> None:
    """Look through all there is once more, for what `settle` kept: an agent that was stopped, and what it remembers."""
    gc.unfreeze()
    gc.collect()


async def until_stopped(ready: Callable[[], None]) -> None:
    """Wait for SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    ready()
    settle()
    await stopped.wait()
    note("stopping")
