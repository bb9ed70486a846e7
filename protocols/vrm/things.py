"""Things 1.0: what she owns, its receipts, its problems, its next owner. Source: vrm-protocols, section 5.7.

The owner registers a thing from a DID made for it, so that recalls reach her though nobody knows her; she raises a
problem with it and follows it to its end; she hands it on, with its history and without her name; and its next owner
claims it at the issuer, by the chain of what the holders before signed. Registration, service and claim are between a
person and an org, a transfer is between two persons. What is shown with a message travels as attachments, whose digests
are signed: credentials, and signed objects of other threads.
"""

from enum import StrEnum

from protocols.machine import Ask, Effects, Protocol, Publish, Reply, Thread
from protocols.vrm.base import DAY, VRM
from protocols.vrm.things_words import (
    Accept,
    Add,
    Alert,
    AlertReceipt,
    Claim,
    ClaimReceipt,
    Close,
    Confirm,
    Decline,
    NotWanted,
    Offer,
    Register,
    RegisterReceipt,
    Release,
    ReleaseReceipt,
    Reopen,
    Report,
    ReportReceipt,
    Resolve,
    Update,
)


class Role(StrEnum):
    PERSON = "person"
    ORG = "org"


class Hand(StrEnum):
    """The roles of a transfer."""

    HOLDER = "holder"
    RECEIVER = "receiver"


class State(StrEnum):
    START = "start"
    REGISTERING = "registering"
    REGISTERED = "registered"
    RELEASING = "releasing"
    RELEASED = "released"
    REPORTED = "reported"
    OPEN = "open"
    RESOLVED = "resolved"
    CLOSED = "closed"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    TRANSFERRED = "transferred"
    CLAIMING = "claiming"
    RECOGNISED = "recognised"
    DECLINED = "declined"


family = f"{VRM}/things/1.0"
registration = Protocol(
    family, Role, State.START, final=frozenset({State.RELEASED, State.DECLINED}), table="registration", reliable=True,
    binding=frozenset({State.REGISTERED, State.RELEASING, State.RELEASED}), committed={State.REGISTERING: Role.PERSON},
)  # fmt: skip
service = Protocol(
    family, Role, State.START, final=frozenset({State.CLOSED, State.DECLINED}), table="service", reliable=True,
    binding=frozenset({State.OPEN, State.RESOLVED, State.CLOSED}), committed={State.REPORTED: Role.PERSON},
)  # fmt: skip
transfer = Protocol(
    family, Hand, State.START, final=frozenset({State.TRANSFERRED, State.DECLINED}), table="transfer", reliable=True,
    binding=frozenset({State.TRANSFERRED}), committed={State.ACCEPTED: Hand.RECEIVER},
    lapses={State.OFFERED: (Hand.HOLDER, 7 * DAY)},
)  # fmt: skip
claim = Protocol(
    family, Role, State.START, final=frozenset({State.RECOGNISED, State.DECLINED}), table="claim", reliable=True,
    binding=frozenset({State.RECOGNISED}), committed={State.CLAIMING: Role.PERSON},
)  # fmt: skip
TABLES = (registration, service, transfer, claim)


@registration.row(when=State.START, by=Role.PERSON, says=Register, then=State.REGISTERING)
def register(thread: Thread, message: Register) -> Effects:
    """The owner makes one thing known, without naming herself."""
    yield Ask()


@registration.row(when=State.REGISTERING, by=Role.ORG, says=RegisterReceipt, then=State.REGISTERED)
def registered(thread: Thread, message: RegisterReceipt) -> Effects:
    """Reachable for alerts; warranty as stated."""
    yield Publish("registered")


@registration.row(when=State.REGISTERING, by=Role.ORG, says=Decline, then=State.DECLINED)
def not_registered(thread: Thread, message: Decline) -> None:
    """Not ours, unknown, already registered."""


@registration.row(when=State.REGISTERED, by=Role.ORG, says=Alert, then=State.REGISTERED)
def alert(thread: Thread, message: Alert) -> Effects:
    """Recall, safety fix, end of support."""
    yield Reply(AlertReceipt("done"))


@registration.row(when=State.REGISTERED, by=Role.PERSON, says=AlertReceipt, then=State.REGISTERED)
def alerted(thread: Thread, message: AlertReceipt) -> None:
    """Alert arrived."""


@registration.row(when=State.REGISTERED, by=Role.PERSON, says=Release, then=State.RELEASING)
def release(thread: Thread, message: Release) -> Effects:
    """Lost, scrapped, returned, passed on."""
    yield Ask()


