"""Routes: telling everybody one thing, as far as each one's rules allow; and what was told, and what was blocked."""

from collections import Counter

import msgspec

from agent import names, notices, rules_known
from agent.agent import Agent
from agent.web.relationships import known
from agent.web.routes import Route
from protocols.vrm.relationship import Notice
from wallet.credentials.vcdm import timestamp


class Telling(msgspec.Struct, frozen=True):
    """notice: its fields, as in the protocol. peers: by name; none: everybody. preview: nothing is said."""

    notice: Notice
    peers: tuple[str, ...] = ()
    preview: bool = False


async def tell(agent: Agent, asked: Telling) -> object:
    """Tell it to those whose rules allow it. Answers how many that are, and how many rules forbid it."""
    peers = {names.find_peer(agent, each).peer for each in asked.peers} if asked.peers else None
    choose = notices.choose(agent, asked.notice, peers)
    choices = choose if asked.preview else await notices.send(agent, asked.notice, peers)
    suppressed = Counter(each.against for each in choices if each.against)
    return {
        "allowed": sum(1 for each in choices if not each.against),
        "suppressed": suppressed.total(),
        "because": dict(suppressed),
        "preview": asked.preview,
    }


async def told(agent: Agent) -> object:
    """Every notice, newest first; and how many were blocked, by relationship."""
    found = [
        {
            "with": who.called,
            "thread": thread.thid,
            "kind": said.kind,
            "topic": said.topic,
            "text": said.text,
            "action_by": said.action_by,
            "at": timestamp(at),
            "state": thread.state,
        }
        for who in known(agent)
        for thread, said, at in rules_known.notices(agent, who.peer)
    ]
    blocked = {who.called: who.blocked for who in known(agent) if who.blocked}
    return {"notices": sorted(found, key=lambda each: str(each["at"]), reverse=True), "blocked": blocked}


ROUTES = (
    Route("GET", "/v1/notices", told),
    Route("POST", "/v1/notices", tell, Telling),
)
