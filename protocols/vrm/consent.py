"""Consent 1.0: what may be processed, for what, until when; and the data itself. Source: vrm-protocols, section 5.3.

An org asks for items, each for a purpose; the person grants some, or offers some unasked. No data travels until the org
has taken the grant: its receipt is the record that every value bears in its Label. Either ends it; deletion is signed.
"""

from enum import StrEnum

from protocols.machine import Ask, Effects, Protocol, Publish, Reply, Thread
from protocols.messages import unix
from protocols.problems import InvalidMessage
from protocols.vrm.base import DAY, VRM
from protocols.vrm.consent_words import (
    Decline,
    Disclose,
    Grant,
    GrantReceipt,
    Request,
    Stop,
    Volunteer,
    Withdraw,
    WithdrawReceipt,
    covered,
    granted,
)


class Role(StrEnum):
    ORG = "org"
    PERSON = "person"


class State(StrEnum):
    START = "start"
    REQUESTED = "requested"
    GRANTED = "granted"
    DECLINED = "declined"
    GIVEN = "given"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    WITHDRAWING = "withdrawing"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"


consent = Protocol(
    f"{VRM}/consent/1.0", Role, State.START, reliable=True,
    binding=frozenset({State.GIVEN, State.WITHDRAWING, State.WITHDRAWN, State.STOPPED}),
    final=frozenset({State.DECLINED, State.CANCELLED, State.WITHDRAWN, State.STOPPED}),
    committed={State.GRANTED: Role.PERSON, State.CANCELLING: Role.PERSON},
    lapses={State.REQUESTED: (Role.ORG, 30 * DAY)},
)  # fmt: skip
TABLES = (consent,)


@consent.row(when=State.START, by=Role.ORG, says=Request, then=State.REQUESTED, expires=True)
def request(thread: Thread, message: Request) -> Effects:
    """The org asks for items, for purposes, until a date."""
    yield Ask()


@consent.row(when=State.REQUESTED, by=Role.PERSON, says=Grant, then=State.GRANTED)
def grant(thread: Thread, message: Grant) -> Effects:
    """The person grants some or all items; no data travels yet."""
    asked, wanted = thread.latest(Request), {(each.ptr, each.purpose) for each in thread.latest(Request).items}
    for item in message.items:
        if (item.ptr, item.purpose) not in wanted or unix(item.until) > unix(asked.until):
            raise InvalidMessage("grant", f"{item.ptr} was not asked for, or not for that, or not so long")
    if not set(message.recipients) <= set(asked.recipients) or message.schema != asked.schema:
        raise InvalidMessage("grant", "it is not about what was asked for")
    yield Reply(GrantReceipt("done"))


@consent.row(when=State.START, by=Role.PERSON, says=Volunteer, then=State.GRANTED)
def volunteer(thread: Thread, message: Volunteer) -> Effects:
    """The person starts: same fields as a grant."""
    yield Ask()


@consent.row(when=State.GRANTED, by=Role.ORG, says=Decline, then=State.DECLINED)
@consent.row(when=State.REQUESTED, by=Role.PERSON, says=Decline, then=State.DECLINED)
def decline(thread: Thread, message: Decline) -> None:
    """No; kept by the person as a refusal. Or the org does not want what was offered."""


@consent.row(when=State.GRANTED, by=Role.ORG, says=GrantReceipt, then=State.GIVEN)
def take(thread: Thread, message: GrantReceipt) -> Effects:
    """The org takes it as granted: both are bound; record id = digest of this object."""
    yield Publish("given")
    yield Ask()


@consent.row(when=State.GRANTED, by=Role.PERSON, says=Withdraw, then=State.CANCELLING)
def take_back(thread: Thread, message: Withdraw) -> Effects:
    """The person takes it back before the receipt came."""
    yield Reply(WithdrawReceipt("done", stopped=(), deleted=(), kept=(), told=()))


@consent.row(when=State.CANCELLING, by=Role.ORG, says=WithdrawReceipt, then=State.CANCELLED)
def cancelled(thread: Thread, message: WithdrawReceipt) -> None:
    """Nothing was ever in force."""


@consent.row(when=State.GIVEN, by=Role.PERSON, says=Disclose, then=State.GIVEN)
def disclose(thread: Thread, message: Disclose) -> Effects:
    """Data travels, each item labelled; may repeat until withdrawn."""
    items = granted(thread).items
    for label in message.labels:
        inside = (item for item in items if covered(label.ptr, (item.ptr,)) and item.purpose == label.purpose)
        if not any(unix(label.expires) <= unix(item.until) for item in inside):
            raise InvalidMessage("disclose", f"{label.ptr} was not granted, or not for that, or not so long")
    yield Publish("disclosed")


@consent.row(when=State.GIVEN, by=Role.PERSON, says=Withdraw, then=State.WITHDRAWING)
def withdraw(thread: Thread, message: Withdraw) -> Effects:
    """The person stops it; she sends nothing from now on."""
    yield Publish("withdrawn")
    yield Ask()


@consent.row(when=State.WITHDRAWING, by=Role.ORG, says=WithdrawReceipt, then=State.WITHDRAWN)
def withdrawn(thread: Thread, message: WithdrawReceipt) -> None:
    """The org lists what it stopped, deleted, and whom it told."""


@consent.row(when=State.WITHDRAWING, by=Role.ORG, says=Stop, then=State.STOPPED, crossed=True)
@consent.row(when=State.GIVEN, by=Role.ORG, says=Stop, then=State.STOPPED)
def stop(thread: Thread, message: Stop) -> None:
    """Purpose served or `until` reached: the org stopped and deleted, and signs so."""


@consent.row(when=State.CANCELLING, by=Role.ORG, says=GrantReceipt, then=State.WITHDRAWING, crossed=True)
def taken_meanwhile(thread: Thread, message: GrantReceipt) -> None:
    """The receipt was on its way when she took it back: a record that is withdrawn at once."""


@consent.row(when=State.CANCELLING, by=Role.ORG, says=Decline, then=State.DECLINED, crossed=True)
def declined_meanwhile(thread: Thread, message: Decline) -> None:
    """The org declined what she was taking back."""


@consent.row(when=(State.DECLINED, State.STOPPED), by=Role.PERSON, says=Withdraw, then=None, crossed=True)
def over_already(thread: Thread, message: Withdraw) -> None:
    """It was on its way when the org had ended it."""


@consent.row(when=State.STOPPED, by=Role.PERSON, says=Disclose, then=None, crossed=True)
def drop(thread: Thread, message: Disclose) -> None:
    """Data that was on its way when the org stopped is dropped unread."""
