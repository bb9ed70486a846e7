"""Data rights 1.0: one right against one org, with a clock. Source: vrm-protocols, section 5.4.

The person exercises a right; the receipt proves when the clock began, and names the day by which an answer is due. Past
it the case is overdue, which is a label and no state: a late answer is still an answer. An appeal is a new case that
names the denial.
"""

from enum import StrEnum

from protocols.machine import Ask, Effects, Protocol, Publish, Reply, Thread
from protocols.problems import InvalidMessage
from protocols.vrm.base import VRM
from protocols.vrm.data_rights_words import (
    Cancel,
    CancelReceipt,
    Decline,
    DeclineReceipt,
    Deliver,
    DeliverReceipt,
    Exercise,
    ExerciseReceipt,
    Fulfil,
    FulfilReceipt,
    Progress,
)


class Role(StrEnum):
    PERSON = "person"
    ORG = "org"


class State(StrEnum):
    START = "start"
    ASKED = "asked"
    OPEN = "open"
    FULFILLED = "fulfilled"
    DENIED = "denied"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    CLOSED = "closed"


BINDING = frozenset(State) - {State.START, State.ASKED}
data_rights = Protocol(
    f"{VRM}/data-rights/1.0", Role, State.START, reliable=True, binding=BINDING,
    final=frozenset({State.CANCELLED, State.CLOSED}), committed={State.ASKED: Role.PERSON},
)  # fmt: skip
TABLES = (data_rights,)
LATE = (State.FULFILLED, State.DENIED)


@data_rights.row(when=State.START, by=Role.PERSON, says=Exercise, then=State.ASKED)
def exercise(thread: Thread, message: Exercise) -> Effects:
    """The person exercises one right."""
    yield Ask()


@data_rights.row(when=State.ASKED, by=Role.ORG, says=ExerciseReceipt, then=State.OPEN)
def receive(thread: Thread, message: ExerciseReceipt) -> Effects:
    """The org has it: the clock's start is proven; record id = digest of this object."""
    yield Publish("asked")


@data_rights.row(when=State.OPEN, by=Role.ORG, says=Progress, then=State.OPEN)
@data_rights.row(when=State.CANCELLING, by=Role.ORG, says=Progress, then=None, crossed=True)
def progress(thread: Thread, message: Progress) -> None:
    """Where it stands, and by when."""


@data_rights.row(when=State.OPEN, by=Role.ORG, says=Deliver, then=State.OPEN)
def deliver(thread: Thread, message: Deliver) -> Effects:
    """Data for access or portability; may come in parts."""
    if message.part > message.parts:
        raise InvalidMessage("deliver", f"part {message.part} of {message.parts}")
    yield Reply(DeliverReceipt("done"))


@data_rights.row(when=State.CANCELLING, by=Role.ORG, says=Deliver, then=None, crossed=True)
def deliver_meanwhile(thread: Thread, message: Deliver) -> None:
    """Data that was on its way when she took the request back; nothing is answered."""


@data_rights.row(when=State.OPEN, by=Role.PERSON, says=DeliverReceipt, then=State.OPEN)
@data_rights.row(when=LATE, by=Role.PERSON, says=DeliverReceipt, then=None, crossed=True)
def arrived(thread: Thread, message: DeliverReceipt) -> None:
    """Arrived (not: satisfied)."""


@data_rights.row(when=State.OPEN, by=Role.ORG, says=Fulfil, then=State.FULFILLED)
@data_rights.row(when=State.CANCELLING, by=Role.ORG, says=Fulfil, then=State.FULFILLED, crossed=True)
def fulfil(thread: Thread, message: Fulfil) -> Effects:
    """Done, with a signed statement of what was done and who was told. It wins over a cancellation on its way."""
    yield Reply(FulfilReceipt("done"))


@data_rights.row(when=State.OPEN, by=Role.ORG, says=Decline, then=State.DENIED)
@data_rights.row(when=State.CANCELLING, by=Role.ORG, says=Decline, then=State.DENIED, crossed=True)
def deny(thread: Thread, message: Decline) -> Effects:
    """Denied with a coded reason and how to appeal. It wins over a cancellation on its way."""
    yield Reply(DeclineReceipt("done"))


@data_rights.row(when=State.OPEN, by=Role.PERSON, says=Cancel, then=State.CANCELLING)
def cancel(thread: Thread, message: Cancel) -> Effects:
    """The person takes the request back."""
    yield Publish("cancelled")
    yield Reply(CancelReceipt("done"))


@data_rights.row(when=LATE, by=Role.PERSON, says=Cancel, then=None, crossed=True)
def cancel_too_late(thread: Thread, message: Cancel) -> None:
    """It was on its way when the org had answered."""


@data_rights.row(when=State.CANCELLING, by=Role.ORG, says=CancelReceipt, then=State.CANCELLED)
def cancelled(thread: Thread, message: CancelReceipt) -> None:
    """The org has stopped."""


@data_rights.row(when=State.FULFILLED, by=Role.PERSON, says=FulfilReceipt, then=State.CLOSED)
def see_done(thread: Thread, message: FulfilReceipt) -> None:
    """Completion arrived (not: satisfied)."""


@data_rights.row(when=State.DENIED, by=Role.PERSON, says=DeclineReceipt, then=State.CLOSED)
def see_denied(thread: Thread, message: DeclineReceipt) -> None:
    """Denial arrived (not: accepted)."""
