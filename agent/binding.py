"""What binds: agreements and other records, from the moment both sides hold the same signed objects."""

import msgspec

from agent.draft import Draft
from agent.relationship import Agreement
from protocols.machine import Message, Thread
from protocols.messages import unix
from protocols.vrm import terms
from wallet.store.change import Item

RECORD = "record"


def bind(draft: Draft, record: str) -> None:
    """Both sides are bound: keep the record id, and an agreement's place in the relationship."""
    thread = draft.thread
    draft.add_item(RECORD, record, msgspec.json.encode({"thid": thread.thid, "table": thread.table, "at": draft.now}))
    if thread.table == terms.terms.id:
        draft.learn(agreements=(*draft.relationship.agreements, agreement_of(thread, record, draft.now)))


def agreement_of(thread: Thread, record: str, now: int) -> Agreement:
    """The agreement that a thread of terms has just brought into force."""
    promise = thread.latest(terms.Accept) if said(thread, "accept") else thread.latest(terms.Alternative)
    since = now - now % 60
    ends = unix(promise.ends) if promise.ends else 0
    ref = promise.agreement
    return Agreement(record, ref.id, ref.version, ref.digest, thread.thid, since, ends)


def said(thread: Thread, name: str) -> bool:
    """Whether a message of this name stands in the thread."""
    return any(each.name == name for each in thread.said)


def retire_agreements(draft: Draft) -> None:
    """An agreement whose thread has ended governs nothing any more."""
    thread = draft.thread
    if thread.table == terms.terms.id and thread.record and thread.state != terms.State.IN_FORCE:
        left = tuple(each for each in draft.relationship.agreements if each.record != thread.record)
        draft.learn(agreements=left)


def keep(draft: Draft, kind: str, value: Message) -> None:
    """Keep a message's content beyond its thread, one of a kind for each thread."""
    draft.keep += (Item(kind, f"{draft.thid}/{kind}", msgspec.json.encode(value), draft.peer),)
