"""The words of Loyalty 1.0: what is said in a statement, and in a membership. Source: vrm-protocols 5.8."""

from typing import Annotated, ClassVar, Literal

import msgspec

from protocols.machine import Attachment, Message, Signed, Time
from protocols.vrm import base
from protocols.vrm.base import AgreementRef, Date, Digest, Duration, Int, Money, Part, Reason, Receipt, Text

Year = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}\Z")]
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Why = Literal["quality", "service", "ethics", "price", "habit", "people", "place", "other"]

Refusal = Literal["not-offered", "not-eligible", "balance", "changed-mind", "other"]


class Decline(base.Decline, frozen=True):
    reason: Refusal


class SignedDecline(base.SignedDecline, frozen=True):
    reason: Refusal


class Cause(Part, frozen=True):
    code: Why
    text: Text | None = None


class Declare(Signed, frozen=True):
    """since: the year. may_quote: whether the org may repeat her words to others."""

    strength: Literal["first-choice", "regular", "occasional"]
    category: Text
    reasons: Annotated[tuple[Cause, ...], msgspec.Meta(max_length=16)]
    until: Date
    may_quote: bool
    since: Year | None = None
    conditions: Annotated[tuple[Text, ...], msgspec.Meta(max_length=16)] = ()


class DeclareReceipt(Receipt, frozen=True, tag="declare"): ...


class Retire(Signed, frozen=True):
    reason: Why
    text: Text | None = None


class RetireReceipt(Receipt, frozen=True, tag="retire"): ...


class Request(Message, frozen=True):
    """program: its name, if she knows it."""

    name: ClassVar[str] = "ask"
    program: Text | None = None
    answer_by: Time | None = None


class Exit(Part, frozen=True):
    """What becomes of the balance when she leaves or the programme ends, and how long before that is announced."""

    balance: Literal["paid-out", "forfeited", "transferable"]
    notice: Duration


class Invite(Signed, frozen=True):
    """program: schema.org/MemberProgram; rules: Digest of the text that is attached; data_needed: JSON Pointers."""

    program: dict[str, object]
    rules: Digest
    data_needed: Annotated[tuple[Text, ...], msgspec.Meta(max_length=64)]
    exit: Exit
    terms: AgreementRef
    answer_by: Time | None = None
    attachments: tuple[Attachment, ...] = ()


class Join(Signed, frozen=True):
    rules: Digest


class Confirm(Signed, frozen=True):
    member: Word
    balance: Int


class Credit(Signed, frozen=True):
    """number: rising, of all signed balances here; the highest governs."""

    number: Int
    change: Int
    balance: Int
    reason: Literal["purchase", "bonus", "correction", "expiry", "other"]


class Redeem(Signed, frozen=True):
    amount: Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
    reward: Text


class RedeemReceipt(Receipt, frozen=True, tag="redeem"):
    number: Int
    balance: Int
    voucher: Word | None = None


class Leave(Signed, frozen=True):
    reason: Reason | None = None


class LeaveReceipt(Receipt, frozen=True, tag="leave"):
    balance: Int
    payout: Money | None = None


class Close(Signed, frozen=True):
    balance: Int
    reason: Reason
    by: Date
    payout: Money | None = None


class CloseReceipt(Receipt, frozen=True, tag="close"): ...
