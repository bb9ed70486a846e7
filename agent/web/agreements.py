"""Routes: agreements, proffering them, and the evidence of what both sides signed."""

import msgspec

from agent import agreements as texts
from agent import evidence, meeting, names, owner
from agent.agent import Agent
from agent.relationship import Agreement, Relationship
from agent.web.relationships import known
from agent.web.routes import Route
from protocols.problems import Misuse
from protocols.vrm.base import Duration
from protocols.vrm.terms import Proffer, terms
from wallet.credentials.vcdm import timestamp


class Proffering(msgspec.Struct, frozen=True):
    """agreement: the one preferred, by id; also: others one would take; empty: as set in the configuration."""

    peer: str
    agreement: str = ""
    also: tuple[str, ...] = ()
    lasts: Duration = "P1Y"


def shown(relationship: Relationship, agreement: Agreement) -> dict[str, object]:
    """An agreement in force as it is listed."""
    return {
        "with": relationship.called,
        "agreement": agreement.id,
        "version": agreement.version,
        "digest": agreement.digest,
        "record": agreement.record,
        "thread": agreement.thid,
        "since": timestamp(agreement.since),
        "ends": timestamp(agreement.ends) if agreement.ends else None,
    }


async def in_force(agent: Agent) -> object:
    """The agreements in force, and the texts this agent knows."""
    now = agent.now()
    found = [shown(each, one) for each in known(agent) for one in each.agreements if not one.ends or now < one.ends]
    listed = [{"id": each.id, "title": each.title, "digest": each.digest} for each in texts.shipped().values()]
    return {"in_force": found, "known": listed}


async def text(agent: Agent, id: str) -> object:
    """The words of an agreement."""
    found = texts.shipped().get(id) or texts.by_digest(id)
    if found is None:
        raise Misuse(f'no agreement "{id[:64]}" is known here; known are {", ".join(texts.IDS)}')
    return {"id": found.id, "version": found.version, "digest": found.digest, "title": found.title, "text": found.text}


async def proffer(agent: Agent, asked: Proffering) -> object:
    """Put one's own terms on the table."""
    relationship = names.find_peer(agent, asked.peer)
    wanted = (asked.agreement, *asked.also) if asked.agreement else agent.config.accepts
    unknown = [each for each in wanted if each not in texts.shipped()]
    if unknown or not wanted:
        raise Misuse(f'no agreement "{", ".join(unknown)}" is known here; known are {", ".join(texts.IDS)}')
    preferred, *others = (meeting.reference(texts.shipped()[each]) for each in wanted)
    message = Proffer(agreement=preferred, also=tuple(others), scope="relationship", lasts=asked.lasts)
    return {"thread": await owner.open_thread(agent, relationship.peer, terms, message), "to": relationship.called}


async def ledger(agent: Agent, name: str) -> object:
    """Both chains of signed objects of one relationship, in the order they came about."""
    relationship = names.find_peer(agent, name)
    return {"with": relationship.called, "objects": evidence.listing(agent, relationship)}


async def bundle(agent: Agent, record: str) -> object:
    """The evidence of one record: everything a third party needs to verify it without a network."""
    return await evidence.bundle(agent, record)


ROUTES = (
    Route("GET", "/v1/terms", in_force),
    Route("GET", "/v1/terms/{id}", text),
    Route("POST", "/v1/terms", proffer, Proffering),
    Route("GET", "/v1/ledgers/{name}", ledger),
    Route("GET", "/v1/records/{record}/evidence", bundle),
)
