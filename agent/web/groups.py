"""Routes: tags of hers and groups by rule, which nobody else ever sees."""

from typing import Annotated

import msgspec

from agent import groups, names
from agent.agent import Agent
from agent.relationship import Relationship, fingerprint
from agent.web.routes import Route

LISTED = 500


class Tagging(msgspec.Struct, frozen=True):
    """peers: names, fingerprints or DIDs."""

    tag: str
    peers: tuple[str, ...]


class Defining(msgspec.Struct, frozen=True):
    """A name for a rule."""

    name: str
    rule: str


class Named(msgspec.Struct, frozen=True):
    """The name of a group."""

    name: str


class Reading(msgspec.Struct, frozen=True):
    """A rule, or the name of a group. start: how many of them are left out before those that are named."""

    rule: str
    start: Annotated[int, msgspec.Meta(ge=0)] = 0
    most: Annotated[int, msgspec.Meta(ge=1, le=LISTED)] = LISTED


def member(agent: Agent, who: Relationship) -> dict[str, object]:
    """Somebody as listed in a group."""
    return {
        "with": who.called,
        "fingerprint": fingerprint(who.peer),
        "kind": who.kind,
        "domain": who.domain,
        "tags": groups.tags(agent, who.peer),
    }


async def tag(agent: Agent, asked: Tagging) -> object:
    """Give some relationships a tag."""
    found = [names.find_peer(agent, each) for each in asked.peers]
    return [{"with": each.called, "tags": await groups.tag(agent, each.peer, asked.tag)} for each in found]


async def untag(agent: Agent, asked: Tagging) -> object:
    """Take a tag away."""
    found = [names.find_peer(agent, each) for each in asked.peers]
    return [{"with": each.called, "tags": await groups.untag(agent, each.peer, asked.tag)} for each in found]


async def tags(agent: Agent) -> object:
    """Every tag that is given, with how many bear it."""
    counts: dict[str, int] = {}
    for row in agent.store.items(groups.TAGS):
        for each in msgspec.json.decode(row.record, type=tuple[str, ...]):
            counts[each] = counts.get(each, 0) + 1
    return [{"tag": each, "count": counts[each]} for each in sorted(counts)]


async def tags_of(agent: Agent, name: str) -> object:
    """The tags of one."""
    who = names.find_peer(agent, name)
    return {"with": who.called, "tags": groups.tags(agent, who.peer)}


async def listing(agent: Agent) -> object:
    """The groups that have a name, with how many belong to each."""
    found = groups.groups(agent)
    return [
        {"name": name, "rule": found[name], "count": sum(1 for _ in groups.members(agent, name))}
        for name in sorted(found)
    ]


async def named(agent: Agent) -> object:
    """The groups that have a name, without counting who belongs to them."""
    found = groups.groups(agent)
    return [{"name": name, "rule": found[name]} for name in sorted(found)]


async def define(agent: Agent, asked: Defining) -> object:
    """Give a rule a name."""
    await groups.define(agent, asked.name, asked.rule)
    return {"name": groups.named(asked.name), "count": sum(1 for _ in groups.members(agent, groups.named(asked.name)))}


async def forget(agent: Agent, asked: Named) -> object:
    """Remove a group."""
    await groups.forget(agent, asked.name)
    return {"name": asked.name}


async def members(agent: Agent, asked: Reading) -> object:
    """Who belongs, by name; so many are named, and all are counted."""
    everybody = sorted(groups.members(agent, asked.rule), key=lambda each: each.called.casefold())
    named = everybody[asked.start : asked.start + asked.most]
    return {"rule": asked.rule, "count": len(everybody), "members": [member(agent, each) for each in named]}


ROUTES = (
    Route("GET", "/v1/tags", tags),
    Route("GET", "/v1/tags/{name}", tags_of),
    Route("POST", "/v1/tags", tag, Tagging),
    Route("POST", "/v1/tags/remove", untag, Tagging),
    Route("GET", "/v1/groups", listing),
    Route("GET", "/v1/groups/named", named),
    Route("POST", "/v1/groups", define, Defining),
    Route("POST", "/v1/groups/remove", forget, Named),
    Route("POST", "/v1/groups/members", members, Reading),
)
