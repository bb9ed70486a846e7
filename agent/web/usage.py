"""Routes: facts of the things a person owns, recorded and shared."""

import msgspec

from agent import usage
from agent.agent import MINUTE, Agent
from agent.web.routes import Route
from protocols.machine import Time
from protocols.messages import unix
from wallet.credentials.vcdm import timestamp


class Noting(msgspec.Struct, frozen=True):
    """A fact. at: when it was so; left out: now."""

    thing: str
    fact: str
    value: object
    at: Time | None = None


async def note(agent: Agent, asked: Noting) -> object:
    """Record a fact; it goes to whom it is shared with."""
    at = unix(asked.at) if asked.at is not None else agent.now()
    at -= at % MINUTE  # it is told to several, who could compare it
    return {"sent_to": await usage.note(agent, asked.thing, asked.fact, asked.value, at)}


async def listed(agent: Agent) -> object:
    """All that was recorded."""
    return [
        {"thing": each.thing, "fact": each.name, "value": each.value, "at": timestamp(each.at)}
        for each in usage.of(agent)
    ]


ROUTES = (
    Route("GET", "/v1/usage", listed),
    Route("POST", "/v1/usage", note, Noting),
)
