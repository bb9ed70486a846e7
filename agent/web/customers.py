"""Routes: an organisation's customers, as it knows them: by letters, with their rules and what is held of each."""

from collections.abc import Iterator

import msgspec

from agent import groups, held, names, rosters, rules_known
from agent.agent import Agent
from agent.agreements import purposes
from agent.relationship import Relationship, fingerprint
from agent.web.parts import part
from agent.web.relationships import known, shown
from agent.web.routes import Route


class Finding(msgspec.Struct, frozen=True):
    """who: how the letters begin; tag: which she has; state: met, waiting, closing or ended; terms: yes or no.

    start: how many are left out before the part that is wanted.
    """

    who: str = ""
    tag: str = ""
    state: str = ""
    terms: str = ""
    start: str = "0"


def fitting(agent: Agent, asked: Finding) -> Iterator[Relationship]:
    """The customers that are meant, the newest first. Exchanges of one time are none, and organisations neither."""
    wanted = asked.who.strip().casefold().replace(" ", "-")
    for who in sorted(known(agent), key=lambda each: each.since, reverse=True):
        if who.one_off or who.kind:
            continue
        if wanted and not fingerprint(who.peer).startswith(wanted):
            continue
        if asked.terms and (who.governing(agent.now()) is None) == (asked.terms == "yes"):
            continue
        if asked.state and shown(agent, who)["state"] != asked.state:
            continue
        if asked.tag and asked.tag not in groups.tags(agent, who.peer):
            continue
        yield who


async def find(agent: Agent, asked: Finding) -> object:
    """A part of the customers that are meant."""
    found = [*fitting(agent, asked)]
    return part(asked.start, len(found), lambda start, most: (listed(agent, each) for each in found[start:][:most]))


def listed(agent: Agent, who: Relationship) -> dict[str, object]:
    """A customer in a list."""
    row, governing = shown(agent, who), who.governing(agent.now())
    text = rosters.text_of(agent, governing.digest) if governing else None
    rules = rules_known.in_force(agent, who.peer)
    return {
        **row,
        "terms": text.title if text else row["terms"],
        "rules": msgspec.to_builtins(rules) if rules else None,
        "held": agent.store.count_items(held.VALUE, peer=who.peer),
        "tags": groups.tags(agent, who.peer),
    }


async def one(agent: Agent, name: str) -> object:
    """One customer, with everything that is held of her and by what right."""
    who = names.find_peer(agent, name)
    now = agent.now()
    return {
        **listed(agent, who),
        "agreements": [
            {
                "id": each.id,
                "title": text.title if (text := rosters.text_of(agent, each.digest)) else each.id,
                "digest": each.digest,
                "record": each.record,
                "since": each.since,
                "ends": each.ends or None,
                "over": bool(each.ends) and each.ends <= now,
            }
            for each in reversed(who.agreements)
        ],
        "values": [
            {
                "ptr": each.ptr,
                "value": each.value,
                "why": purposes.in_words(each.label.purpose),
                "until": each.label.expires,
                "record": each.label.record,
                "over": each.until <= now,
                "restricted": each.restricted,
            }
            for each in held.of(agent, who.peer)
        ],
    }


ROUTES = (
    Route("POST", "/v1/customers/find", find, Finding),
    Route("GET", "/v1/customers/{name}", one),
)
