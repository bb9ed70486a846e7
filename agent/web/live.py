"""Telling a page that something changed, as server-sent events; the page then asks again for what it shows.

It is read by fetch and not by EventSource, which could bring no key but in an address. Source: HTML, "Server-sent
events"; security 6.2.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from aiohttp import web

from agent.agent import Agent
from agent.web import gate
from wallet.store import checks

LOOK_EVERY: Final = 0.25  # seconds
BEAT_EVERY: Final = 15.0  # seconds: so that a browser notices that nobody is there


async def tell(request: web.BaseRequest, agent: Callable[[], Agent | None]) -> web.StreamResponse:
    """`changed` whenever the wallet did, until the browser goes. Ends with `locked` or `opened` when that is done.

    agent: None while the wallet is locked.
    """
    answer = web.StreamResponse(headers={**gate.HEADERS, "Content-Type": "text/event-stream"})
    await answer.prepare(request)
    here, seen, quiet = agent(), -1, 0.0
    try:
        while agent() is here and not (here and here.stopping):
            now = version(here)
            if now != seen:
                await answer.write(b"event: changed\ndata:\n\n")
                seen, quiet = now, 0.0
            elif quiet >= BEAT_EVERY:
                await answer.write(b":\n\n")
                quiet = 0.0
            await asyncio.sleep(LOOK_EVERY)
            quiet += LOOK_EVERY
        await answer.write(b"event: locked\ndata:\n\n" if here else b"event: opened\ndata:\n\n")
    except ConnectionResetError:
        pass  # she closed the page
    return answer


def version(agent: Agent | None) -> int:
    """A number that is another one once something was written."""
    return agent.store.read(checks.version) if agent and not agent.store.vault.locked else -1