@registration.row(when=State.RELEASING, by=Role.ORG, says=Alert, then=None, crossed=True)
def too_late(thread: Thread, message: Alert) -> None:
    """An alert that was on its way when she let go of the thing."""


@registration.row(when=State.RELEASING, by=Role.ORG, says=ReleaseReceipt, then=State.RELEASED)
def released(thread: Thread, message: ReleaseReceipt) -> Effects:
    """Registration deleted or closed."""
    yield Publish("released")


@service.row(when=State.START, by=Role.PERSON, says=Report, then=State.REPORTED)
def report(thread: Thread, message: Report) -> Effects:
    """The owner raises one problem with one thing."""
    yield Publish("reported")
    yield Ask()


@service.row(when=State.REPORTED, by=Role.ORG, says=ReportReceipt, then=State.OPEN)
def opened(thread: Thread, message: ReportReceipt) -> None:
    """Case opened, with a number."""


@service.row(when=State.REPORTED, by=Role.ORG, says=Decline, then=State.DECLINED)
def not_taken(thread: Thread, message: Decline) -> None:
    """Refused with reason."""


@service.row(when=State.CLOSED, by=Role.ORG, says=Update, then=None, crossed=True)
@service.row(when=State.OPEN, by=Role.ORG, says=Update, then=State.OPEN)
def update(thread: Thread, message: Update) -> Effects:
    """Where it stands; whose turn it is."""
    yield Publish("case_updated")


@service.row(when=State.RESOLVED, by=Role.PERSON, says=Add, then=None, crossed=True)
@service.row(when=State.OPEN, by=Role.PERSON, says=Add, then=State.OPEN)
def add(thread: Thread, message: Add) -> Effects:
    """More facts, or an answer."""
    yield Publish("case_updated")


@service.row(when=State.OPEN, by=Role.ORG, says=Resolve, then=State.RESOLVED)
def resolve(thread: Thread, message: Resolve) -> Effects:
    """What was done, or what is offered."""
    yield Publish("case_updated")
    yield Ask()


@service.row(when=State.CLOSED, by=Role.ORG, says=Resolve, then=None, crossed=True)
def resolved_late(thread: Thread, message: Resolve) -> None:
    """An outcome that was on its way when she closed the case."""


@service.row(when=State.RESOLVED, by=Role.PERSON, says=Reopen, then=State.OPEN)
def reopen(thread: Thread, message: Reopen) -> Effects:
    """Not solved."""
    yield Publish("case_updated")


@service.row(when=(State.OPEN, State.RESOLVED), by=Role.PERSON, says=Close, then=State.CLOSED)
def close(thread: Thread, message: Close) -> Effects:
    """Solved, or dropped."""
    yield Publish("closed")


@transfer.row(when=State.START, by=Hand.HOLDER, says=Offer, then=State.OFFERED, expires=True)
def offer(thread: Thread, message: Offer) -> Effects:
    """The holder offers the thing with its history."""
    yield Ask()


@transfer.row(when=State.OFFERED, by=Hand.RECEIVER, says=Accept, then=State.ACCEPTED)
def accept(thread: Thread, message: Accept) -> Effects:
    """The receiver commits to take it, and waits."""
    yield Ask()


@transfer.row(when=State.OFFERED, by=Hand.RECEIVER, says=NotWanted, then=State.DECLINED)
def not_wanted(thread: Thread, message: NotWanted) -> None:
    """The receiver does not want it."""


@transfer.row(when=State.ACCEPTED, by=Hand.HOLDER, says=Confirm, then=State.TRANSFERRED)
def confirm(thread: Thread, message: Confirm) -> None:
    """Handed over: both are bound; record id = digest of this object."""


@transfer.row(when=State.ACCEPTED, by=Hand.HOLDER, says=NotWanted, then=State.DECLINED)
def kept(thread: Thread, message: NotWanted) -> None:
    """The holder keeps it."""


@claim.row(when=State.START, by=Role.PERSON, says=Claim, then=State.CLAIMING)
def claims(thread: Thread, message: Claim) -> Effects:
    """The new owner shows the chain of transfers to the issuer."""
    yield Ask()


@claim.row(when=State.CLAIMING, by=Role.ORG, says=ClaimReceipt, then=State.RECOGNISED)
def recognised(thread: Thread, message: ClaimReceipt) -> Effects:
    """The issuer re-issues to her and retires the old credential."""
    yield Publish("recognised")


@claim.row(when=State.CLAIMING, by=Role.ORG, says=Decline, then=State.DECLINED)
def not_recognised(thread: Thread, message: Decline) -> None:
    """Chain broken, already claimed, not ours."""
