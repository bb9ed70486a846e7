"""Routes: what its owner calls this agent, and what opens its wallet."""

from pathlib import Path

import msgspec
from msgspec.structs import replace

from agent import config as configs
from agent.agent import Agent
from agent.web.routes import Route
from protocols.problems import Misuse

LONGEST = 120  # characters of a name


class Naming(msgspec.Struct, frozen=True):
    """name: a person's is never sent; an organisation's is what its customers see."""

    name: str


class Changing(msgspec.Struct, frozen=True):
    """old: the passphrase that opens the wallet now; new: the one from now on."""

    old: str
    new: str


async def rename(agent: Agent, asked: Naming) -> object:
    """Call this agent something else."""
    name = asked.name.strip()
    if not name or len(name) > LONGEST:
        raise Misuse(f"a name has 1 to {LONGEST} characters; nothing was changed")
    changed = replace(agent.config, name=name)
    configs.write(Path(agent.store.path).parent, changed)
    agent.config = changed
    return {"name": name}


async def change_passphrase(agent: Agent, asked: Changing) -> object:
    """Let another passphrase open the wallet. Back-ups open with the recovery words, as before."""
    await agent.store.change_secret(asked.old, asked.new)
    return {"changed": True}


ROUTES = (
    Route("POST", "/v1/name", rename, Naming),
    Route("POST", "/v1/passphrase", change_passphrase, Changing),
)
