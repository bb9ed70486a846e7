"""Routes: statements of loyalty, and memberships in programmes, for both sides."""

from typing import Literal

import msgspec

from agent import effects, families, names, owner, programmes
from agent.agent import Agent
from agent.conversation import Conversation
from agent.draft import Draft
from agent.programmes import Membership, Programme
from agent.vrm import loyalty
from agent.web.parts import part, proof
from agent.web.routes import Route
from agent.web.threads import one
from protocols.machine import Message
from protocols.problems import Misuse
from protocols.vrm import loyalty_words as words
from protocols.vrm.base import Date, Reason
from protocols.vrm.loyalty import membership, statement
from wallet.credentials.vcdm import timestamp
from wallet.errors import NotFound
from wallet.needs import Lookup
from wallet.store.change import Change


class Declaring(msgspec.Struct, frozen=True):
    """A statement. until: the day on which it ends by itself."""

    peer: str
    strength: Literal["first-choice", "regular", "occasional"]
    category: str
    until: Date
    reasons: tuple[words.Cause, ...] = ()
    conditions: tuple[str, ...] = ()
    may_quote: bool = False
    since: words.Year | None = None


class Retiring(msgspec.Struct, frozen=True):
    """Why a statement is taken back."""

    reason: words.Why
    text: str | None = None


class Asking(msgspec.Struct, frozen=True):
    """peer: an org, for a person; a person, for an org."""

    peer: str
    program: str | None = None


class Redeeming(msgspec.Struct, frozen=True):
    """What is spent, and for what."""

    membership: str
    amount: int
    reward: str


class Leaving(msgspec.Struct, frozen=True):
    """Which membership is left, and why."""

    membership: str
    reason: Reason | None = None


class Crediting(msgspec.Struct, frozen=True):
    """By how much a balance changes, and why."""

    member: str
    change: int
    reason: Literal["purchase", "bonus", "correction", "expiry", "other"] = "purchase"


class Closing(msgspec.Struct, frozen=True):
    """For whom the programme ends, why, and from when."""

    member: str
    reason: Reason
    by: Date


# -- statements ---------------------------------------------------------------------------------------------------


async def statements(agent: Agent) -> object:
    """Every statement, made or heard, as it was signed; what was taken back is marked so."""
    await families.look_up(agent)
    return [stated(agent, *each) for each in families.every(agent, statement)]


async def newest_statements(agent: Agent, start: str) -> object:
    """A part of them, the newest first."""
    await families.look_up(agent)
    listed = families.count(agent, statement)
    return part(
        start, listed, lambda *which: (stated(agent, *each) for each in families.newest(agent, statement, *which))
    )


def stated(agent: Agent, peer: str, conversation: Conversation) -> dict[str, object]:
    """A statement as it is listed."""
    thread = conversation.thread
    said = thread.latest(words.Declare)
    waiting = agent.store.item(loyalty.RETIRING, f"{peer} {thread.thid}") is not None
    back = any(each.name == "retire" for each in thread.said)
    over = said.until < timestamp(agent.now())[:10]
    state = "retired" if back else "retiring" if waiting else "expired" if over else thread.state
    return {
        "statement": thread.thid,
        "with": agent.relationship(peer)[0].called,
        "who": proof(agent.relationship(peer)[0]),
        "state": state,
        **msgspec.to_builtins(said),
        "signed": next(each.digest for each in thread.said if each.name == "declare"),
        "at": timestamp(thread.said[0].at),
        "why_retired": thread.latest(words.Retire).reason if back else None,
    }


async def one_statement(agent: Agent, id: str) -> object:
    """One statement. Raises NotFound."""
    none = NotFound(f'there is no statement "{id[:64]}"; freerange loyalty list shows those')
    try:
        relationship, conversation = one(agent, id)
    except NotFound:
        raise none from None
    if conversation.thread.table != statement.id:
        raise none
    return stated(agent, relationship.peer, conversation)


async def declare(agent: Agent, asked: Declaring) -> object:
    """Say to whom one is loyal, and why."""
    relationship = names.find_peer(agent, asked.peer)
    message = words.Declare(
        asked.strength, asked.category, asked.reasons, asked.until, asked.may_quote, asked.since, asked.conditions
    )
    return {"thread": await owner.open_thread(agent, relationship.peer, statement, message), "to": relationship.called}


async def retire(agent: Agent, id: str, asked: Retiring) -> object:
    """Take a statement back. If it has not arrived yet, that waits until it has."""
    relationship, conversation = one(agent, id)
    message = words.Retire(asked.reason, asked.text)

    def speak(draft: Draft) -> Lookup[bool]:
        yield from ()
        if draft.protocol is not statement:
            raise Misuse("this thread is no statement of loyalty; freerange loyalty list shows those")
        if draft.thread.state == "declared":
            loyalty.wait_to_retire(draft, message)
            return False
        effects.say(draft, message)
        return True

    said = await owner.act(agent, relationship.peer, conversation.thread.thid, speak)
    return {"thread": conversation.thread.thid, "to": relationship.called, "state": "retired" if said else "waiting"}


# -- memberships --------------------------------------------------------------------------------------------------


