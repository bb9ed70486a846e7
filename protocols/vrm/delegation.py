"""Delegation 1.0: somebody acts for her, so far and no further. Source: vrm-protocols, section 5.10.

Three tables. *mandate*: a person appoints an agent (a device, an assistant, family, a fourth party), which takes on a
duty and reports; either ends it at any time. *introduction*: the agent shows an org the copy of the mandate that was
made for this org. *strike*: the person tells that org that the mandate is over. The copies themselves are credentials,
issued in threads of their own, valid for a week at most.
"""

from enum import StrEnum

from protocols.machine import Ask, Effects, Protocol, Publish, Reply, Thread
from protocols.problems import InvalidMessage, WrongAgreement
from protocols.vrm.base import DAY, VRM
from protocols.vrm.delegation_words import (
    Accept,
    Appoint,
    Confirm,
    Decline,
    Depart,
    Dismiss,
    Introduce,
    IntroduceReceipt,
    Report,
    Resign,
    ResignReceipt,
    Revoke,
    RevokeReceipt,
    SignedDecline,
    Strike,
    StrikeReceipt,
)


class Role(StrEnum):
    """Of a mandate. In the other two tables: `Introducing` and `Striking`."""

    PERSON = "person"
    AGENT = "agent"


class Introducing(StrEnum):
    AGENT = "agent"
    ORG = "org"


class Striking(StrEnum):
    PERSON = "person"
    ORG = "org"


class State(StrEnum):
    START = "start"
    APPOINTED = "appointed"
    ACCEPTED = "accepted"
    ACTIVE = "active"
    REVOKING = "revoking"
    RESIGNING = "resigning"
    REVOKED = "revoked"
    INTRODUCED = "introduced"
    RECOGNISED = "recognised"
    DEPARTED = "departed"
    DISMISSED = "dismissed"
    STRIKING = "striking"
    STRUCK = "struck"
    DECLINED = "declined"


family = f"{VRM}/delegation/1.0"
mandate = Protocol(
    family, Role, State.START, final=frozenset({State.DECLINED, State.REVOKED}), table="mandate", reliable=True,
    binding=frozenset({State.ACTIVE, State.REVOKING, State.RESIGNING, State.REVOKED}),
    committed={State.ACCEPTED: Role.AGENT}, lapses={State.APPOINTED: (Role.PERSON, 14 * DAY)},
)  # fmt: skip
introduction = Protocol(
    family, Introducing, State.START, table="introduction", reliable=True,
    final=frozenset({State.DECLINED, State.DEPARTED, State.DISMISSED}),
    binding=frozenset({State.RECOGNISED, State.DEPARTED, State.DISMISSED}),
    committed={State.INTRODUCED: Introducing.AGENT},
)  # fmt: skip
strike = Protocol(
    family, Striking, State.START, final=frozenset({State.DECLINED, State.STRUCK}), table="strike", reliable=True,
    binding=frozenset({State.STRUCK}), committed={State.STRIKING: Striking.PERSON},
)  # fmt: skip
TABLES = (mandate, introduction, strike)


@mandate.row(when=State.START, by=Role.PERSON, says=Appoint, then=State.APPOINTED, expires=True)
def appoint(thread: Thread, message: Appoint) -> Effects:
    """The person offers a mandate: scope, limits, end."""
    yield Ask()


@mandate.row(when=State.APPOINTED, by=Role.AGENT, says=Accept, then=State.ACCEPTED)
def accept(thread: Thread, message: Accept) -> Effects:
    """The agent commits to the duty, and waits."""
    duty = thread.latest(Appoint).duty
    if message.duty != duty:
        raise WrongAgreement(message.duty, duty)
    yield Ask()


@mandate.row(when=State.ACCEPTED, by=Role.PERSON, says=Decline, then=State.DECLINED)
@mandate.row(when=State.APPOINTED, by=Role.AGENT, says=Decline, then=State.DECLINED)
def no_mandate(thread: Thread, message: Decline) -> None:
    """The agent does not want it, or the person thinks better of it."""


