"""Routes: telling everybody one thing, as far as each one's rules allow; and what was told, and what was blocked."""

from collections import Counter
from functools import partial
from typing import cast

import msgspec

from agent import campaigns, names, notices, rules_known
from agent.agent import Agent
from agent.many import To
from agent.notices import Written
from agent.relationship import fingerprint
from agent.web.parts import part
from agent.web.relationships import known
from agent.web.routes import Route
from protocols.problems import Misuse
from protocols.vrm.relationship import Notice
from wallet.credentials.vcdm import timestamp
from wallet.store import campaigns as rows


class Telling(msgspec.Struct, frozen=True):
    """notice: its fields, as in the protocol. peers: by name; none: everybody. preview: nothing is said."""

    notice: Notice
    peers: tuple[str, ...] = ()
    preview: bool = False


async def tell(agent: Agent, asked: Telling) -> object:
    """Tell it to those whose rules allow it. Answers how many that are, and how many rules forbid it."""
    among = [names.find_peer(agent, each) for each in asked.peers] if asked.peers else None
    if asked.preview:
        choices = notices.choose(agent, asked.notice, among)
    else:
        choices = await notices.send(agent, asked.notice, among)
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


# -- written first, looked at, and told as a campaign -------------------------------------------------------------


class Writing(msgspec.Struct, frozen=True):
    """notice: its fields, as in the protocol. tag: to those who have it; empty: to everybody."""

    notice: Notice
    tag: str = ""


def described(agent: Agent, one: Written) -> dict[str, object]:
    """A notice that is written, whom it may be told, and how far telling it has come. counts: recipients by state."""
    running = agent.store.read(partial(rows.campaign, id=one.id))
    tally = campaigns.tally(agent, one.id) if running else None
    begun = tally is not None and tally.plan.state != "filling"
    return {
        "id": one.id,
        "kind": one.notice.kind,
        "text": one.notice.text,
        "topic": one.notice.topic,
        "action_by": one.notice.action_by,
        "at": timestamp(one.at),
        "tag": one.tag,
        "allowed": len(one.allowed),
        "suppressed": len(one.against),
        "because": dict(Counter(why for _, why in one.against)),
        "state": "dropped" if one.dropped else tally.plan.state if tally and begun else "written",
        "begun": timestamp(tally.at) if tally and begun else None,
        "counts": tally.counts if tally and begun else {},
    }


async def write(agent: Agent, asked: Writing) -> object:
    """Write a notice, and look at whom it may be told; nothing is said."""
    return described(agent, await notices.write(agent, asked.notice, asked.tag))


async def written(agent: Agent, id: str) -> object:
    """One that is written."""
    return described(agent, notices.written(agent, id))


async def all_written(agent: Agent, start: str) -> object:
    """A part of those that are written, the newest first."""
    total, _ = notices.newest(agent, 0, 0)
    found = part(start, total, lambda begin, most: notices.newest(agent, begin, most)[1])
    return {**found, "items": [described(agent, each) for each in cast(list[Written], found["items"])]}


async def audience(agent: Agent, id: str, which: str, start: str) -> object:
    """A part of those who may be told, or who may not and why. which: allowed or against."""
    one = notices.written(agent, id)
    chosen = one.against if which == "against" else tuple((peer, "") for peer in one.allowed)
    return part(
        start,
        len(chosen),
        lambda begin, most: (
            {"with": agent.relationship(peer)[0].called, "fingerprint": fingerprint(peer), "why": why}
            for peer, why in chosen[begin:][:most]
        ),
    )


async def look_again(agent: Agent, id: str) -> object:
    """Look anew at whom it may be told. Raises Misuse once it is being told."""
    one = unsaid(agent, id)
    return described(agent, await notices.write(agent, one.notice, one.tag, id))


async def drop(agent: Agent, id: str) -> object:
    """Do not tell it after all. Raises Misuse once it is being told."""
    one = msgspec.structs.replace(unsaid(agent, id), dropped=True)
    await notices.keep(agent, one)
    return described(agent, one)


def unsaid(agent: Agent, id: str) -> Written:
    """One that nobody was told yet. Raises Misuse."""
    one = notices.written(agent, id)
    if described(agent, one)["state"] != "written":
        raise Misuse("this notice is being told, was told, or was dropped; nothing was done")
    return one


async def send(agent: Agent, id: str) -> object:
    """Tell it, once: whoever asks again is answered how far it has come, and nobody is told a second time."""
    async with agent.turn_of(f"notice {id}"):
        one = notices.written(agent, id)
        if one.dropped:
            raise Misuse("this notice was dropped; write it anew. Nothing was said.")
        if described(agent, one)["state"] == "written":
            content: dict[str, object] = msgspec.to_builtins(one.notice)
            to = (To(peer) for peer in one.allowed)
            title = f"Tell {len(one.allowed)}: {one.notice.kind}"
            await campaigns.start(agent, notices.KIND.name, content, to, title=title, jitter=0, id=id)
    return described(agent, one)


ROUTES = (
    Route("POST", "/v1/notices/written", write, Writing),
    Route("GET", "/v1/notices/written/from/{start}", all_written),
    Route("GET", "/v1/notices/written/{id}", written),
    Route("GET", "/v1/notices/written/{id}/{which}/{start}", audience),
    Route("POST", "/v1/notices/written/{id}/look", look_again),
    Route("POST", "/v1/notices/written/{id}/drop", drop),
    Route("POST", "/v1/notices/written/{id}/send", send),
    Route("GET", "/v1/notices", told),
    Route("POST", "/v1/notices", tell, Telling),
)
