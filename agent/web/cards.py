"""Routes: cards held, cards offered, proofs asked for and what they were found to be."""

from typing import Literal

import msgspec

from agent import cards, effects, identity, names, owner, showing
from agent.agent import Agent
from agent.draft import Draft
from agent.json_values import as_json
from agent.web import threads
from agent.web.routes import Route
from protocols.standard.issue_credential import issue_credential
from protocols.standard.present_proof import present_proof
from wallet.credentials.vcdm import timestamp
from wallet.errors import NotFound
from wallet.keys import new_id
from wallet.needs import Lookup
from wallet.strict_json import Json, JsonObject


class Offering(msgspec.Struct, frozen=True):
    """A card to offer. type: what it is, for programs; name: for people; claims: what it will say."""

    peer: str
    type: str
    name: str
    claims: dict[str, object]
    format: Literal["dc+sd-jwt", "vc+di"] = "dc+sd-jwt"


class Requesting(msgspec.Struct, frozen=True):
    """A proof to ask for. type and claims: of one card; or query: a whole DCQL query. purpose: why, for the person.

    issuers: whose cards we trust for this, by DID or domain; none for anybody's.
    """

    peer: str
    purpose: str
    issuers: tuple[str, ...] = ()
    type: str = ""
    claims: tuple[str, ...] = ()
    query: dict[str, object] = {}


async def held(agent: Agent) -> object:
    """The cards we hold, oldest first."""
    return [shown(cards.read(item)) for item in agent.store.items(cards.KEPT)]


async def card(agent: Agent, id: str) -> object:
    """One card, with everything on it."""
    exact = agent.store.item(cards.KEPT, id)
    named = (item for item in agent.store.items(cards.KEPT) if item.id.startswith(id))
    if (item := exact or next(named, None)) is not None:
        found = cards.read(item)
        return {**shown(found), "format": found.format, "credential": found.credential}
    raise NotFound(f'there is no card "{id[:64]}"; freerange credentials lists them')


def shown(card: cards.Card) -> dict[str, object]:
    """A card as it is listed."""
    held = showing.as_held(card)
    claims: Json = held.claims.get("credentialSubject", held.claims)
    said = claims if isinstance(claims, dict) else {}
    ends = held.claims.get("validUntil", held.claims.get("exp"))
    return {
        "card": card.id,
        "name": card.name,
        "issued_by": card.issued_by,
        "issuer": card.issuer,
        "type": card.type,
        "since": timestamp(card.since),
        "until": timestamp(ends) if isinstance(ends, int) else ends,
        "claims": {name: value for name, value in said.items() if name not in cards.NEVER_HIDDEN | {"id"}},
    }


async def offer(agent: Agent, asked: Offering) -> object:
    """Offer a card to somebody; it is issued when she takes it up."""
    relationship = names.find_peer(agent, asked.peer)
    thid = new_id()

    def speak(draft: Draft) -> Lookup[None]:
        claims = as_json(asked.claims)
        message = cards.offer(draft, format=asked.format, type=asked.type, name=asked.name, claims=claims)
        draft.begin(issue_credential, "issuer")
        effects.say(draft, message)
        yield from ()

    await owner.act(agent, relationship.peer, thid, speak, begins=True)
    return {"thread": thid, "to": relationship.called}


async def request(agent: Agent, asked: Requesting) -> object:
    """Ask somebody for proof."""
    relationship = names.find_peer(agent, asked.peer)
    query = as_json(asked.query) or simple_query(asked.type, asked.claims)
    issuers = issuers_of(asked.issuers)
    thid = new_id()

    def speak(draft: Draft) -> Lookup[None]:
        message = showing.request(draft, query=query, purpose=asked.purpose, issuers=issuers)
        draft.begin(present_proof, "verifier")
        effects.say(draft, message)
        yield from ()

    await owner.act(agent, relationship.peer, thid, speak, begins=True)
    return {"thread": thid, "of": relationship.called}


def issuers_of(named: tuple[str, ...]) -> list[str]:
    """Whose cards are trusted, by DID or domain."""
    return [each if each.startswith("did:") else identity.did_at(f"https://{each}") for each in named]


def simple_query(type: str, claims: tuple[str, ...]) -> JsonObject:
    """A DCQL query for claims of one SD-JWT VC. A claim written `name=true` must have that value."""
    wanted: list[Json] = [claim_query(each) for each in claims]
    query: JsonObject = {"id": "card", "format": "dc+sd-jwt", "meta": {"vct_values": [type]}}
    return {"credentials": [query | ({"claims": wanted} if wanted else {})]}


def claim_query(text: str) -> JsonObject:
    """One claim of a query: `age` or `over_18=true`, dots for what lies deeper."""
    name, equals, value = text.partition("=")
    query: JsonObject = {"path": [*name.split(".")]}
    return query | ({"values": [literal(value)]} if equals else {})


def literal(text: str) -> Json:
    """true, false, a whole number, or else the text itself."""
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.lstrip("-").isdigit() else text


async def verdict(agent: Agent, thid: str) -> object:
    """What was found of the proof in a thread: every check, and the claims if all held."""
    relationship, conversation = threads.one(agent, thid)
    item = agent.store.item(showing.VERDICT, showing.verdict_id(relationship.peer, conversation.thread.thid))
    if item is None:
        raise NotFound(f'nothing has been presented in thread "{thid[:64]}" yet')
    return msgspec.json.decode(item.record)


ROUTES = (
    Route("GET", "/v1/credentials", held),
    Route("GET", "/v1/credentials/{id}", card),
    Route("POST", "/v1/offers", offer, Offering),
    Route("POST", "/v1/requests", request, Requesting),
    Route("GET", "/v1/verdicts/{thid}", verdict),
)
