"""Routes: what she wants, casting it, the offers, and her order."""

from typing import Annotated, Any

import msgspec
from msgspec.structs import replace

from agent import campaigns, casting, offers, one_off, pooling, rosters, wants
from agent.agent import Agent
from agent.offers import Reason
from agent.relationship import Relationship, fingerprint
from agent.wants import Want
from agent.web import offered
from agent.web.offered import current, row
from agent.web.routes import Route
from protocols.messages import unix
from protocols.problems import InvalidMessage, Misuse
from protocols.vrm.base import Text
from protocols.vrm.demand import Item
from protocols.vrm.intent_words import Answer, Cast
from wallet.credentials.vcdm import timestamp

DAY = 86400
Seconds = Annotated[int, msgspec.Meta(ge=0, le=90 * DAY)]


class Wanting(msgspec.Struct, frozen=True, omit_defaults=True):
    """A want, as she tells it; see agent/wants.py. Of one that is edited, only what is named changes; an empty `by`,
    `most` or `currency` takes it away."""

    words: Text | None = None
    kind: str | None = None
    item: dict[str, Any] | None = None
    region: Text | None = None
    by: str | None = None
    most: str | None = None
    currency: str | None = None
    must: tuple[Text, ...] | None = None
    level: int | None = None
    seal: bool | None = None
    questions: int | None = None
    bids: int | None = None


class Casting(msgspec.Struct, frozen=True):
    """to: names, domains, links or DIDs. terms: an agreement by id; empty for the usual one. bid_within, select_within:
    seconds; jitter: over which the first attempts are spread."""

    to: tuple[str, ...]
    terms: str = ""
    bid_within: Seconds = 0
    select_within: Seconds = 0
    jitter: Seconds = campaigns.JITTER


class Choosing(msgspec.Struct, frozen=True):
    """bid: its number in the table, who made it, or its thread. values: the least needed to check stock, by pointer."""

    bid: str
    values: dict[str, Any] = {}


class Ordering(msgspec.Struct, frozen=True):
    """values: name, delivery, contact, by JSON Pointer; none: those of her card. kept_for: a duration."""

    values: dict[str, Any] = {}
    purpose: str = offers.PURPOSE
    kept_for: str = offers.KEPT_FOR


class Closing(msgspec.Struct, frozen=True):
    """reason: a word of the protocol; bid: one of them only; band: say between which prices the chosen offer was."""

    reason: Reason = "changed-mind"
    bid: str = ""
    band: bool = False


class Replying(msgspec.Struct, frozen=True):
    """text: what is answered. bid: to whom, by name or thread; empty: to everybody who asked."""

    text: Text
    bid: str = ""


class Joining(msgspec.Struct, frozen=True):
    """broker: a name, domain, link or DID; pool: its name there."""

    broker: str
    pool: Text


def shown(agent: Agent, want: Want) -> dict[str, object]:
    """A want as it is listed."""
    told = msgspec.to_builtins(want)
    item = {name: value for name, value in msgspec.to_builtins(want.item).items() if name != "@type"}
    ceiling = f"{want.most} {want.currency}" if want.most else None
    standing: dict[str, object] = {"state": want.state, "kind": want.kind, "item": item, "ceiling": ceiling}
    spread = offers.tally(agent, want) if want.campaign else None
    until = timestamp(want.select_by) if want.select_by else None
    return {**told, **standing, "since": timestamp(want.since), "tally": spread, "select_by": until}


def changed(want: Want, asked: Wanting) -> Want:
    """A want with what is named. Raises Misuse."""
    told = {name: value for name, value in msgspec.to_builtins(asked).items() if value is not None}
    if "item" in told:
        told["item"] = {**msgspec.to_builtins(want.item), **told["item"]}
    by = str(told.get("by") or "")
    told |= {each: None for each in ("by", "most", "currency") if told.get(each) == ""}
    try:
        if by:
            unix(by)
    except InvalidMessage:
        day = by.removesuffix("T00:00:00Z")[:40]
        raise Misuse(f'"{day}" is no day; write it like 2027-03-01. Nothing was kept.') from None
    try:
        return msgspec.convert({**msgspec.to_builtins(want), **told}, Want)
    except msgspec.ValidationError as fault:
        raise Misuse(f"this is no want: {fault}. Nothing was kept.") from fault


async def add(agent: Agent, asked: Wanting) -> object:
    """Keep a new want or regret."""
    begun = Want("", asked.words or "", agent.now(), item=Item())
    return shown(agent, await wants.add(agent, changed(begun, asked)))


async def listed(agent: Agent) -> object:
    """All of them, oldest first."""
    return [shown(agent, each) for each in wants.every(agent)]


async def one(agent: Agent, name: str) -> object:
    """One want, and what came of it."""
    return shown(agent, await current(agent, name))


async def edit(agent: Agent, name: str, asked: Wanting) -> object:
    """Change one that is not cast."""
    want = wants.find(agent, name)
    if want.state != "kept":
        raise Misuse("it is cast, and what was said stands; keep a new one instead. Nothing was changed.")
    now = wants.check(replace(changed(want, asked), id=want.id, since=want.since))
    await wants.keep(agent, now)
    return shown(agent, now)


async def drop(agent: Agent, name: str) -> object:
    """Forget one."""
    want = wants.find(agent, name)
    await wants.drop(agent, want)
    return {"dropped": want.words}


# -- casting ------------------------------------------------------------------------------------------------------


