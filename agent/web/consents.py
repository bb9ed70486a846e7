"""Routes: what may be processed, for what, until when; what was told, what is held, what is being deleted."""

from collections.abc import Iterator, Mapping
from functools import partial

import msgspec

from agent import completion, contact, deletions, effects, held, names, owner, told, wording
from agent.agent import Agent
from agent.agreements import purposes
from agent.bridges import deleting
from agent.draft import Draft
from agent.relationship import Relationship
from agent.vrm import consent as ours
from agent.web.routes import Route
from agent.web.threads import every, one
from protocols.machine import Message, Thread, Time
from protocols.messages import unix
from protocols.problems import Misuse
from protocols.vrm.base import Code, Country, Duration, KeptItem, Ptr, Reason, Text
from protocols.vrm.consent import Role, State, consent
from protocols.vrm.consent_words import Granted, Request, Volunteer, Wanted, Withdraw, granted
from wallet.credentials.vcdm import timestamp
from wallet.keys import new_id
from wallet.needs import Lookup
from wallet.strict_json import JsonObject


class Item(msgspec.Struct, frozen=True):
    """One item that is asked for or offered: where, what for, and whether it cannot be done without."""

    ptr: Ptr
    purpose: Text
    necessary: bool = False


class Asking(msgspec.Struct, frozen=True):
    """What an organisation asks for. renews: a thread of an earlier consent."""

    peer: str
    items: tuple[Item, ...]
    until: Time
    effect: Text
    schema: Code = "jscontact"
    basis: Text = "dpv:Consent"
    recipients: tuple[Text, ...] = ()
    retention: Duration = "P30D"
    storage: tuple[Country, ...] = ()
    renews: str = ""


class Offering(msgspec.Struct, frozen=True):
    """What a person offers unasked. values: by pointer; what has none is taken from her contact card."""

    peer: str
    items: tuple[Item, ...]
    until: Time
    schema: Code = "jscontact"
    recipients: tuple[Text, ...] = ()
    retention: Duration = "P30D"
    values: dict[Ptr, object] = {}


class Sending(msgspec.Struct, frozen=True):
    """Values to send under a consent; none: those of the contact card."""

    values: dict[Ptr, object] = {}


class Withdrawing(msgspec.Struct, frozen=True):
    """only: the items that are taken back; none: all. The others are offered again, in one act."""

    reason: Reason = "changed-mind"
    only: tuple[Ptr, ...] = ()


class Completing(msgspec.Struct, frozen=True):
    """What was done about a deletion."""

    deleted: tuple[Ptr, ...]
    kept: tuple[KeptItem, ...] = ()
    told: tuple[Text, ...] = ()


class Using(msgspec.Struct, frozen=True):
    """A use that an organisation would make of a value."""

    peer: str
    ptr: Ptr
    purpose: Text


def record_terms(who: Relationship, now: int) -> str:
    """The record of the agreement in force. Raises Misuse if there is none."""
    governing = who.governing(now)
    if governing is None:
        raise Misuse(f"no terms are in force with {who.called}; agree on some first: freerange terms")
    return governing.record


def threads_of(agent: Agent, peer: str = "") -> Iterator[tuple[Relationship, Thread]]:
    """Every thread of consent."""
    for who, conversation in every(agent):
        if conversation.thread.table == consent.id and peer in ("", who.peer):
            yield who, conversation.thread


def shown(agent: Agent, who: Relationship, thread: Thread) -> dict[str, object]:
    """One consent as it is listed: who may use what, what for, until when; and what the other side still owes."""
    given = {entry.name for entry in thread.said} & {"grant", "volunteer"}
    if given:
        rows = [(each.ptr, each.purpose, each.until) for each in granted(thread).items]
        schema = granted(thread).schema
    else:
        asked = thread.latest(Request)
        rows = [(each.ptr, each.purpose, asked.until) for each in asked.items]
        schema = asked.schema
    return {
        "thread": thread.thid,
        "with": who.called,
        "state": thread.state,
        "schema": schema,
        "items": [
            {"ptr": ptr, "purpose": purpose, "why": purposes.in_words(purpose), "until": until}
            for ptr, purpose, until in rows
        ],
        "record": thread.record,
        "terms": next((each.id for each in who.agreements if each.record == terms_of(thread)), None),
        "owed": "their statement of what was deleted" if owes(agent, thread) else None,
    }


def owes(agent: Agent, thread: Thread) -> bool:
    """Whether the other side has yet to say that it has deleted what was withdrawn."""
    return agent.config.kind == "person" and thread.state == State.WITHDRAWING


