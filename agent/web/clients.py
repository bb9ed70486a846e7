"""Routes: a mediator's clients: how much is held for each, and ending one. Who they are is not known, only letters."""

from dataclasses import replace
from functools import partial
from typing import Final

import msgspec

from agent import mediator
from agent.agent import Agent
from agent.relationship import fingerprint
from agent.web.routes import Route
from wallet.credentials.vcdm import timestamp
from wallet.errors import NotFound
from wallet.store import held, mediation
from wallet.store.mediation import Account

MOST: Final = 500  # clients in one answer: those for whom most is held


class Ending(msgspec.Struct, frozen=True):
    """client: the letters by which it is listed."""

    client: str


async def show(agent: Agent) -> object:
    """How much is held in all, and for whom, those for whom most is held first."""
    found = [described(agent, each) for each in agent.store.read(mediation.accounts)]
    found.sort(key=lambda each: (-int(str(each["bytes"])), str(each["since"])))
    messages, size = agent.store.read(held.in_all)
    return {
        "mediates": agent.config.mediates,
        "count": len(found),
        "messages": messages,
        "bytes": size,
        "clients": found[:MOST],
    }


def described(agent: Agent, account: Account) -> dict[str, object]:
    """A client as it is shown. dids: how many it is reached by."""
    waits = agent.store.read(partial(held.waiting, account=account.peer, recipient=None, now=agent.now()))
    return {
        "client": fingerprint(account.peer),
        "since": timestamp(account.since),
        "closed": account.closed,
        "dids": agent.store.read(partial(mediation.routes_of, peer=account.peer)),
        "messages": waits.messages,
        "bytes": waits.bytes,
        "oldest": timestamp(waits.oldest) if waits.messages else None,
    }


async def close(agent: Agent, asked: Ending) -> object:
    """Take nothing more for a client. Raises NotFound."""
    for each in agent.store.read(mediation.accounts):
        if fingerprint(each.peer) == asked.client and await mediator.close(agent, each.peer):
            return described(agent, replace(each, closed=True))
    raise NotFound(f"there is no client {asked.client[:40]} whose messages are taken; nothing was done")


ROUTES = (
    Route("GET", "/v1/clients", show),
    Route("POST", "/v1/clients/close", close, Ending),
)
