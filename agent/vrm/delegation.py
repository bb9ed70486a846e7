"""Delegation: what each side does about mandates, beyond the tables. The copies are in `agent/mandate_copies.py`.

She appoints and confirms; her agent takes on the duty, and then may act; an org that is shown a copy which holds deals
with the agent, and one that hears a strike refuses it from then on and says so. Source: vrm-protocols 5.10.
"""

from collections.abc import Collection

import msgspec

from agent import mandate_copies, mandates, wording
from agent.draft import Draft
from agent.durations import end_of
from agent.json_values import as_json
from agent.mandates import ACT, SHOWN, STRUCK, Shown
from agent.relationship import fingerprint
from agent.vrm.side import Side, Wait
from protocols.machine import Attachment, Content, Message
from protocols.messages import encode, unix
from protocols.problems import InvalidMessage, OfferExpired, WrongAgreement
from protocols.vrm.delegation import State, introduction, mandate, strike
from protocols.vrm.delegation_words import (
    Accept,
    Act,
    Appoint,
    Confirm,
    Decline,
    Dismiss,
    Introduce,
    IntroduceReceipt,
    Report,
    Resign,
    Revoke,
    RevokeReceipt,
    SignedDecline,
    Strike,
    StrikeReceipt,
)
from wallet import dids
from wallet.encoding import digest
from wallet.needs import Lookup
from wallet.store.change import Item
from wallet.strict_json import Json, JsonObject

REPORT, OVER = "mandate.report", "mandate.over"
SHORTEST = 3600  # seconds between two reports


# -- what must hold -----------------------------------------------------------------------------------------------


def check(draft: Draft, message: Message) -> Lookup[None]:
    """An appointment is for us, and its duty is the text attached. Raises InvalidMessage, WrongAgreement."""
    if isinstance(message, Appoint):
        if unix(message.until) <= draft.now:
            raise OfferExpired("appoint", message.until)
        if not any(dids.same(message.agent, did) for did in draft.relationship.our_dids):
            raise InvalidMessage("appoint", "it names another agent than the one it was sent to - at `$.agent`")
        found = [digest(mandate_copies.text_of(each).encode()) for each in message.attachments]
        if found != [message.duty]:
            raise WrongAgreement(message.duty, next(iter(found), "nothing attached"))
    yield from ()


# -- what we say by ourselves -------------------------------------------------------------------------------------


def answer(draft: Draft, message: Message) -> Lookup[Message | Wait | None]:
    """The agent stops when it is told; an org takes a copy that holds, and a strike of what it was shown."""
    match message:
        case Revoke():
            return RevokeReceipt("done", attachments=last_report(draft))
        case Introduce():
            return (yield from introduced(draft, message))
        case Strike():
            return struck(draft, message)
    return None


def introduced(draft: Draft, message: Introduce) -> Lookup[Message]:
    """What an org says to a copy: taken, or why not."""
    text = mandate_copies.text_of(message.attachments[0]) if message.attachments else ""
    shown = (yield from mandates.examined(draft, text)) if text else None
    if shown is None or shown.digest != message.mandate:
        return SignedDecline("unverifiable")
    if mandates.is_struck(draft, shown.first, shown.issuer):
        return SignedDecline("expired", "Whoever gave this mandate has told us that it is over.")
    if handed_down(draft, shown):
        return SignedDecline("scope", "Whoever gave this mandate holds one that may not be passed on.")
    draft.keep += (mandates.shown_item(shown),)
    draft.remind(OVER, unix(shown.claims.until))
    return IntroduceReceipt("done", actions=shown.claims.actions, until=shown.claims.until)


def handed_down(draft: Draft, shown: Shown) -> bool:
    """Whether whoever issued this copy acts for somebody else here, under a mandate that may not be passed on."""
    others = (msgspec.json.decode(row.record, type=Shown) for row in draft.agent.store.items(SHOWN))
    return any(dids.same(each.claims.agent, shown.issuer) and not each.claims.sub_delegate for each in others)


def struck(draft: Draft, message: Strike) -> Message:
    """What an org says to a strike. It is remembered even if the copy was never shown, for it may yet be."""
    hers = [*draft.relationship.their_dids]
    draft.keep += (Item(STRUCK, message.mandate, msgspec.json.encode(hers), draft.peer),)
    row = draft.agent.store.item(SHOWN, message.mandate)
    shown = msgspec.json.decode(row.record, type=Shown) if row else None
    if shown is None or not any(dids.same(shown.issuer, each) for each in hers):
        return SignedDecline("unknown-mandate")
    for thid in introductions(draft, shown):
        draft.hand_on(shown.peer, thid, introduction, Dismiss("struck"))
    return StrikeReceipt("done")


def introductions(draft: Draft, shown: Shown) -> list[str]:
    """The threads in which this mandate was recognised."""
    found: list[str] = []
    for thid in mandate_copies.threads_of(draft.agent, shown.peer, introduction):
        thread = mandate_copies.thread(draft.agent, shown.peer, thid)
        if thread and thread.state == State.RECOGNISED and thread.latest(Introduce).mandate == shown.first:
            found.append(thid)
    return found


# -- what follows -------------------------------------------------------------------------------------------------


def follow(draft: Draft, message: Message) -> None:
    """What a turn brings about: copies and reports while the mandate lasts, strikes once it does not."""
    ours = draft.protocol is mandate and draft.thread.role == "person"
    match message:
        case Confirm() if ours:
            for org in draft.thread.latest(Appoint).orgs:
                mandate_copies.schedule(draft, mandate=draft.thid, org=org, at=draft.now)
            draft.remind(OVER, unix(message.until))
        case Confirm() if draft.protocol is mandate:
            next_report(draft)
        case Revoke() | Resign() if ours:
            mandate_copies.strike_all(draft)
        case Introduce() if draft.thread.role == "agent":
            mandate_copies.mark_shown(draft, message.mandate)


