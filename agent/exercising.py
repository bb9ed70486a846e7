"""Exercising a right over one's data with one organisation or with many, and following what comes of it.

Source: vrm-protocols 5.4 and 3.8.
"""

from collections.abc import Iterator

import msgspec

from agent import many, wording
from agent.agent import Agent
from agent.draft import Draft
from agent.many import Kind, Order
from agent.relationship import Relationship, fingerprint
from agent.vrm.data_rights import due_of, is_overdue
from protocols.machine import Thread
from protocols.problems import Misuse
from protocols.vrm.data_rights import State, data_rights
from protocols.vrm.data_rights_words import Decline as Denial
from protocols.vrm.data_rights_words import Deliver, Exercise, ExerciseReceipt, Fulfil, Progress, Regime, Right
from wallet.credentials.vcdm import timestamp
from wallet.needs import Lookup


class Claim(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is exercised with every recipient. scope: pointers, none for everything; corrections: by pointer."""

    right: Right
    regime: Regime = "gdpr"
    scope: tuple[str, ...] = ()
    format: tuple[str, ...] = ()
    corrections: dict[str, object] = {}


def message(claim: Claim, appeals: str | None = None) -> Exercise:
    """The request as it is said. Raises Misuse if corrections and the right do not fit each other."""
    if bool(claim.corrections) != (claim.right == "rectification"):
        raise Misuse("corrections are named for a rectification, and for nothing else; nothing was said")
    scope = tuple(dict.fromkeys((*claim.scope, *claim.corrections)))
    return Exercise(claim.right, claim.regime, scope or None, claim.format or None, appeals, claim.corrections)


def say(draft: Draft, order: Order) -> Lookup[None]:
    """Say it to one of many."""
    if not draft.relationship.met:
        raise Misuse("it does not speak of data rights; write it a letter: freerange rights letter")
    many.opening(draft, data_rights, message(msgspec.convert(order.content, Claim)))
    yield from ()


KIND = Kind("exercise", say, patience=31 * many.DAY)
"""Exercising one right with many. Its content is a Claim."""


def case(agent: Agent, who: Relationship, thread: Thread) -> dict[str, object]:
    """A case as it is listed: what, with whom, the clock, and what was said last."""
    asked = thread.latest(Exercise)
    said = {entry.name for entry in thread.said}
    return {
        "case": thread.thid,
        "by": "agent",
        "with": who.called,
        "fingerprint": fingerprint(who.peer),
        "domain": who.domain,
        "right": asked.right,
        "regime": asked.regime,
        "scope": asked.scope or (),
        "state": thread.state,
        "asked": timestamp(thread.said[0].at),
        "received": thread.latest(ExerciseReceipt).received_at if "receipt(exercise)" in said else None,
        "reference": thread.latest(ExerciseReceipt).reference if "receipt(exercise)" in said else None,
        "due": due_of(agent, thread),
        "overdue": is_overdue(agent, thread),
        "expected": thread.latest(Progress).expected_by if "progress" in said else None,
        "appeals": asked.appeals,
        "record": thread.record,
        "outcome": [*outcome(thread)],
        "answer": answer(said),
    }


def answer(said: set[str]) -> str:
    """How a case was answered, or that she took it back; empty if neither."""
    words = {"fulfil": "fulfilled", "decline": "denied", "cancel": "cancelled"}
    return next((word for name, word in words.items() if name in said), "")


def outcome(thread: Thread) -> Iterator[str]:
    """What came of it so far, in words."""
    for entry in thread.said:
        match entry.name:
            case "progress":
                yield f"They say: {thread.latest(Progress).details}"
            case "deliver":
                part = thread.latest(Deliver)
                yield f"Data was delivered: part {part.part} of {part.parts}."
            case "fulfil":
                yield from fulfilled(thread.latest(Fulfil))
            case "decline":
                denial = thread.latest(Denial)
                where = denial.appeal.email or denial.appeal.url or "they named no place to appeal to"
                words = f" ({denial.text})" if denial.text else ""
                yield f"Denied: {wording.DENIALS[denial.reason]}{words}. Appeals go to: {where}."


def fulfilled(done: Fulfil) -> Iterator[str]:
    """What they say they did."""
    yield f"Done for: {', '.join(map(wording.field, done.done)) or 'nothing that they hold'}."
    for each in done.kept:
        yield f"They keep {wording.field(each.ptr)} until {each.until}: {wording.KEPT[each.why]}."
    if done.told:
        yield f"They told: {', '.join(done.told)}."


def denial_of(thread: Thread) -> str:
    """The Digest of the denial that an appeal is against. Raises Misuse if the case was not denied."""
    found = next((entry.digest for entry in thread.said if entry.name == "decline" and entry.digest), None)
    if found is None:
        raise Misuse(f"this case was not denied (it is {thread.state}); there is nothing to appeal against")
    return found


def is_open(thread: Thread) -> bool:
    """Whether the case may still be answered."""
    return thread.state in (State.ASKED, State.OPEN)


__all__ = ["KIND", "Claim", "Exercise", "case", "denial_of", "is_open", "message"]
