"""What is said in `delegation.py`: mandates, what they allow, and their ends. Source: vrm-protocols, section 5.10."""

from typing import Annotated, ClassVar, Literal

import msgspec

from protocols.machine import Attachment, Signed, Time
from protocols.vrm import base
from protocols.vrm.base import Digest, Duration, Int, Money, Part, Ptr, Reason, Receipt, Uri

Did = Annotated[str, msgspec.Meta(pattern=r"^did:[a-z0-9]+:[^\s<>]+\Z")]
Action = Annotated[str, msgspec.Meta(pattern=r"^[a-z]+(-[a-z]+)*/[0-9]+\.[0-9]+/[a-z]+(-[a-z]+)*\Z")]
"""A message of a family, as `intent/1.0/cast`."""
Kind = Literal["device", "assistant", "family", "guardian", "fourth-party", "authorized-agent", "recovery"]
Refusal = Literal[
    "scope", "unverifiable", "expired", "unknown-mandate", "conflict-of-interest", "changed-mind", "other"
]
Parting = Literal["done", "expired", "struck", "breach"]


class Limits(Part, frozen=True):
    """level: how much of her may be told, as in a cast; casts, spend: at most; fields: those that may be passed on."""

    level: Int
    casts: Int | None = None
    spend: Money | None = None
    fields: tuple[Ptr, ...] | None = None


class Appoint(Signed, frozen=True):
    """orgs: with whom it may act; empty: with any that proves its domain. duty: digest of the text attached."""

    agent: Did
    kind: Kind
    actions: tuple[Action, ...]
    orgs: tuple[Did, ...]
    limits: Limits
    sub_delegate: bool
    duty: Digest
    report_every: Duration
    until: Time
    answer_by: Time | None = None
    attachments: tuple[Attachment, ...] = ()


class Accept(Signed, frozen=True):
    duty: Digest


class Decline(base.Decline, frozen=True):
    reason: Refusal


class SignedDecline(base.SignedDecline, frozen=True):
    reason: Refusal


class Confirm(Signed, frozen=True):
    until: Time


class Act(Part, frozen=True):
    """One thing the agent did: when, by which message, and the digest of what it signed."""

    at: Time
    type: Uri
    digest: Digest
    org: Did | None = None


class Report(Signed, frozen=True):
    acts: tuple[Act, ...]


class Revoke(Signed, frozen=True):
    reason: Reason | None = None


class Resign(Revoke, frozen=True):
    name: ClassVar[str] = "resign"


class RevokeReceipt(Receipt, frozen=True, tag="revoke"):
    """attachments: the last report."""

    attachments: tuple[Attachment, ...] = ()


class ResignReceipt(Receipt, frozen=True, tag="resign"): ...


class Introduce(Signed, frozen=True):
    """mandate: digest of the first copy for this org, which is attached."""

    mandate: Digest
    attachments: tuple[Attachment, ...] = ()


class IntroduceReceipt(Receipt, frozen=True, tag="introduce"):
    """actions: those the org takes, which may be fewer than it was shown."""

    actions: tuple[Action, ...]
    until: Time


class Depart(Signed, frozen=True):
    reason: Parting


class Dismiss(Depart, frozen=True):
    name: ClassVar[str] = "dismiss"


class Strike(Signed, frozen=True):
    mandate: Digest


class StrikeReceipt(Receipt, frozen=True, tag="strike"): ...
