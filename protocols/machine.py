"""Conversations as tables: who may say what, when, and what follows.

A protocol is a table of rows (`tables.py`). A row reads: *when* the thread is in this state, this role may *say* this
message, and *then* the thread is in that state. Both peers hold the same table and each keeps its own thread
(`threads.py`); a message moves the sayer's thread when it is said and the hearer's when it is heard. One pure function
does both:

    step(protocol, thread, turn) -> (thread, effects)

It reads no clock, draws no lot and touches nothing. Whatever else a message brings about is an effect (`effects.py`),
which the agent carries out in one change with the thread.

Two parties that can be cut off from each other at any moment still end up both bound, or neither, because every table
obeys three laws (vrm-protocols, section 4), which `tests/protocols/explore.py` tries to break:

1. Nothing binds without a receipt: an acceptance commits its author, the row that answers it binds both.
2. Only the party that waits for an answer may lapse, and only before it has committed.
3. A complaint never undoes an agreement.
"""

import msgspec

from protocols.effects import Ask, Bind, Effect, Effects, Keep, Publish, Reply, Wake
from protocols.messages import Attachment, Content, Message, Signed, Time, label, signable, unix
from protocols.problems import Misuse, OfferExpired, OutOfTurn, Problem, ThreadLapsed
from protocols.tables import Protocol, Row
from protocols.threads import Said, Thread, decode_thread, encode_thread

__all__ = [
    "ABANDONED", "LAPSED", "Ask", "Attachment", "Bind", "Content", "Effect", "Effects", "Keep", "Message", "Misuse",
    "Problem", "Protocol", "Publish", "Reply", "Row", "Said", "Signed", "Thread", "Time", "Turn", "Wake", "can_say",
    "deadline", "decode_thread", "encode_thread", "hold_date", "lapse", "refuse", "report", "start", "step",
]  # fmt: skip

LAPSED = "lapsed"
"""Implicit in every table: we waited for an answer, and stopped."""
ABANDONED = "abandoned"
"""Implicit in every table: the peer could not take our last message, and nobody was bound."""

GRACE = 7 * 86400
"""Seconds that a peer's commitment may wait for our answer, after the time by which the peer itself had to answer."""


class Turn(msgspec.Struct, frozen=True):
    """A message as it is said or heard. now: Unix seconds; digest: of the signed object, if the message is signed."""

    by: str
    message: Message
    id: str
    now: int
    digest: str | None = None


def start(protocol: Protocol, role: str, thid: str, pthid: str | None = None) -> Thread:
    """A thread in which nothing has been said. role: ours. pthid: the thread that caused this one."""
    return Thread(table=protocol.id, thid=thid, role=protocol.roles(role), state=protocol.start, pthid=pthid)


def step(protocol: Protocol, thread: Thread, turn: Turn) -> tuple[Thread, tuple[Effect, ...]]:
    """The thread after the message, and what follows from it.

    Raises a Problem if the peer may not say this here, Misuse if we may not; nothing has changed then.
    """
    heard = turn.by != thread.role
    if heard and turn.message.name == "decline" and thread.state in (LAPSED, ABANDONED):
        return thread, ()
    try:
        row = _fitting(protocol, thread, turn)
        asked = row.rule(thread, turn.message) or ()
        effects = [effect for effect in asked if heard or not isinstance(effect, Ask | Reply)]
        after = _moved(protocol, thread, row, turn)
        if after.entered == turn.id and (until := deadline(protocol, after) or hold_date(protocol, after)):
            effects.append(Wake(until))
    except Problem as fault:
        if heard:
            raise
        raise Misuse(f"{label(type(turn.message))} was not said: {fault}") from fault
    if after.record and not thread.record:
        effects.append(Bind(after.record))
    return after, tuple(effects)


def lapse(protocol: Protocol, thread: Thread, now: int) -> Thread | None:
    """The thread once we have stopped waiting, or None if we may not, or not yet (law 2)."""
    until = deadline(protocol, thread)
    if until is None or now < until:
        return None
    return msgspec.structs.replace(thread, state=LAPSED, entered="")


