"""Loyalty 1.0: her statement, and their programme; neither needs the other. Source: vrm-protocols, section 5.8.

In a statement the person says to whom she is loyal and why, in her words, signed, until a date; she may take it back at
any time. A membership is a programme of the org that she joins: its rules are a text fixed by its digest, every balance
is signed and numbered, and she leaves in one step.
"""

from enum import StrEnum

from protocols.machine import Ask, Effects, Keep, Protocol, Publish, Reply, Thread
from protocols.problems import WrongAgreement
from protocols.vrm.base import DAY, VRM
from protocols.vrm.loyalty_words import (
    Close,
    CloseReceipt,
    Confirm,
    Credit,
    Declare,
    DeclareReceipt,
    Decline,
    Invite,
    Join,
    Leave,
    LeaveReceipt,
    Redeem,
    RedeemReceipt,
    Request,
    Retire,
    RetireReceipt,
    SignedDecline,
)


class Role(StrEnum):
    ORG = "org"
    PERSON = "person"


class State(StrEnum):
    START = "start"
    DECLARED = "declared"
    ACKNOWLEDGED = "acknowledged"
    RETIRING = "retiring"
    RETIRED = "retired"
    ASKED = "asked"
    INVITED = "invited"
    JOINING = "joining"
    MEMBER = "member"
    REDEEMING = "redeeming"
    LEAVING = "leaving"
    CLOSING = "closing"
    LEFT = "left"
    DECLINED = "declined"


family = f"{VRM}/loyalty/1.0"
statement = Protocol(
    family, Role, State.START, final=frozenset({State.RETIRED, State.DECLINED}), table="statement", reliable=True,
    binding=frozenset({State.ACKNOWLEDGED, State.RETIRING, State.RETIRED}), committed={State.DECLARED: Role.PERSON},
)  # fmt: skip
membership = Protocol(
    family, Role, State.START, final=frozenset({State.LEFT, State.DECLINED}), table="membership", reliable=True,
    binding=frozenset({State.MEMBER, State.REDEEMING, State.LEAVING, State.CLOSING, State.LEFT}),
    committed={State.JOINING: Role.PERSON},
    lapses={State.ASKED: (Role.PERSON, 14 * DAY), State.INVITED: (Role.ORG, 30 * DAY)},
)  # fmt: skip
TABLES = (statement, membership)


@statement.row(when=State.START, by=Role.PERSON, says=Declare, then=State.DECLARED)
def declare(thread: Thread, message: Declare) -> Effects:
    """The person says to whom she is loyal, and why."""
    yield Ask()


@statement.row(when=State.DECLARED, by=Role.ORG, says=DeclareReceipt, then=State.ACKNOWLEDGED)
def acknowledge(thread: Thread, message: DeclareReceipt) -> Effects:
    """The org has it, unaltered."""
    yield Keep("statement", thread.latest(Declare))
    yield Publish("declared")


@statement.row(when=State.DECLARED, by=Role.ORG, says=Decline, then=State.DECLINED)
def not_taken(thread: Thread, message: Decline) -> None:
    """The org does not want it."""


@statement.row(when=State.ACKNOWLEDGED, by=Role.PERSON, says=Retire, then=State.RETIRING)
def retire(thread: Thread, message: Retire) -> Effects:
    """It no longer holds, and why."""
    yield Publish("retired")
    yield Reply(RetireReceipt("done"))


@statement.row(when=State.RETIRING, by=Role.ORG, says=RetireReceipt, then=State.RETIRED)
def retired(thread: Thread, message: RetireReceipt) -> None:
    """The org stops relying on it."""


@membership.row(when=State.START, by=Role.PERSON, says=Request, then=State.ASKED, expires=True)
def ask(thread: Thread, message: Request) -> Effects:
    """The person asks for the programme's rules."""
    yield Ask()


@membership.row(when=(State.START, State.ASKED), by=Role.ORG, says=Invite, then=State.INVITED, expires=True)
def invite(thread: Thread, message: Invite) -> Effects:
    """Rules, benefits, data needed, exit terms: fixed by digest."""
    yield Ask()


