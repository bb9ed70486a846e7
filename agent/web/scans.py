"""A route: what a scanned or pasted code is, before anything is done about it."""

import msgspec

from agent import scanning
from agent.agent import Agent
from agent.web.routes import Route


class Scanning(msgspec.Struct, frozen=True):
    """text: of a code."""

    text: str


async def read(agent: Agent, asked: Scanning) -> object:
    """What it is. Nobody is asked, and nothing is fetched."""
    found = scanning.read(agent, asked.text)
    return {name: getattr(found, name) for name in found.__struct_fields__}


ROUTES = (Route("POST", "/v1/scans", read, Scanning),)
