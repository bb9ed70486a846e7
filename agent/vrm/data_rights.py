"""Data rights, as each side keeps them. Source: vrm-protocols 5.4.

The org's agent receipts a request at once, which starts the clock, and asks its clerk. What it deletes it says done
only once that is so; what it delivers are the values it holds, with their Labels. Past the due date a case is overdue.
"""

from datetime import UTC, datetime
from typing import Final

import msgspec

from agent import deletions, held, wording
from agent.agent import Agent
from agent.draft import Draft, Line
from agent.durations import end_of
from agent.held import Held
from agent.vrm.consent import EMPTIED, given_under
from agent.vrm.side import Side, Wait, typed
from protocols.machine import Attachment, Content, Message, Thread
from protocols.messages import unix
from protocols.problems import Misuse
from protocols.vrm import consent
from protocols.vrm.consent_words import granted
from protocols.vrm.data_rights import Role, State, data_rights
from protocols.vrm.data_rights_words import Cancel, Deliver, Exercise, ExerciseReceipt, Fulfil
from wallet.credentials.vcdm import timestamp
from wallet.needs import Lookup
from wallet.store import change
from wallet.strict_json import Json, JsonObject

CORRECTIONS: Final = "correction"
SCHEMA: Final = "values-with-labels"
ERASES: Final = frozenset({"erasure", "withdraw-all"})
DELIVERS: Final = frozenset({"access", "portability"})
RIGHTS: Final = {
    "access": "to have a copy of what you hold about her",
    "categories": "to know which kinds of data you hold about her",
    "recipients": "to know to whom you have passed on data about her",
    "rectification": "to have data about her corrected",
    "erasure": "to have data about her erased",
    "restriction": "to have data about her stored and not used",
    "portability": "to take data about her elsewhere, in a form that programs read",
    "objection": "that you stop using data about her",
    "no-automated-decision": "not to be decided about by a program alone",
    "withdraw-all": "to take back every consent she gave you",
    "sale-opt-out": "that data about her is neither sold nor shared",
}
REGIMES: Final = {
    "gdpr": "the GDPR",
    "ccpa": "the CCPA",
    "agreement": "your agreement",
    "voluntary": "no law; she asks you to",
}


def follow(draft: Draft, message: Message) -> None:
    """The org keeps corrections until they are made, asks its clerk once the clock runs, and forgets what it sent.

    Raises Misuse if it would sign an erasure that is not complete.
    """
    org = draft.thread.role == Role.ORG
    match message:
        case Exercise() if org and message.values:
            draft.add_item(CORRECTIONS, case_id(draft), msgspec.json.encode(message.values))
        case ExerciseReceipt() if org:
            draft.ask(draft.thread.latest(Exercise))
        case Deliver() if org:
            draft.log = tuple(without_contents(each) if each.ours else each for each in draft.log)
        case Fulfil() if org and draft.thread.latest(Exercise).right in ERASES:
            deletions.must_be_done(draft, meant(draft, draft.thread.latest(Exercise)))
            for thid in given_under(draft):
                draft.remind(EMPTIED, draft.now, thid)
        case Fulfil() | Cancel() if org and draft.agent.store.item(CORRECTIONS, case_id(draft)):
            draft.claim += ((CORRECTIONS, case_id(draft)),)


def answer(draft: Draft, message: Message) -> Lookup[Message | Wait | None]:
    """The receipt of a request: when it came, and by when it is answered."""
    yield from ()
    if not isinstance(message, Exercise):
        return None
    due = due_day(draft.agent, message.regime, draft.now)
    return ExerciseReceipt("done", received_at=timestamp(draft.now), due=due, reference=f"DR-{draft.thid[:8]}")


def case_id(draft: Draft) -> str:
    """Where the corrections of a case wait."""
    return f"{draft.peer} {draft.thid}"


def without_contents(entry: change.Entry) -> change.Entry:
    """A line of an org's log without the personal data attached to it: what was delivered is proved by its digests."""
    line = msgspec.json.decode(entry.record, type=Line)
    message: dict[str, object] = msgspec.json.decode(line.message)
    if not str(message.get("type", "")).endswith("/deliver"):
        return entry
    attached = message.get("attachments")
    bare = [{**each, "data": {}} for each in attached if isinstance(each, dict)] if isinstance(attached, list) else []
    raw = msgspec.json.encode({**message, "attachments": bare})
    record = msgspec.json.encode(msgspec.structs.replace(line, message=msgspec.Raw(raw)))
    return change.Entry(entry.thid, entry.id, entry.ours, entry.at, record)


# -- the clock ----------------------------------------------------------------------------------------------------


def due_day(agent: Agent, regime: str, since: int) -> str:
    """The day by which a request is answered. since: Unix seconds."""
    lasts = dict(each.split("=", 1) for each in agent.config.rights_within).get(regime, "P1M")
    return timestamp(end_of(since, lasts) or since + deletions.DUE_AFTER)[:10]


def due_of(agent: Agent, thread: Thread) -> str:
    """The day on which a case is due: as the receipt says; until it came, as the clock runs from the sending."""
    for entry in thread.said:
        if entry.name == "receipt(exercise)":
            return thread.latest(ExerciseReceipt).due
    return due_day(agent, thread.latest(Exercise).regime, thread.said[0].at)


