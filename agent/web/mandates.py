"""Routes: mandates. Hers: appoint, list, revoke. Her agent's: ask for a copy, introduce itself, act, report, resign."""

import msgspec

from agent import conversation as conversations
from agent import effects, families, identity, mandate_copies, mandates, names, one_off, owner, strangers, wording
from agent.agent import Agent
from agent.conversation import Conversation
from agent.draft import Draft
from agent.durations import end_of
from agent.errors import Refused
from agent.mandates import ACT, Copy
from agent.relationship import Relationship
from agent.vrm import delegation as side
from agent.web.parts import part, proof
from agent.web.routes import Route
from agent.web.threads import as_misuse
from protocols import find
from protocols.machine import Attachment, Content, Message, Protocol
from protocols.problems import Misuse
from protocols.standard.issue_credential import ProposeCredential, issue_credential
from protocols.vrm import delegation
from protocols.vrm.base import VRM, Duration, Money, Reason
from protocols.vrm.delegation import State
from protocols.vrm.delegation_words import Act, Appoint, Introduce, Kind, Report, Resign, Revoke
from wallet import dids
from wallet.credentials.vcdm import timestamp
from wallet.encoding import b64u, digest
from wallet.errors import NotFound, WalletError
from wallet.keys import new_id
from wallet.needs import Lookup
from wallet.store.change import Outcome

OVER = frozenset({State.DECLINED, State.REVOKED, "lapsed", "abandoned"})


class Appointing(msgspec.Struct, frozen=True):
    """A mandate to offer. peer, orgs: names or DIDs of whom we know; actions: messages, as `intent/1.0/cast`.

    level: 0 to 3; spend: amount and currency, as `350.00 GBP`; duty: what the agent undertakes, in her words.
    """

    peer: str
    actions: tuple[str, ...]
    duty: str
    orgs: tuple[str, ...] = ()
    kind: Kind = "fourth-party"
    level: int = 0
    casts: int | None = None
    spend: str = ""
    fields: tuple[str, ...] | None = None
    sub_delegate: bool = False
    report_every: Duration = "P7D"
    lasts: Duration = "P90D"


class Ending(msgspec.Struct, frozen=True):
    """Why it ends."""

    reason: Reason | None = None


class ForOrg(msgspec.Struct, frozen=True):
    """org: a name or a DID."""

    org: str


class Acting(msgspec.Struct, frozen=True):
    """Something to say to an org for her. type: of a message that begins a thread, as `intent/1.0/cast`."""

    org: str
    type: str
    body: dict[str, object] = {}
    attachments: tuple[object, ...] = ()


async def every(agent: Agent) -> list[tuple[Relationship, Conversation]]:
    """All threads of mandates, with whom, in the order in which they began."""
    await families.look_up(agent)
    found = families.every(agent, delegation.mandate)
    return [(agent.relationship(peer)[0], each) for peer, each in found]


async def one(agent: Agent, id: str) -> tuple[Relationship, Conversation]:
    """The mandate whose id begins so. Raises NotFound, Misuse."""
    rows = agent.store.threads_with_thid(id)
    exact = [(agent.relationship(peer)[0], conversations.read(row)) for peer, row in rows]
    found = [each for each in exact if each[1].thread.table == delegation.mandate.id]
    found = found or [each for each in await every(agent) if each[1].thread.thid.startswith(id)]
    if not found:
        raise NotFound(f'there is no mandate "{id[:64]}"')
    if len(found) > 1:
        raise Misuse(f'"{id}" begins the id of {len(found)} mandates; give more of it')
    return found[0]


def shown(agent: Agent, relationship: Relationship, conversation: Conversation) -> dict[str, object]:
    """A mandate as it is listed."""
    thread = conversation.thread
    offer = thread.latest(Appoint)
    given = thread.role == "person"
    if given:
        issued = agent.store.items(mandate_copies.ISSUED, tag=thread.thid)
        orgs = dict.fromkeys(msgspec.json.decode(row.record, type=mandate_copies.Issued).org for row in issued)
    else:
        held = agent.store.items(mandates.COPY, peer=relationship.peer)
        copies = [msgspec.json.decode(row.record, type=Copy) for row in held]
        orgs = dict.fromkeys(each.claims.org for each in copies if each.thid == thread.thid)
    return {
        "mandate": thread.thid,
        "given": given,
        "with": relationship.called,
        "who": proof(relationship),
        "kind": offer.kind,
        "state": thread.state,
        "over": thread.state in OVER,
        "active": thread.state == State.ACTIVE,
        "scope": side.scope(offer),
        "actions": list(offer.actions),
        "until": offer.until,
        "orgs": [{"org": called(agent, each), "did": each} for each in orgs],
        "unreported": 0 if given else sum(1 for _ in agent.store.items(ACT, tag=thread.thid)),
        "record": thread.record,
    }


def called(agent: Agent, did: str) -> str:
    """What we call an org."""
    peer = agent.peer_of(dids.canonical(did))
    known = agent.relationship(peer)[0] if peer else None
    return known.called if known and (known.name or not did.startswith("did:web:")) else wording.organisation(did)


