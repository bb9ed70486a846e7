"""Terms 1.0: her terms come first. Source: vrm-protocols, section 5.2, in the shape of IEEE 7012-2025.

The person, as first party, puts agreements of a roster on the table. The org accepts one, answers with one alternative,
or declines; the person confirms what the org committed to. Both then hold the same signed objects; the digest of the
confirmation is the record. Either may end it from a date on. An agreement is its digest, never its name (agent/checks).
"""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

import msgspec

from protocols.machine import Ask, Effects, Keep, Protocol, Publish, Reply, Signed, Thread, Time
from protocols.problems import WrongAgreement
from protocols.vrm.base import DAY, VRM, AgreementRef, Digest, Disposal, Duration, Reason, Receipt, SignedDecline, Text


class Role(StrEnum):
    PERSON = "person"
    ORG = "org"


class State(StrEnum):
    START = "start"
    PROFFERED = "proffered"
    ACCEPTED = "accepted"
    COUNTERED = "countered"
    DECLINED = "declined"
    IN_FORCE = "in-force"
    ENDING_BY_PERSON = "ending-by-person"
    ENDING_BY_ORG = "ending-by-org"
    WITHDRAWN = "withdrawn"


class Proffer(Signed, frozen=True):
    """agreement: the one she prefers; also: others she would take. law: a country, ISO 3166."""

    agreement: AgreementRef
    scope: Literal["relationship", "thread"]
    also: Annotated[tuple[AgreementRef, ...], msgspec.Meta(max_length=8)] = ()
    roster: dict[Literal["uri", "digest"], str] | None = None
    lasts: Duration | None = None
    modifiers: tuple[dict[Literal["id", "value"], str], ...] = ()
    law: str | None = None
    answer_by: Time | None = None

    def names(self, agreement: AgreementRef) -> bool:
        return agreement.digest in {each.digest for each in (self.agreement, *self.also)}


class Accept(Signed, frozen=True):
    agreement: AgreementRef
    ends: Time | None = None


class Alternative(Accept, frozen=True):
    name: ClassVar[str] = "alternative"


class Decline(SignedDecline, frozen=True):
    reason: Literal["unacceptable", "not-our-roster", "not-in-this-country", "changed-mind", "no-answer", "other"]


class Confirm(Signed, frozen=True):
    digest: Digest


class Withdraw(Signed, frozen=True):
    from_: Time = msgspec.field(name="from")
    reason: Reason
    text: Text | None = None


class WithdrawReceipt(Receipt, frozen=True, tag="withdraw"):
    ended: Time
    survives: tuple[Text, ...]
    data: Disposal


terms = Protocol(
    f"{VRM}/terms/1.0", Role, State.START, reliable=True, final=frozenset({State.DECLINED, State.WITHDRAWN}),
    binding=frozenset({State.IN_FORCE, State.ENDING_BY_PERSON, State.ENDING_BY_ORG, State.WITHDRAWN}),
    committed={State.ACCEPTED: Role.ORG, State.COUNTERED: Role.ORG}, lapses={State.PROFFERED: (Role.PERSON, 30 * DAY)},
)  # fmt: skip
TABLES = (terms,)


@terms.row(when=State.START, by=Role.PERSON, says=Proffer, then=State.PROFFERED, expires=True)
def proffer(thread: Thread, message: Proffer) -> Effects:
    """The person, as first party, puts agreements on the table."""
    yield Ask()


@terms.row(when=State.PROFFERED, by=Role.ORG, says=Accept, then=State.ACCEPTED)
def accept(thread: Thread, message: Accept) -> Effects:
    """The org commits to one of the agreements she named, and waits."""
    offer = thread.latest(Proffer)
    if not offer.names(message.agreement):
        raise WrongAgreement(message.agreement.digest, offer.agreement.digest)
    yield Reply(Confirm(message.agreement.digest)) if message == Accept(offer.agreement) else Ask()  # with an end: ask


@terms.row(when=State.PROFFERED, by=Role.ORG, says=Alternative, then=State.COUNTERED)
def counter(thread: Thread, message: Alternative) -> Effects:
    """The org commits to exactly one other roster agreement, and waits."""
    if thread.latest(Proffer).names(message.agreement):
        raise WrongAgreement(message.agreement.digest, "another than she named")
    yield Ask()


@terms.row(when=(State.ACCEPTED, State.COUNTERED), by=Role.PERSON, says=Confirm, then=State.IN_FORCE)
def confirm(thread: Thread, message: Confirm) -> Effects:
    """The person confirms: both are bound; record id = digest of this object."""
    promise = thread.latest(Accept if thread.state == State.ACCEPTED else Alternative)
    if message.digest != promise.agreement.digest:
        raise WrongAgreement(message.digest, promise.agreement.digest)
    return Keep("agreement", promise), Publish("in_force")


@terms.row(when=(State.ACCEPTED, State.COUNTERED), by=Role.PERSON, says=Decline, then=State.DECLINED)
@terms.row(when=State.PROFFERED, by=Role.ORG, says=Decline, then=State.DECLINED)
def decline(thread: Thread, message: Decline) -> Effects:
    """No agreement; both keep the refusal as a record."""
    yield Publish("declined")


@terms.row(when=State.IN_FORCE, by=Role.PERSON, says=Withdraw, then=State.ENDING_BY_PERSON)
def withdraw_by_person(thread: Thread, message: Withdraw) -> Effects:
    """The person ends it from a date on; what was done under it stands."""
    yield Ask()


@terms.row(when=State.IN_FORCE, by=Role.ORG, says=Withdraw, then=State.ENDING_BY_ORG)
def withdraw_by_org(thread: Thread, message: Withdraw) -> Effects:
    """The org ends it from a date on."""
    yield Reply(WithdrawReceipt("done", ended=message.from_, survives=(), data="keep-legal-minimum"))


@terms.row(when=State.ENDING_BY_ORG, by=Role.PERSON, says=WithdrawReceipt, then=State.WITHDRAWN)
@terms.row(when=State.ENDING_BY_PERSON, by=Role.ORG, says=WithdrawReceipt, then=State.WITHDRAWN)
def receipt(thread: Thread, message: WithdrawReceipt) -> Effects:
    """It has ended: since when, which duties survive, and what becomes of the data. The person merely notes it."""
    yield Publish("withdrawn")


@terms.row(when=State.ENDING_BY_ORG, by=Role.PERSON, says=Withdraw, then=State.WITHDRAWN, crossed=True)
@terms.row(when=State.ENDING_BY_PERSON, by=Role.ORG, says=Withdraw, then=State.WITHDRAWN, crossed=True)
def both(thread: Thread, message: Withdraw) -> Effects:
    """Both ended it at once: this withdrawal was on its way when the hearer said its own."""
    yield Publish("withdrawn")
