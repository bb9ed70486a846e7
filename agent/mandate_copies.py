"""Copies of a mandate: issued by the person in threads of their own, one for each org, and renewed while it lasts.

A copy is signed by the DID by which that org knows her, so orgs who compare copies find nothing in common, and she
knows every org her agent meets. Her agent takes a copy only if it says what the mandate says. Source: vrm-protocols
5.10, issue-credential 3.0.
"""

from collections.abc import Iterator

import msgspec

from agent import cards
from agent import conversation as conversations
from agent.agent import Agent
from agent.draft import Draft
from agent.json_values import as_json
from agent.mandates import COPY, FORMAT, LONGEST, TYPE, Claims, Copy, copy_item
from protocols.machine import Attachment, Content, Message, Protocol, Thread
from protocols.messages import unix
from protocols.problems import Misuse
from protocols.standard.issue_credential import (
    OFFER,
    IssueCredential,
    OfferCredential,
    ProposeCredential,
    issue_credential,
)
from protocols.vrm import delegation
from protocols.vrm.delegation import State
from protocols.vrm.delegation_words import Appoint, Strike
from wallet import dids, keys
from wallet.credentials import sd_jwt
from wallet.encoding import b64u, digest
from wallet.keys import new_id
from wallet.strict_json import JsonObject

ISSUED, PLANNED = "mandate-issued", "mandate-planned"
DUE = "mandate.copy"
EARLY = 2 * 86400  # seconds before a copy runs out, when the next one is issued


class Issued(msgspec.Struct, frozen=True):
    """A copy she issued. mandate: its thread; org: the DID of who it is for; first: Digest of the first one for it."""

    mandate: str
    org: str
    first: str
    until: int


class Planned(msgspec.Struct, frozen=True):
    """A copy to be issued."""

    mandate: str
    org: str
    first: str = ""


def text_of(attachment: Attachment) -> str:
    """The text of an attachment; empty if there is none that can be read."""
    return cards.text_of(attachment)


def thread(agent: Agent, peer: str, thid: str) -> Thread | None:
    """A thread with a peer, if it has begun."""
    conversation, _ = agent.conversation(peer, thid)
    return conversation.thread if conversation else None


def threads_of(agent: Agent, peer: str, protocol: Protocol) -> Iterator[str]:
    """The ids of the threads of one table with a peer."""
    found = (conversations.read(row).thread for _, row in agent.store.threads(peer))
    return (each.thid for each in found if each.table == protocol.id)


def mandate_of(draft: Draft, thid: str) -> Appoint | None:
    """What was agreed in a mandate's thread with this peer, if it is active."""
    found = thread(draft.agent, draft.peer, thid)
    active = found is not None and found.table == delegation.mandate.id and found.state == State.ACTIVE
    return found.latest(Appoint) if found is not None and active else None


# -- hers ---------------------------------------------------------------------------------------------------------


def schedule(draft: Draft, *, mandate: str, org: str, at: int, first: str = "") -> None:
    """Let a copy for an org be issued at `at`, in a thread of its own, if the mandate is still active then."""
    thid = new_id()
    draft.add_item(PLANNED, thid, msgspec.json.encode(Planned(mandate, org, first)))
    draft.remind(DUE, at, thid)


def due(draft: Draft) -> Message | None:
    """The time for a copy has come: offer it."""
    row = draft.agent.store.item(PLANNED, draft.thid)
    if row is None or draft.conversation is not None:
        return None
    planned = msgspec.json.decode(row.record, type=Planned)
    offer = mandate_of(draft, planned.mandate)
    if offer is None or draft.now >= unix(offer.until):
        draft.claim += ((PLANNED, draft.thid),)
        return None
    draft.begin(issue_credential, "issuer", planned.mandate)
    return offered(draft, offer, planned.org, planned.first)


def offered(draft: Draft, offer: Appoint, org: str, first: str = "") -> OfferCredential:
    """The offer of one copy. Raises Misuse if we do not know that org."""
    me, public = our_did_towards(draft.agent, org)
    until = min(draft.now + LONGEST, unix(offer.until))
    claims: JsonObject = {
        "agent": offer.agent,
        "org": public,
        "kind": offer.kind,
        "actions": [*offer.actions],
        "limits": as_json(msgspec.to_builtins(offer.limits)),
        "until": offer.until,
        "sub_delegate": offer.sub_delegate,
        "exp": until - until % 60,
    }
    claims |= {"first": first} if first else {}
    details: JsonObject = {"format": FORMAT, "issuer": me, "name": "Mandate", "vct": TYPE, "claims": claims}
    details |= {"nonce": b64u(keys.random_bytes(16)), "audience": draft.relationship.our_did}
    attachment = Attachment(id="offer", format=OFFER, media_type="application/json", data=Content(json=details))
    return OfferCredential(goal_code="issue", comment="Mandate", attachments=(attachment,))


