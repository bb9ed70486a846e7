"""Command: top. How a running agent does, looked at each second: its counters, by its owner's API."""

import asyncio
import shutil
import signal
import sys
import time
from argparse import Namespace
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from agent.cli import running
from agent.cli.exits import DONE, MISUSED, Command, Stopped
from agent.cli.home import folder
from agent.cli.looks import Kept, Sight, Vitals, between
from agent.cli.sight import lines
from agent.cli.talk import Talk
from agent.cli.words import coloured, tell

EVERY: Final = 1.0  # seconds between looks
LOOKED: Final = 10  # seconds over which rates and times are taken, and after which rows are counted again
PATIENCE: Final = 5.0  # seconds for which an answer is waited for
ENTER, LEAVE = "\033[?1049h\033[?25l", "\033[?25h\033[?1049l"  # another screen without a cursor, and back
TOP, REST_OF_LINE, REST_OF_SCREEN = "\033[H", "\033[K", "\033[J"

Draw = Callable[[Sight], None]


async def top(options: Namespace) -> int:
    """Look until Ctrl-C, or once."""
    home = Path(options.home)
    at = running.address(home)
    if at is None and running.at_the_door(home) is not None:
        raise Stopped(
            f"the wallet in {home} is locked, and its agent waits for you",
            f"Open it: freerange open{folder(home)}",
            MISUSED,
        )
    if at is None:
        raise Stopped(f"no agent is running in {home}", f"Start one: freerange serve{folder(home)}", MISUSED)
    talk, printed = Talk(partial(running.ask, at, patience=PATIENCE), live=True), in_json if options.json else in_words
    if options.once:
        printed(await once(talk))
        return DONE
    task = asyncio.current_task()
    assert task
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        if sys.stdout.isatty() and not options.json:
            with screen():
                await watch(talk, on_screen)
        await watch(talk, printed)
    except asyncio.CancelledError:  # Ctrl-C is how it is meant to end
        return DONE
    return DONE


async def once(talk: Talk) -> Sight:
    """What is to be seen in one second."""
    before = await look(talk)
    await asyncio.sleep(EVERY)
    return between(before, await look(talk), await kept(talk))


async def watch(talk: Talk, draw: Draw) -> None:
    """Draw what is to be seen, each second, until cancelled. Raises Stopped once the agent is gone."""
    seen: deque[Vitals] = deque([await look(talk)], maxlen=LOOKED + 1)
    while True:
        standing = await kept(talk)
        for _ in range(LOOKED):
            await asyncio.sleep(EVERY)
            seen.append(await look(talk))
            draw(between(seen[0], seen[-1], standing))


async def look(talk: Talk) -> Vitals:
    """One look at the counters."""
    return msgspec.json.decode(await talk.get("vitals"), type=Vitals)


async def kept(talk: Talk) -> Kept:
    """One look at what waits."""
    return msgspec.json.decode(await talk.get("vitals", "waiting"), type=Kept)


# -- how it is shown -----------------------------------------------------------------------------------------------


def in_json(sight: Sight) -> None:
    """A line of JSON, for programs."""
    print(msgspec.json.encode(sight).decode(), flush=True)


def in_words(sight: Sight) -> None:
    """Below what was printed before."""
    tell(line for line, _ in lines(sight, time.strftime("%H:%M:%S")))


@contextmanager
def screen() -> Iterator[None]:
    """A screen of its own; what was on the terminal is there again afterwards."""
    sys.stdout.write(ENTER)
    try:
        yield
    finally:
        sys.stdout.write(LEAVE)
        sys.stdout.flush()


def on_screen(sight: Sight) -> None:
    """In place of what was drawn before, as much as there is room for."""
    columns, rows = shutil.get_terminal_size()
    fitting = [*lines(sight, time.strftime("%H:%M:%S"))][:rows]
    drawn = (coloured(line[:columns], colour) if colour else line[:columns] for line, colour in fitting)
    sys.stdout.write(TOP + f"{REST_OF_LINE}\n".join(drawn) + REST_OF_LINE + REST_OF_SCREEN)
    sys.stdout.flush()


COMMANDS: dict[str, Command] = {"top": top}