async def listed(agent: Agent) -> object:
    """All mandates, given and held."""
    return [shown(agent, *each) for each in await every(agent)]


async def newest(agent: Agent, start: str) -> object:
    """A part of them, the newest first."""
    await families.look_up(agent)
    total = families.count(agent, delegation.mandate)

    def listed(*which: int) -> list[dict[str, object]]:
        found = families.newest(agent, delegation.mandate, *which)
        return [shown(agent, agent.relationship(peer)[0], each) for peer, each in found]

    return part(start, total, listed)


async def whole(agent: Agent, id: str) -> object:
    """One mandate, with everything that was reported of it."""
    relationship, conversation = await one(agent, id)
    acts: list[dict[str, object]] = []
    for row in agent.store.ledger(relationship.peer):
        signed = msgspec.json.decode(row.record)
        if row.thid == conversation.thread.thid and signed["type"][1] == "DelegationReport":
            reported = msgspec.convert(signed["credentialSubject"]["body"], Report).acts
            acts += [told(agent, each) for each in reported]
    for entry in agent.store.log(relationship.peer, conversation.thread.thid):
        acts += [told(agent, each) for each in last(entry.record)]
    duty = " ".join(mandate_copies.text_of(each) for each in conversation.thread.latest(Appoint).attachments)
    waits = conversation.question or None
    return {**shown(agent, relationship, conversation), "acts": acts, "duty": duty, "question": waits}


def last(record: bytes) -> list[Act]:
    """The acts in the report that came with a receipt of a revocation."""
    message = msgspec.json.decode(record)["message"]
    found = [each for each in message.get("attachments", []) if each.get("id") == "report"]
    return [msgspec.convert(act, Act) for each in found for act in each["data"]["json"]["acts"]]


def told(agent: Agent, act: Act) -> dict[str, object]:
    """An act as it is listed."""
    what = "/".join(act.type.rsplit("/", 3)[1:])
    return {"at": act.at, "did": what, "org": called(agent, act.org) if act.org else None, "digest": act.digest}


async def appoint(agent: Agent, asked: Appointing) -> object:
    """Offer somebody a mandate."""
    relationship = names.find_peer(agent, asked.peer)
    until = end_of(agent.now(), asked.lasts)
    if not asked.actions or not until or not asked.duty.strip():
        raise Misuse("say what it may do, what its duty is, and how long the mandate lasts; nothing was said")
    orgs = tuple(names.find_peer(agent, each).their_did for each in asked.orgs)
    words = asked.duty.encode()
    text = Attachment(id="duty", media_type="text/plain", data=Content(base64=b64u(words)))
    body: dict[str, object] = {
        "agent": relationship.their_did,
        "kind": asked.kind,
        "actions": asked.actions,
        "orgs": orgs,
        "limits": {"level": asked.level, **limits(asked)},
        "sub_delegate": asked.sub_delegate,
        "duty": digest(words),
        "report_every": asked.report_every,
        "until": timestamp(until - until % 60),
    }
    with as_misuse():
        message = delegation.mandate.read("appoint", body, (msgspec.to_builtins(text),))
    thid = await owner.open_thread(agent, relationship.peer, delegation.mandate, message)
    return {"mandate": thid, "to": relationship.called}


def limits(asked: Appointing) -> dict[str, object]:
    """What the mandate is limited to, where it is."""
    found: dict[str, object] = {"casts": asked.casts, "fields": asked.fields, "spend": money(asked.spend)}
    return {name: msgspec.to_builtins(value) for name, value in found.items() if value is not None}


def money(text: str) -> Money | None:
    """An amount of money as it is typed. Raises Misuse."""
    if not text:
        return None
    amount, _, currency = text.partition(" ")
    try:
        return msgspec.convert({"amount": amount, "currency": currency}, Money)
    except msgspec.ValidationError:
        raise Misuse(f'"{text[:40]}" is no amount of money; write it like 350.00 GBP. Nothing was said.') from None


async def speak(agent: Agent, id: str, message: Message) -> object:
    """Say something in a mandate's thread."""
    relationship, conversation = await one(agent, id)

    def say(draft: Draft) -> Lookup[str]:
        effects.say(draft, message)
        yield from ()
        return draft.thread.state

    state = await owner.act(agent, relationship.peer, conversation.thread.thid, say)
    return {"mandate": conversation.thread.thid, "state": state, "with": relationship.called}


async def revoke(agent: Agent, id: str, asked: Ending) -> object:
    """End a mandate she gave: her agent is told, and every org that was shown a copy."""
    return await speak(agent, id, Revoke(asked.reason))


async def resign(agent: Agent, id: str, asked: Ending) -> object:
    """Give a mandate back; what was done under it is reported first."""
    await report(agent, id)
    return await speak(agent, id, Resign(asked.reason))