@mandate.row(when=State.ACCEPTED, by=Role.PERSON, says=Confirm, then=State.ACTIVE)
def confirm(thread: Thread, message: Confirm) -> None:
    """The person confirms the mandate: both are bound; record id = digest of this object."""
    if message.until > thread.latest(Appoint).until:
        raise InvalidMessage("confirm", "it would last longer than was offered - at `$.until`")


@mandate.row(when=State.ACTIVE, by=Role.AGENT, says=Report, then=State.ACTIVE)
def report(thread: Thread, message: Report) -> None:
    """What the agent did since the last report."""


@mandate.row(when=State.ACTIVE, by=Role.PERSON, says=Revoke, then=State.REVOKING)
def revoke(thread: Thread, message: Revoke) -> Effects:
    """The agent may do nothing more."""
    yield Ask()


@mandate.row(when=State.REVOKING, by=Role.AGENT, says=RevokeReceipt, then=State.REVOKED)
def stopped(thread: Thread, message: RevokeReceipt) -> None:
    """Stopped; last report attached."""


@mandate.row(when=State.ACTIVE, by=Role.AGENT, says=Resign, then=State.RESIGNING)
def resign(thread: Thread, message: Resign) -> Effects:
    """The agent gives the mandate back."""
    yield Reply(ResignReceipt("done"))


@mandate.row(when=State.RESIGNING, by=Role.PERSON, says=ResignReceipt, then=State.REVOKED)
def noted(thread: Thread, message: ResignReceipt) -> None:
    """The person has noted it."""


@mandate.row(when=State.REVOKING, by=Role.AGENT, says=Report, then=None, crossed=True)
def report_late(thread: Thread, message: Report) -> None:
    """A report was on its way when the person revoked; it is kept."""


@mandate.row(when=State.REVOKING, by=Role.AGENT, says=Resign, then=State.REVOKED, crossed=True)
@mandate.row(when=State.RESIGNING, by=Role.PERSON, says=Revoke, then=State.REVOKED, crossed=True)
def both_end(thread: Thread, message: Revoke) -> None:
    """Both ended it at once: it is over for both."""


@introduction.row(when=State.START, by=Introducing.AGENT, says=Introduce, then=State.INTRODUCED)
def introduce(thread: Thread, message: Introduce) -> Effects:
    """The agent shows its mandate to an org."""
    yield Ask()


@introduction.row(when=State.INTRODUCED, by=Introducing.ORG, says=IntroduceReceipt, then=State.RECOGNISED)
def recognise(thread: Thread, message: IntroduceReceipt) -> Effects:
    """The org deals with the agent within that scope."""
    yield Publish("recognised")


@introduction.row(when=State.INTRODUCED, by=Introducing.ORG, says=SignedDecline, then=State.DECLINED)
def not_accepted(thread: Thread, message: SignedDecline) -> None:
    """Mandate not accepted, with reason."""


@introduction.row(when=State.RECOGNISED, by=Introducing.AGENT, says=Depart, then=State.DEPARTED)
def depart(thread: Thread, message: Depart) -> None:
    """The agent is done here."""


@introduction.row(when=State.RECOGNISED, by=Introducing.ORG, says=Dismiss, then=State.DISMISSED)
def dismiss(thread: Thread, message: Dismiss) -> None:
    """Mandate struck or over: the org deals no more."""


@introduction.row(when=State.DEPARTED, by=Introducing.ORG, says=Dismiss, then=State.DISMISSED, crossed=True)
@introduction.row(when=State.DISMISSED, by=Introducing.AGENT, says=Depart, then=None, crossed=True)
def both_part(thread: Thread, message: Depart) -> None:
    """The other side ended it too, while this was on its way."""


@strike.row(when=State.START, by=Striking.PERSON, says=Strike, then=State.STRIKING)
def strike_out(thread: Thread, message: Strike) -> Effects:
    """The person tells an org that a mandate is over."""
    yield Ask()


@strike.row(when=State.STRIKING, by=Striking.ORG, says=StrikeReceipt, then=State.STRUCK)
def struck(thread: Thread, message: StrikeReceipt) -> Effects:
    """From this object on the org refuses that agent."""
    yield Publish("struck")


@strike.row(when=State.STRIKING, by=Striking.ORG, says=SignedDecline, then=State.DECLINED)
def never_shown(thread: Thread, message: SignedDecline) -> None:
    """No such mandate was ever shown here."""
