"""Loyalty 1.0: statement and membership."""

import pytest

from protocols.machine import Ask, Attachment, Content, Misuse
from protocols.problems import InvalidMessage
from protocols.vrm.base import DAY, AgreementRef, Money
from protocols.vrm.loyalty import Role, State, membership, statement
from protocols.vrm.loyalty_words import (
    Cause,
    Close,
    CloseReceipt,
    Confirm,
    Credit,
    Declare,
    DeclareReceipt,
    Decline,
    Exit,
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
from tests.protocols.peers import Peers
from tests.protocols.specified import assert_rows

RULES = "uEiDAOouPuXmWSSCZSE5J8evky28QzSyjeucJIOcMGhTA0w"
OTHER = "uEiD9D-Ys0g5pI8c368jd8D6PolzyAcO1-_FWWasio6CNfA"
TERMS = AgreementRef(id="TEST-BASE", version="1", digest="uEiAPvcqXnXKf8cnHTt33IuvJfGDjYAMu6FoPgfphil8Wbg")
DECLARE = Declare(
    "first-choice",
    "groceries",
    (Cause("people"), Cause("quality", "the bread")),
    "2028-01-01",
    may_quote=False,
    since="2019",
    conditions=("shop stays on the high street",),
)
INVITE = Invite(
    {"@type": "MemberProgram", "name": "Club"},
    RULES,
    ("/emails",),
    Exit("paid-out", "P30D"),
    TERMS,
    attachments=(Attachment(id="rules", data=Content(base64="cnVsZXM"), media_type="text/plain"),),
)
CREDIT = Credit(12, change=50, balance=310, reason="purchase")
CLOSE = Close(310, "not-needed", "2027-01-01", payout=Money("3.10", "EUR"))
SAMPLES = (
    DECLARE,
    DeclareReceipt("done"),
    Retire("price", "too dear now"),
    RetireReceipt("done"),
    Request(program="Club"),
    INVITE,
    Join(RULES),
    Confirm("M-1", 0),
    CREDIT,
    Redeem(100, "coffee"),
    RedeemReceipt("done", number=13, balance=210, voucher="V-1"),
    Leave("moving-on"),
    LeaveReceipt("done", balance=310, payout=Money("3.10", "EUR")),
    CLOSE,
    CloseReceipt("done"),
    Decline("not-offered"),
    SignedDecline("balance"),
)


def member() -> Peers:
    peers = Peers(membership)
    peers.say(Role.ORG, INVITE)
    peers.say(Role.PERSON, Join(RULES))
    peers.say(Role.ORG, Confirm("M-1", 0))
    return peers


def test_the_tables_are_as_specified() -> None:
    """vrm-protocols, section 5.8."""
    assert_rows(
        statement,
        """
        start person declare ● declared
        declared org receipt(declare) ● acknowledged
        declared org decline - declined
        acknowledged person retire ● retiring
        retiring org receipt(retire) ● retired
        """,
    )
    assert_rows(
        membership,
        """
        start person ask ⏱ asked
        start,asked org invite ●⏱ invited
        asked org decline - declined
        invited person join ● joining
        invited person decline - declined
        joining org confirm ● member
        joining org decline ● declined
        member,redeeming org credit ● same
        member person redeem ● redeeming
        redeeming org receipt(redeem) ● member
        redeeming org decline ● member
        member,redeeming person leave ● leaving
        leaving org receipt(leave) ● left
        member org close ● closing
        closing person receipt(close) ● left
        leaving org credit ●crossed same
        leaving org receipt(redeem) ●crossed same
        leaving org decline ●crossed same
        redeeming org close ●crossed closing
        closing person redeem ●crossed same
        leaving org close ●crossed left
        closing person leave ●crossed left
        """,
    )
    assert statement.committed == {"declared": "person"}
    assert membership.committed == {"joining": "person"}
    assert membership.lapses == {"asked": ("person", 14 * DAY), "invited": ("org", 30 * DAY)}
    assert statement.binding == {"acknowledged", "retiring", "retired"}
    assert membership.binding == {"member", "redeeming", "leaving", "closing", "left"}


def test_a_statement_is_kept_by_both_as_it_was_said_until_it_is_taken_back() -> None:
    peers = Peers(statement)
    peers.say(Role.PERSON, DECLARE)
    peers.say(Role.ORG, DeclareReceipt("done"))
    assert peers.kept == [(Role.ORG, DECLARE), (Role.PERSON, DECLARE)]

    peers.say(Role.PERSON, Retire("service"))

    assert peers.states == {State.RETIRED}


def test_she_joins_by_the_rules_that_were_shown_and_by_no_others() -> None:
    peers = Peers(membership)
    peers.say(Role.ORG, INVITE)

    with pytest.raises(Misuse, match="was expected"):
        peers.say(Role.PERSON, Join(OTHER))

    assert peers.states == {State.INVITED}
    assert peers.bound == []


def test_a_decline_is_signed_or_not_as_the_row_says() -> None:
    body = {"reason": "not-eligible"}

    assert membership.read("decline", body, signed=False) == Decline("not-eligible")
    assert membership.read("decline", body, signed=True) == SignedDecline("not-eligible")


def test_she_spends_or_may_not_and_is_a_member_either_way() -> None:
    peers = member()
    for answer in (RedeemReceipt("done", number=1, balance=0), SignedDecline("balance")):
        peers.say(Role.PERSON, Redeem(100, "coffee"))
        assert Ask() in peers.effects[Role.ORG]

        peers.say(Role.ORG, answer)

        assert peers.states == {State.MEMBER}


@pytest.mark.parametrize("pending", [True, False])
def test_she_leaves_in_one_step_even_while_something_is_being_redeemed(pending: bool) -> None:
    peers = member()
    if pending:
        peers.say(Role.PERSON, Redeem(100, "coffee"))

    peers.say(Role.PERSON, Leave())
    peers.say(Role.ORG, LeaveReceipt("done", balance=310))

    assert peers.states == {State.LEFT}


def test_the_end_of_the_programme_is_noted_at_once() -> None:
    peers = member()

    peers.say(Role.ORG, CLOSE)

    assert peers.states == {State.LEFT}


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("redeem", {"amount": 0, "reward": "coffee"}),
        ("redeem", {"amount": 1.5, "reward": "coffee"}),
        ("credit", {"number": 1, "change": 1, "balance": 1, "reason": "because"}),
        ("join", {"rules": "the ones I saw"}),
    ],
)
def test_a_body_that_is_not_as_specified_is_refused(name: str, body: dict[str, object]) -> None:
    with pytest.raises(InvalidMessage, match=f"The body of {name} is not as specified"):
        membership.read(name, body)