def report(protocol: Protocol, thread: Thread, refused: str) -> Thread:
    """The thread after the peer complained of our message `refused` (law 3).

    It is abandoned only if nobody is bound and that message is what brought it where it is; else it stays as it is.
    """
    ours = any(entry.id == refused and entry.by == thread.role for entry in thread.said)
    if not ours or thread.entered != refused or thread.state in protocol.binding:
        return thread
    return msgspec.structs.replace(thread, state=ABANDONED, entered="")


def refuse(protocol: Protocol, thread: Thread) -> Thread:
    """The thread after we complained of the peer's message: as it was, since that message was not applied.

    In a published protocol nobody sends a better one, so a thread that could only wait for it is abandoned.
    """
    if protocol.reliable or thread.state in (protocol.start, *protocol.final, LAPSED) or can_say(protocol, thread):
        return thread
    return msgspec.structs.replace(thread, state=ABANDONED, entered="")


def can_say(protocol: Protocol, thread: Thread) -> tuple[Row, ...]:
    """The rows by which we may speak now."""
    return tuple(row for row in protocol.rows if thread.state in row.when and row.by == thread.role and not row.crossed)


def deadline(protocol: Protocol, thread: Thread) -> int | None:
    """Unix seconds until which we wait here for an answer; None if we may not lapse in this state."""
    role, seconds = protocol.lapses.get(thread.state, ("", 0))
    if role != thread.role:
        return None
    offer = next(entry for entry in thread.said if entry.id == thread.entered)
    named = _dates(offer).answer_by
    return unix(named) if named else offer.at + seconds


def hold_date(protocol: Protocol, thread: Thread) -> int | None:
    """Unix seconds by which we owe an answer to a peer that has committed itself; None if it has not.

    If the owner is silent until then, the agent says no: a row of the table, so that nobody is left hanging.
    """
    if protocol.committed.get(thread.state, thread.role) == thread.role:
        return None
    promise = next(entry for entry in thread.said if entry.id == thread.entered)
    if held := _dates(promise).hold_until:
        return unix(held)
    asked = [unix(named) for entry in thread.said if (named := _dates(entry).answer_by)]
    return max([promise.at, *asked]) + GRACE


class _Dates(msgspec.Struct):
    """All that the machine reads in a message."""

    answer_by: Time | None = None
    hold_until: Time | None = None


def _dates(entry: Said) -> _Dates:
    return msgspec.json.decode(entry.body, type=_Dates)


def _fitting(protocol: Protocol, thread: Thread, turn: Turn) -> Row:
    """The first row that fits the turn. Raises a Problem or Misuse if none does, or if the offer comes too late."""
    heard = turn.by != thread.role
    name = label(type(turn.message))
    for row in protocol.rows:
        if row.fits(thread.state, turn.by, turn.message) and (heard or not row.crossed):
            until: str | None = getattr(turn.message, "answer_by", None)
            if heard and row.expires and until and unix(until) < turn.now:
                raise OfferExpired(name, until)
            return row
    if heard:
        raise ThreadLapsed(name) if thread.state == LAPSED else OutOfTurn(name, turn.by, thread.state)
    may = ", ".join(label(row.says) for row in can_say(protocol, thread)) or "nothing"
    raise Misuse(f"{name} was not said: thread {thread.thid} is {thread.state}, where the {turn.by} may say {may}")


def _moved(protocol: Protocol, thread: Thread, row: Row, turn: Turn) -> Thread:
    """The thread with the message remembered, in the row's state."""
    body = msgspec.Raw(msgspec.json.encode(signable(turn.message)))  # a thread remembers no personal data
    entry = Said(turn.by, label(row.says), body, turn.id, turn.now, turn.digest)
    earlier = tuple(each for each in thread.said if (each.by, each.name) != (entry.by, entry.name))
    state = row.then or thread.state
    return msgspec.structs.replace(
        thread,
        state=state,
        said=(*earlier, entry),
        entered=turn.id if state != thread.state else thread.entered,
        record=thread.record or (turn.digest if state in protocol.binding else None),
    )
