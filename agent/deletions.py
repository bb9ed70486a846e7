"""Deletions: whatever ends a Label deletes what stands under it, and nothing is signed before that is done.

Our own copies go in the change in which the Label ends. An org's own systems are told by one event and say when they
are done; only then is the answer said that is owed for it (a receipt, `stop`, `fulfil`). Without such systems it is
done at once. Past its due date the operator is told, and still nothing is signed. Source: vrm-protocols, section 6.
"""

from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from agent import events, held
from agent.agent import Agent
from agent.draft import Draft
from agent.held import Held
from protocols.machine import Message, Protocol
from protocols.messages import label
from protocols.problems import Misuse
from protocols.vrm.base import KeptItem
from wallet.credentials.vcdm import timestamp
from wallet.errors import NotFound
from wallet.keys import new_id

DELETION, OVERDUE = "deletion", "deletion-overdue"
DUE_AFTER: Final = 30 * 86400  # seconds: what the GDPR gives an organisation for most of what is asked of it
LATE = "vrm.label.delete_overdue.v1"


class Done(msgspec.Struct, frozen=True):
    """What a system did: the pointers it deleted, what it keeps and why, and whom it told."""

    deleted: tuple[str, ...]
    kept: tuple[KeptItem, ...] = ()
    told: tuple[str, ...] = ()


class Deletion(msgspec.Struct, frozen=True, omit_defaults=True):
    """One that is under way. ptrs: of a document, "" for all; owes: the label of the message that is said once it is
    done, if any is, in thread `thid`; body: its fields that are settled already; begun, due: Unix seconds.
    """

    id: str
    thid: str
    record: str
    ptrs: tuple[str, ...]
    reason: str
    begun: int
    due: int
    owes: str = ""
    body: dict[str, object] = {}
    late: bool = False


def begin(
    draft: Draft,
    reason: str,
    record: str,
    ptrs: Collection[str],
    *,
    values: Collection[Held] = (),
    owes: str = "",
    body: Mapping[str, object] | None = None,
    due: int = 0,
) -> Message | None:
    """Delete our own copies and have the org's systems delete theirs.

    reason: a word for those systems; record: under which the values stood; values: those of ours that go; ptrs: what is
    said to go. owes: label of the message that answers for it in this thread, like `receipt(withdraw)`; body: those of
    its fields that the deletion does not fill. due: Unix seconds.
    Returns that message if it may be said at once; None if it waits, or nothing is owed.
    """
    held.drop(draft, values)
    deletion = Deletion(
        new_id(),
        draft.thid,
        record,
        tuple(ptrs),
        reason,
        draft.now,
        due or draft.now + DUE_AFTER,
        owes,
        {**(body or {})},
    )
    events.raise_event(draft, events.DELETE, told(draft, deletion))
    if not draft.agent.config.bridges:
        return answer(draft, deletion, Done(deletion.ptrs)) if owes else None
    put(draft, deletion)
    draft.remind(OVERDUE, min([deletion.due, *(each.due for each in of_thread(draft) if not each.late)]))
    return None


def all_of(
    draft: Draft,
    reason: str,
    values: Collection[Held],
    *,
    owes: str,
    body: Mapping[str, object] | None = None,
    due: int = 0,
    whole: bool = False,
) -> Message | None:
    """Delete values that stand under several records: one event for each, one answer for all, which is returned if it
    may be said at once. whole: everything else that is known of this person goes, too.
    """
    under: dict[str, list[Held]] = {}
    for each in values:
        under.setdefault(each.label.record, []).append(each)
    steps = [(record, sorted({each.ptr for each in group}), group) for record, group in sorted(under.items())]
    if whole or not steps:
        steps.append(("", [""], []))
    said: Message | None = None
    for place, (record, ptrs, group) in enumerate(steps, 1):
        last = place == len(steps)
        said = begin(draft, reason, record, ptrs, values=group, owes=owes if last else "", body=body, due=due)
    return said


def must_be_done(draft: Draft, values: Collection[Held]) -> None:
    """What is to be signed as deleted is deleted: here, and by the org's systems. Raises Misuse."""
    gone = {id for kind, id in draft.claim if kind in (held.VALUE, DELETION)}
    if any(each.id not in gone for each in of_thread(draft)):
        raise Misuse("its deletion is not complete; nothing was said. See: freerange deletions")
    if left := [each.ptr for each in values if each.id not in gone]:
        raise Misuse(f"{left[0]} is still held, so its deletion is not signed; nothing was said")


def told(draft: Draft, deletion: Deletion) -> dict[str, object]:
    """What the org's systems are told of a deletion."""
    return {
        "deletion": deletion.id,
        "relationship": events.subject(draft),
        "record": deletion.record,
        "ptrs": [*deletion.ptrs],
        "reason": deletion.reason,
        "due": timestamp(deletion.due),
    }


