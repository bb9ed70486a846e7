"""Routes: the owner's house rules and her register, and stating them to organisations."""

from typing import Literal

import msgspec

from agent import house_rules, names, owner, rules_known
from agent.agent import Agent
from agent.agreements import purposes
from agent.house_rules import Entry, HouseRules
from agent.relationship import Relationship
from agent.vrm import pausing
from agent.web.relationships import known
from agent.web.routes import Route
from protocols.problems import Misuse
from protocols.vrm.relationship import Rules, rules


class Setting(msgspec.Struct, frozen=True):
    """rules: all of them, in place of those there are; their version is counted by itself."""

    rules: HouseRules


class Registering(msgspec.Struct, frozen=True):
    """entry: a line to add to the register, or to take out of it."""

    entry: Entry
    do: Literal["add", "remove"] = "add"


class Sending(msgspec.Struct, frozen=True):
    """peers: by name; none: everybody."""

    peers: tuple[str, ...] = ()


def shown(agent: Agent, found: HouseRules | None) -> dict[str, object]:
    """The rules, the register in words, and to whom which version was stated."""
    everywhere, found = rules_known.everywhere(agent), found or HouseRules()
    told = {each.called: version(agent, found, each, everywhere.get(each.peer)) for each in known(agent) if each.met}
    return {
        "version": found.version,
        "rules": msgspec.to_builtins(msgspec.structs.replace(found, register=(), version=0)),
        "register": [line(each) for each in found.register],
        "in_force": told,
    }


def line(entry: Entry) -> dict[str, object]:
    """A line of the register."""
    return {
        "who": entry.who,
        "what": entry.what,
        "why": entry.why,
        "words": purposes.in_words(entry.why),
        "allow": entry.allow,
        "until": entry.until or None,
    }


async def about(agent: Agent, name: str) -> object:
    """The lines of her register that speak of one relationship, and what is answered where none does."""
    who, found = names.find_peer(agent, name), house_rules.standing(agent)
    lines = [line(each) for each in found.register if house_rules.is_meant(each.who, who)] if found else []
    return {"with": who.called, "register": lines, "otherwise": found.otherwise if found else "ask"}


def version(agent: Agent, found: HouseRules, who: Relationship, said: Rules | None) -> int | None:
    """Which version of her rules holds there. Rules of a relationship that was paused have a number of their own, and
    say the same as these, or something older. said: what was stated there last."""
    if said is None:
        return None
    now = house_rules.stated(found, agent.now())
    as_here = msgspec.structs.replace(now, paused=True if pausing.paused(who, agent.now()) else now.paused)
    return found.version if pausing.alike(said, as_here) else min(said.version, found.version - 1)


async def show(agent: Agent) -> object:
    """Her rules as they are."""
    return shown(agent, house_rules.standing(agent))


async def set_all(agent: Agent, asked: Setting) -> object:
    """Put these rules in place."""
    return shown(agent, await house_rules.keep(agent, asked.rules))


async def register(agent: Agent, asked: Registering) -> object:
    """Add a line to the register, or take one out."""
    found = house_rules.standing(agent) or HouseRules()
    others = tuple(each for each in found.register if each != asked.entry)
    if asked.do == "remove" and len(others) == len(found.register):
        raise Misuse("there is no such line in the register; nothing was changed. See: freerange rules")
    lines = (*others, asked.entry) if asked.do == "add" else others
    return shown(agent, await house_rules.keep(agent, msgspec.structs.replace(found, register=lines)))


async def send(agent: Agent, asked: Sending) -> object:
    """State the part that organisations need to know, to some or to all; who has been told the same is left alone."""
    found = house_rules.standing(agent)
    if found is None or agent.config.kind != "person":
        raise Misuse("there are no house rules to state; make some with: freerange rules set. Nothing was said.")
    meant = [names.find_peer(agent, each) for each in asked.peers] or [each for each in known(agent) if each.met]
    told = {}
    for who in meant:
        said = pausing.stated(agent, who.peer, agent.now(), paused=pausing.paused(who, agent.now()))
        before = rules_known.in_force(agent, who.peer)
        if not who.ended and (before is None or not pausing.alike(before, said)):
            told[who.called] = await owner.open_thread(agent, who.peer, rules, said)
    return {"version": found.version, "stated": told}


ROUTES = (
    Route("GET", "/v1/rules", show),
    Route("GET", "/v1/rules/about/{name}", about),
    Route("POST", "/v1/rules", set_all, Setting),
    Route("POST", "/v1/rules/register", register, Registering),
    Route("POST", "/v1/rules/send", send, Sending),
)
