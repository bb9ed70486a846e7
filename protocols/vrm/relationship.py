"""Relationship 1.0: meet, set house rules, be told things, leave. Source: vrm-protocols, section 5.1.

A person and an org (vendor, agency, official, club, church, charity) meet over an invitation or over the org's domain.
Each later conversation is a thread of its own, in a table of its own; signing in is in `sign_in.py`. The person speaks
from a DID that nobody else knows; the org proves its domain.
"""

from enum import StrEnum
from typing import Literal

import msgspec

from protocols.machine import Ask, Effects, Keep, Message, Protocol, Publish, Reply, Signed, Thread, Time
from protocols.vrm import base
from protocols.vrm.base import DAY, VRM, AgreementRef, Code, Date, Disposal, Int, Part, Reason, Receipt, Text, Uri


class Role(StrEnum):
    PERSON = "person"
    ORG = "org"


class State(StrEnum):
    START = "start"
    GREETED = "greeted"
    INVITED = "invited"
    MET = "met"
    STATED = "stated"
    IN_FORCE = "in-force"
    TOLD = "told"
    SEEN = "seen"
    LEAVING = "leaving"
    DISMISSING = "dismissing"
    ENDED = "ended"
    DECLINED = "declined"


Refusal = Literal["not-now", "cannot-keep", "quota", "other"]


class Decline(base.Decline, frozen=True):
    reason: Refusal


class SignedDecline(base.SignedDecline, frozen=True):
    reason: Refusal


class Hello(Message, frozen=True):
    """protocols: identifiers she speaks; languages: BCP 47; called: how she wishes to be addressed, if at all."""

    protocols: tuple[Uri, ...]
    languages: tuple[str, ...] = ()
    called: Text | None = msgspec.field(default=None, name="name")
    answer_by: Time | None = None


class Org(Part, frozen=True):
    name: Text
    url: Uri
    kind: Literal["vendor", "agency", "official", "club", "church", "charity", "other"]


class RightsContact(Part, frozen=True):
    email: Text | None = None
    url: Uri | None = None
    post: Text | None = None


class Welcome(Signed, frozen=True):
    """linkage: DIF Well Known DID Configuration credential. transport: the pairwise DID it writes from."""

    org: Org
    domain: str
    linkage: dict[str, object]
    agreements: tuple[AgreementRef, ...]
    protocols: tuple[Uri, ...]
    rights_contact: RightsContact
    transport: str | None = None
    answer_by: Time | None = None


class Rules(Signed, frozen=True):
    """What the org may send her, and how. version rises; the highest in force governs. quiet: HH:MM, IANA time zone."""

    version: Int
    channels: dict[Literal["agent", "email", "phone", "post"], Literal["any", "service-only", "never"]]
    promotion: Literal["none", "asked", "any"]
    topics: dict[Literal["allow", "deny"], tuple[Code, ...]] | None = None
    max_per_week: Int | None = None
    quiet: dict[Literal["from", "to", "zone"], str] | None = None
    paused: bool | None = None


class RulesReceipt(Receipt, frozen=True, tag="rules"): ...


class Notice(Signed, frozen=True):
    kind: Literal["recall", "breach", "order", "service", "terms-change", "ownership-change", "closure", "promotion"]
    text: Text
    topic: Code | None = None
    about: dict[Literal["thing", "order", "record"], Text] | None = None
    action_by: Time | None = None


class NoticeReceipt(Receipt, frozen=True, tag="notice"): ...


class End(Signed, frozen=True):
    data: Disposal
    by: Date
    reason: Reason | None = None


class Kept(Part, frozen=True):
    what: Text
    why: Literal["legal-duty", "claim", "other"]
    until: Date


class EndReceipt(Receipt, frozen=True, tag="end"):
    """Said when erasure is complete."""

    kept: tuple[Kept, ...]
    erased_at: Time | None = None


