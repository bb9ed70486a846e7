"""Routes: what she owns, and what is done with it."""

from typing import Literal

import msgspec

from agent import giving, things
from agent.agent import Agent
from agent.things import Owned, Paper
from agent.web import cases
from agent.web.parts import part, proof
from agent.web.relationships import Accepting
from agent.web.relationships import accept as take_up
from agent.web.routes import Route
from protocols.vrm.base import Date, Money
from protocols.vrm.things_words import Fault, Month, Thing
from wallet.credentials.vcdm import timestamp
from wallet.keys import new_id
from wallet.strict_json import Json, JsonObject

NAMES = {"receipt": "Receipt", "ownership": "Proof of ownership", "warranty": "Warranty"}


class Adding(msgspec.Struct, frozen=True):
    """A thing of which she has no papers. note: goes nowhere."""

    thing: Thing
    acquired: Month | None = None
    note: str = ""


class Registering(msgspec.Struct, frozen=True):
    """org: at whom, if not at who issued its papers; without: kinds of paper that are not shown."""

    thing: str
    org: str = ""
    without: tuple[str, ...] = ()


class Reporting(Registering, frozen=True):
    """A problem. since: when it began."""

    text: str = ""
    code: str | None = None
    since: Date | None = None
    tried: tuple[str, ...] = ()
    want: Literal["repair", "replace", "refund", "advice"] = "repair"


class Releasing(msgspec.Struct, frozen=True):
    """Which thing is let go, and why: lost, stolen, scrapped, returned, passed-on."""

    thing: str
    reason: str


class Giving(msgspec.Struct, frozen=True):
    """Which thing is offered, and for how much."""

    thing: str
    price: Money | None = None


class Claiming(msgspec.Struct, frozen=True):
    """Which thing is claimed."""

    thing: str


def shown(agent: Agent, owned: Owned) -> dict[str, object]:
    """A thing as it is listed."""
    return {
        "thing": owned.id,
        "name": owned.thing.name,
        "gtin": owned.thing.gtin,
        "serial": owned.thing.serial,
        "url": owned.thing.url,
        "acquired": owned.acquired or None,
        "state": owned.state,
        "papers": [{"kind": each.kind, "says": NAMES[each.kind], "issued_by": each.issued_by} for each in owned.papers],
        "self_asserted": not owned.papers,
        "registered": is_registered(agent, owned),
        "warranty_until": owned.warranty_until or None,
        "support_until": owned.support_until or None,
        "who": proof(agent.relationship(peer)[0]) if (peer := things.registered_with(agent, owned)) else None,
        "alerts": [{**msgspec.to_builtins(each), "at": timestamp(each.at)} for each in owned.alerts],
        "handed_on": len(owned.chain) // 3,
        "claimed": owned.recognised,
        "note": owned.note,
        "since": timestamp(owned.since),
    }


def is_registered(agent: Agent, owned: Owned) -> bool:
    """Whether an org warns her of it still: also what she has passed on, until she lets go of it."""
    peer = things.registered_with(agent, owned)
    conversation, _ = agent.conversation(peer, owned.registration) if peer else (None, 0)
    return conversation is not None and conversation.thread.state == "registered"


async def listed(agent: Agent) -> object:
    """Everything she owns, and what she owned."""
    return [shown(agent, each) for each in things.every(agent)]


async def newest(agent: Agent, start: str) -> object:
    """A part of it, the newest first."""
    total = agent.store.count_items(things.KIND)
    return part(start, total, lambda *which: (shown(agent, each) for each in things.newest(agent, *which)))


async def one(agent: Agent, named: str) -> object:
    """One thing, with what each paper says."""
    owned = things.find(agent, named)
    papers = [{"kind": each.kind, "issuer": each.issuer, "claims": things.claims_of(each)} for each in owned.papers]
    threads = {"registration": owned.registration, "transfer": owned.transfer, "claim": owned.claim}
    history = [{"type": kind_of(each), "digest": things.digest_of(each)} for each in owned.history]
    return {
        **shown(agent, owned),
        "says": papers,
        "threads": threads,
        "history": history,
        "did": owned.did or None,
        "org": org_of(agent, owned) if owned.org or owned.peers else None,
        "cases": [cases.described(*each) for each in cases.about(agent, owned)],
        "claiming": things.claiming(agent, owned),
    }