async def report(agent: Agent, id: str) -> object:
    """Report now what was done."""
    relationship, conversation = await one(agent, id)

    def say(draft: Draft) -> Lookup[int]:
        acts = side.reported(draft)
        effects.say(draft, Report(acts))
        yield from ()
        return len(acts)

    number = await owner.act(agent, relationship.peer, conversation.thread.thid, say)
    return {"mandate": conversation.thread.thid, "acts": number, "with": relationship.called}


async def ask(agent: Agent, id: str, asked: ForOrg) -> object:
    """Ask her for a copy for one org."""
    relationship, conversation = await one(agent, id)
    org, thid = await org_did(agent, asked.org), new_id()
    wish = ProposeCredential(credential_preview={"type": mandates.TYPE, "org": org})

    def say(draft: Draft) -> Lookup[None]:
        draft.begin(issue_credential, "holder", conversation.thread.thid)
        effects.say(draft, wish)
        yield from ()

    await owner.act(agent, relationship.peer, thid, say)
    return {"thread": thid, "with": relationship.called}


async def org_did(agent: Agent, named: str) -> str:
    """The DID of an org, by its name, its domain, or as it is. Raises NotFound, Refused."""
    return named if named.startswith("did:") else (await one_off.find(agent, named)).did


async def introduce(agent: Agent, id: str, asked: ForOrg) -> object:
    """Show her mandate to an org; afterwards we may act for her there."""
    copy = await copy_for(agent, id, asked.org)
    message = Introduce(copy.first, attachments=(as_told(copy),))
    thid = await begin(agent, copy, delegation.introduction, message, "agent")
    return {"thread": thid, "with": called(agent, copy.claims.org)}


def as_told(copy: Copy) -> Attachment:
    """A copy as it is attached to an introduction."""
    return msgspec.convert(msgspec.to_builtins(mandates.attachment(copy)), Attachment)


async def copy_for(agent: Agent, id: str, org: str) -> Copy:
    """Our copy of a mandate for one org. Raises Misuse if she has not issued one."""
    _, conversation = await one(agent, id)
    copy = mandate_copies.for_org(agent, conversation.thread.thid, await org_did(agent, org))
    if copy is None:
        raise Misuse(f"she has issued no copy of this mandate for {org[:100]} yet; ask her for one. Nothing was said.")
    return copy


async def act(agent: Agent, id: str, asked: Acting) -> object:
    """Say something to an org for her, under her mandate: it begins a thread in her role."""
    copy = await copy_for(agent, id, asked.org)
    with as_misuse():
        tables, name = find(asked.type if ":" in asked.type else f"{VRM}/{asked.type}")
        for protocol in tables:
            message = protocol.read(name, asked.body, asked.attachments)
            role = protocol.opener(message, "person")
            if role == "person":
                thid = await begin(agent, copy, protocol, message, role)
                return {"thread": thid, "with": called(agent, copy.claims.org)}
    raise Misuse(f"{name} is nothing that begins a thread in her role; nothing was said")


async def begin(agent: Agent, copy: Copy, protocol: Protocol, message: Message, role: str) -> str:
    """Begin a thread with an org that we deal with for her."""
    thid = new_id()

    def say(draft: Draft) -> Lookup[None]:
        draft.learn(acting=True)
        draft.begin(protocol, role)
        if role == "person":
            draft.update(mandate=copy.first)
        effects.say(draft, message)
        yield from ()

    peer = agent.peer_of(dids.canonical(copy.claims.org))
    if peer is not None:
        await owner.act(agent, peer, thid, say)
        return thid
    draft = Draft(agent, await met(agent, copy), 0, thid)
    await agent.meet(say(draft))
    if await owner.commit(agent, draft) is not Outcome.APPLIED:
        raise Refused("you began to deal with them a moment ago; nothing more was done. Try again.")
    return thid


async def met(agent: Agent, copy: Copy) -> Relationship:
    """A relationship with an org that we only know by her mandate. Raises Refused if it cannot be found."""
    try:
        await agent.meet(agent.resolve(copy.claims.org))
    except WalletError as fault:
        raise Refused(f"{copy.claims.org[:100]} cannot be found now ({fault}). Nothing was done.") from fault
    me = identity.own(agent)
    ours = me.did if me else copy.claims.agent
    return strangers.befriend(agent, their_did=copy.claims.org, our_did=ours, invitation="")


ROUTES = (
    Route("GET", "/v1/mandates", listed),
    Route("GET", "/v1/mandates/newest/{start}", newest),
    Route("GET", "/v1/mandates/{id}", whole),
    Route("POST", "/v1/mandates", appoint, Appointing),
    Route("POST", "/v1/mandates/{id}/revoke", revoke, Ending),
    Route("POST", "/v1/mandates/{id}/resign", resign, Ending),
    Route("POST", "/v1/mandates/{id}/report", report),
    Route("POST", "/v1/mandates/{id}/copies", ask, ForOrg),
    Route("POST", "/v1/mandates/{id}/introduce", introduce, ForOrg),
    Route("POST", "/v1/mandates/{id}/act", act, Acting),
)