def next_report(draft: Draft) -> None:
    """Report again after the interval that was agreed, though not more than once an hour."""
    at = end_of(draft.now, draft.thread.latest(Appoint).report_every)
    if at:
        draft.remind(REPORT, max(at, draft.now + SHORTEST))


def reported(draft: Draft) -> tuple[Act, ...]:
    """What was done under this thread's mandate and not reported yet; it counts as reported from here on."""
    rows = list(draft.agent.store.items(ACT, tag=draft.thid))
    draft.claim += tuple((row.kind, row.id) for row in rows)
    return tuple(msgspec.json.decode(row.record, type=Act) for row in rows)


def last_report(draft: Draft) -> tuple[Attachment, ...]:
    """The last report, as it goes with the receipt of a revocation."""
    acts: Json = msgspec.to_builtins(reported(draft))
    return (Attachment(id="report", media_type="application/json", data=Content(json={"acts": acts})),)


def report(draft: Draft) -> Message | None:
    """What the agent did since its last report, at the interval it promised; None once the mandate is over."""
    if draft.conversation is None or draft.thread.state != State.ACTIVE or draft.thread.role != "agent":
        return None
    next_report(draft)
    return Report(reported(draft))


def over(draft: Draft) -> Message | None:
    """A mandate has reached its end: the org says so to the agent; the person ends it with her agent."""
    state = draft.thread.state if draft.conversation else ""
    if draft.protocol is introduction:
        return Dismiss("expired") if state == State.RECOGNISED and draft.thread.role == "org" else None
    return Revoke("expired") if state == State.ACTIVE and draft.thread.role == "person" else None


# -- questions ----------------------------------------------------------------------------------------------------

ASKS: dict[type[Message], str] = {
    Appoint: "{} asks you to act for her.",
    Accept: "{} takes on what you asked it to do for you. Say yes, and it may act for you from now on.",
}


def content(draft: Draft, message: Message) -> tuple[Json, Json] | None:
    """An appointment in words, with the duty as it was written."""
    if not isinstance(message, Appoint | Accept):
        return None
    offer = draft.thread.latest(Appoint)
    lines = [*scope(offer), f"The duty: {' '.join(mandate_copies.text_of(each) for each in offer.attachments)}"]
    return [{"line": each} for each in lines], None


def scope(offer: Appoint) -> list[str]:
    """What a mandate allows, a line each."""
    limits = offer.limits
    lines = [f"It may: {', '.join(map(wording.act, offer.actions))}"]
    lines.append(
        f"With: {', '.join(map(wording.organisation, offer.orgs)) or 'any organisation that proves who it is'}"
    )
    lines.append(f"It may tell of the one it acts for: {wording.level(limits.level)} (level {limits.level} of 3)")
    if limits.casts is not None:
        lines.append(f"At most {limits.casts} requests for offers to each organisation")
    if limits.spend is not None:
        lines.append(f"At most {limits.spend.amount} {limits.spend.currency} spent")
    if limits.fields is not None:
        lines.append(f"Only these details: {', '.join(map(wording.field, limits.fields)) or 'none'}")
    lines.append("It may let others act in its place." if offer.sub_delegate else "It may not pass this on.")
    lines.append(f"Until {wording.day(offer.until)}; it reports every {wording.lasting(offer.report_every)}")
    return lines


def yes(draft: Draft, message: Message, refused: Collection[str]) -> Message | None:
    """She confirms what the agent accepted; the agent accepts what she offers."""
    match message:
        case Appoint():
            return Accept(message.duty)
        case Accept():
            return Confirm(draft.thread.latest(Appoint).until)
    return None


def no(draft: Draft) -> Message | None:
    """The no of this table."""
    state = draft.thread.state
    if draft.protocol is mandate:
        role = {State.APPOINTED: "agent", State.ACCEPTED: "person"}.get(State(state)) if state in set(State) else None
        return Decline("other" if role == "agent" else "changed-mind") if role == draft.thread.role else None
    if draft.thread.role != "org":
        return None
    if draft.protocol is introduction and state == State.INTRODUCED:
        return SignedDecline("other")
    return SignedDecline("unknown-mandate") if state == State.STRIKING else None


def event(draft: Draft, event: str, message: Message) -> JsonObject | None:
    """What the org's own systems hear: who acts for whom here, and how far; or whose mandate is over."""
    if event == "recognised":
        shown = mandates.known(draft, draft.thread.latest(Introduce).mandate)
        issuer = draft.agent.peer_of(dids.canonical(shown.issuer)) if shown else None
        return {
            "agent": draft.relationship.called,
            "acting_for": fingerprint(issuer or shown.issuer) if shown else None,
            "kind": shown.claims.kind if shown else None,
            **as_json(msgspec.to_builtins(encode(message)[0])),
        }
    return {"mandate": draft.thread.latest(Strike).mandate}


SIDE = Side(
    tables=(mandate, introduction, strike),
    check=check,
    follow=follow,
    answer=answer,
    asks=ASKS,
    content=content,
    yes=yes,
    event=event,
    takes_yes=(Appoint, Accept),
    no=no,
    due={REPORT: report, OVER: over, mandate_copies.DUE: mandate_copies.due},
)
