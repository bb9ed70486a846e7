"""Routes: back-ups of a wallet that is open."""

import asyncio
from functools import partial
from pathlib import Path

import msgspec

from agent import backup
from agent.agent import Agent
from agent.errors import Misconfigured
from agent.web.routes import Route

TURN = "a back-up"  # one is made at a time


class Words(msgspec.Struct, frozen=True):
    """What was made from recovery words. recipient: `age1...`; slot: 32 bytes, in base64."""

    recipient: str
    slot: bytes


class Wanted(msgspec.Struct, frozen=True):
    """Where a back-up is to be written: an absolute path on this computer."""

    file: str


async def standing(agent: Agent) -> object:
    """Whether there are recovery words, and when the last back-up was made."""
    known = backup.recovery(agent.store)
    return msgspec.to_builtins(known) if known else {"recipient": None, "since": 0, "last": 0}


async def set_up(agent: Agent, asked: Words) -> object:
    """Let recovery words count from now on."""
    async with agent.turn_of(TURN):
        await backup.set_up(agent.store, recipient=asked.recipient, slot=asked.slot, now=agent.now())
    return {"recipient": asked.recipient}


async def forget(agent: Agent) -> object:
    """Let the recovery words count no more."""
    async with agent.turn_of(TURN):
        await backup.forget(agent.store)
    return {"recipient": None}


async def create(agent: Agent, asked: Wanted) -> object:
    """Write a back-up, while everything else goes on."""
    known, target = backup.recovery(agent.store), Path(asked.file)
    if known is None:
        raise Misconfigured("there are no recovery words yet; nothing was written. Make them first.")
    if not target.is_absolute():
        raise Misconfigured(f"{target} is not a whole path; nothing was written. Begin it with a slash.")
    async with agent.turn_of(TURN):
        write = partial(backup.create, target=target, recipient=known.recipient, now=agent.now())
        manifest = await asyncio.to_thread(write, agent.store.snapshot, agent.config)
        await backup.made(agent.store, agent.now())
    return {"file": str(target), "records": manifest.records, "made_at": manifest.made_at}


ROUTES = (
    Route("GET", "/v1/backups", standing),
    Route("POST", "/v1/backups/words", set_up, Words),
    Route("POST", "/v1/backups/words/forget", forget),
    Route("POST", "/v1/backups", create, Wanted),
)
