"""What a command runs in: asyncio's own loop, or for `serve`, if so set, uvloop's; and for a wallet in a database one
whose tasks may wait for it."""

import asyncio
from argparse import Namespace
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TypeAlias

from agent.cli.exits import MISUSED, Stopped
from agent.config import Placed, placed

Run: TypeAlias = Callable[[Coroutine[None, None, int]], int]


def runner(options: Namespace) -> Run:
    """What runs the command that was typed. Raises Stopped if something it takes is not installed."""
    home = getattr(options, "home", None)
    found = placed(Path(home)) if home else Placed()
    make = maker(found.loop if options.command == "serve" else "asyncio")
    if getattr(options, "store", "") or found.store:
        return _waiting(make)
    if make is asyncio.new_event_loop:
        return asyncio.run

    def run(command: Coroutine[None, None, int]) -> int:
        with asyncio.Runner(loop_factory=make) as started:
            return started.run(command)

    return run


def maker(loop: str) -> Callable[[], asyncio.AbstractEventLoop]:
    """What makes such a loop, asyncio's if there is no such. Raises Stopped if it is not installed."""
    if loop != "uvloop":
        return asyncio.new_event_loop
    try:
        from uvloop import new_event_loop
    except ModuleNotFoundError:
        what = "the setting `loop` is uvloop, which is not installed; nothing was started"
        raise Stopped(what, "Install it: pip install 'freerange[uvloop]'", MISUSED) from None
    return new_event_loop


def _waiting(make: Callable[[], asyncio.AbstractEventLoop]) -> Run:
    try:
        from wallet.store import postgresql as needed  # noqa: F401 - it takes what not everybody has installed
        from wallet.store import waiting
    except ModuleNotFoundError as missing:
        what = f"the wallet is in a PostgreSQL database, and {missing.name} is not installed; nothing was done"
        raise Stopped(what, "Install what it takes: pip install 'freerange[postgresql]'", MISUSED) from None
    return lambda command: waiting.run(command, loop_factory=make)