@membership.row(when=State.INVITED, by=Role.PERSON, says=Decline, then=State.DECLINED)
@membership.row(when=State.ASKED, by=Role.ORG, says=Decline, then=State.DECLINED)
def not_here(thread: Thread, message: Decline) -> None:
    """No programme for her, or not wanted by her."""


@membership.row(when=State.INVITED, by=Role.PERSON, says=Join, then=State.JOINING)
def join(thread: Thread, message: Join) -> Effects:
    """The person commits to those rules, and waits."""
    if message.rules != (shown := thread.latest(Invite).rules):
        raise WrongAgreement(message.rules, shown)
    yield Ask()


@membership.row(when=State.JOINING, by=Role.ORG, says=Confirm, then=State.MEMBER)
def admit(thread: Thread, message: Confirm) -> Effects:
    """Admitted: both are bound; record id = digest of this object."""
    yield Publish("joined")


@membership.row(when=State.JOINING, by=Role.ORG, says=SignedDecline, then=State.DECLINED)
def not_admitted(thread: Thread, message: SignedDecline) -> None:
    """Not admitted after all."""


@membership.row(when=State.LEAVING, by=Role.ORG, says=Credit, then=None, crossed=True)
@membership.row(when=(State.MEMBER, State.REDEEMING), by=Role.ORG, says=Credit, then=None)
def credit(thread: Thread, message: Credit) -> None:
    """A new signed balance."""


@membership.row(when=State.MEMBER, by=Role.PERSON, says=Redeem, then=State.REDEEMING)
def redeem(thread: Thread, message: Redeem) -> Effects:
    """The person spends from her balance."""
    yield Ask()


@membership.row(when=State.CLOSING, by=Role.PERSON, says=Redeem, then=None, crossed=True)
def redeem_late(thread: Thread, message: Redeem) -> None:
    """A wish to spend that was on its way when the programme ended."""


@membership.row(when=State.LEAVING, by=Role.ORG, says=RedeemReceipt, then=None, crossed=True)
@membership.row(when=State.REDEEMING, by=Role.ORG, says=RedeemReceipt, then=State.MEMBER)
def redeemed(thread: Thread, message: RedeemReceipt) -> Effects:
    """Done, with the new balance."""
    yield Publish("redeemed")


@membership.row(when=State.LEAVING, by=Role.ORG, says=SignedDecline, then=None, crossed=True)
@membership.row(when=State.REDEEMING, by=Role.ORG, says=SignedDecline, then=State.MEMBER)
def not_redeemed(thread: Thread, message: SignedDecline) -> None:
    """Not possible, with reason; balance unchanged."""


@membership.row(when=(State.MEMBER, State.REDEEMING), by=Role.PERSON, says=Leave, then=State.LEAVING)
def leave(thread: Thread, message: Leave) -> Effects:
    """Out, in one step."""
    yield Ask()


@membership.row(when=State.LEAVING, by=Role.ORG, says=LeaveReceipt, then=State.LEFT)
def left(thread: Thread, message: LeaveReceipt) -> Effects:
    """Final balance, pay-out, data disposal."""
    yield Publish("left")


@membership.row(when=State.REDEEMING, by=Role.ORG, says=Close, then=State.CLOSING, crossed=True)
@membership.row(when=State.MEMBER, by=Role.ORG, says=Close, then=State.CLOSING)
def close(thread: Thread, message: Close) -> Effects:
    """The programme ends for her; exit terms apply."""
    yield Reply(CloseReceipt("done"))


@membership.row(when=State.CLOSING, by=Role.PERSON, says=CloseReceipt, then=State.LEFT)
def noted(thread: Thread, message: CloseReceipt) -> Effects:
    """The person has noted it."""
    yield Publish("left")


@membership.row(when=State.LEAVING, by=Role.ORG, says=Close, then=State.LEFT, crossed=True)
def closed_by_both(thread: Thread, message: Close) -> None:
    """Both ended it at once: she had said that she leaves."""


@membership.row(when=State.CLOSING, by=Role.PERSON, says=Leave, then=State.LEFT, crossed=True)
def left_by_both(thread: Thread, message: Leave) -> Effects:
    """Both ended it at once: the org had said that the programme ends."""
    yield Publish("left")
