"""Waiting for an answer, and letting the person see that one waits."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final, TypeVar

import msgspec

from agent.cli.talk import Talk
from agent.cli.views import Thread

T = TypeVar("T")
FIRST, LONGEST = 0.004, 0.2  # seconds between looks: an answer from nearby is seen at once, a slow one costs little
SILENT: Final = 1.0  # seconds before anything is shown


async def until(look: Callable[[], Awaitable[T | None]], *, seconds: float, waiting_for: str) -> T | None:
    """What `look` finds, or None if it found nothing in time. Progress goes to standard error, at a terminal only."""
    began, pause = monotonic(), FIRST
    shown = False
    try:
        while True:
            found = await look()
            passed = monotonic() - began
            if found is not None or passed >= seconds:
                return found
            if sys.stderr.isatty() and passed > SILENT:
                print(f"\r  waiting for {waiting_for} ... {passed:.0f} s ", end="", file=sys.stderr, flush=True)
                shown = True
            await asyncio.sleep(min(pause, seconds - passed))
            pause = min(pause * 1.5, LONGEST)
    finally:
        if shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


async def over(talk: Talk, id: str, *, seconds: float, waiting_for: str) -> Thread | None:
    """The thread, once it is over or both sides are bound; None if neither comes in time."""

    async def look() -> Thread | None:
        found = msgspec.json.decode(await talk.get("threads", id), type=Thread)
        return found if found.over or found.bound else None

    return await until(look, seconds=seconds, waiting_for=waiting_for)
