"""What is said in `experience.py`: an experience, its answers, and its end. Source: vrm-protocols, section 5.9."""

from typing import Annotated, Literal

import msgspec

from protocols.machine import Attachment, Message, Signed, Time
from protocols.vrm.base import Date, Digest, Int, Money, Part, Reason, Receipt, SignedDecline, Text

Kind = Literal["praise", "complaint", "idea", "question", "regret", "why-i-left"]
Audience = Literal["org", "intermediary", "public"]
Attribution = Literal["none", "pseudonym", "named"]
Did = Annotated[str, msgspec.Meta(pattern=r"^did:[a-z0-9]+:[^\s<>]+\Z")]


class About(Part, frozen=True):
    """What it is about: the record of an order, a thing, or an org; any of them may be left out."""

    order: Digest | None = None
    thing: Did | None = None
    org: Did | None = None


class Rating(Part, frozen=True):
    """So many of so many."""

    value: Int
    best: Int


class Share(Signed, frozen=True):
    """want: what would put it right; answer_by: a wish, nothing lapses; attachments: a proof of purchase, if any."""

    kind: Kind
    about: About
    text: Text
    audience: Audience
    contact_ok: bool
    rating: Rating | None = None
    attribution: Attribution | None = None
    want: Text | None = None
    answer_by: Time | None = None
    attachments: tuple[Attachment, ...] = ()


class ShareReceipt(Receipt, frozen=True, tag="share"): ...


class Decline(SignedDecline, frozen=True):
    reason: Literal["not-ours", "abusive", "no-purchase", "other"]


class Respond(Signed, frozen=True):
    text: Text


class Add(Message, frozen=True):
    text: Text


class Resolve(Signed, frozen=True):
    """remedy: what the org will do; by: until when."""

    remedy: Text
    amount: Money | None = None
    by: Date | None = None


class Settle(Signed, frozen=True): ...


class Reopen(Signed, frozen=True):
    text: Text


class Retract(Signed, frozen=True):
    reason: Reason | None = None


class RetractReceipt(Receipt, frozen=True, tag="retract"):
    """Said when it has been removed. copies: those the org does not control."""

    copies: tuple[Text, ...]