def kind_of(object: dict[str, object]) -> str:
    """What a signed object is."""
    types = object.get("type")
    return str(types[-1]) if isinstance(types, list) and types else ""


async def verification(agent: Agent, named: str) -> object:
    """What holds of a thing's papers, with no network, and whether they say that it is hers."""
    owned = things.find(agent, named)
    found = [verified(agent, owned, each) for each in owned.papers]
    hers, why = things.title(agent, owned)
    return {
        "thing": owned.thing.name,
        "verified": bool(found) and all(each["verified"] for each in found),
        "papers": found,
        "yours": hers,
        "missing": len(owned.missing),
        "why": why,
        "claimed": owned.recognised if owned.chain or owned.claim else None,
    }


def verified(agent: Agent, owned: Owned, paper: Paper) -> JsonObject:
    """One paper with every check of it."""
    verdict = things.examine(agent, owned, paper)
    checks: list[Json] = [{"name": each.name, "ok": each.ok, "detail": each.detail} for each in verdict.checks]
    snapshot = paper.issuer in owned.documents and agent.store.item(things.DOCUMENT, paper.issuer) is None
    return {
        "kind": paper.kind,
        "issuer": paper.issuer,
        "issued_by": paper.issued_by,
        "verified": verdict.verified,
        "checks": checks,
        "until": paper.until or None,
        "note": "who issued it is the last holder's word, until you claim it" if snapshot else None,
    }


async def add(agent: Agent, asked: Adding) -> object:
    """A thing by her own word."""
    owned = Owned(new_id(), asked.thing, agent.now(), acquired=asked.acquired or "", note=asked.note)
    return shown(agent, await things.keep(agent, owned))


async def register(agent: Agent, asked: Registering) -> object:
    """Make a thing known to an org."""
    owned, thid = await giving.register(agent, asked.thing, asked.org, asked.without)
    return {"thread": thid, "to": org_of(agent, owned)}


def org_of(agent: Agent, owned: Owned) -> str:
    """What the org is called that knows this thing."""
    peer = owned.peers.get(owned.org) or next(iter(owned.peers.values()), "")
    return agent.relationship(peer)[0].called if peer else ""


async def report(agent: Agent, asked: Reporting) -> object:
    """Raise a problem with a thing."""
    problem = Fault(asked.text, asked.code, asked.since)
    owned, thid = await giving.report(agent, asked.thing, asked.org, problem, asked.want, asked.tried, asked.without)
    return {"thread": thid, "to": org_of(agent, owned)}


async def release(agent: Agent, asked: Releasing) -> object:
    """Let go of a thing."""
    owned, thid = await giving.release(agent, asked.thing, asked.reason)
    return {"thread": thid or None, "to": org_of(agent, owned) if thid else "", "state": owned.state}


async def transfer(agent: Agent, asked: Giving) -> object:
    """A link by which one person can take a thing over."""
    standing, url = await giving.offer(agent, asked.thing, asked.price)
    until = timestamp(standing.until) if standing.until else None
    return {"id": standing.id, "url": url, "goal": standing.goal, "once": standing.once, "until": until}


async def take(agent: Agent, asked: Accepting) -> object:
    """Take up such a link: the thing is offered, and what comes along is shown, before anything is said to be taken."""
    return await take_up(agent, asked)


async def claim(agent: Agent, asked: Claiming) -> object:
    """Claim a thing at its maker."""
    owned, thid = await giving.ask_for(agent, asked.thing)
    return {"thread": thid, "to": org_of(agent, owned)}


ROUTES = (
    Route("GET", "/v1/things", listed),
    Route("GET", "/v1/things/newest/{start}", newest),
    Route("GET", "/v1/things/{named}", one),
    Route("GET", "/v1/things/{named}/verification", verification),
    Route("POST", "/v1/things", add, Adding),
    Route("POST", "/v1/things/register", register, Registering),
    Route("POST", "/v1/things/problem", report, Reporting),
    Route("POST", "/v1/things/release", release, Releasing),
    Route("POST", "/v1/things/transfer", transfer, Giving),
    Route("POST", "/v1/things/take", take, Accepting),
    Route("POST", "/v1/things/claim", claim, Claiming),
)
