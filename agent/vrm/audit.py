"""Audit: comparing chains by ourselves, mending what differs, and asking the owner what only she can answer."""

import msgspec

from agent import chains, wording
from agent.agent import Agent
from agent.breaker import jittered
from agent.draft import Draft
from agent.parcel import FOR_EVER
from agent.vrm.side import Side, Wait, typed
from protocols.machine import Message
from protocols.vrm import audit
from protocols.vrm.audit import Aligned, Challenge, Checkpoint, Decline, Dispute, Diverged, Role
from wallet.keys import new_id
from wallet.needs import Lookup
from wallet.strict_json import Json

MARK = 12  # characters of a record that are shown; it is chosen by no more
COMPARING = "comparing"  # items: how the comparisons with one peer stand
CHECK = "audit-checkpoint"  # reminder: compare now
WEEK, SOON, TRIES = 7 * 86400, 600, 2


class Comparing(msgspec.Struct, frozen=True, omit_defaults=True):
    """How comparisons stand. next: the thread in which the next one will be made; at: Unix seconds when.

    apart: how many in a row found a difference. One is mended in silence, and shown if there is a second.
    """

    next: str = ""
    at: int = 0
    apart: int = 0
    last: int = 0
    missing: tuple[int, ...] = ()
    unseen: tuple[int, ...] = ()


def standing(agent: Agent, peer: str) -> Comparing:
    """How comparisons with this peer stand."""
    item = agent.store.item(COMPARING, peer)
    return read(item.record) if item else Comparing()


def read(record: bytes) -> Comparing:
    """How comparisons stand, as it is kept."""
    return msgspec.json.decode(record, type=Comparing)


def plan(draft: Draft, comparing: Comparing, after: int) -> None:
    """Compare in about so many seconds, and at no other time that was planned before: with each peer at a moment of
    its own, so that two who put their logs together find nothing."""
    after = jittered(after)
    thid = comparing.next if comparing.next and comparing.next != draft.thid else new_id()
    draft.remind(CHECK, draft.now + after, thid)
    planned = msgspec.structs.replace(comparing, next=thid, at=draft.now + after)
    draft.add_item(COMPARING, draft.peer, msgspec.json.encode(planned))


def begin(draft: Draft) -> None:
    """Something has been agreed that both sides must hold: from now on the chains are compared every week."""
    if draft.agent.config.kind == "person" and not standing(draft.agent, draft.peer).next:
        plan(draft, Comparing(), WEEK)


def cease(draft: Draft) -> None:
    """The relationship is over: nothing is compared any more unless somebody asks."""
    planned = standing(draft.agent, draft.peer).next
    if planned:
        draft.forget(CHECK, planned)


def due(draft: Draft) -> Message | None:
    """Compare, once nothing of ours is on its way; until then, later. The thread begins with it."""
    comparing = standing(draft.agent, draft.peer)
    if draft.conversation is not None:
        return None
    if on_the_way(draft):
        draft.remind(CHECK, draft.now + SOON, draft.thid)
        later = msgspec.structs.replace(comparing, at=draft.now + SOON)
        draft.add_item(COMPARING, draft.peer, msgspec.json.encode(later))
        return None
    draft.begin(audit.checkpoint, Role.ASKER)
    return chains.checkpoint(draft)


def on_the_way(draft: Draft) -> bool:
    """Whether anything we said to this peer is unacknowledged yet."""
    return bool(draft.agent.store.due_outgoing(draft.peer, FOR_EVER, limit=1))


def answer(draft: Draft, message: Message) -> Lookup[Message | Wait | None]:
    """Comparisons are answered at once; the rest is for the owner."""
    yield from ()
    return chains.compared(draft, message) if type(message) is Checkpoint else None


def follow(draft: Draft, message: Message) -> None:
    """What one side lacks is sent again by the other; whoever asked compares again."""
    if not isinstance(message, Aligned | Diverged):
        return
    asked = draft.thread.role == Role.ASKER
    if isinstance(message, Diverged):
        chains.resend(draft, message.missing if asked else message.unseen)
    if not asked or draft.relationship.ended:
        return
    before = standing(draft.agent, draft.peer)
    apart, gaps = (before.apart + 1, message) if isinstance(message, Diverged) else (0, None)
    found = msgspec.structs.replace(
        before,
        apart=apart,
        last=draft.now,
        missing=gaps.missing if gaps else (),
        unseen=gaps.unseen if gaps else (),
    )
    plan(draft, found, SOON if 0 < apart < TRIES else WEEK)


def content(draft: Draft, message: Message) -> tuple[Json, Json] | None:
    """What is asked, or held, in words."""
    match message:
        case Challenge():
            about = message.about
            use = about.use and wording.purpose(about.use)
            named = (("a message", about.message), ("a record", about.record), ("a use", use))
            lines: list[Json] = [{"line": message.question}]
            lines += [{"line": f"It is about {what}: {value}"} for what, value in named if value]
            lines.append(typed(f"To answer: freerange audit answer {draft.thid[:8]} TEXT --record RECORD"))
            lines.append({"line": "A no says that you have no answer."})
            return lines, None
        case Dispute():
            said = [message.text, *(f"It rests on record {each[:MARK]}" for each in message.evidence)]
            said += [f"It would be settled by this: {message.want}"] if message.want else []
            way = typed(f"To state your position: freerange audit answer {draft.thid[:8]} TEXT")
            stated: list[Json] = [{"line": each} for each in said]
            return [*stated, way], None
    return None


def no(draft: Draft) -> Message | None:
    """No answer; the reason is not guessed. A dispute has no such row."""
    return Decline(reason="other") if draft.protocol is audit.challenge else None


SIDE = Side(
    tables=audit.TABLES,
    answer=answer,
    follow=follow,
    asks={
        Challenge: "{} asks by what right something was done.",
        Dispute: "{} disputes something, and states a position.",
    },
    content=content,
    no=no,
    due={CHECK: due},
)
