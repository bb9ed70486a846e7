"""What is said in data-rights/1.0: which right, the data, what was done, what was denied.

The table is in `data_rights.py`. Source: vrm-protocols, section 5.4; verbs and reasons of denial follow the Data Rights
Protocol 1.0, extended for the GDPR.
"""

from typing import Annotated, Literal

import msgspec

from protocols.machine import Attachment, Signed, Time
from protocols.messages import Values
from protocols.vrm.base import Date, Digest, KeptItem, Part, Ptr, Reason, Receipt, SignedDecline, Text, Uri

Right = Literal[
    "access", "categories", "recipients", "rectification", "erasure", "restriction", "portability", "objection",
    "no-automated-decision", "withdraw-all", "sale-opt-out",
]  # fmt: skip
Regime = Literal["gdpr", "ccpa", "agreement", "voluntary"]


class Exercise(Signed, frozen=True):
    """scope: what it is about, all if absent; format: media types; appeals: Digest of a denial; values: corrections."""

    right: Right
    regime: Regime
    scope: Annotated[tuple[Ptr, ...], msgspec.Meta(min_length=1, max_length=256)] | None = None
    format: tuple[Text, ...] | None = None
    appeals: Digest | None = None
    values: Values = msgspec.field(default_factory=dict)


class ExerciseReceipt(Receipt, frozen=True, tag="exercise"):
    received_at: Time
    due: Date
    reference: Text | None = None


class Progress(Signed, frozen=True):
    expected_by: Date
    details: Text


class Deliver(Signed, frozen=True):
    """One part of the data, attached. part: from 1. schema: what the data is in the form of."""

    part: Annotated[int, msgspec.Meta(ge=1, le=999)]
    parts: Annotated[int, msgspec.Meta(ge=1, le=999)]
    schema: Text
    attachments: tuple[Attachment, ...] = ()


class DeliverReceipt(Receipt, frozen=True, tag="deliver"): ...


class Fulfil(Signed, frozen=True):
    """done: what was done it to; told: recipients that were told."""

    done: tuple[Ptr, ...]
    kept: tuple[KeptItem, ...]
    told: tuple[Text, ...]


class FulfilReceipt(Receipt, frozen=True, tag="fulfil"): ...


class Appeal(Part, frozen=True):
    """Where to complain of a denial."""

    email: Text | None = None
    url: Uri | None = None


class Decline(SignedDecline, frozen=True, kw_only=True):
    reason: Literal[
        "no-match", "insufficient-verification", "not-covered", "outside-jurisdiction", "too-many-requests",
        "suspected-fraud", "other",
    ]  # fmt: skip
    appeal: Appeal


class DeclineReceipt(Receipt, frozen=True, tag="decline"): ...


class Cancel(Signed, frozen=True):
    reason: Reason | None = None


class CancelReceipt(Receipt, frozen=True, tag="cancel"): ...
