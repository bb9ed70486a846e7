"""Routes: the keys of integrations, the org's own systems that call the API for them (agent/rest)."""

import msgspec

from agent.agent import Agent
from agent.errors import Refused
from agent.rest import keys
from agent.rest.keys import SCOPES, Key
from agent.web.routes import Route
from wallet.credentials.vcdm import timestamp


class Adding(msgspec.Struct, frozen=True):
    """name: what the owner calls the system; scopes: what its key may do, empty for all."""

    name: str
    scopes: tuple[str, ...] = ()


class Naming(msgspec.Struct, frozen=True):
    """name: of a key, or its id."""

    name: str


def shown(key: Key) -> dict[str, object]:
    """A key as it is listed: never what opens with it."""
    return {"id": key.id, "name": key.name, "scopes": key.scopes, "made": timestamp(key.made)}


async def listed(agent: Agent) -> object:
    """All keys, and where they are used."""
    return {"address": agent.config.integrations or None, "keys": [shown(each) for each in keys.every(agent)]}


async def add(agent: Agent, asked: Adding) -> object:
    """A new key; this is the one time it is shown."""
    if agent.config.kind != "org":
        raise Refused("integrations are for an organisation's own systems; no key was made")
    key, token = await keys.add(agent, asked.name, asked.scopes or tuple(SCOPES))
    return {**shown(key), "key": token, "address": agent.config.integrations or None}


async def revoke(agent: Agent, asked: Naming) -> object:
    """Take a key back."""
    return shown(await keys.revoke(agent, asked.name))


ROUTES = (
    Route("GET", "/v1/integrations", listed),
    Route("POST", "/v1/integrations", add, Adding),
    Route("POST", "/v1/integrations/revoke", revoke, Naming),
)
