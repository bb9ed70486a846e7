"""Routes of an org: papers of things, what is registered with it, and alerts."""

from typing import Literal

import msgspec

from agent import assets, cards, effects, identity, names, owner, things
from agent.agent import Agent
from agent.assets import Asset
from agent.draft import Draft
from agent.web.parts import part
from agent.web.routes import Route
from agent.web.things import NAMES
from protocols.machine import Message
from protocols.problems import Misuse
from protocols.standard.issue_credential import DATA_INTEGRITY, issue_credential
from protocols.vrm.base import Date, Money
from protocols.vrm.things_words import Alert, Thing
from wallet.credentials.vcdm import timestamp
from wallet.keys import new_id
from wallet.needs import Lookup
from wallet.strict_json import Json, JsonObject

TYPES = {kind: name for name, kind in things.PAPERS.items()}


class Issuing(msgspec.Struct, frozen=True):
    """A paper to issue. on: the day of purchase; until: of the warranty; price: on a receipt."""

    peer: str
    kind: Literal["receipt", "ownership", "warranty"]
    thing: Thing
    on: Date | None = None
    until: Date | None = None
    price: Money | None = None


class Alerting(msgspec.Struct, frozen=True):
    """To everybody who registered such a thing. gtin or serial: which; both empty: every thing."""

    kind: str
    text: str
    gtin: str = ""
    serial: str = ""
    remedy: str | None = None


async def issue(agent: Agent, asked: Issuing) -> object:
    """Offer somebody a paper of a thing. A receipt shows no more than is asked for; a proof of ownership is whole."""
    relationship = names.find_peer(agent, asked.peer)
    if identity.own(agent) is None:
        raise Misuse("only an organisation issues papers of things; nothing was done")
    thid, claims = new_id(), claims_for(asked)
    title = f"{NAMES[asked.kind]}: {asked.thing.name}"

    def speak(draft: Draft) -> Lookup[None]:
        message = cards.offer(draft, format=DATA_INTEGRITY, type=TYPES[asked.kind], name=title, claims=claims)
        draft.begin(issue_credential, "issuer")
        effects.say(draft, message)
        yield from ()

    await owner.act(agent, relationship.peer, thid, speak)
    return {"thread": thid, "to": relationship.called}


def claims_for(asked: Issuing) -> JsonObject:
    """What a paper says, in the words of schema.org: Order, OwnershipInfo, WarrantyPromise."""
    said = {
        "name": asked.thing.name,
        "gtin": asked.thing.gtin,
        "serialNumber": asked.thing.serial,
        "url": asked.thing.url,
    }
    thing: JsonObject = {name: value for name, value in said.items() if value}
    dates: dict[str, Json] = {
        "receipt": {"orderDate": asked.on, "orderedItem": thing},
        "ownership": {"ownedFrom": asked.on, "typeOfGood": thing},
        "warranty": {"warrantyUntil": asked.until, "itemOffered": thing},
    }
    found = dates[asked.kind]
    claims: JsonObject = {name: each for name, each in found.items() if each} if isinstance(found, dict) else {}
    if asked.kind == "receipt" and asked.price:
        claims |= {"price": asked.price.amount, "priceCurrency": asked.price.currency}
    return claims


async def registered(agent: Agent) -> object:
    """What is registered here, and which proofs of ownership still count."""
    found = [listed(each) for each in assets.assets(agent)]
    titles = [
        {"digest": each.digest, "name": each.thing.name, "serial": each.thing.serial, "state": each.state}
        for each in assets.titles(agent)
    ]
    return {"registered": found, "titles": titles}


async def newest(agent: Agent, start: str) -> object:
    """A part of what is registered here, the newest first, and how many proofs of ownership were issued."""
    total = agent.store.count_items(assets.ASSET)
    found = part(start, total, lambda *which: (listed(each) for each in assets.newest(agent, *which)))
    titles = {"issued": agent.store.count_items(assets.TITLE), "count": agent.store.count_items(assets.LIVE)}
    return {**found, "titles": titles}


def listed(asset: Asset) -> dict[str, object]:
    """What is registered, as it is listed."""
    return {**msgspec.to_builtins(asset), "since": timestamp(asset.since)}


def meant(agent: Agent, gtin: str, serial: str) -> list[Asset]:
    """The living registrations of things with these numbers; of every thing if neither is named."""
    return [
        each
        for each in assets.assets(agent)
        if each.state == assets.LIVING and gtin in ("", each.thing.gtin) and serial in ("", each.thing.serial)
    ]


async def reach(agent: Agent, asked: Alerting) -> object:
    """How many would be warned; nothing is said."""
    warning(asked)
    return {"reaches": len(meant(agent, asked.gtin, asked.serial))}


def warning(asked: Alerting) -> Message:
    """What is said. Raises Misuse."""
    try:
        return msgspec.convert({"kind": asked.kind, "text": asked.text, "remedy": asked.remedy}, Alert)
    except msgspec.ValidationError as fault:
        raise Misuse(f"this is no warning: {fault}. Nothing was said.") from fault


async def alert(agent: Agent, asked: Alerting) -> object:
    """Warn everybody who registered such a thing; it is sent until it has arrived."""
    message, those = warning(asked), meant(agent, asked.gtin, asked.serial)

    def speak(draft: Draft) -> Lookup[None]:
        if draft.conversation is not None and draft.thread.state == "registered":
            effects.say(draft, message)
        yield from ()

    for each in those:
        await owner.act(agent, each.peer, each.thid, speak)
    return {"warned": len(those)}


ROUTES = (
    Route("POST", "/v1/things/issue", issue, Issuing),
    Route("POST", "/v1/things/alert", alert, Alerting),
    Route("POST", "/v1/things/alert/reach", reach, Alerting),
    Route("GET", "/v1/assets", registered),
    Route("GET", "/v1/assets/newest/{start}", newest),
)
