"""Routes: tags of hers and groups by rule, which nobody else ever sees."""

from itertools import islice

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
    """A rule, or the name of a group."""

    rule: str


def member(agent: Agent, who: Relationship) -> dict[str, object]:
    """Somebody as listed in a group."""
    return {
        "with": who.called,
        "fingerprint": fingerprint(who.peer),
        "kind": who.kind,
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


async def listing(agent: Agent) -> object:
    """The groups that have a name, with how many belong to each."""
    found = groups.groups(agent)
    return [
        {"name": name, "rule": found[name], "count": sum(1 for _ in groups.members(agent, name))}
        for name in sorted(found)
    ]


async def define(agent: Agent, asked: Defining) -> object:
    """Give a rule a name."""
    await groups.define(agent, asked.name, asked.rule)
    return {"name": groups.named(asked.name), "count": sum(1 for _ in groups.members(agent, groups.named(asked.name)))}


async def forget(agent: Agent, asked: Named) -> object:
    """Remove a group."""
    await groups.forget(agent, asked.name)
    return {"name": asked.name}


async def members(agent: Agent, asked: Reading) -> object:
    """Who belongs; so many are named, and all are counted."""
    everybody = groups.members(agent, asked.rule)
    listed = [member(agent, each) for each in islice(everybody, LISTED)]
    return {
        "rule": asked.rule,
        "count": len(listed) + sum(1 for _ in everybody),
        "members": sorted(listed, key=lambda each: str(each["with"]).casefold()),
    }


ROUTES = (
    Route("GET", "/v1/tags", tags),
    Route("POST", "/v1/tags", tag, Tagging),
    Route("POST", "/v1/tags/remove", untag, Tagging),
    Route("GET", "/v1/groups", listing),
    Route("POST", "/v1/groups", define, Defining),
    Route("POST", "/v1/groups/remove", forget, Named),
    Route("POST", "/v1/groups/members", members, Reading),
)
