"""Routes: a file of evidence, put together of what the owner chooses."""

import msgspec

from agent import bundles, names
from agent.agent import Agent
from agent.bundles import Selection
from agent.web.relationships import known
from agent.web.routes import Route
from agent.web.threads import one


class Choosing(msgspec.Struct, frozen=True):
    """peers: by name; none: everybody. records, threads, objects: only these, by id, Digest or the beginning of one.

    data: Digests of objects whose personal data is shown as well; nothing else of it is.
    """

    peers: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    threads: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    data: tuple[str, ...] = ()


async def put_together(agent: Agent, asked: Choosing) -> object:
    """The file, as a text: canonical JSON."""
    meant = [names.find_peer(agent, each) for each in asked.peers] or list(known(agent))
    wanted = (*asked.records, *asked.objects, *asked.data)
    chosen = []
    threads = [one(agent, each) for each in asked.threads]
    for who in meant:
        here = {row.digest for row in agent.store.ledger(who.peer)}
        parts = {
            name: tuple(whole(here, each) for each in getattr(asked, name) if whole(here, each))
            for name in ("records", "objects", "data")
        }
        own = tuple(each.thread.thid for with_, each in threads if with_.peer == who.peer)
        if here and (not (wanted or asked.threads) or own or any(parts.values())):
            chosen.append(Selection(who, threads=own, **parts))
    return {"file": (await bundles.put_together(agent, chosen)).decode(), "with": [each.who.called for each in chosen]}


def whole(here: set[str], text: str) -> str:
    """The one Digest that begins like this; empty if there is none, or more than one."""
    found = [each for each in here if text and each.startswith(text)]
    return found[0] if len(found) == 1 else ""


ROUTES = (Route("POST", "/v1/evidence", put_together, Choosing),)
