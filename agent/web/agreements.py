"""Routes: agreements, proffering them, and the evidence of what both sides signed."""

from typing import Literal

import msgspec

from agent import evidence, meeting, names, owner, rosters
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


class Preferring(msgspec.Struct, frozen=True):
    """agreements: by id, preferred first, in place of those there are."""

    agreements: tuple[str, ...]


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
    return {"in_force": found, **choice(agent)}


async def ours(agent: Agent) -> object:
    """The texts this agent knows, and which of them it deals in, without a look at what is in force."""
    return choice(agent)


def choice(agent: Agent) -> dict[str, object]:
    """The agreements of the roster in use, and those that are preferred."""
    roster = rosters.in_use(agent)
    listed = [{"id": each.id, "title": each.title, "digest": each.digest} for each in roster.agreements]
    preferred = [each.id for each in rosters.preferred(agent)]
    return {"known": listed, "roster": roster.name, "preferred": preferred}


async def prefer(agent: Agent, asked: Preferring) -> object:
    """Say which agreements are proffered or accepted by themselves, and in which order."""
    return {"preferred": [each.id for each in await rosters.prefer(agent, asked.agreements)]}


async def text(agent: Agent, id: str) -> object:
    """The words of an agreement."""
    found = rosters.in_use(agent).by_id(id) or rosters.text_of(agent, id)
    if found is None:
        raise Misuse(unknown(agent, id))
    return {"id": found.id, "version": found.version, "digest": found.digest, "title": found.title, "text": found.text}


def unknown(agent: Agent, id: str) -> str:
    """That there is no such agreement, and which there are."""
    known_here = ", ".join(each.id for each in rosters.in_use(agent).agreements)
    return f'no agreement "{id[:64]}" is on the roster in use; known are {known_here}'


async def proffer(agent: Agent, asked: Proffering) -> object:
    """Put one's own terms on the table."""
    relationship = names.find_peer(agent, asked.peer)
    roster = rosters.in_use(agent)
    if asked.agreement:
        found = [roster.by_id(each) for each in (asked.agreement, *asked.also)]
        for id, text in zip((asked.agreement, *asked.also), found, strict=True):
            if text is None:
                raise Misuse(unknown(agent, id))
        wanted = tuple(text for text in found if text is not None)
    else:  # what the settings prefer, or, of a roster they say nothing of, its first
        wanted = rosters.preferred(agent) or roster.agreements[:1]
    preferred, *others = (meeting.reference(each) for each in wanted)
    message = Proffer(
        agreement=preferred, also=tuple(others), scope="relationship", lasts=asked.lasts, roster=named_roster(agent)
    )
    return {"thread": await owner.open_thread(agent, relationship.peer, terms, message), "to": relationship.called}


def named_roster(agent: Agent) -> dict[Literal["uri", "digest"], str] | None:
    """Where the other side finds the roster in use, if it is not the one that everybody has."""
    pinned = rosters.chosen(agent)
    source = rosters.source_of(agent, pinned)
    return {"uri": source, "digest": pinned} if source.startswith(("https:", "http:")) else None


async def ledger(agent: Agent, name: str) -> object:
    """Both chains of signed objects of one relationship, in the order they came about."""
    relationship = names.find_peer(agent, name)
    return {"with": relationship.called, "objects": evidence.listing(agent, relationship)}


async def bundle(agent: Agent, record: str) -> object:
    """The evidence of one record: everything a third party needs to verify it without a network."""
    return await evidence.bundle(agent, record)


ROUTES = (
    Route("GET", "/v1/terms", in_force),
    Route("GET", "/v1/terms/preferred", ours),
    Route("GET", "/v1/terms/{id}", text),
    Route("POST", "/v1/terms", proffer, Proffering),
    Route("POST", "/v1/terms/preferred", prefer, Preferring),
    Route("GET", "/v1/ledgers/{name}", ledger),
    Route("GET", "/v1/records/{record}/evidence", bundle),
)