async def preview(agent: Agent, name: str, asked: Casting) -> object:
    """What would be said to whom; nothing is said."""
    want = wants.find(agent, name)
    said = content(agent, want, asked)
    those = await offers.addressed(agent, want, asked.to)
    message = msgspec.convert(said["cast"], Cast)
    text = rosters.text_of(agent, message.terms.digest)
    return {
        "want": want.words,
        "to": [addressee(each) for each in those],
        "says": {key: value for key, value in said["cast"].items() if key not in ("nonce", "terms")},
        "level": want.level,
        "terms": {"id": message.terms.id, "title": text.title if text else None},
        "bid_by": message.bid_by,
        "select_by": message.select_by,
        "shared": shared(want, len(those)),
    }


def addressee(each: one_off.Org | Relationship) -> dict[str, object]:
    """Somebody it would be said to. known: it knows who asks."""
    known = isinstance(each, Relationship)
    did = each.peer if isinstance(each, Relationship) else each.did
    return {"name": offers.called(each), "known": known, "domain": each.domain, "fingerprint": fingerprint(did)}


def shared(want: Want, size: int) -> list[str]:
    """What is the same in all of them, so that organisations who compare notes could tell it is one want."""
    if size < 2:
        return []
    item = msgspec.to_builtins(want.item)
    found = [str(item[key]) for key in ("name", "model", "gtin", "description") if item.get(key)]
    found += [str(each) for each in (*item.get("more", {}).values(), *want.must) if len(str(each)) >= 6]
    return [*found, *([f"at most {want.most} {want.currency}"] if want.most else [])]


def content(agent: Agent, want: Want, asked: Casting) -> dict[str, Any]:
    """What is said to all: as before, if it is cast already."""
    if want.state == "cast":
        return campaigns.tally(agent, want.campaign).plan.content
    return casting.content(
        agent, want, terms=asked.terms, bid_within=asked.bid_within, select_within=asked.select_within
    )


async def cast(agent: Agent, name: str, asked: Casting) -> object:
    """Ask all of these for offers, or more of them if it is cast already."""
    want = await current(agent, name)
    said = content(agent, want, asked)
    those = await offers.addressed(agent, want, asked.to)
    return shown(agent, await offers.start(agent, want, those, said, asked.jitter))


# -- what came of it ----------------------------------------------------------------------------------------------


async def select(agent: Agent, name: str, asked: Choosing) -> object:
    """Pick one bid."""
    want = await current(agent, name)
    return row(agent, await offers.select(agent, want, asked.bid, asked.values))


async def order(agent: Agent, name: str, asked: Ordering) -> object:
    """Order the bid that is held, or decide to as soon as it is."""
    want = await current(agent, name)
    values = asked.values or offers.card_values(agent)
    meant = await offers.order(agent, want, values, purpose=asked.purpose, kept_for=asked.kept_for)
    now = next(each for each in offers.asked(agent, want, besides=offers.NOTHING_OFFERED) if each.thid == meant.thid)
    return {**row(agent, now), "told": sorted(values), "kept_for": asked.kept_for}


async def close(agent: Agent, name: str, asked: Closing) -> object:
    """Tell those who were not selected that it is over."""
    want = await current(agent, name)
    band = offers.band_of(agent, want) if asked.band else None
    told = await offers.close(agent, want, asked.reason, band=band, named=asked.bid)
    return {"want": want.words, "told": told, "reason": asked.reason, "band": band}


async def reply(agent: Agent, name: str, asked: Replying) -> object:
    """Answer a question, or the questions of all alike."""
    want = await current(agent, name)
    found = list(offers.questions(agent, want))
    if asked.bid:
        meant = offers.one([each for each, _, _ in found], asked.bid)
        found = [each for each in found if each[0].thid == meant.thid]
    for each, _, id in found:
        await offers.say(agent, each, Answer(asked.text, id))
    return {"answered": len(found)}


# -- pools --------------------------------------------------------------------------------------------------------


async def join(agent: Agent, name: str, asked: Joining) -> object:
    """Join a pool with this want, under a DID made for it."""
    want = wants.find(agent, name)
    thid = await pooling.join(agent, want, asked.broker, asked.pool)
    return {"want": want.words, "pool": asked.pool, "thread": thid}


async def leave(agent: Agent, name: str) -> object:
    """Leave the pools that this want is in."""
    want = wants.find(agent, name)
    return {"want": want.words, "left": await pooling.leave(agent, want)}


async def pools(agent: Agent, name: str) -> object:
    """The pools that this want is, or was, in, and the bids they drew."""
    return await pooling.standing(agent, wants.find(agent, name))


ROUTES = (
    *offered.ROUTES,
    Route("GET", "/v1/wants", listed),
    Route("POST", "/v1/wants", add, Wanting),
    Route("GET", "/v1/wants/{name}", one),
    Route("POST", "/v1/wants/{name}/edit", edit, Wanting),
    Route("POST", "/v1/wants/{name}/drop", drop),
    Route("POST", "/v1/wants/{name}/preview", preview, Casting),
    Route("POST", "/v1/wants/{name}/cast", cast, Casting),
    Route("POST", "/v1/wants/{name}/select", select, Choosing),
    Route("POST", "/v1/wants/{name}/order", order, Ordering),
    Route("POST", "/v1/wants/{name}/close", close, Closing),
    Route("POST", "/v1/wants/{name}/answer", reply, Replying),
    Route("GET", "/v1/wants/{name}/pools", pools),
    Route("POST", "/v1/wants/{name}/join", join, Joining),
    Route("POST", "/v1/wants/{name}/leave", leave),
)
