"""What all families of vendor relationship management share. Source: vrm-protocols, sections 3.1, 3.5 and 3.11.

A message that creates, changes or ends a right or a duty is `Signed`; the parts inside it are `Part`s, so that an
unknown member is an error at any depth. The problems the families raise are in `protocols/problems.py`.
"""

from typing import Annotated, ClassVar, Literal

import msgspec

from protocols.machine import Message, Signed, Time

VRM = "https://freerange.example/vrm"
"""Where the families are documented. A placeholder: set it to a domain of yours before the first release."""

DAY = 86400

Date = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
Duration = Annotated[
    str,
    msgspec.Meta(pattern=r"^P(?=.)([0-9]+Y)?([0-9]+M)?([0-9]+W)?([0-9]+D)?(T(?=.)([0-9]+H)?([0-9]+M)?([0-9]+S)?)?\Z"),
]
Int = Annotated[int, msgspec.Meta(ge=-(2**53) + 1, le=2**53 - 1)]
Text = Annotated[str, msgspec.Meta(max_length=2000)]
Code = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*\Z", max_length=64)]
Uri = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9+.-]*:[^\s<>]+\Z", max_length=2048)]
Ptr = Annotated[str, msgspec.Meta(pattern=r"^(/([^/~]|~[01])*)*\Z", max_length=512)]
"""A JSON Pointer (RFC 6901)."""
Country = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?\Z")]
"""ISO 3166."""
Digest = Annotated[str, msgspec.Meta(pattern=r"^uEi[A-D][A-Za-z0-9_-]{42}[AQgw]\Z")]
"""`u` and the base64url of a SHA-256 multihash: 47 characters."""

Nonce = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{21}[AQgw]\Z")]
"""16 random bytes in base64url."""

Disposal = Literal["erase", "return-then-erase", "keep-legal-minimum"]
"""What must happen, or has happened, to a person's data."""

Reason = Literal["not-needed", "changed-mind", "moving-on", "breach", "expired", "other"]
"""Why something ends, where a family has no list of its own."""

NEVER_REFUSED = frozenset({
    "ask-release", "cancel", "close", "confirm", "decline", "depart", "disclose", "dismiss", "end", "leave", "receipt",
    "release", "resign", "retire", "retract", "revoke", "stop", "update", "withdraw",
})  # fmt: skip
"""Messages that no rule refuses, but for bad form or proof: they commit, or they end."""

OUTLIVING = frozenset({f"{VRM}/data-rights/1.0", f"{VRM}/audit/1.0"})
"""Families that are spoken after a relationship's end, too: what was done in it can still be asked about."""


def outlives(uri: str, name: str) -> bool:
    """Whether a message may be said after the end of a relationship (section 4). uri: of its protocol."""
    return name in NEVER_REFUSED or uri in OUTLIVING


class Part(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A structure inside a message."""


class Money(Part, frozen=True):
    amount: Annotated[str, msgspec.Meta(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,6})?\Z")]
    currency: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z")]


class AgreementRef(Part, frozen=True):
    """An agreement is its digest; id and version are for people."""

    id: Text
    version: Text
    digest: Digest


class Label(Part, frozen=True):
    """What a value may be used for (a DPV term), until when, and by which record."""

    purpose: Text
    expires: str
    record: Digest


class ItemLabel(Part, frozen=True):
    """A Label as it travels beside values: for which of them; the message names the record once, for all."""

    ptr: Ptr
    purpose: Text
    expires: Time


class KeptItem(Part, frozen=True):
    """A value that is not deleted, and why; a back-up is named here, with its end."""

    ptr: Ptr
    why: Literal["legal-duty", "claim", "other"]
    until: Date


class Decline(Message, frozen=True):
    """No. Never refused, never answered; both sides keep it."""

    name: ClassVar[str] = "decline"
    reason: Code
    text: Text | None = None


class SignedDecline(Signed, frozen=True):
    """No, signed."""

    name: ClassVar[str] = "decline"
    reason: Code
    text: Text | None = None


class Receipt(Signed, frozen=True, tag_field="of"):
    """Received, or done where the family says so; never agreed. Its tag is the name of the message it answers."""

    name: ClassVar[str] = "receipt"
    result: Literal["done", "partial", "pending"]
