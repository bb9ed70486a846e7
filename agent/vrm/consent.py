"""Consent, as each side keeps it. Source: vrm-protocols 5.3.

The person's agent judges a request by the agreement in force and by her house rules; what neither decides asks her,
item by item. What is granted goes out by itself, once the org has taken it and so a record exists. The org's agent
keeps each value only under its Label, and signs that something is deleted only once it is.
"""

from collections.abc import Collection, Iterator, Mapping

import msgspec

from agent import contact, deletions, held, house_rules, told
from agent import conversation as conversations
from agent.draft import Draft
from agent.vrm.asked_for import content
from agent.vrm.side import WAIT, Side, Wait
from protocols.machine import Message
from protocols.messages import unix
from protocols.problems import InvalidMessage, Misuse, TermsRequired
from protocols.vrm.base import ItemLabel, Label
from protocols.vrm.consent import Role, State, consent
from protocols.vrm.consent_words import (
    Decline,
    Disclose,
    Grant,
    Granted,
    GrantReceipt,
    Request,
    Stop,
    Volunteer,
    Withdraw,
    WithdrawReceipt,
    covered,
    granted,
)
from wallet.needs import Lookup
from wallet.strict_json import JsonObject

UNDER_TERMS, EMPTIED = "consent-without-terms", "consent-emptied"
READY = "to-disclose"  # values she chose, until the record exists under which they may travel


# -- what must hold -----------------------------------------------------------------------------------------------


def check(draft: Draft, message: Message) -> Lookup[None]:
    """What is asked or given is under terms in force; data is for the record of its thread. Raises a Problem."""
    match message:
        case Request():
            if draft.relationship.governing(draft.now) is None:
                raise TermsRequired("consent/request")
        case Grant() | Volunteer():
            standing = [each for each in draft.relationship.agreements if not each.ends or draft.now < each.ends]
            if message.agreement not in {each.record for each in standing}:
                raise TermsRequired(f"consent/{message.name}")
        case Disclose():
            if message.record != draft.thread.record:
                raise InvalidMessage("disclose", "it names another record - at `$.record`")
            if set(message.values) != {each.ptr for each in message.labels}:
                raise InvalidMessage("disclose", "a value has no label, or a label no value - at `$.data`")
    yield from ()


# -- what follows -------------------------------------------------------------------------------------------------


def follow(draft: Draft, message: Message) -> None:
    """The org keeps what it is given, and looks again when the first Label ends; the person notes what she told.

    Raises Misuse if an org would sign a deletion that is not complete.
    """
    ours = draft.thread.role == Role.PERSON
    match message:
        case GrantReceipt() if not ours:
            draft.remind(held.EXPIRED, min(unix(each.until) for each in granted(draft.thread).items))
        case Disclose() if ours:
            told.note(draft, message.values, labels_in(draft, message), granted(draft.thread).schema)
        case Disclose() if draft.thread.state == State.GIVEN:
            schema = granted(draft.thread).schema
            held.keep(draft, schema, message.values, labels_in(draft, message))
        case WithdrawReceipt() | Stop() if not ours and draft.thread.record:
            mine = [each for each in held.of(draft.agent, draft.peer) if each.thid == draft.thid]
            deletions.must_be_done(draft, mine)
        case Withdraw() | Decline() if ours and draft.agent.store.item(READY, ready_id(draft)):
            draft.claim += ((READY, ready_id(draft)),)


def labels_in(draft: Draft, message: Disclose) -> tuple[tuple[str, Label], ...]:
    """The Labels of what is disclosed, with the record of this thread."""
    return held.labels_of(message.labels, draft.thread.record or "")


# -- standing answers ---------------------------------------------------------------------------------------------


def answer(draft: Draft, message: Message) -> Lookup[Message | Wait | None]:
    """What is said without the owner."""
    yield from ()
    match message:
        case Request():
            return by_her_rules(draft, message)
        case GrantReceipt():
            return ready(draft) or WAIT
        case Volunteer() if asked_before(draft, message):
            return GrantReceipt("done")
        case Withdraw():
            return gone(draft, "withdrawn", "receipt(withdraw)") or WAIT
    return None