def shown(agent: Agent, held: Membership) -> dict[str, object]:
    """A membership with every balance there was."""
    conversation, _ = agent.conversation(held.peer, held.thid)
    return {
        "membership": held.thid,
        "with": agent.relationship(held.peer)[0].called,
        "who": proof(agent.relationship(held.peer)[0]),
        "programme": held.programme,
        "member": held.member,
        "state": held.state,
        "balance": held.balance,
        "number": held.governing.number,
        "exit": msgspec.to_builtins(held.exit),
        "payout": msgspec.to_builtins(held.payout),
        "rules": programmes.rules_of(agent, held.rules),
        "history": [{**msgspec.to_builtins(each), "at": timestamp(each.at)} for each in held.balances],
        "since": timestamp(held.since),
        "ended": timestamp(held.ended) if held.ended else None,
        "thread_state": conversation.thread.state if conversation else None,
    }


async def memberships(agent: Agent) -> object:
    """Every membership; those that ended are kept with their history."""
    return [shown(agent, each) for each in programmes.every(agent)]


async def newest_memberships(agent: Agent, start: str) -> object:
    """A part of them, the newest first."""
    total = agent.store.count_items(programmes.MEMBERSHIP)
    return part(start, total, lambda *which: (shown(agent, each) for each in programmes.newest(agent, *which)))


async def one_membership(agent: Agent, named: str) -> object:
    """One membership."""
    return shown(agent, programmes.find(agent, named))


async def ask(agent: Agent, asked: Asking) -> object:
    """A person asks for the rules of a programme; an org invites a person to its own."""
    relationship = names.find_peer(agent, asked.peer)
    if agent.config.kind == "person":
        message: Message = words.Request(program=asked.program)
        thid = await owner.open_thread(agent, relationship.peer, membership, message)
        return {"thread": thid, "to": relationship.called}
    offered = programmes.programme(agent)
    if offered is None:
        raise Misuse("you have no programme; set one first: freerange member programme FILE. Nothing was said.")
    draft = Draft.of(agent, relationship.peer, "")
    invitation = programmes.invitation(draft, offered)
    return {
        "thread": await owner.open_thread(agent, relationship.peer, membership, invitation),
        "to": relationship.called,
    }


async def say(agent: Agent, named: str, message: Message) -> object:
    """Say something in a membership; returns it as it is then."""
    held = programmes.find(agent, named)

    def speak(draft: Draft) -> Lookup[None]:
        effects.say(draft, message)
        yield from ()

    await owner.act(agent, held.peer, held.thid, speak)
    after = next(each for each in programmes.every(agent) if (each.peer, each.thid) == (held.peer, held.thid))
    return {**shown(agent, after), "thread": held.thid}


async def redeem(agent: Agent, asked: Redeeming) -> object:
    """Spend from one's balance."""
    if asked.amount < 1:
        raise Misuse("what is spent is at least 1; nothing was said")
    return await say(agent, asked.membership, words.Redeem(asked.amount, asked.reward))


async def leave(agent: Agent, asked: Leaving) -> object:
    """Leave, in one step."""
    return await say(agent, asked.membership, words.Leave(asked.reason))


async def credit(agent: Agent, asked: Crediting) -> object:
    """A new signed balance for a member."""
    held = programmes.find(agent, asked.member)
    balance = held.balance + asked.change
    return await say(agent, asked.member, words.Credit(held.next_number, asked.change, balance, asked.reason))


async def close(agent: Agent, asked: Closing) -> object:
    """End the programme for a member, by its exit terms."""
    held, offered = programmes.find(agent, asked.member), programmes.programme(agent)
    paid = programmes.payout(held, offered.point if offered else None)
    return await say(agent, asked.member, words.Close(held.balance, asked.reason, asked.by, paid))


async def programme(agent: Agent) -> object:
    """What this org offers."""
    offered = programmes.programme(agent)
    return {"programme": msgspec.to_builtins(offered), "digest": offered.digest if offered else None}


async def set_programme(agent: Agent, asked: Programme) -> object:
    """Offer this from now on. Whoever is a member stays one by the rules that were joined."""
    if agent.config.kind != "org":
        raise Misuse("a programme is an organisation's; nothing was set")
    if not asked.rules.strip():
        raise Misuse("a programme has rules, for people join by their text; nothing was set")
    await agent.store.apply(Change(peer="", keep=(programmes.item(asked),)))
    return await programme(agent)


ROUTES = (
    Route("GET", "/v1/statements", statements),
    Route("GET", "/v1/statements/newest/{start}", newest_statements),
    Route("GET", "/v1/statements/{id}", one_statement),
    Route("POST", "/v1/statements", declare, Declaring),
    Route("POST", "/v1/statements/{id}/retire", retire, Retiring),
    Route("GET", "/v1/memberships", memberships),
    Route("GET", "/v1/memberships/newest/{start}", newest_memberships),
    Route("GET", "/v1/memberships/{named}", one_membership),
    Route("POST", "/v1/memberships", ask, Asking),
    Route("POST", "/v1/memberships/redeem", redeem, Redeeming),
    Route("POST", "/v1/memberships/leave", leave, Leaving),
    Route("POST", "/v1/memberships/credit", credit, Crediting),
    Route("POST", "/v1/memberships/close", close, Closing),
    Route("GET", "/v1/programme", programme),
    Route("POST", "/v1/programme", set_programme, Programme),
)
