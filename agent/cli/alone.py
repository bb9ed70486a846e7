"""An agent for the length of one command: opened, asked, given time to send what it said, and closed."""

from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from agent import clock, serving
from agent.agent import Agent
from agent.cli import unlocking
from agent.cli.running import Ask
from agent.web import api


@asynccontextmanager
async def agent(options: Namespace, *, listen: bool) -> AsyncIterator[Ask]:
    """A way to ask the agent. Raises Stopped, or Misconfigured if it is to listen and cannot."""
    opened = await unlocking.opened(options)
    running: serving.Running | None = None
    try:
        if listen:
            running = await serving.start(opened, Path(options.home))
        yield asking(opened)
        await finish(opened)
    finally:
        await (serving.stop(running) if running else serving.close(opened))


def asking(opened: Agent) -> Ask:
    """The routes of this agent, without a network between."""

    async def ask(method: str, path: str, body: bytes) -> tuple[int, bytes]:
        status, said = await api.answer(opened, method, path, body)
        return status, msgspec.json.encode(said)

    return ask


async def finish(opened: Agent) -> None:
    """Send what there is to send, and do once what is due."""
    await clock.tick(opened)
    await opened.outbox.quiet()
