"""Routes: finding an organisation's agent, and what it accepts."""

import msgspec

from agent import looking
from agent.agent import Agent
from agent.web.routes import Route


class Looking(msgspec.Struct, frozen=True):
    """named: a domain, a link, the text of a QR code, a DID, or the name of somebody met."""

    named: str


async def look(agent: Agent, asked: Looking) -> object:
    """What is found; nothing is said to anybody."""
    found = await looking.look(agent, asked.named)
    who = found.who
    listed = [
        {"id": each.ref.id, "version": each.ref.version, "digest": each.ref.digest, "title": each.title or None}
        for each in found.accepts or ()
    ]
    return {
        "did": found.org.did,
        "domain": found.org.domain or (who.domain if who else ""),
        "name": found.org.name or (who.called if who else ""),
        "endpoint": found.endpoint,
        "met": bool(who and who.met),
        "accepts": listed if found.accepts is not None else None,
    }


async def greet(agent: Agent, asked: Looking) -> object:
    """Say hello, so that it says who it is and what it accepts."""
    return {"thread": await looking.greet(agent, asked.named)}


ROUTES = (
    Route("POST", "/v1/look", look, Looking),
    Route("POST", "/v1/look/greet", greet, Looking),
)