def put(draft: Draft, deletion: Deletion) -> None:
    """Keep a deletion that is under way."""
    draft.add_item(DELETION, deletion.id, msgspec.json.encode(deletion), tag=deletion.thid)


def of(agent: Agent, peer: str | None = None, thid: str | None = None) -> list[tuple[str, Deletion]]:
    """The deletions under way, with whose they are; the first due first."""
    rows = agent.store.items(DELETION, peer=peer, tag=thid)
    found = [(row.peer, msgspec.json.decode(row.record, type=Deletion)) for row in rows]
    return sorted(found, key=lambda each: (each[1].due, each[1].id))


def of_thread(draft: Draft) -> list[Deletion]:
    """Those whose answer is owed in this thread, this change not counted."""
    return [each for _, each in of(draft.agent, draft.peer, draft.thid)]


def find(agent: Agent, id: str) -> tuple[str, Deletion]:
    """One that is under way, and whose it is. Raises NotFound."""
    row = agent.store.item(DELETION, id)
    if row is None:
        raise NotFound(f"no deletion {id[:64]} is under way; it was completed, or never asked for")
    return row.peer, msgspec.json.decode(row.record, type=Deletion)


def settle(draft: Draft, deletion: Deletion, done: Done) -> Message | None:
    """It has been done: returns the message that is owed for it now, if any.

    If another deletion of the thread still waits, what was done is remembered with that one, which then answers for
    all. Raises Misuse if the systems did less than they were told to, without saying why.
    """
    missing = [
        each
        for each in deletion.ptrs
        if not held.within(each, done.deleted) and not held.within(each, [kept.ptr for kept in done.kept])
    ]
    if missing:
        raise Misuse(f"the deletion is not complete: {', '.join(missing)} is neither deleted nor kept for a reason")
    draft.claim += ((DELETION, deletion.id),)
    others = [each for each in of_thread(draft) if each.id != deletion.id]
    if others:
        heir = next((each for each in others if each.owes), others[0])
        owes, body = heir.owes or deletion.owes, {**deletion.body, **heir.body}
        if owes:
            put(draft, msgspec.structs.replace(heir, owes=owes, body=merged(body, done)))
        return None
    draft.forget(OVERDUE)
    return answer(draft, deletion, done) if deletion.owes else None


def merged(body: Mapping[str, object], done: Done) -> dict[str, object]:
    """The fields of an answer with what was done added to them."""
    plain: dict[str, list[object]] = msgspec.to_builtins(done)
    return {**body, **{each: [*_list(body.get(each)), *more] for each, more in plain.items()}}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def answer(draft: Draft, deletion: Deletion, done: Done) -> Message:
    """The message owed for a deletion, its fields filled from what was done."""
    kind = kind_of(draft.protocol, owed_here(draft, deletion.owes))
    fields = set(kind.__struct_encode_fields__)
    all_of_it = merged(deletion.body, done)
    at = timestamp(draft.now)
    filled: dict[str, object] = {
        "stopped": sorted({*deletion.ptrs, *(each for each in _list(all_of_it["deleted"]) if isinstance(each, str))}),
        "done": all_of_it["deleted"],
        "deleted_at": at,
        "erased_at": at,
        "result": "done",
        **all_of_it,
    }
    if "erased_at" in fields:  # the end of a relationship names what is kept in words
        filled["kept"] = [
            {"what": each["ptr"] or "everything", "why": each["why"], "until": each["until"]}
            for each in _list(all_of_it["kept"])
            if isinstance(each, dict)
        ]
    body = {name: value for name, value in filled.items() if name in fields}
    return draft.protocol.read(kind.name, {**tagged(kind), **body}, signed=True)


def owed_here(draft: Draft, owes: str) -> str:
    """What is owed where the thread stands by now: what she has withdrawn is no longer stopped, but withdrawn."""
    return "receipt(withdraw)" if owes == "stop" and draft.thread.state == "withdrawing" else owes


def kind_of(protocol: Protocol, named: str) -> type[Message]:
    """The message of a table with this label."""
    return next(row.says for row in protocol.rows if label(row.says) == named)


def tagged(kind: type[Message]) -> dict[str, object]:
    """What tells a receipt from others of its name."""
    config = kind.__struct_config__
    return {str(config.tag_field): config.tag} if isinstance(config.tag, str) and config.tag_field else {}


def tell_operator(draft: Draft) -> None:
    """The systems have not done in time what they were told to: say so once, and sign nothing."""
    waiting = of_thread(draft)
    for each in waiting:
        if each.due <= draft.now and not each.late:
            events.raise_event(draft, LATE, told(draft, each))
            put(draft, msgspec.structs.replace(each, late=True))
            draft.agent.metrics.count("deletions_overdue")
    later = [each.due for each in waiting if each.due > draft.now]
    if later:
        draft.remind(OVERDUE, min(later))
