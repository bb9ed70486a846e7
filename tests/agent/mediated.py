"""Mediators and whoever is behind them, for tests: who was told which address, and what was carried where."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from agent import link, mediation
from agent.agent import Agent
from agent.delivery import place
from agent.link import Rhythm
from tests.agent.world import World, known, public_did
from wallet.dids.services import Endpoint
from wallet.needs import offline

QUICK: Final = Rhythm(first=0.01, longest=0.05, look=0.2, poll=0.02, line=0.05, again=0.02, tidy=0.05)
PATIENCE: Final = 60.0


async def mediator(world: World, name: str = "Post") -> Agent:
    """An org that takes messages for others, and hears and answers at once."""
    post = await world.add(name, "org", mediates=True)
    world.network.prompt.add(post.config.url)
    return post


async def behind(world: World, post: Agent, name: str = "her") -> Agent:
    """A person without an address, who has this mediator."""
    her = await world.add(name, listens=False)
    await mediation.take_on(her, public_did(post))
    return her


@asynccontextmanager
async def linked(*agents: Agent, rhythm: Rhythm = QUICK) -> AsyncIterator[None]:
    """Meanwhile these stay in touch with their mediators."""
    tasks = [asyncio.create_task(link.run(each, rhythm)) for each in agents]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(world: World, holds: Callable[[], bool]) -> None:
    """Let everything arrive until this holds."""
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await world.settle()
            await asyncio.sleep(0.002)


def shown(agent: Agent) -> list[Endpoint]:
    """Where an agent's relationships, oldest first, were told that it is reached."""
    ours = [each.our_did for each in sorted(known(agent), key=lambda each: each.since)]
    found = [place(offline(agent.resolve(did))) for did in ours]
    return [each for each in found if each is not None]
