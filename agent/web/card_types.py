"""Routes: the kinds of card an organisation issues, and offering one: to a customer, by a link, or by a list."""

from collections.abc import Iterator

import msgspec

from agent import campaigns, card_types, effects, issuing, names, owner, standing_offers
from agent.agent import Agent
from agent.campaigns import Tally
from agent.card_types import CardType, Holds, Offered
from agent.draft import Draft
from agent.errors import Refused
from agent.issuing import Kept
from agent.standing_offers import TAKEN, StandingOffer
from agent.web import campaigns as tallies
from agent.web import parts
from agent.web.relationships import LONGEST
from agent.web.routes import Route
from protocols.problems import Misuse
from protocols.standard.issue_credential import issue_credential
from wallet.credentials.vcdm import timestamp
from wallet.errors import NotFound
from wallet.keys import new_id
from wallet.needs import Lookup

PART = 50  # offers in one part of a list
SHOWN = 20  # links of one kind
RECENT = 200  # campaigns among which lists are looked for


class FieldNamed(msgspec.Struct, frozen=True):
    """A field: what people call it, and what may stand there."""

    label: str
    holds: Holds = "text"


class Defining(msgspec.Struct, frozen=True):
    """A kind of card. type: what it is for programs, made from the name if empty; issuer: the domain of whoever issues
    it, empty for us."""

    name: str
    fields: tuple[FieldNamed, ...]
    type: str = ""
    issuer: str = ""


class Nothing(msgspec.Struct, frozen=True):
    """There is nothing more to say."""


class Offering(msgspec.Struct, frozen=True):
    """To whom, and what the card is to say, by field name."""

    peer: str
    claims: dict[str, object]


class Linking(msgspec.Struct, frozen=True):
    """What the card of whoever takes the link up is to say. once: the first uses it up; lasts: seconds, 0: no end."""

    claims: dict[str, object]
    once: bool = True
    lasts: int = 0


class Listing(msgspec.Struct, frozen=True):
    """A file of comma-separated lines. preview: only say what would be done."""

    list: str
    name: str = "list"
    preview: bool = False


class Ending(msgspec.Struct, frozen=True):
    """link: its id."""

    link: str


# -- kinds --------------------------------------------------------------------------------------------------------


def shown(kind: CardType) -> dict[str, object]:
    """A kind as it is listed."""
    return {
        "id": kind.id,
        "name": kind.name,
        "type": kind.type,
        "issuer": kind.issuer or None,
        "since": timestamp(kind.since),
        "fields": [msgspec.to_builtins(each) for each in kind.fields],
    }


async def listed(agent: Agent) -> object:
    """All kinds, with how many cards of each were offered."""
    return [
        {**shown(each), "offered": agent.store.count_items(card_types.OFFERED, tag=each.id)}
        for each in card_types.every(agent)
    ]


async def one(agent: Agent, id: str) -> object:
    """One kind, with its newest links and lists."""
    kind = card_types.find(agent, id)
    return {
        **shown(kind),
        "offered": agent.store.count_items(card_types.OFFERED, tag=kind.id),
        "links": [link(agent, each) for each in standing_offers.newest(agent, kind.id, SHOWN)],
        "lists": [a_list(each) for each in lists(agent, kind)],
    }


async def define(agent: Agent, asked: Defining) -> object:
    """A kind more."""
    if agent.config.kind != "org":
        raise Refused("cards are issued by organisations; nothing was kept")
    labels = [(each.label, each.holds) for each in asked.fields]
    return shown(await card_types.define(agent, asked.name, labels, type=asked.type, issuer=asked.issuer))


async def drop(agent: Agent, id: str, asked: Nothing) -> object:
    """Have a kind no more, nor its links."""
    kind = card_types.find(agent, id)
    for each in standing_offers.every(agent, kind.id):
        await standing_offers.end(agent, each)
    await card_types.drop(agent, kind)
    return shown(kind)


# -- one customer -------------------------------------------------------------------------------------------------


async def offer(agent: Agent, id: str, asked: Offering) -> object:
    """Offer a card of this kind to somebody; it is issued when she takes it up."""
    kind, relationship, thid = card_types.find(agent, id), names.find_peer(agent, asked.peer), new_id()
    claims = card_types.written(kind, asked.claims)

    def speak(draft: Draft) -> Lookup[None]:
        message = card_types.offer(draft, kind, claims, "one")
        draft.begin(issue_credential, "issuer")
        effects.say(draft, message)
        yield from ()

    await owner.act(agent, relationship.peer, thid, speak, begins=True)
    return {"thread": thid, "to": relationship.called}


async def offered(agent: Agent, id: str, part: str) -> object:
    """To whom cards of this kind were offered and what became of it, newest first. part: from 1."""
    kind = card_types.find(agent, id)
    start = (parts.number(part) - 1) * PART
    rows = agent.store.newest_items(card_types.OFFERED, start, PART, tag=kind.id)
    return [became(agent, msgspec.json.decode(row.record, type=Offered)) for row in rows]


def became(agent: Agent, each: Offered) -> dict[str, object]:
    """What became of one offer. state: of its thread, or `waiting` if it has not been said."""
    conversation, _ = agent.conversation(each.peer, each.thid)
    return {
        "to": tallies.called(agent, each.peer),
        "peer": each.peer,
        "thread": each.thid,
        "at": timestamp(each.at),
        "how": each.how,
        "state": conversation.thread.state if conversation else "waiting",
    }


