"""A way to one's agent: to the one that is running, or, if none is, to the wallet itself.

Both answer the same routes (agent/web/api.py), so a command does not know which of them it speaks with.
"""

from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

from agent.cli import running
from agent.cli.exits import FAILED, MISUSED, Stopped

CODES: Final = {400: MISUSED, 409: MISUSED}


@dataclass(frozen=True)
class Talk:
    """What a command speaks through. live: the agent can hear answers while the command waits."""

    ask: running.Ask
    live: bool

    async def get(self, *path: str) -> bytes:
        """Read something; JSON. path: segments, as they are. Raises Stopped if the agent will not."""
        return await self._ask("GET", path, b"")

    async def post(self, *path: str, **body: object) -> bytes:
        """Do something; what came of it, as JSON. Raises Stopped if the agent will not."""
        return await self._ask("POST", path, msgspec.json.encode(body))

    async def _ask(self, method: str, path: tuple[str, ...], body: bytes) -> bytes:
        status, said = await self.ask(method, "/v1/" + "/".join(quote(each, safe="") for each in path), body)
        if status != 200:
            raise refused(status, said)
        return said


def refused(status: int, said: bytes) -> Stopped:
    """What the agent would not do, in its own words."""
    try:
        words = msgspec.json.decode(said, type=dict[str, str])["error"]
    except (msgspec.DecodeError, KeyError):
        words = f"the agent answered {status}"
    what, dot, next = words.rpartition(". ")
    return Stopped(f"{what}." if dot else words, next if dot else "", CODES.get(status, FAILED))


@asynccontextmanager
async def reach(options: Namespace, *, listen: bool = False) -> AsyncIterator[Talk]:
    """A way to the agent of `options.home`. Raises Stopped.

    listen: the command waits for an answer, so an agent that is opened for it alone listens meanwhile.
    """
    at = running.address(Path(options.home))
    if at is not None:
        yield Talk(partial(running.ask, at), live=True)
        return
    from agent.cli import alone  # the agent itself: half a second that talking to a running one does not cost

    async with alone.agent(options, listen=listen) as ask:
        yield Talk(ask, live=listen)
