"""Routes: who an organisation is to others: its name on the web, the proof of its domain, its keys."""

from functools import partial
from typing import Any, cast

from agent import identity, linkage
from agent.agent import Agent
from agent.identity import Self
from agent.web.health import published
from agent.web.routes import Route
from protocols.messages import unix
from protocols.problems import Misuse
from wallet.credentials.vcdm import timestamp
from wallet.dids import web

PURPOSES = {"key-1": "signs what we say, so that it can be proved", "key-2": "opens what is written to us"}


def mine(agent: Agent) -> Self:
    """Who we are. Raises Misuse for a person, who is somebody else to everybody."""
    me = identity.own(agent)
    if me is None or me.document is None or me.linkage is None:
        raise Misuse("a person has no public identity: towards everybody she is somebody else")
    return me


async def shown(agent: Agent) -> object:
    """Who we are, how our domain vouches for us, and our keys. made, since: when the keys were made."""
    me = mine(agent)
    proof = cast(dict[str, Any], me.linkage)
    since, until = unix(str(proof["validFrom"])), unix(str(proof["validUntil"]))
    methods = cast(dict[str, Any], me.document).get("verificationMethod", [])
    keys = [
        {
            "id": str(each["id"]),
            "purpose": PURPOSES.get(str(each["id"]).rpartition("#")[2], "belongs to us"),
            "public": each.get("publicKeyMultibase") or each.get("publicKeyJwk"),
            "here": agent.keys.holds(str(each["id"])),
            "since": timestamp(since),
            "days": max(0, (agent.now() - since) // 86400),
        }
        for each in methods
    ]
    return {
        "did": me.did,
        "name": agent.config.name,
        "domain": agent.config.domain,
        "kind": agent.config.org_kind,
        "url": agent.config.url,
        "document": web.location(me.did, agent.config.development),
        "proof": linkage.PATH,
        "made": timestamp(since),
        "proof_until": timestamp(until),
        "proof_over": until <= agent.now(),
        "keys": keys,
    }


async def check(agent: Agent) -> object:
    """Look from outside: whether others find our document, and whether it and our domain vouch for each other."""
    me, config = mine(agent), agent.config
    found = await published(agent)
    holds = partial(linkage.holds, cast(Any, me.linkage), did=me.did, domain=config.domain)
    vouched = await agent.meet(holds(development=config.development, now=agent.now(), resolve=agent.resolve))
    return {"published": found.ok, "why": "" if found.ok else found.detail, "vouched": vouched}


ROUTES = (
    Route("GET", "/v1/identity", shown),
    Route("POST", "/v1/identity/check", check),
)
