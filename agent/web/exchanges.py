"""Routes: exchanges, as whoever builds on them looks at them: those in which something was said last come first."""

from functools import partial

from agent import conversation as conversations
from agent.agent import Agent
from agent.web import parts
from agent.web import threads as routes
from agent.web.routes import Route
from wallet.store import threads

PART = 50
LINES = 2000  # of the log: what was said before them is found by its relationship


async def newest(agent: Agent, part: str) -> object:
    """A part of the exchanges of which the newest lines tell. part: from 1."""
    start = (parts.number(part) - 1) * PART
    rows = agent.store.read(partial(threads.newest, lines=LINES, start=start, most=PART))
    found = [routes.shown(agent.relationship(peer)[0], conversations.read(row)) for peer, row in rows]
    return {"total": agent.store.read(partial(threads.newest_count, lines=LINES)), "exchanges": found}


ROUTES = (Route("GET", "/v1/exchanges/{part}", newest),)