# -- a link -------------------------------------------------------------------------------------------------------


async def make_link(agent: Agent, id: str, asked: Linking) -> object:
    """A link of which whoever takes it up is offered the card."""
    kind = card_types.find(agent, id)
    if kind.issuer:
        raise Misuse(f"{kind.name} is issued by {kind.issuer}, not by us; nothing was made")
    claims = card_types.written(kind, asked.claims)
    lasts = bounded(asked.lasts)
    made = await standing_offers.make(
        agent, "card", kind.id, f"{kind.name}: a card for you", once=asked.once, lasts=lasts, claims=claims
    )
    return link(agent, made)


def bounded(lasts: int) -> int:
    """Seconds for which a link may last. Raises Misuse."""
    if not 0 <= lasts <= LONGEST:
        raise Misuse("a link lasts a hundred years at most; nothing was made")
    return lasts


def link(agent: Agent, each: StandingOffer) -> dict[str, object]:
    """A link as it is listed. taken: how many took it up."""
    return {
        "link": each.id,
        "url": each.url,
        "what": each.what,
        "of": each.of,
        "since": timestamp(each.since),
        "until": timestamp(each.until) if each.until else None,
        "once": each.once,
        "claims": {**each.claims},
        "taken": agent.store.count_items(TAKEN, tag=each.id),
        "stands": standing_offers.stands(agent, each),
    }


async def one_link(agent: Agent, id: str) -> object:
    """One link, whatever waits behind it."""
    return link(agent, standing_offers.find(agent, id))


async def end_link(agent: Agent, asked: Ending) -> object:
    """Let nobody take a link up any more."""
    found = standing_offers.find(agent, asked.link)
    await standing_offers.end(agent, found)
    return link(agent, found)


# -- a list -------------------------------------------------------------------------------------------------------


async def offer_list(agent: Agent, id: str, asked: Listing) -> object:
    """Offer the card to all that a list names, or say what that would be. The lines that cannot be read are kept."""
    kind = card_types.find(agent, id)
    if kind.issuer:
        raise Misuse(f"{kind.name} is issued by {kind.issuer}, not by us; nothing was offered")
    read = issuing.read(agent, kind, asked.list)
    unread: list[object] = [msgspec.to_builtins(each) for each in read.unread]
    if asked.preview:
        return {"offers": len(read.to), "unread": unread, "first": first(agent, read)}
    kept = Kept(new_id(), asked.name[:100] or "list", read.columns, read.unread)
    content: dict[str, object] = {"card": kind.id, "list": kept.mark}
    title = f"{kind.name}: {kept.file}"
    started = await campaigns.start(
        agent, issuing.KIND.name, content, read.to, title=title, jitter=0, keep=(issuing.item(kind, kept),)
    )
    return {"offers": len(read.to), "unread": unread, "list": started}


def first(agent: Agent, read: issuing.CardList) -> list[dict[str, object]]:
    """The first cards of a list, to be looked at."""
    return [{"to": agent.relationship(each.to)[0].called, "claims": each.given} for each in read.to[:3]]


def lists(agent: Agent, kind: CardType) -> Iterator[tuple[Tally, Kept]]:
    """The lists of a kind among the newest campaigns, newest first, with how far each has come."""
    kept = {each.mark: each for each in issuing.of(agent, kind)}
    for each in campaigns.listed(agent, 0, RECENT):
        mark = str(each.plan.content.get("list"))
        if each.plan.kind == issuing.KIND.name and mark in kept:
            yield each, kept[mark]


def a_list(each: tuple[Tally, Kept]) -> dict[str, object]:
    """A list as it is shown."""
    tally, kept = each
    return {**tallies.shown(tally), "file": kept.file, "lines_to_mend": len(kept.unread)}


async def one_list(agent: Agent, id: str, list: str) -> object:
    """One list: how far it has come, and the lines that could not be read, which are kept as they were."""
    kind = card_types.find(agent, id)
    tally = campaigns.tally(agent, list)
    if tally.plan.content.get("card") != kind.id:
        raise NotFound("there is no such list of this card")
    kept = issuing.kept(agent, str(tally.plan.content.get("list")))
    unread = [msgspec.to_builtins(line) for line in kept.unread]
    return {**a_list((tally, kept)), "unread": unread, "to_mend": issuing.mended(kept)}


ROUTES = (
    Route("GET", "/v1/card-types", listed),
    Route("GET", "/v1/card-types/{id}", one),
    Route("GET", "/v1/card-types/{id}/offers/{part}", offered),
    Route("GET", "/v1/card-types/{id}/lists/{list}", one_list),
    Route("GET", "/v1/card-links/{id}", one_link),
    Route("POST", "/v1/card-types", define, Defining),
    Route("POST", "/v1/card-types/{id}/drop", drop, Nothing),
    Route("POST", "/v1/card-types/{id}/offers", offer, Offering),
    Route("POST", "/v1/card-types/{id}/links", make_link, Linking),
    Route("POST", "/v1/card-types/{id}/lists", offer_list, Listing),
    Route("POST", "/v1/card-links/end", end_link, Ending),
)
