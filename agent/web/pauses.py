"""Routes: pausing one relationship until a day, and taking it up again."""

from collections.abc import Callable

import msgspec

from agent import effects, names, owner
from agent.agent import Agent
from agent.draft import Draft
from agent.relationship import fingerprint
from agent.vrm import pausing
from agent.web.routes import Route
from protocols.machine import Message
from protocols.messages import unix
from protocols.problems import Misuse
from protocols.vrm.base import Date
from wallet.credentials.vcdm import timestamp
from wallet.keys import new_id
from wallet.needs import Lookup


class Pausing(msgspec.Struct, frozen=True):
    """peer: by name; until: the day on which it is over."""

    peer: str
    until: Date


class Ending(msgspec.Struct, frozen=True):
    """peer: by name."""

    peer: str


async def pause(agent: Agent, asked: Pausing) -> object:
    """Take nothing new of theirs until that day, and tell them."""
    until = unix(f"{asked.until}T00:00:00Z")
    if until <= agent.now():
        raise Misuse(f"{asked.until} is not to come; nothing was changed. Name a later day.")
    return await changed(agent, asked.peer, lambda draft: pausing.begin(draft, until))


async def resume(agent: Agent, asked: Ending) -> object:
    """Take up again what was paused, and tell them."""
    if not pausing.paused(names.find_peer(agent, asked.peer), agent.now()):
        raise Misuse("it is not paused; nothing was changed")
    return await changed(agent, asked.peer, pausing.end)


async def changed(agent: Agent, peer: str, change: Callable[[Draft], Message | None]) -> object:
    """Do one of the two. told: the thread in which they are told, None if they cannot be."""
    who = names.find_peer(agent, peer)
    if agent.config.kind == "org" or who.ended or who.one_off:
        raise Misuse("only a person pauses a relationship, and only one that goes on; nothing was changed")
    thid = new_id()

    def act(draft: Draft) -> Lookup[bool]:
        message = change(draft)
        if message is not None:
            effects.say(draft, message)
        yield from ()
        return message is not None

    said = await owner.act(agent, who.peer, thid, act)
    now, _ = agent.relationship(who.peer)
    return {
        "with": who.called,
        "fingerprint": fingerprint(who.peer),
        "until": timestamp(now.paused) if now.paused else None,
        "told": thid if said else None,
    }


ROUTES = (
    Route("POST", "/v1/pauses", pause, Pausing),
    Route("POST", "/v1/pauses/end", resume, Ending),
)
