"""Requests for proof that an organisation keeps: what it asks to see of which card, and what for.

A request is asked of one customer after another, or of whoever takes up a link; of whom it was asked is noted.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from agent import identity, showing
from agent.agent import Agent
from agent.card_types import MOST_NAME, CardType, Way, named
from agent.draft import Draft
from protocols.problems import Misuse
from protocols.standard.issue_credential import SD_JWT
from protocols.standard.present_proof import RequestPresentation
from wallet.errors import NotFound
from wallet.keys import new_id
from wallet.store.change import Change, Item
from wallet.strict_json import Json, JsonObject

KIND: Final = "proof-request"
ASKED: Final = "proof-asked"
MOST_PURPOSE: Final = 300  # characters


class Wanted(msgspec.Struct, frozen=True, omit_defaults=True):
    """One field to be shown. yes: it must be yes, or it is no answer."""

    name: str
    label: str
    yes: bool = False


class ProofRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request. card, type: of which kind of card; issuer: the domain whose cards count, empty for our own."""

    id: str
    name: str
    purpose: str
    card: str
    type: str
    wanted: tuple[Wanted, ...]
    since: int
    issuer: str = ""

    @property
    def query(self) -> JsonObject:
        """What is asked, as DCQL."""
        claims: list[Json] = [
            {"path": [each.name], "values": [True]} if each.yes else {"path": [each.name]} for each in self.wanted
        ]
        card: JsonObject = {"id": "card", "format": SD_JWT, "meta": {"vct_values": [self.type]}, "claims": claims}
        return {"credentials": [card]}


class Asked(msgspec.Struct, frozen=True):
    """That it was asked."""

    peer: str
    thid: str
    at: int
    how: Way


def every(agent: Agent) -> Iterator[ProofRequest]:
    """All requests, oldest first."""
    return (msgspec.json.decode(row.record, type=ProofRequest) for row in agent.store.items(KIND))


def find(agent: Agent, named: str) -> ProofRequest:
    """The one of this id or name. Raises NotFound."""
    row = agent.store.item(KIND, named)
    if row is not None:
        return msgspec.json.decode(row.record, type=ProofRequest)
    found = [each for each in every(agent) if each.name.casefold() == named.casefold()]
    if not found:
        raise NotFound(f'there is no request called "{named[:MOST_NAME]}"')
    return found[0]


def drafted(
    agent: Agent, kind: CardType, fields: Sequence[str], *, purpose: str, name: str = "", yes: Sequence[str] = ()
) -> ProofRequest:
    """The request that would be kept. fields, yes: by name; yes: those that must be yes. Raises Misuse."""
    reason = " ".join(purpose.split())
    if not 0 < len(reason) <= MOST_PURPOSE:
        raise Misuse(f"say what it is for, in up to {MOST_PURPOSE} characters; whoever is asked reads it")
    known = {each.name: each for each in kind.fields}
    if strange := set(fields) - known.keys():
        raise Misuse(f'{kind.name} has no field "{min(strange)[:MOST_NAME]}"; nothing was kept')
    wanted = tuple(
        Wanted(each.name, each.label, each.name in yes and each.holds == "yes-no")
        for each in kind.fields
        if each.name in fields
    )
    if not wanted:
        raise Misuse("tick at least one field that is to be shown; nothing was kept")
    called = named(name or reason[:MOST_NAME])
    return ProofRequest(new_id(), called, reason, kind.name, kind.type, wanted, agent.now(), kind.issuer)


async def keep(agent: Agent, request: ProofRequest) -> ProofRequest:
    """Keep a request. Raises Misuse if there is one of that name."""
    if any(each.name.casefold() == request.name.casefold() for each in every(agent)):
        raise Misuse(f'there is a request called "{request.name}" already; nothing was kept')
    await agent.store.apply(Change("", keep=(Item(KIND, request.id, msgspec.json.encode(request)),)))
    return request


async def drop(agent: Agent, request: ProofRequest) -> None:
    """Ask it no more. What was found stays."""
    await agent.store.apply(Change("", claim=((KIND, request.id),)))


def trusted(agent: Agent, request: ProofRequest) -> tuple[str, ...]:
    """The DIDs whose cards count for it."""
    if request.issuer:
        return (identity.did_at(f"https://{request.issuer}"),)
    me = identity.own(agent)
    return (me.did,) if me else ()


def message(draft: Draft, request: ProofRequest, how: Way, thid: str = "") -> RequestPresentation:
    """The question, noted in this draft. thid: of the thread it begins, if that is not this one."""
    thid = thid or draft.thid
    noted = Asked(draft.peer, thid, draft.now, how)
    draft.add_item(ASKED, f"{draft.peer} {thid}", msgspec.json.encode(noted), tag=request.id)
    issuers = trusted(draft.agent, request)
    return showing.request(draft, query=request.query, purpose=request.purpose, issuers=issuers, thid=thid)
