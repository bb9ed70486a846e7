"""What binds: agreements and other records, from the moment both sides hold the same signed objects."""

import msgspec

from agent import rosters, tally
from agent.draft import Draft
from agent.durations import end_of
from agent.relationship import Agreement
from protocols.machine import Message, Thread
from protocols.messages import unix
from protocols.problems import Misuse
from protocols.vrm import terms
from wallet.store.change import Item

RECORD = "record"


class Bound(msgspec.Struct, frozen=True):
    """What is kept of a record: the thread it came about in, the table of that, and when; Unix seconds."""

    thid: str
    table: str
    at: int


def bind(draft: Draft, record: str) -> None:
    """Both sides are bound: keep the record id, and an agreement's place in the relationship."""
    thread = draft.thread
    draft.add_item(RECORD, record, msgspec.json.encode(Bound(thread.thid, thread.table, draft.now)))
    if thread.table == terms.terms.id:
        draft.learn(agreements=(*draft.relationship.agreements, agreement_of(thread, record, draft.now)))
        tally.mark(draft, "agreed")


def keep_texts(draft: Draft, message: Message) -> None:
    """Keep the text of every agreement that we are about to name: none is dealt in by its name alone.

    Raises Misuse if one is not on the roster in use, or not at hand any more.
    """
    match message:
        case terms.Proffer():
            digests = [each.digest for each in (message.agreement, *message.also)]
        case terms.Accept():
            digests = [message.agreement.digest]
        case terms.Confirm():
            if rosters.text_of(draft.agent, message.digest) is None:
                raise Misuse("confirm was not said: the text of the agreement is not here any more")
            return
        case _:
            return
    for digest in digests:
        text = rosters.on_the_roster(draft.agent, digest)
        if text is None:
            raise Misuse(f"{message.name} was not said: the text {digest} is not on the roster in use")
        draft.keep += (rosters.kept(text),)


def agreement_of(thread: Thread, record: str, now: int) -> Agreement:
    """The agreement that a thread of terms has just brought into force."""
    promise = thread.latest(terms.Accept) if said(thread, "accept") else thread.latest(terms.Alternative)
    since, lasts = now - now % 60, thread.latest(terms.Proffer).lasts
    ends = unix(promise.ends) if promise.ends else end_of(since, lasts) if lasts else 0
    ref = promise.agreement
    return Agreement(record, ref.id, ref.version, ref.digest, thread.thid, since, ends)


def said(thread: Thread, name: str) -> bool:
    """Whether a message of this name stands in the thread."""
    return any(each.name == name for each in thread.said)


def retire(draft: Draft, withdrawn: terms.Withdraw) -> None:
    """An agreement that either side ends governs until the date that was named, or until now if that is past."""
    until, record = max(unix(withdrawn.from_), draft.now), draft.thread.record
    others = tuple(each for each in draft.relationship.agreements if each.record != record)
    ended = tuple(
        msgspec.structs.replace(each, ends=min(until, each.ends or until))
        for each in draft.relationship.agreements
        if each.record == record
    )
    draft.learn(agreements=(*others, *ended))


def keep(draft: Draft, kind: str, value: Message) -> None:
    """Keep a message's content beyond its thread, one of a kind for each thread."""
    draft.keep += (Item(kind, f"{draft.peer} {draft.thid}", msgspec.json.encode(value), draft.peer),)