def by_her_rules(draft: Draft, request: Request) -> Message | None:
    """Grant what her rules allow, decline what they or the agreement refuse (naming the clause), or ask her."""
    verdict = house_rules.judge(draft.agent, draft.relationship, request)
    if verdict.answer == "allow":
        return grant(draft, request, verdict.refused)
    if verdict.answer == "refuse":
        return Decline("beyond-agreement" if verdict.by == "agreement" else "not-comfortable", verdict.clause[:2000])
    return None


def grant(draft: Draft, request: Request, refused: Collection[str]) -> Grant:
    """All that was asked for but what is refused, under the agreement in force. Raises Misuse if there is none."""
    governing = draft.relationship.governing(draft.now)
    if governing is None:
        raise Misuse("no agreement is in force; proffer yours first: freerange terms proffer")
    items = tuple(Granted(each.ptr, each.purpose, request.until) for each in request.items if each.ptr not in refused)
    withheld = tuple(each.ptr for each in request.items if each.ptr in refused)
    return Grant(
        request.schema, items, request.recipients, request.retention, request.legal_basis, governing.record, withheld
    )


def asked_before(draft: Draft, message: Volunteer) -> bool:
    """Whether she gives again a part of what this org has taken from her before: then it needs nobody to say so."""
    earlier, _ = draft.agent.conversation(draft.peer, draft.thread.pthid) if draft.thread.pthid else (None, 0)
    if earlier is None or earlier.thread.table != consent.id or not earlier.thread.record:
        return False
    before = granted(earlier.thread)
    items = {(each.ptr, each.purpose): unix(each.until) for each in before.items}
    within = all(unix(each.until) <= items.get((each.ptr, each.purpose), 0) for each in message.items)
    return within and message.schema == before.schema and set(message.recipients) <= set(before.recipients)


# -- data ---------------------------------------------------------------------------------------------------------


def ready_id(draft: Draft) -> str:
    """Where the values for a thread wait."""
    return f"{draft.peer} {draft.thid}"


def set_aside(draft: Draft, values: Mapping[str, object]) -> None:
    """Keep values that she chose herself until they may travel."""
    if values:
        draft.add_item(READY, ready_id(draft), msgspec.json.encode(values))


def waiting(draft: Draft) -> dict[str, object]:
    """Values she chose for this thread that have not travelled yet."""
    row = draft.agent.store.item(READY, ready_id(draft))
    found: dict[str, object] = msgspec.json.decode(row.record) if row else {}
    return found


def ready(draft: Draft) -> Disclose | None:
    """What may travel now that there is a record: the values she chose, else those of her contact card."""
    found = waiting(draft)
    if found:
        draft.claim += ((READY, ready_id(draft)),)
    what, card = granted(draft.thread), contact.read(draft.agent)
    for each in what.items if what.schema == "jscontact" else ():
        value = contact.value_at(card, each.ptr)
        if value is not None:
            found.setdefault(each.ptr, value)
    return disclosure(draft, found) if found else None


def disclosure(draft: Draft, values: Mapping[str, object]) -> Disclose:
    """These values, each labelled by the item that covers it. Raises Misuse if one was not granted, or not any more."""
    thread, labels = draft.thread, []
    for ptr in values:
        fitting = [each for each in granted(thread).items if covered(ptr, (each.ptr,)) and unix(each.until) > draft.now]
        if not fitting:
            raise Misuse(f"{ptr} was not granted, or not until now; nothing was said")
        labels += [ItemLabel(ptr, each.purpose, each.until) for each in fitting]
    return Disclose(thread.record or "", tuple(labels), values={**values})


# -- endings ------------------------------------------------------------------------------------------------------


def gone(draft: Draft, reason: str, owes: str) -> Message | None:
    """The org deletes all that it got in this thread; returns the answer, if it may be said at once."""
    values = [each for each in held.of(draft.agent, draft.peer) if each.thid == draft.thid]
    ptrs = sorted({each.ptr for each in values} or {each.ptr for each in granted(draft.thread).items})
    return deletions.begin(draft, reason, draft.thread.record or "", ptrs, values=values, owes=owes)


def stopping(draft: Draft, reason: str = "purpose-served") -> Message | None:
    """The org ends it by itself. Raises Misuse if it is not in force, or is ending already."""
    if draft.thread.state != State.GIVEN:
        raise Misuse(f"this consent is {draft.thread.state}; there is nothing to stop")
    if any(each.owes for each in deletions.of_thread(draft)):
        raise Misuse("its deletion is under way already; nothing was done")
    return gone(draft, reason, "stop")