def our_did_towards(agent: Agent, org: str) -> tuple[str, str]:
    """The DID by which an org knows her, and the DID it is known by. Raises Misuse."""
    peer = agent.peer_of(dids.canonical(org))
    if peer is None:
        raise Misuse(f"you do not know {org[:100]} yet; take up its invitation first, and then make a mandate for it")
    found, _ = agent.relationship(peer)
    return found.our_did, dids.canonical(org)


def wish(draft: Draft, message: ProposeCredential) -> tuple[Appoint, str] | None:
    """The mandate, and the org, for which this asks for a copy; None if it asks for anything else."""
    preview = message.credential_preview or {}
    org, pthid = preview.get("org"), draft.thread.pthid
    offer = mandate_of(draft, pthid) if pthid and preview.get("type") == TYPE else None
    return (offer, org) if offer is not None and isinstance(org, str) else None


def issued(draft: Draft, message: IssueCredential) -> None:
    """She has issued a copy: remember for whom, and when to renew it."""
    wanted = cards.offered(draft.thread.latest(OfferCredential))
    if wanted.vct != TYPE or draft.thread.role != "issuer" or not draft.thread.pthid:
        return
    claims = msgspec.convert(wanted.claims, Claims)
    first = claims.first or digest(text_of(message.attachments[0]).encode())
    record = Issued(draft.thread.pthid, claims.org, first, claims.exp)
    draft.add_item(ISSUED, draft.thid, msgspec.json.encode(record), tag=draft.thread.pthid)
    if draft.agent.store.item(PLANNED, draft.thid) is not None:
        draft.claim += ((PLANNED, draft.thid),)
    if claims.exp + 60 <= unix(claims.until):  # else it is good to the end of the mandate
        schedule(draft, mandate=draft.thread.pthid, org=claims.org, at=claims.exp - EARLY, first=first)


def strike_all(draft: Draft) -> None:
    """The mandate of this thread is over: tell every org for which a copy was issued, from the DID that issued it."""
    rows = draft.agent.store.items(ISSUED, tag=draft.thid)
    copies = {each.first: each.org for each in (msgspec.json.decode(row.record, type=Issued) for row in rows)}
    for first, org in copies.items():
        peer = draft.agent.peer_of(dids.canonical(org))
        if peer is not None:
            draft.hand_on(peer, new_id(), delegation.strike, Strike(first))


# -- her agent's --------------------------------------------------------------------------------------------------


def is_copy(draft: Draft) -> bool:
    """Whether what this thread offers is a copy of a mandate that we hold."""
    wanted = cards.offered(draft.thread.latest(OfferCredential))
    offer = mandate_of(draft, draft.thread.pthid or "") if wanted.vct == TYPE else None
    if offer is None:
        return False
    try:
        claims = msgspec.convert(wanted.claims, Claims)
    except msgspec.ValidationError:
        return False
    said = (claims.agent, claims.kind, claims.actions, claims.limits, claims.until, claims.sub_delegate)
    return said == (offer.agent, offer.kind, offer.actions, offer.limits, offer.until, offer.sub_delegate)


def keep(draft: Draft, message: IssueCredential) -> None:
    """A copy has come, and was checked: keep it for that org."""
    text = text_of(message.attachments[0])
    claims = msgspec.convert(sd_jwt.read(text).claims, Claims)
    named, thid = digest(text.encode()), draft.thread.pthid or ""
    copy = Copy(digest=named, first=claims.first or named, thid=thid, peer=draft.peer, claims=claims, credential=text)
    draft.keep += (copy_item(copy),)


def for_org(agent: Agent, thid: str, org: str) -> Copy | None:
    """The newest copy of a mandate for one org."""
    every = (msgspec.json.decode(row.record, type=Copy) for row in agent.store.items(COPY))
    found = [each for each in every if each.thid == thid and dids.same(each.claims.org, org)]
    return found[-1] if found else None


def mark_shown(draft: Draft, named: str) -> None:
    """The org has been shown this copy, so it need not travel again."""
    row = draft.agent.store.item(COPY, named)
    if row is not None:
        copy = msgspec.json.decode(row.record, type=Copy)
        draft.keep += (copy_item(msgspec.structs.replace(copy, shown=True)),)