def terms_of(thread: Thread) -> str | None:
    """The record of the terms it was given under."""
    return granted(thread).agreement if {entry.name for entry in thread.said} & {"grant", "volunteer"} else None


async def listing(agent: Agent) -> object:
    """Every consent, asked for, given or ended."""
    return [shown(agent, *each) for each in sorted(threads_of(agent), key=lambda each: each[1].said[0].at)]


async def ask(agent: Agent, asked: Asking) -> object:
    """An organisation asks for items."""
    who = names.find_peer(agent, asked.peer)
    record_terms(who, agent.now())
    still_to_come(agent, asked.until)
    request = Request(
        schema=asked.schema,
        items=tuple(Wanted(each.ptr, each.purpose, each.necessary) for each in asked.items),
        legal_basis=asked.basis,
        recipients=asked.recipients,
        retention=asked.retention,
        storage=asked.storage,
        refusal_effect=asked.effect,
        until=asked.until,
    )
    earlier = one(agent, asked.renews)[1].thread.thid if asked.renews else None
    return {"thread": await owner.open_thread(agent, who.peer, consent, request, earlier), "to": who.called}


async def volunteer(agent: Agent, asked: Offering) -> object:
    """A person offers items unasked; the data follows when they are taken."""
    who = names.find_peer(agent, asked.peer)
    terms = record_terms(who, agent.now())
    still_to_come(agent, asked.until)
    if asked.schema == "jscontact":
        on_hand(agent, asked)
    items = tuple(Granted(each.ptr, each.purpose, asked.until) for each in asked.items)
    message = Volunteer(asked.schema, items, asked.recipients, asked.retention, "dpv:Consent", terms)
    return {"thread": await offer(agent, who.peer, message, asked.values), "to": who.called}


def still_to_come(agent: Agent, until: Time) -> None:
    """Raise Misuse if nothing could be used until then any more."""
    if unix(until) <= agent.now():
        raise Misuse(f"{until[:10]} is over; nothing was said. Name a day that is still to come.")


def on_hand(agent: Agent, asked: Offering) -> None:
    """Raise Misuse if she offers a field of her contact card that has no value."""
    card = contact.read(agent)
    for each in asked.items:
        if each.ptr not in asked.values and contact.value_at(card, each.ptr) is None:
            field = wording.field(each.ptr)
            raise Misuse(f"your contact card has no {field}; nothing was said. Set it, or give a value along with it.")


async def offer(
    agent: Agent, peer: str, message: Volunteer, values: Mapping[str, object], pthid: str | None = None
) -> str:
    """Begin a consent from her side; the values wait until there is a record. Returns the thread's id."""
    thid = new_id()

    def say(draft: Draft) -> Lookup[None]:
        draft.begin(consent, Role.PERSON, pthid)
        effects.say(draft, message)
        ours.set_aside(draft, values)
        yield from ()

    await owner.act(agent, peer, thid, say)
    return thid


async def disclose(agent: Agent, thid: str, asked: Sending) -> object:
    """Send values under a consent that is in force."""
    who, conversation = one(agent, thid)

    def say(draft: Draft) -> Lookup[int]:
        values = asked.values
        message = ours.disclosure(draft, values) if values else ours.ready(draft)
        if message is None:
            raise Misuse("there is nothing on your card for what was granted; give the values, or fill in your card")
        effects.say(draft, message)
        yield from ()
        return len(message.values)

    return {"thread": conversation.thread.thid, "sent": await owner.act(agent, who.peer, conversation.thread.thid, say)}


async def withdraw(agent: Agent, thid: str, asked: Withdrawing) -> object:
    """Take a consent back, or some of it: then the rest is offered again, with its data."""
    who, conversation = one(agent, thid)
    thread = conversation.thread
    what = granted(thread)
    if unknown := sorted(set(asked.only) - {each.ptr for each in what.items}):
        raise Misuse(f"{unknown[0]} was not granted there; granted are {', '.join(each.ptr for each in what.items)}")
    await say(agent, who.peer, thread.thid, Withdraw(asked.reason))
    rest = tuple(each for each in what.items if asked.only and each.ptr not in asked.only)
    if not rest:
        return {"thread": thread.thid}
    again = Volunteer(what.schema, rest, what.recipients, what.retention, what.legal_basis, what.agreement)
    sent = {each.ptr: each.value for each in told.of(agent, who.peer) if each.thid == thread.thid}
    values = {ptr: value for ptr, value in sent.items() if held.within(ptr, [each.ptr for each in rest])}
    return {"thread": thread.thid, "rest": await offer(agent, who.peer, again, values, thread.thid)}


