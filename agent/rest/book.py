"""Calls: the address book. A relationship is known to an org's systems by an id of this agent's, never by a DID."""

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from agent import events, held, owner, rules_known
from agent import relationship as relationships
from agent.agent import Agent
from agent.draft import Draft
from agent.relationship import Agreement, Relationship
from agent.rest.calls import Asked, Call
from agent.rest.pages import After, Limit, page
from protocols.vrm.relationship import Rules
from wallet.credentials.vcdm import timestamp
from wallet.needs import Lookup

State = Literal["waiting", "met", "closing", "ended"]
Rule = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(agent|email|phone|post|promotion):[a-z-]{1,16}$",
        description="Those whose rules in force say so: `promotion:none`, `email:any`, `phone:service-only`.",
    ),
]


class BookQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which relationships."""

    state: State | None = None
    rule: Rule | None = None
    after: After = ""
    limit: Limit = 100


class AgreementInForce(msgspec.Struct, frozen=True):
    """An agreement in force. record: its record id; ends: null for no end."""

    agreement: str
    version: str
    digest: str
    record: str
    since: str
    ends: str | None


class HeldLabel(msgspec.Struct, frozen=True):
    """A value that is held, by its JSON Pointer: for what it may be used, until when, and by which record."""

    ptr: str
    purpose: str
    expires: str
    record: str


class BookEntry(msgspec.Struct, frozen=True):
    """A relationship. name: what she said of herself, if anything. rules: her house rules in force, if she has stated
    any. agreements: those in force; labels: what is held about her, without the values."""

    relationship: str
    name: str | None
    state: State
    since: str
    rules: Rules | None
    agreements: tuple[AgreementInForce, ...]
    labels: tuple[HeldLabel, ...]


class AddressBook(msgspec.Struct, frozen=True):
    """next: for `after`, if there are more."""

    relationships: tuple[BookEntry, ...]
    next: str | None


async def every(asked: Asked) -> AddressBook:
    """The address book."""
    query: BookQuery = asked.query
    chosen = [each for each in known(asked.agent) if fits(asked.agent, each, query)]
    rows = [(await subject(asked.agent, each), each.peer) for each in chosen]
    found, more = page(rows, query.after, query.limit)
    return AddressBook(tuple(shown(asked.agent, asked.agent.relationship(peer)[0]) for peer in found), more)


async def one(asked: Asked) -> BookEntry:
    """One relationship."""
    return shown(asked.agent, find(asked.agent, asked.path["id"]))


def known(agent: Agent) -> Iterator[Relationship]:
    """Everybody."""
    return (relationships.read(row) for row in agent.store.peers())


def find(agent: Agent, id: str) -> Relationship:
    """The relationship of an id. Raises NotFound."""
    return agent.relationship(events.peer_of(agent, id))[0]


async def subject(agent: Agent, relationship: Relationship) -> str:
    """The id of a relationship; one is made if no system has heard of it before."""

    def name(draft: Draft) -> Lookup[str]:
        yield from ()
        return events.subject(draft)

    return relationship.local or await owner.act(agent, relationship.peer, "", name)


def state_of(each: Relationship) -> State:
    """Where it stands."""
    return "ended" if each.ended else "closing" if each.closing else "met" if each.met else "waiting"


def fits(agent: Agent, each: Relationship, query: BookQuery) -> bool:
    """Whether a relationship is meant."""
    if query.state not in (None, state_of(each)):
        return False
    if query.rule is None:
        return True
    name, _, value = query.rule.partition(":")
    rules = rules_known.in_force(agent, each.peer)
    if rules is None:
        return False
    channels = {str(channel): str(allowed) for channel, allowed in rules.channels.items()}
    return value == (rules.promotion if name == "promotion" else channels.get(name))


def shown(agent: Agent, each: Relationship) -> BookEntry:
    """A relationship as it is answered."""
    now = agent.now()
    return BookEntry(
        relationship=each.local,
        name=each.name or None,
        state=state_of(each),
        since=timestamp(each.since),
        rules=rules_known.in_force(agent, each.peer),
        agreements=tuple(in_force(one) for one in each.agreements if not one.ends or now < one.ends),
        labels=tuple(labels(agent, each.peer)),
    )


def in_force(each: Agreement) -> AgreementInForce:
    """An agreement as it is answered."""
    ends = timestamp(each.ends) if each.ends else None
    return AgreementInForce(each.id, each.version, each.digest, each.record, timestamp(each.since), ends)


def labels(agent: Agent, peer: str) -> Iterator[HeldLabel]:
    """What is held about her, without the values."""
    for each in held.of(agent, peer):
        yield HeldLabel(each.ptr, each.label.purpose, each.label.expires, each.label.record)


CALLS = (
    Call("GET", "/v1/relationships", "The address book", "relationships", every, AddressBook, query=BookQuery),
    Call("GET", "/v1/relationships/{id}", "One relationship", "relationships", one, BookEntry),
)
