"""What is said in consent/1.0: what is asked for, what is granted, the data, and what was deleted.

The table is in `consent.py`. Source: vrm-protocols, section 5.3.
"""

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

import msgspec

from protocols.machine import Signed, Thread, Time
from protocols.messages import Values
from protocols.vrm.base import (
    Code,
    Country,
    Digest,
    Duration,
    ItemLabel,
    KeptItem,
    Part,
    Ptr,
    Reason,
    Receipt,
    SignedDecline,
    Text,
)


class Wanted(Part, frozen=True):
    """One item that is asked for. necessary: whether what she wants cannot be done without it."""

    ptr: Ptr
    purpose: Text
    necessary: bool


class Granted(Part, frozen=True):
    ptr: Ptr
    purpose: Text
    until: Time


class Request(Signed, frozen=True):
    """legal_basis: a DPV term; recipients: whom the org passes it on to; storage: in which countries."""

    schema: Code
    items: Annotated[tuple[Wanted, ...], msgspec.Meta(min_length=1, max_length=64)]
    legal_basis: Text
    recipients: tuple[Text, ...]
    retention: Duration
    storage: tuple[Country, ...]
    refusal_effect: Text
    until: Time
    answer_by: Time | None = None


class Grant(Signed, frozen=True):
    """agreement: the record of the terms under which it is given."""

    schema: Code
    items: Annotated[tuple[Granted, ...], msgspec.Meta(min_length=1, max_length=64)]
    recipients: tuple[Text, ...]
    retention: Duration
    legal_basis: Text
    agreement: Digest
    refused: tuple[Ptr, ...] = ()


class Volunteer(Grant, frozen=True):
    """The same, unasked."""

    name: ClassVar[str] = "volunteer"


class GrantReceipt(Receipt, frozen=True, tag="grant"): ...


class Decline(SignedDecline, frozen=True):
    reason: Literal["beyond-agreement", "not-needed", "too-long", "not-comfortable", "other"]


class Disclose(Signed, frozen=True):
    """values: by pointer, one for each label. record: of this consent."""

    record: Digest
    labels: Annotated[tuple[ItemLabel, ...], msgspec.Meta(min_length=1, max_length=256)]
    values: Values = msgspec.field(default_factory=dict)


class Withdraw(Signed, frozen=True):
    reason: Reason | None = None


class WithdrawReceipt(Receipt, frozen=True, tag="withdraw"):
    """Said when deletion is complete. told: recipients that were told to delete it, too."""

    stopped: tuple[Ptr, ...]
    deleted: tuple[Ptr, ...]
    kept: tuple[KeptItem, ...]
    told: tuple[Text, ...]


class Stop(Signed, frozen=True):
    """The same as the receipt of a withdrawal, without one."""

    stopped: tuple[Ptr, ...]
    deleted: tuple[Ptr, ...]
    kept: tuple[KeptItem, ...]
    told: tuple[Text, ...]


def covered(ptr: str, items: Iterable[str]) -> bool:
    """Whether a value at `ptr` is one of the items, or inside one."""
    return any(ptr == each or ptr.startswith(f"{each}/") for each in items)


def granted(thread: Thread) -> Grant:
    """What was granted in this thread, asked or unasked. Raises Misuse if nothing was."""
    unasked = any(entry.name == Volunteer.name for entry in thread.said)
    return thread.latest(Volunteer) if unasked else thread.latest(Grant)
