"""What is said in Intent 1.0. Source: vrm-protocols, section 5.6. Who says it when is in `intent.py`."""

from typing import Annotated, Literal

import msgspec

from protocols.machine import Message, Signed, Time
from protocols.messages import Values
from protocols.vrm import base
from protocols.vrm.base import AgreementRef, Date, Digest, ItemLabel, Nonce, Reason, Receipt, SignedDecline, Text
from protocols.vrm.demand import Demand, Offer


class Cast(Signed, frozen=True):
    """level: what an org may learn before an order: 0 nothing, 1 eligibility, 2 a coarse profile, 3 a known customer.

    seal: bids are deposited as digests first, and opened after bid_by. nonce: binds the proof of eligibility.
    """

    demand: Demand
    level: Annotated[int, msgspec.Meta(ge=0, le=3)]
    terms: AgreementRef
    seal: bool
    questions: Annotated[int, msgspec.Meta(ge=0, le=5)]
    bid_by: Time
    select_by: Time
    nonce: Nonce
    must: Annotated[tuple[Text, ...], msgspec.Meta(max_length=20)] = ()


class Question(Message, frozen=True):
    text: Text


class Answer(Message, frozen=True):
    """question: the id of the message that asked."""

    text: Text
    question: str


class Seal(Signed, frozen=True):
    """bid_digest: of the JCS form of `{"bid": body of the bid without salt, "salt": ...}`."""

    bid_digest: Digest


class Bid(Signed, frozen=True):
    """accepts: digest of the cast's agreement, kept for this cast's data whatever the outcome."""

    offer: Offer
    valid_until: Time
    accepts: Digest
    conditions: Text | None = None
    salt: Nonce | None = None


class Select(Signed, frozen=True):
    """values: the least that is needed to check stock."""

    bid: Digest
    answer_by: Time | None = None
    values: Values = msgspec.field(default_factory=dict)


class SelectAck(Signed, frozen=True):
    bid: Digest
    hold_until: Time


class Confirm(Signed, frozen=True):
    """values: name, delivery and contact, by JSON Pointer."""

    bid: Digest
    labels: tuple[ItemLabel, ...]
    values: Values = msgspec.field(default_factory=dict)


class Release(Signed, frozen=True):
    reason: Reason


class AskRelease(Message, frozen=True):
    text: Text


class Close(Signed, frozen=True):
    """winning_band: between which prices the chosen bid was, never whose it was."""

    reason: Literal[
        "chose-another", "too-dear", "too-late", "changed-mind", "cancelled", "expired", "quota", "other"
    ]  # fmt: skip
    winning_band: Text | None = None


class CloseReceipt(Receipt, frozen=True, tag="close"):
    deleted_at: Time


class Outcome(Signed, frozen=True):
    order: Text
    delivery: Date | None = None


class Decline(SignedDecline, frozen=True):
    reason: Literal[
        "not-us", "area", "price", "stock", "sold-out", "terms", "eligibility", "quota", "later", "expired", "other"
    ]  # fmt: skip


class Join(Signed, frozen=True):
    pool: Text
    demand: Demand


class JoinReceipt(Receipt, frozen=True, tag="join"): ...


class PoolDecline(base.Decline, frozen=True):
    reason: Literal["not-us", "area", "quota", "later", "expired", "other"]


class Leave(Signed, frozen=True): ...


class LeaveReceipt(Receipt, frozen=True, tag="leave"): ...


class Matched(Signed, frozen=True):
    """bids: signed bids, as the broker got them."""

    bids: Annotated[tuple[dict[str, object], ...], msgspec.Meta(max_length=32)]
