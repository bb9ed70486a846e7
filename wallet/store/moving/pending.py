"""What is still to be done, as lines of an export: questions, timers, messages on their way, dead letters, and
events that an org's own systems are to hear."""

from collections.abc import Iterator

from wallet import records
from wallet.records import carried, kept_of
from wallet.store import events, outbox, questions, timers
from wallet.store.change import Event, Outgoing, Question, Timer
from wallet.store.moving.subject import Subject
from wallet.store.outbox import DeadLetter
from wallet.store.transaction import Transaction

# -- questions ----------------------------------------------------------------------------------------------------


def _question(peer: str, row: Question) -> records.Question:
    return records.Question(peer=peer, id=row.id, thread=row.thid, at=row.at, **carried(row.record))


def _questions(tx: Transaction) -> Iterator[records.Question]:
    return (_question(peer, row) for peer, row in questions.questions(tx))


def _find_question(tx: Transaction, line: records.Question) -> records.Question | None:
    found = questions.question(tx, id=line.id)
    return _question(*found) if found else None


def _put_question(tx: Transaction, line: records.Question) -> None:
    row = Question(line.id, line.thread, line.at, kept_of(line))
    questions.ask(tx, peer=tx.blind("peer", line.peer), name=line.peer, row=row)


# -- timers -------------------------------------------------------------------------------------------------------


def _timer(peer: str, row: Timer) -> records.Timer:
    return records.Timer(peer=peer, thread=row.thid, name=row.name, at=row.at)


def _timers(tx: Transaction) -> Iterator[records.Timer]:
    return (_timer(peer, row) for peer, row in timers.every(tx))


def _find_timer(tx: Transaction, line: records.Timer) -> records.Timer | None:
    row = timers.one(tx, peer=line.peer, thid=line.thread, name=line.name)
    return _timer(line.peer, row) if row else None


def _put_timer(tx: Transaction, line: records.Timer) -> None:
    row = Timer(line.thread, line.name, line.at)
    timers.set(tx, peer=tx.blind("peer", line.peer), name=line.peer, row=row)


# -- messages on their way, and those given up --------------------------------------------------------------------


def _outgoing(peer: str, row: Outgoing) -> records.Outgoing:
    return records.Outgoing(peer=peer, id=row.id, thread=row.thid, due=row.due, until=row.until, **carried(row.record))


def _all_outgoing(tx: Transaction) -> Iterator[records.Outgoing]:
    return (_outgoing(peer, row) for peer, row in outbox.waiting(tx))


def _find_outgoing(tx: Transaction, line: records.Outgoing) -> records.Outgoing | None:
    row = outbox.one(tx, peer=line.peer, id=line.id)
    return _outgoing(line.peer, row) if row else None


def _put_outgoing(tx: Transaction, line: records.Outgoing) -> None:
    row = Outgoing(line.id, line.thread, line.due, line.until, kept_of(line))
    outbox.queue(tx, peer=tx.blind("peer", line.peer), name=line.peer, row=row)


def _dead(letter: DeadLetter) -> records.DeadLetter:
    row = letter.message
    return records.DeadLetter(
        peer=letter.peer,
        id=row.id,
        thread=row.thid,
        at=letter.at,
        until=row.until,
        why=letter.why,
        **carried(row.record),
    )


def _all_dead(tx: Transaction) -> Iterator[records.DeadLetter]:
    return map(_dead, outbox.dead_letters(tx))


def _find_dead(tx: Transaction, line: records.DeadLetter) -> records.DeadLetter | None:
    letter = outbox.dead_letter(tx, peer=line.peer, id=line.id)
    return _dead(letter) if letter else None


def _put_dead(tx: Transaction, line: records.DeadLetter) -> None:
    waiting = outbox.one(tx, peer=line.peer, id=line.id)
    row = Outgoing(line.id, line.thread, line.at, line.until, kept_of(line))
    outbox.queue(tx, peer=tx.blind("peer", line.peer), name=line.peer, row=row)
    outbox.bury(tx, peer=line.peer, id=line.id, why=line.why, at=line.at)
    if waiting is not None:  # said again since: both stay
        outbox.queue(tx, peer=tx.blind("peer", line.peer), name=line.peer, row=waiting)


# -- events -------------------------------------------------------------------------------------------------------


def _event(row: Event) -> records.Event:
    return records.Event(id=row.id, subject=row.subject, at=row.at, **carried(row.record))


def _all_events(tx: Transaction) -> Iterator[records.Event]:
    return map(_event, events.every(tx))


def _find_event(tx: Transaction, line: records.Event) -> records.Event | None:
    row = events.event(tx, id=line.id)
    return _event(row) if row else None


def _put_event(tx: Transaction, line: records.Event) -> None:
    events.publish(tx, row=Event(line.id, line.subject, line.at, kept_of(line)))


QUESTIONS = Subject("question", (records.Question,), _questions, _find_question, _put_question)
TIMERS = Subject("timer", (records.Timer,), _timers, _find_timer, _put_timer)
OUTGOING = Subject("outgoing", (records.Outgoing,), _all_outgoing, _find_outgoing, _put_outgoing)
DEAD = Subject("dead", (records.DeadLetter,), _all_dead, _find_dead, _put_dead)
EVENTS = Subject("event", (records.Event,), _all_events, _find_event, _put_event)
