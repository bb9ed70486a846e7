"""Audit 1.0: the same timeline on both sides, and questions with a clock. Source: vrm-protocols, section 5.11.

Either side may ask. A checkpoint compares the two chains of signed objects, so that what one side lacks is found and
sent again. A challenge asks by what right something was done; a dispute sets two positions side by side; an attestation
is a statement of compliance, which is noted and not believed. Nobody is made to answer: silence after `answer_by` is a
label, and evidence of its own.
"""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

import msgspec

from protocols.machine import Ask, Attachment, Effects, Protocol, Publish, Reply, Signed, Thread, Time
from protocols.problems import InvalidMessage
from protocols.vrm.base import VRM, Date, Digest, Part, Receipt, SignedDecline, Text


class Role(StrEnum):
    ASKER = "asker"
    ANSWERER = "answerer"


class State(StrEnum):
    START = "start"
    COMPARED = "compared"
    ALIGNED = "aligned"
    DIVERGED = "diverged"
    CHALLENGED = "challenged"
    ANSWERED = "answered"
    DECLINED = "declined"
    DISPUTED = "disputed"
    STATED = "stated"
    ATTESTED = "attested"
    NOTED = "noted"


Number = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Numbers = Annotated[tuple[Number, ...], msgspec.Meta(max_length=1000)]
Digests = Annotated[tuple[Digest, ...], msgspec.Meta(max_length=500)]


class Head(Part, frozen=True):
    """Where a chain ends before this object: its last number and the Digest of that object; 0 if there is none."""

    seq: Number
    head: Digest | None = None


class Checkpoint(Signed, frozen=True):
    """mine: the chain of whoever signs this; yours: that of the other side, as far as it is here."""

    mine: Head
    yours: Head


class Aligned(Checkpoint, frozen=True):
    name: ClassVar[str] = "aligned"


class Diverged(Checkpoint, frozen=True):
    """missing: numbers of the asker's that the answerer lacks; unseen: its own that the asker seems to lack."""

    name: ClassVar[str] = "diverged"
    missing: Numbers
    unseen: Numbers


class About(Part, frozen=True):
    """What was done: a message's id, a record, or a use (a DPV term)."""

    message: Text | None = None
    record: Digest | None = None
    use: Text | None = None


class Challenge(Signed, frozen=True):
    about: About
    question: Text
    answer_by: Time


class Evidence(Signed, frozen=True):
    """records: what the answer rests on; the objects themselves are attached."""

    records: Digests
    text: Text | None = None
    attachments: tuple[Attachment, ...] = ()


class Decline(SignedDecline, frozen=True):
    reason: Literal["no-basis", "not-ours", "legal-hold", "other"]


class Dispute(Signed, frozen=True):
    """evidence: the Digests of what it rests on. want: what would end the dispute."""

    text: Text
    evidence: Digests
    want: Text | None = None


class Position(Dispute, frozen=True):
    name: ClassVar[str] = "position"


class Attest(Signed, frozen=True):
    """auditor: the DID of whoever examined it, if anybody did."""

    scope: Text
    standard: Text
    from_: Date = msgspec.field(name="from")
    to: Date
    auditor: Text | None = None


class AttestReceipt(Receipt, frozen=True, tag="attest"): ...


family = f"{VRM}/audit/1.0"
checkpoint = Protocol(
    family, Role, State.START, final=frozenset({State.ALIGNED, State.DIVERGED}), table="checkpoint", reliable=True,
    binding=frozenset({State.ALIGNED, State.DIVERGED}), committed={State.COMPARED: Role.ASKER},
)  # fmt: skip
challenge = Protocol(
    family, Role, State.START, final=frozenset({State.ANSWERED, State.DECLINED}), table="challenge", reliable=True,
    binding=frozenset({State.ANSWERED}), committed={State.CHALLENGED: Role.ASKER},
)  # fmt: skip
dispute = Protocol(
    family, Role, State.START, final=frozenset({State.STATED}), table="dispute", reliable=True,
    binding=frozenset({State.STATED}), committed={State.DISPUTED: Role.ASKER},
)  # fmt: skip
attest = Protocol(
    family, Role, State.START, final=frozenset({State.NOTED}), table="attest", reliable=True,
    binding=frozenset({State.NOTED}), committed={State.ATTESTED: Role.ASKER},
)  # fmt: skip
TABLES = (checkpoint, challenge, dispute, attest)


@checkpoint.row(when=State.START, by=Role.ASKER, says=Checkpoint, then=State.COMPARED)
def compare(thread: Thread, message: Checkpoint) -> Effects:
    """The asker's two chain heads."""
    yield Ask()


@checkpoint.row(when=State.COMPARED, by=Role.ANSWERER, says=Aligned, then=State.ALIGNED)
def agree(thread: Thread, message: Aligned) -> None:
    """Same heads."""
    asked = thread.latest(Checkpoint)
    if (message.mine, message.yours) != (asked.yours, asked.mine):
        raise InvalidMessage("aligned", "its heads are not those it was asked about")


@checkpoint.row(when=State.COMPARED, by=Role.ANSWERER, says=Diverged, then=State.DIVERGED)
def differ(thread: Thread, message: Diverged) -> Effects:
    """What is missing on either side; both send it again."""
    yield Publish("diverged")


@challenge.row(when=State.START, by=Role.ASKER, says=Challenge, then=State.CHALLENGED)
def question(thread: Thread, message: Challenge) -> Effects:
    """By what right was this done? An answer is due by a date."""
    yield Ask()
    yield Publish("challenged")


@challenge.row(when=State.CHALLENGED, by=Role.ANSWERER, says=Evidence, then=State.ANSWERED)
def answer(thread: Thread, message: Evidence) -> None:
    """By these records."""


@challenge.row(when=State.CHALLENGED, by=Role.ANSWERER, says=Decline, then=State.DECLINED)
def no_basis(thread: Thread, message: Decline) -> None:
    """No basis, or no answer owed: with reason."""


@dispute.row(when=State.START, by=Role.ASKER, says=Dispute, then=State.DISPUTED)
def take_issue(thread: Thread, message: Dispute) -> Effects:
    """The asker's position, with digests of its evidence."""
    yield Ask()
    yield Publish("disputed")


@dispute.row(when=State.DISPUTED, by=Role.ANSWERER, says=Position, then=State.STATED)
def take_position(thread: Thread, message: Position) -> None:
    """The other side's position, likewise."""


@attest.row(when=State.START, by=Role.ASKER, says=Attest, then=State.ATTESTED)
def declare(thread: Thread, message: Attest) -> Effects:
    """A signed statement of compliance (scope, period, standard)."""
    yield Reply(AttestReceipt("done"))


@attest.row(when=State.ATTESTED, by=Role.ANSWERER, says=AttestReceipt, then=State.NOTED)
def note(thread: Thread, message: AttestReceipt) -> None:
    """Received (not: believed)."""