def expire(draft: Draft) -> Message | None:
    """A Label of this thread has ended: what stands under it goes; after the last one of a consent, the org stops."""
    ours = draft.conversation is not None and draft.thread.table == consent.id and draft.thread.state == State.GIVEN
    ends = [unix(each.until) for each in granted(draft.thread).items] if ours else []
    if ends and max(ends) <= draft.now:
        return None if any(each.owes for each in deletions.of_thread(draft)) else gone(draft, "expired", "stop")
    values = list(held.expired(draft.agent, draft.peer, draft.thid))
    for record in dict.fromkeys(each.label.record for each in values):
        under = [each for each in values if each.label.record == record]
        deletions.begin(draft, "expired", record, sorted({each.ptr for each in under}), values=under)
    left = [each.until for each in held.of(draft.agent, draft.peer) if each.thid == draft.thid]
    if later := [each for each in (*ends, *left) if each > draft.now]:
        draft.remind(held.EXPIRED, min(later))
    return None


def given_under(draft: Draft, agreement: str | None = None) -> Iterator[str]:
    """The threads of every consent in force between the two, or of those under one agreement, by its record."""
    for _, row in draft.agent.store.threads(draft.peer, only_open=True):
        thread = conversations.read(row).thread
        in_force = thread.table == consent.id and thread.state in (State.GIVEN, State.GRANTED)
        if in_force and agreement in (None, granted(thread).agreement):
            yield thread.thid


def take_back(draft: Draft) -> Message | None:
    """The agreement it was given under is over: the person withdraws it, unless it has ended already."""
    mine = draft.conversation is not None and draft.thread.role == Role.PERSON
    return Withdraw("expired") if mine and draft.thread.state in (State.GIVEN, State.GRANTED) else None


def stop_emptied(draft: Draft) -> Message | None:
    """All that came by it was erased at her wish: the org says that it has stopped."""
    if draft.conversation is None or draft.thread.state != State.GIVEN or deletions.of_thread(draft):
        return None
    ptrs = tuple(each.ptr for each in granted(draft.thread).items)
    left = any(each.thid == draft.thid for each in held.of(draft.agent, draft.peer))
    return None if left else Stop(ptrs, ptrs, (), ())


def overdue(draft: Draft) -> None:
    """An org's systems are late with a deletion."""
    deletions.tell_operator(draft)


# -- the owner ----------------------------------------------------------------------------------------------------


def yes(draft: Draft, message: Message, refused: Collection[str]) -> Message | None:
    """Grant what is not refused, or take what is offered."""
    match message:
        case Request():
            asked = [each.ptr for each in message.items]
            if unknown := sorted(set(refused) - set(asked)):
                raise Misuse(f"{unknown[0]} was not asked for; asked for are {', '.join(asked)}")
            kept_back = set(refused) | set(house_rules.judge(draft.agent, draft.relationship, message).refused)
            return grant(draft, message, kept_back) if set(asked) - kept_back else Decline("not-comfortable")
        case Volunteer():
            return GrantReceipt("done")
    return None


def no(draft: Draft) -> Message | None:
    """Not what is asked for; not what is offered."""
    match draft.thread.state, draft.thread.role:
        case State.REQUESTED, Role.PERSON:
            return Decline("not-comfortable")
        case State.GRANTED, Role.ORG:
            return Decline("not-needed")
    return None


def event(draft: Draft, event: str, message: Message) -> JsonObject | None:
    """Of a consent that is given: what was given, for what, until when."""
    if event != "given":
        return None
    what = granted(draft.thread)
    fields = ("schema", "recipients", "retention", "legal_basis", "agreement")
    told: JsonObject = msgspec.to_builtins({name: getattr(what, name) for name in fields})
    told["granted"] = msgspec.to_builtins(what.items)
    return told


SIDE = Side(
    tables=(consent,),
    check=check,
    follow=follow,
    answer=answer,
    asks={
        Request: "{} asks for some of your data.",
        Volunteer: "{} offers you some of her data.",
    },
    content=content,
    yes=yes,
    takes_yes=(Request, Volunteer),
    no=no,
    due={
        held.EXPIRED: expire,
        deletions.OVERDUE: overdue,
        UNDER_TERMS: take_back,
        EMPTIED: stop_emptied,
    },
    event=event,
)
