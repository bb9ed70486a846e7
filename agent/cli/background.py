"""An agent that goes on without a terminal: started once its owner has typed the passphrase, and stopped by name."""

import asyncio
import os
import signal
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from time import monotonic
from typing import Final

import agent
from agent.cli import running, secrets
from agent.cli.exits import DONE, FAILED, MISUSED, Stopped
from agent.cli.words import tell

PATIENCE: Final = 15.0  # seconds an agent may take to stop: it finishes what it is doing
LOG: Final = "agent.log"


def start(options: Namespace) -> int:
    """Start the agent in a process of its own; returns once it listens.

    A passphrase reaches it through a pipe: neither the command line nor the environment ever holds it.
    """
    opens, pipe = (("--locked",), ()) if options.locked else way_in(options)
    line = spawned(Path(options.home), opens, pipe)
    tell([line.replace("with Ctrl-C", "with: freerange stop")])
    return DONE


def spawned(home: Path, opens: tuple[str, ...], pipe: tuple[int, ...] = ()) -> str:
    """Start `serve` with these options; returns the line in which it says that it listens. Raises Stopped.

    Its log goes to agent.log in its folder. pipe: descriptors that are for it, and closed here.
    """
    home = home.absolute()
    source, known = str(Path(agent.__file__).parents[1]), os.environ.get("PYTHONPATH")
    with open(os.open(home / LOG, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as log:
        child = subprocess.Popen(
            (sys.executable, "-P", "-m", "agent", "--home", str(home), "serve", *opens),
            env={**os.environ, "PYTHONPATH": f"{source}{os.pathsep}{known}" if known else source},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            pass_fds=pipe,
            start_new_session=True,
        )
    for each in pipe:
        os.close(each)
    assert child.stdout
    line = child.stdout.readline().decode().strip()
    if not line:
        what, *next = (home / LOG).read_text().splitlines()[-2:] or ["the agent did not start"]
        raise Stopped(what.removeprefix("freerange: "), " ".join(next), child.wait())
    return line


def way_in(options: Namespace) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The options by which the new process unlocks the wallet, and the descriptors it needs for that."""
    if options.key_file is not None:
        return ("--key-file", str(Path(options.key_file).absolute())), ()
    if options.passphrase_file is not None:
        return ("--passphrase-file", str(Path(options.passphrase_file).absolute())), ()
    secret = secrets.given(options) or secrets.asked()
    assert isinstance(secret, str)
    reading, writing = os.pipe()
    os.write(writing, secret.encode())
    os.close(writing)
    return ("--passphrase-fd", str(reading)), (reading,)


async def stop(options: Namespace) -> int:
    """Stop the agent that runs in this folder, in order."""
    home = Path(options.home)
    at = running.at_the_door(home)
    if at is None:
        raise Stopped(f"no agent is running in {home}", "Start one: freerange serve", MISUSED)
    os.kill(at.pid, signal.SIGTERM)
    end = monotonic() + PATIENCE
    while running.held(home) or running.held(home, running.DOOR):
        if monotonic() > end:
            raise Stopped(f"the agent (process {at.pid}) is still busy", "Wait a little, and look again.", FAILED)
        await asyncio.sleep(0.05)
    tell(["The agent has stopped."])
    return DONE