async def stop(agent: Agent, thid: str) -> object:
    """An organisation has no more use for what it was given, and deletes it."""
    who, conversation = one(agent, thid)

    def decide(draft: Draft) -> Lookup[str]:
        message = ours.stopping(draft)
        if message is not None:
            effects.say(draft, message)
        yield from ()
        return draft.thread.state

    state = await owner.act(agent, who.peer, conversation.thread.thid, decide)
    return {"thread": conversation.thread.thid, "state": state}


async def say(agent: Agent, peer: str, thid: str, message: Message) -> None:
    """Say one message in a thread."""

    def speak(draft: Draft) -> Lookup[None]:
        effects.say(draft, message)
        yield from ()

    await owner.act(agent, peer, thid, speak)


# -- what is known of whom ----------------------------------------------------------------------------------------


async def told_to(agent: Agent, name: str) -> object:
    """Everything a person has told one peer: what for, until when, under which terms."""
    who = names.find_peer(agent, name)
    return {
        "with": who.called,
        "told": [
            {
                "at": timestamp(each.at),
                "ptr": each.ptr,
                "value": each.value,
                "purpose": each.label.purpose,
                "why": purposes.in_words(each.label.purpose),
                "until": each.label.expires,
                "record": each.label.record,
                "terms": each.agreement or None,
                "terms_record": each.terms or None,
                "thread": each.thid,
                "by_consent": by_consent(agent, who.peer, each.thid),
                "standing": told.standing(agent, who.peer, each),
            }
            for each in told.of(agent, who.peer)
        ],
    }


def by_consent(agent: Agent, peer: str, thid: str) -> bool:
    """Whether a thread is a consent, of which there is more to see; a value may also have been told with an order."""
    conversation, _ = agent.conversation(peer, thid)
    return conversation is not None and conversation.thread.table == consent.id


async def held_of(agent: Agent, name: str) -> object:
    """Everything an organisation holds about one person, with its Labels."""
    who = names.find_peer(agent, name)
    values = [labelled(each) for each in held.of(agent, who.peer)]
    return {"with": who.called, "held": values}


def labelled(value: held.Held) -> dict[str, object]:
    """A value with its Label, as it is listed and exported."""
    label: JsonObject = msgspec.to_builtins(value.label)
    more: dict[str, object] = {"restricted": True} if value.restricted else {}
    return {"ptr": value.ptr, "value": value.value, "label": label, "schema": value.schema, **more}


async def use(agent: Agent, asked: Using) -> object:
    """The value for a purpose, if a Label allows it now."""
    who = names.find_peer(agent, asked.peer)
    return labelled(held.use(agent, who.peer, asked.ptr, purpose=asked.purpose))


async def under_way(agent: Agent) -> object:
    """The deletions that wait for this organisation's systems, the first due first."""
    return [
        {
            "deletion": each.id,
            "with": agent.relationship(peer)[0].called,
            "ptrs": each.ptrs,
            "record": each.record,
            "reason": each.reason,
            "due": timestamp(each.due),
            "overdue": each.due <= agent.now(),
            "owes": each.owes or None,
        }
        for peer, each in deletions.of(agent)
    ]


async def complete(agent: Agent, id: str, asked: Completing) -> object:
    """Say that a deletion has been carried out, in all systems; the answer that was owed for it goes out."""
    said = [row.id for row in agent.store.items(deleting.SAID, tag=id)]
    strike = partial(deleting.struck, ids=said)
    done = await completion.complete(agent, id, asked.deleted, asked.kept, asked.told, also=strike)
    return {"deletion": id, "said": done}


ROUTES = (
    Route("GET", "/v1/consents", listing),
    Route("POST", "/v1/consents/ask", ask, Asking),
    Route("POST", "/v1/consents/volunteer", volunteer, Offering),
    Route("POST", "/v1/consents/{thid}/disclose", disclose, Sending),
    Route("POST", "/v1/consents/{thid}/withdraw", withdraw, Withdrawing),
    Route("POST", "/v1/consents/{thid}/stop", stop),
    Route("GET", "/v1/told/{name}", told_to),
    Route("GET", "/v1/held/{name}", held_of),
    Route("POST", "/v1/held/use", use, Using),
    Route("GET", "/v1/deletions", under_way),
    Route("POST", "/v1/deletions/{id}/completion", complete, Completing),
)
