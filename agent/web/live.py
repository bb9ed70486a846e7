"""Telling a page that something changed, as server-sent events; the page then asks again for what it shows.

It is read by fetch and not by EventSource, which could bring no key but in an address. Source: HTML, "Server-sent
events"; security 6.2.
"""

import asyncio
from typing import Final

from aiohttp import web

from agent.agent import Agent
from agent.web import gate
from wallet.store import checks

LOOK_EVERY: Final = 0.25  # seconds
BEAT_EVERY: Final = 15.0  # seconds: so that a browser notices that nobody is there


async def tell(request: web.BaseRequest, agent: Agent) -> web.StreamResponse:
    """`changed` whenever the wallet did, until the browser goes or the wallet is locked, which is `locked`."""
    answer = web.StreamResponse(headers={**gate.HEADERS, "Content-Type": "text/event-stream"})
    await answer.prepare(request)
    seen, quiet = -1, 0.0
    try:
        while not (agent.stopping or agent.store.vault.locked):
            now = agent.store.read(checks.version)
            if now != seen:
                await answer.write(b"event: changed\ndata:\n\n")
                seen, quiet = now, 0.0
            elif quiet >= BEAT_EVERY:
                await answer.write(b":\n\n")
                quiet = 0.0
            await asyncio.sleep(LOOK_EVERY)
            quiet += LOOK_EVERY
        await answer.write(b"event: locked\ndata:\n\n")
    except ConnectionResetError:
        pass  # she closed the page
    return answer
