"""The words of Things 1.0: of a registration, a problem, a transfer, and a claim. Source: vrm-protocols 5.7."""

from typing import Annotated, Literal

import msgspec

from protocols.machine import Attachment, Message, Signed, Time
from protocols.vrm import base
from protocols.vrm.base import Code, Date, Digest, Money, Part, Receipt, Text, Uri

Did = Annotated[str, msgspec.Meta(pattern=r"^did:[a-z0-9]+:[A-Za-z0-9._:%-]+\Z", max_length=4096)]
Digests = Annotated[tuple[Digest, ...], msgspec.Meta(max_length=256)]
Month = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])\Z")]
Gtin = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{8,14}\Z")]

Refusal = Literal[
    "not-ours", "unknown-serial", "already-registered", "out-of-warranty", "chain-broken", "already-claimed",
    "changed-mind", "other",
]  # fmt: skip


class Thing(Part, frozen=True):
    """gtin: the kind of article; serial: the one article; url: its GS1 Digital Link or product passport."""

    name: Text
    gtin: Gtin | None = None
    serial: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    url: Uri | None = None


class Decline(base.SignedDecline, frozen=True):
    reason: Refusal


class NotWanted(base.Decline, frozen=True):
    """No transfer after all; nobody is bound, and so nobody signs it."""

    reason: Refusal


class Register(Signed, frozen=True):
    """attachments: the receipt or the ownership credential. acquired: the month, and no finer."""

    thing: Thing
    acquired: Month | None = None
    attachments: tuple[Attachment, ...] = ()


class RegisterReceipt(Receipt, frozen=True, tag="register"):
    warranty_until: Date | None = None
    support_until: Date | None = None


class Alert(Signed, frozen=True):
    kind: Literal["recall", "safety", "security", "end-of-support"]
    text: Text
    remedy: Text | None = None


class AlertReceipt(Receipt, frozen=True, tag="alert"): ...


class Release(Signed, frozen=True):
    reason: Literal["lost", "stolen", "scrapped", "returned", "passed-on"]


class ReleaseReceipt(Receipt, frozen=True, tag="release"): ...


class Fault(Part, frozen=True):
    text: Text
    code: Code | None = None
    since: Date | None = None


class Report(Signed, frozen=True):
    """attachments: the thing, and its receipt and warranty."""

    problem: Fault
    want: Literal["repair", "replace", "refund", "advice"]
    tried: Annotated[tuple[Text, ...], msgspec.Meta(max_length=32)] = ()
    attachments: tuple[Attachment, ...] = ()


class ReportReceipt(Receipt, frozen=True, tag="report"):
    case: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    answer_by: Time | None = None


class Update(Message, frozen=True):
    status: Literal["waiting-parts", "in-repair", "waiting-owner", "shipped"]
    text: Text | None = None


class Add(Message, frozen=True):
    text: Text


class Resolve(Signed, frozen=True):
    remedy: Literal["repaired", "replaced", "refunded", "advised", "denied"]
    text: Text
    reason: Refusal | None = None
    amount: Money | None = None


class Reopen(Signed, frozen=True):
    text: Text


class Close(Signed, frozen=True):
    solved: bool


class Offer(Signed, frozen=True):
    """credential: of the thing; history: Digests of what comes along with the confirmation."""

    thing: Thing
    credential: Digest
    history: Digests
    price: Money | None = None
    answer_by: Time | None = None


class Accept(Signed, frozen=True):
    """offer: Digest of the object that offered it; new_holder: a DID made for this thing."""

    offer: Digest
    new_holder: Did


class Confirm(Signed, frozen=True):
    """attachments: the credential, and the history that was offered."""

    offer: Digest
    credential: Digest
    new_holder: Did
    attachments: tuple[Attachment, ...] = ()


class Claim(Signed, frozen=True):
    """attachments: the credential, and every offer, accept and confirm since it was issued."""

    credential: Digest
    new_holder: Did
    attachments: tuple[Attachment, ...] = ()


class ClaimReceipt(Receipt, frozen=True, tag="claim"):
    reissue: Annotated[str, msgspec.Meta(max_length=64)]