def is_overdue(agent: Agent, thread: Thread) -> bool:
    """Whether an answer is owed and the day is past. It is a label: a late answer is still an answer."""
    waits = thread.state in (State.ASKED, State.OPEN)
    return waits and datetime.fromtimestamp(agent.now(), UTC).date().isoformat() > due_of(agent, thread)


# -- what the org does --------------------------------------------------------------------------------------------


def meant(draft: Draft, exercised: Exercise) -> list[Held]:
    """The values a request is about."""
    values = [each for each in held.of(draft.agent, draft.peer) if held.within(each.ptr, exercised.scope or ("",))]
    if exercised.right != "withdraw-all":
        return values
    return [each for each in values if is_consent(draft, each)]


def is_consent(draft: Draft, value: Held) -> bool:
    """Whether a value came by a consent of hers, and not with an order, say."""
    conversation, _ = draft.agent.conversation(draft.peer, value.thid)
    return conversation is not None and conversation.thread.table == consent.consent.id


def delivery(draft: Draft, part: int = 1, parts: int = 1) -> Deliver:
    """All that is held of what was asked for, each value with its Label."""
    exercised = draft.thread.latest(Exercise)
    rows: list[Json] = [labelled(each) for each in meant(draft, exercised)]
    content: JsonObject = {"items": rows}
    paper = Attachment(id=str(part), media_type="application/json", data=Content(json=content))
    return Deliver(part, parts, SCHEMA, attachments=(paper,))


def labelled(value: Held) -> JsonObject:
    """A value with its Label."""
    found: JsonObject = msgspec.to_builtins(
        {"ptr": value.ptr, "value": value.value, "label": value.label, "schema": value.schema}
    )
    return found


def fulfilment(draft: Draft, told: tuple[str, ...] = ()) -> Message | None:
    """Do what was asked, as far as it is done to what we hold; the statement of it, or None while a deletion waits.

    Raises Misuse if the case is not open, or its deletion is under way already.
    """
    if draft.thread.state != State.OPEN:
        raise Misuse(f"this case is {draft.thread.state}; nothing was done")
    if any(each.owes for each in deletions.of_thread(draft)):
        raise Misuse("its deletion is under way already; the answer goes out when it is complete")
    exercised = draft.thread.latest(Exercise)
    values = meant(draft, exercised)
    ptrs = tuple(sorted({each.ptr for each in values}))
    if exercised.right in ERASES and values:
        return erase(draft, values, told)
    if exercised.right == "rectification":
        ptrs = correct(draft)
    elif exercised.right in ("restriction", "objection"):
        held.restrict(draft, values)
    elif exercised.right == "recipients":
        told = (*told, *recipients(draft, values))
    return Fulfil(ptrs, (), told)


def recipients(draft: Draft, values: list[Held]) -> tuple[str, ...]:
    """To whom values may have been passed on, by the consents they came by."""
    found: dict[str, None] = {}
    for thid in dict.fromkeys(each.thid for each in values):
        conversation, _ = draft.agent.conversation(draft.peer, thid)
        if conversation is not None and conversation.thread.table == consent.consent.id:
            found |= dict.fromkeys(granted(conversation.thread).recipients)
    return tuple(found)


def erase(draft: Draft, values: list[Held], told: tuple[str, ...]) -> Message | None:
    """Delete; the statement of it, or None while our systems have not done so."""
    due = unix(f"{due_of(draft.agent, draft.thread)}T00:00:00Z")
    said = deletions.all_of(draft, "erasure", values, owes="fulfil", body={"told": [*told]}, due=due)
    return Fulfil(tuple(sorted({each.ptr for each in values})), (), told) if said else None


def correct(draft: Draft) -> tuple[str, ...]:
    """Put her corrections in the place of what we hold; each inherits the Label. Returns what was corrected."""
    row = draft.agent.store.item(CORRECTIONS, case_id(draft))
    values: dict[str, object] = msgspec.json.decode(row.record) if row else {}
    found = [each for each in held.of(draft.agent, draft.peer) if each.ptr in values]
    for each in found:
        held.put(draft, msgspec.structs.replace(each, value=values[each.ptr]))
    return tuple(sorted({each.ptr for each in found}))


# -- in words -----------------------------------------------------------------------------------------------------


def content(draft: Draft, message: Message) -> tuple[Json, Json] | None:
    """What she asks for, of what, until when it is due, and how it is answered."""
    if not isinstance(message, Exercise):
        return None
    id, about = draft.thid[:8], ", ".join(map(wording.field, message.scope or ())) or "everything you hold about her"
    held_now = ", ".join(sorted({wording.field(each.ptr) for each in meant(draft, message)})) or "nothing"
    lines: list[Json] = [
        {"line": f"She asks {RIGHTS[message.right]}."},
        {"line": f"About: {about}. You hold of that: {held_now}."},
        {"line": f"She refers to {REGIMES[message.regime]}. The answer is due on {due_of(draft.agent, draft.thread)}."},
        typed(f"To do it and say so: freerange rights fulfil {id}", "/cases"),
        typed(f"To say where it stands: freerange rights progress {id} --by DATE --details TEXT", "/cases"),
        typed(f"To deny it, with a reason: freerange rights deny {id} --reason not-covered --appeal ADDRESS", "/cases"),
    ]
    if message.appeals:
        lines.insert(0, {"line": "This is an appeal against a denial of yours."})
    return lines, None


SIDE = Side(
    tables=(data_rights,),
    follow=follow,
    answer=answer,
    asks={Exercise: "{} exercises a right over data about her."},
    content=content,
)
