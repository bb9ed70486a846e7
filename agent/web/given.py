"""Routes: what she gave to whom, as her pages list it, and giving it for longer."""

import msgspec

from agent import contact, families, held, told
from agent.agent import Agent
from agent.relationship import Relationship, fingerprint
from agent.web import consents, parts
from agent.web.routes import Route
from agent.web.threads import one
from protocols.machine import Thread, Time
from protocols.messages import unix
from protocols.problems import Misuse
from protocols.vrm.consent import consent
from protocols.vrm.consent_words import Request, Volunteer, granted
from wallet.credentials.vcdm import timestamp
from wallet.errors import NotFound

A_PART = 50  # that are listed at a time


class Renewing(msgspec.Struct, frozen=True):
    """Until when it is given anew."""

    until: Time


def shown(agent: Agent, who: Relationship, thread: Thread) -> dict[str, object]:
    """A consent as it is listed, with whom it is given to, for how long it is kept, and to whom it may be passed on."""
    given = {entry.name for entry in thread.said} & {"grant", "volunteer"}
    what = granted(thread) if given else thread.latest(Request)
    return {
        **consents.shown(agent, who, thread),
        "fingerprint": fingerprint(who.peer),
        "domain": who.domain,
        "at": timestamp(thread.said[0].at),
        "given": bool(given),
        "asked": "request" in {entry.name for entry in thread.said},
        "recipients": what.recipients,
        "retention": what.retention,
        "refused": granted(thread).refused if given else (),
    }


async def newest(agent: Agent, start: str) -> object:
    """A part of all consents, the last begun first. start: how many are left out before it."""
    await families.look_up(agent)
    some = families.newest(agent, consent, parts.start(start), A_PART)
    items = [shown(agent, agent.relationship(peer)[0], conversation.thread) for peer, conversation in some]
    return {"total": families.count(agent, consent), "items": items}


async def show(agent: Agent, thid: str) -> object:
    """One consent, and what was sent under it."""
    who, conversation = one(agent, thid)
    if conversation.thread.table != consent.id:
        raise NotFound(f'nothing was given as "{thid[:64]}"')
    sent = [each for each in told.of(agent, who.peer) if each.thid == conversation.thread.thid]
    latest = {each.ptr: each for each in sent}
    return {
        **shown(agent, who, conversation.thread),
        "sent": [{"ptr": each.ptr, "value": each.value, "at": timestamp(each.at)} for each in latest.values()],
    }


async def renew(agent: Agent, thid: str, asked: Renewing) -> object:
    """Give the same once more, until a later day: what her card says of it by now, or what was sent."""
    who, conversation = one(agent, thid)
    what = granted(conversation.thread)
    consents.still_to_come(agent, asked.until)
    if conversation.thread.state == "given" and unix(asked.until) <= max(unix(each.until) for each in what.items):
        raise Misuse(f"it is given until then already; nothing was said. Name a day after {asked.until[:10]}.")
    terms = consents.record_terms(who, agent.now())
    items = tuple(msgspec.structs.replace(each, until=asked.until) for each in what.items)
    message = Volunteer(what.schema, items, what.recipients, what.retention, what.legal_basis, terms)
    sent = {each.ptr: each.value for each in told.of(agent, who.peer) if each.thid == conversation.thread.thid}
    named = [each.ptr for each in items]
    values = {ptr: value for ptr, value in sent.items() if held.within(ptr, named)}
    if what.schema == "jscontact":
        card = contact.read(agent)
        values = {ptr: value for ptr, value in values.items() if contact.value_at(card, ptr) is None}
    return {
        "thread": await consents.offer(agent, who.peer, message, values, conversation.thread.thid),
        "to": who.called,
    }


ROUTES = (
    Route("GET", "/v1/consents/newest/{start}", newest),
    Route("GET", "/v1/consents/{thid}", show),
    Route("POST", "/v1/consents/{thid}/renew", renew, Renewing),
)
