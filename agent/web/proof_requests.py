"""Routes: the requests for proof an organisation keeps, asking them, and what was found of all that was shown."""

import msgspec

from agent import card_types, effects, names, over_asking, owner, proof_requests, showing, standing_offers
from agent.agent import Agent
from agent.card_types import CardType
from agent.draft import Draft
from agent.errors import Refused
from agent.proof_requests import Asked, ProofRequest
from agent.web import campaigns as tallies
from agent.web import card_types as card_routes
from agent.web import parts, rehearsals
from agent.web.routes import Route
from protocols.problems import Problem
from protocols.standard.present_proof import RequestPresentation, present_proof
from wallet.credentials.vcdm import timestamp
from wallet.errors import NotFound
from wallet.keys import new_id
from wallet.needs import Lookup
from wallet.store.change import Item

PART = 50


class Drafting(msgspec.Struct, frozen=True):
    """card: the kind of card, by id or name; fields: to be shown, by name; yes: those that must be yes; purpose: why,
    for whoever is asked."""

    card: str
    fields: tuple[str, ...]
    purpose: str
    name: str = ""
    yes: tuple[str, ...] = ()


class Nothing(msgspec.Struct, frozen=True):
    """There is nothing more to say."""


class ToPeer(msgspec.Struct, frozen=True):
    """Whom to ask."""

    peer: str


class Linking(msgspec.Struct, frozen=True):
    """once: the first who takes the link up uses it up; lasts: seconds, 0 for no end."""

    once: bool = False
    lasts: int = 0


class Trying(msgspec.Struct, frozen=True):
    """refuse: what the demo person keeps back, by name."""

    refuse: tuple[str, ...] = ()


# -- requests -----------------------------------------------------------------------------------------------------


def shown(agent: Agent, request: ProofRequest) -> dict[str, object]:
    """A request as it is listed. notices: where more is asked than the purpose needs."""
    return {
        "id": request.id,
        "name": request.name,
        "purpose": request.purpose,
        "card": request.card,
        "type": request.type,
        "issuer": request.issuer or None,
        "wanted": [{"name": each.name, "label": each.label, "yes": each.yes} for each in request.wanted],
        "since": timestamp(request.since),
        "asked": agent.store.count_items(proof_requests.ASKED, tag=request.id),
        "query": {**request.query},
        "notices": over_asking.notices([each.name for each in request.wanted], request.purpose),
    }


async def listed(agent: Agent) -> object:
    """All requests."""
    return [shown(agent, each) for each in proof_requests.every(agent)]


async def one(agent: Agent, id: str) -> object:
    """One request, with its newest links."""
    request = proof_requests.find(agent, id)
    links = [card_routes.link(agent, each) for each in standing_offers.newest(agent, request.id, card_routes.SHOWN)]
    return {**shown(agent, request), "links": links}


def drafted(agent: Agent, asked: Drafting) -> ProofRequest:
    """The request that is meant. Raises Misuse, NotFound."""
    kind = card_types.find(agent, asked.card)
    return proof_requests.drafted(agent, kind, asked.fields, purpose=asked.purpose, name=asked.name, yes=asked.yes)


async def look(agent: Agent, asked: Drafting) -> object:
    """What would be kept, and what is to be thought of; nothing is."""
    return shown(agent, drafted(agent, asked))


async def keep(agent: Agent, asked: Drafting) -> object:
    """A request more."""
    if agent.config.kind != "org":
        raise Refused("requests are kept by organisations; nothing was kept")
    return shown(agent, await proof_requests.keep(agent, drafted(agent, asked)))


async def drop(agent: Agent, id: str, asked: Nothing) -> object:
    """Have a request no more, nor its links. What was found stays."""
    request = proof_requests.find(agent, id)
    for each in standing_offers.every(agent, request.id):
        await standing_offers.end(agent, each)
    await proof_requests.drop(agent, request)
    return shown(agent, request)


async def ask(agent: Agent, id: str, asked: ToPeer) -> object:
    """Ask it of somebody."""
    request, relationship, thid = proof_requests.find(agent, id), names.find_peer(agent, asked.peer), new_id()

    def speak(draft: Draft) -> Lookup[None]:
        message = proof_requests.message(draft, request, "one")
        draft.begin(present_proof, "verifier")
        effects.say(draft, message)
        yield from ()

    await owner.act(agent, relationship.peer, thid, speak, begins=True)
    return {"thread": thid, "of": relationship.called}