family = f"{VRM}/relationship/1.0"
meet = Protocol(
    family, Role, State.START, final=frozenset({State.MET, State.DECLINED}), table="meet", reliable=True,
    lapses={State.GREETED: (Role.PERSON, 14 * DAY), State.INVITED: (Role.ORG, 14 * DAY)},
)  # fmt: skip
rules = Protocol(
    family, Role, State.START, final=frozenset({State.IN_FORCE, State.DECLINED}), table="rules", reliable=True,
    binding=frozenset({State.IN_FORCE}), committed={State.STATED: Role.PERSON},
)  # fmt: skip
notice = Protocol(
    family, Role, State.START, final=frozenset({State.SEEN}), table="notice", reliable=True,
    binding=frozenset({State.SEEN}), committed={State.TOLD: Role.ORG},
)  # fmt: skip
end = Protocol(
    family, Role, State.START, final=frozenset({State.ENDED}), table="end", reliable=True,
    binding=frozenset({State.ENDED}), committed={State.LEAVING: Role.PERSON, State.DISMISSING: Role.ORG},
)  # fmt: skip
TABLES = (meet, rules, notice, end)


@meet.row(when=State.START, by=Role.PERSON, says=Hello, then=State.GREETED, expires=True)
def hello(thread: Thread, message: Hello) -> Effects:
    """The person answers the org's invitation from a fresh pairwise DID."""
    yield Ask()


@meet.row(when=State.GREETED, by=Role.ORG, says=Welcome, then=State.MET)
def welcome(thread: Thread, message: Welcome) -> Effects:
    """The org says who it is, proves its domain, lists what it accepts."""
    yield Keep("welcome", message)
    yield Publish("met")


@meet.row(when=State.START, by=Role.ORG, says=Welcome, then=State.INVITED, expires=True)
def invite(thread: Thread, message: Welcome) -> Effects:
    """The org answers an invitation the person showed."""
    yield Ask()


@meet.row(when=State.INVITED, by=Role.PERSON, says=Hello, then=State.MET)
def take_up(thread: Thread, message: Hello) -> Effects:
    """The person takes it up."""
    yield Keep("welcome", thread.latest(Welcome))
    yield Publish("met")


@meet.row(when=State.INVITED, by=Role.PERSON, says=Decline, then=State.DECLINED)
@meet.row(when=State.GREETED, by=Role.ORG, says=Decline, then=State.DECLINED)
def not_here(thread: Thread, message: Decline) -> None:
    """The org takes no new relationships here, or the person does not take up its invitation."""


@rules.row(when=State.START, by=Role.PERSON, says=Rules, then=State.STATED)
def state(thread: Thread, message: Rules) -> Effects:
    """The person states her house rules."""
    yield Ask()


@rules.row(when=State.STATED, by=Role.ORG, says=RulesReceipt, then=State.IN_FORCE)
def take(thread: Thread, message: RulesReceipt) -> Effects:
    """The org has them and keeps them: both are bound."""
    yield Keep("rules", thread.latest(Rules))
    yield Publish("rules")


@rules.row(when=State.STATED, by=Role.ORG, says=SignedDecline, then=State.DECLINED)
def cannot_keep(thread: Thread, message: SignedDecline) -> None:
    """The org cannot keep them; nothing is in force from this thread."""


@notice.row(when=State.START, by=Role.ORG, says=Notice, then=State.TOLD)
def tell(thread: Thread, message: Notice) -> Effects:
    """The org tells the person one thing."""
    yield Reply(NoticeReceipt("done"))


@notice.row(when=State.TOLD, by=Role.PERSON, says=NoticeReceipt, then=State.SEEN)
def see(thread: Thread, message: NoticeReceipt) -> Effects:
    """Provable arrival (received, not agreed)."""
    yield Publish("notice_seen")


@end.row(when=State.START, by=Role.PERSON, says=End, then=State.LEAVING)
def leave(thread: Thread, message: End) -> Effects:
    """The person ends it and says what must happen to her data."""
    yield Ask()


@end.row(when=State.START, by=Role.ORG, says=End, then=State.DISMISSING)
def dismiss(thread: Thread, message: End) -> Effects:
    """The org ends it."""
    yield Reply(EndReceipt("done", kept=()))


@end.row(when=State.DISMISSING, by=Role.PERSON, says=EndReceipt, then=State.ENDED)
@end.row(when=State.LEAVING, by=Role.ORG, says=EndReceipt, then=State.ENDED)
def ended(thread: Thread, message: EndReceipt) -> Effects:
    """It is over. The org says what it keeps, and why; the person's agent merely notes it."""
    yield Publish("ended")
