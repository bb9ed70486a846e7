"""How late the event loop is: what wants to go on, and waits because something else is at work."""

import asyncio
from typing import Final

from agent.agent import Agent

EVERY: Final = 0.5  # seconds


async def run(agent: Agent, every: float = EVERY) -> None:
    """Measure it now and then, until cancelled. every: seconds."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + every
        await asyncio.sleep(every)
        agent.metrics.lag.add(max(0.0, loop.time() - due))