async def make_link(agent: Agent, id: str, asked: Linking) -> object:
    """A link of which whoever takes it up is asked."""
    request = proof_requests.find(agent, id)
    made = await standing_offers.make(
        agent,
        "proof",
        request.id,
        request.purpose,
        once=asked.once,
        lasts=card_routes.bounded(asked.lasts),
        claims={},
    )
    return card_routes.link(agent, made)


async def asked_of(agent: Agent, id: str, part: str) -> object:
    """Of whom it was asked and what came of it, newest first. part: from 1."""
    request = proof_requests.find(agent, id)
    rows = agent.store.newest_items(proof_requests.ASKED, start(part), PART, tag=request.id)
    return [became(agent, msgspec.json.decode(row.record, type=Asked)) for row in rows]


def start(part: str) -> int:
    """How many stand before a part. part: from 1, as it was typed."""
    return (parts.number(part) - 1) * PART


def became(agent: Agent, each: Asked) -> dict[str, object]:
    """What came of one question. verified: None while nothing was shown."""
    conversation, _ = agent.conversation(each.peer, each.thid)
    item = agent.store.item(showing.VERDICT, showing.verdict_id(each.peer, each.thid))
    return {
        "of": tallies.called(agent, each.peer),
        "thread": each.thid,
        "at": timestamp(each.at),
        "how": each.how,
        "state": conversation.thread.state if conversation else "waiting",
        "verified": msgspec.json.decode(item.record)["verified"] if item else None,
    }


async def rehearse(agent: Agent, id: str, asked: Trying) -> object:
    """Try it with a demo person, who answers it as any person's agent does; nothing of it is kept."""
    request = proof_requests.find(agent, id)
    kind: CardType | None = next((each for each in card_types.every(agent) if each.type == request.type), None)
    return msgspec.to_builtins(await rehearsals.rehearse(agent, request, kind, asked.refuse))


# -- results ------------------------------------------------------------------------------------------------------


async def verdicts(agent: Agent) -> object:
    """How many were found good and bad today, and the newest of all."""
    good, bad = (
        agent.store.count_items(showing.VERDICT, tag=showing.verdict_tag(agent.now(), verified))
        for verified in (True, False)
    )
    total = agent.store.count_items(showing.VERDICT)
    return {"verified": good, "failed": bad, "total": total, "newest": await part(agent, "1")}


async def part(agent: Agent, part: str) -> list[dict[str, object]]:
    """A part of the results, newest first. part: from 1."""
    return [result(agent, row) for row in agent.store.newest_items(showing.VERDICT, start(part), PART)]


def result(agent: Agent, row: Item) -> dict[str, object]:
    """One result: of whom, when, what for, and every check with its reason."""
    thid = row.id.removeprefix(f"{row.peer} ")
    conversation, _ = agent.conversation(row.peer, thid)
    said = conversation.thread.said if conversation else ()
    shown_at = next((each.at for each in reversed(said) if each.name == "presentation"), None)
    found = msgspec.json.decode(row.record, type=dict[str, object])
    purpose = None
    if conversation and any(each.name == "request-presentation" for each in said):
        try:
            message = conversation.thread.latest(RequestPresentation)
            purpose = showing.asked(message).purpose or message.goal
        except Problem:
            purpose = None
    of = tallies.called(agent, row.peer)
    return {"thread": thid, "of": of, "at": timestamp(shown_at) if shown_at else None, "purpose": purpose, **found}


async def one_result(agent: Agent, thid: str) -> object:
    """One result in full."""
    for peer, _ in agent.store.threads_with_thid(thid):
        item = agent.store.item(showing.VERDICT, showing.verdict_id(peer, thid))
        if item is not None:
            return result(agent, item)
    raise NotFound("there is no such result; nothing was shown in this exchange yet")


ROUTES = (
    Route("GET", "/v1/proof-requests", listed),
    Route("GET", "/v1/proof-requests/{id}", one),
    Route("GET", "/v1/proof-requests/{id}/asked/{part}", asked_of),
    Route("GET", "/v1/verdicts", verdicts),
    Route("GET", "/v1/verdicts/parts/{part}", part),
    Route("GET", "/v1/verdicts/{thid}/full", one_result),
    Route("POST", "/v1/proof-requests", keep, Drafting),
    Route("POST", "/v1/proof-requests/look", look, Drafting),
    Route("POST", "/v1/proof-requests/{id}/drop", drop, Nothing),
    Route("POST", "/v1/proof-requests/{id}/ask", ask, ToPeer),
    Route("POST", "/v1/proof-requests/{id}/links", make_link, Linking),
    Route("POST", "/v1/proof-requests/{id}/try", rehearse, Trying),
)
