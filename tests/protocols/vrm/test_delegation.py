"""Delegation 1.0: mandate, introduction, strike."""

import pytest

from protocols.machine import Ask, Attachment, Content, Misuse, Publish
from protocols.problems import InvalidMessage
from protocols.vrm.base import DAY, VRM, Money
from protocols.vrm.delegation import Introducing, Role, State, Striking, introduction, mandate, strike
from protocols.vrm.delegation_words import (
    Accept,
    Act,
    Appoint,
    Confirm,
    Decline,
    Depart,
    Dismiss,
    Introduce,
    IntroduceReceipt,
    Limits,
    Report,
    Resign,
    ResignReceipt,
    Revoke,
    RevokeReceipt,
    SignedDecline,
    Strike,
    StrikeReceipt,
)
from tests.protocols.peers import Peers
from tests.protocols.specified import assert_rows

DUTY = "uEiAS1Ls9pXhZY_J_AS2z-aRT0MQg45UryVFmMec0j8vtpA"
UNTIL = "2027-01-31T00:00:00Z"
TEXT = Attachment(id="1", media_type="text/plain", data=Content(base64="WW91ciBkdXR5"))
APPOINT = Appoint(
    "did:web:broker.example", "fourth-party", ("intent/1.0/cast", "intent/1.0/answer"), (),
    Limits(1, casts=3, spend=Money("350.00", "GBP"), fields=("/name",)), False, DUTY, "P7D", UNTIL,
    answer_by="2026-11-16T09:00:00Z", attachments=(TEXT,),
)  # fmt: skip
REPORT = Report((Act("2026-11-09T10:00:00Z", f"{VRM}/intent/1.0/cast", DUTY, "did:web:shop.example"),))
SAMPLES = (
    APPOINT,
    Accept(DUTY),
    Decline("conflict-of-interest"),
    SignedDecline("unknown-mandate"),
    Confirm(UNTIL),
    REPORT,
    Revoke("not-needed"),
    RevokeReceipt("done", attachments=(TEXT,)),
    Resign(),
    ResignReceipt("done"),
    Introduce(DUTY, attachments=(TEXT,)),
    IntroduceReceipt("done", actions=("intent/1.0/cast",), until=UNTIL),
    Depart("done"),
    Dismiss("struck"),
    Strike(DUTY),
    StrikeReceipt("done"),
)


def active() -> Peers:
    peers = Peers(mandate)
    peers.say(Role.PERSON, APPOINT)
    peers.say(Role.AGENT, Accept(DUTY))
    peers.say(Role.PERSON, Confirm(UNTIL))
    return peers


def test_the_mandate_is_as_specified() -> None:
    """vrm-protocols, section 5.10."""
    assert_rows(
        mandate,
        """
        start person appoint ●⏱ appointed
        appointed agent accept ● accepted
        appointed agent decline - declined
        accepted person confirm ● active
        accepted person decline - declined
        active agent report ● active
        active person revoke ● revoking
        revoking agent receipt(revoke) ● revoked
        active agent resign ● resigning
        resigning person receipt(resign) ● revoked
        revoking agent report ●crossed same
        revoking agent resign ●crossed revoked
        resigning person revoke ●crossed revoked
        """,
    )
    assert mandate.lapses == {"appointed": ("person", 14 * DAY)}
    assert mandate.committed == {"accepted": "agent"}
    assert mandate.final == {"declined", "revoked"}
    assert mandate.binding == {"active", "revoking", "resigning", "revoked"}


def test_introduction_and_strike_are_as_specified() -> None:
    """vrm-protocols, section 5.10."""
    assert_rows(
        introduction,
        """
        start agent introduce ● introduced
        introduced org receipt(introduce) ● recognised
        introduced org decline ● declined
        recognised agent depart ● departed
        recognised org dismiss ● dismissed
        departed org dismiss ●crossed dismissed
        dismissed agent depart ●crossed same
        """,
    )
    assert_rows(
        strike,
        """
        start person strike ● striking
        striking org receipt(strike) ● struck
        striking org decline ● declined
        """,
    )
    assert (introduction.lapses, strike.lapses) == ({}, {})
    assert (introduction.committed, strike.committed) == ({"introduced": "agent"}, {"striking": "person"})
    assert introduction.final == {"declined", "departed", "dismissed"}
    assert strike.final == {"declined", "struck"}
    assert strike.binding == {"struck"}


def test_both_are_bound_by_what_the_person_confirmed_and_may_end_it() -> None:
    peers = active()
    assert len({record for _, record in peers.bound}) == 1

    peers.say(Role.AGENT, REPORT)
    peers.say(Role.PERSON, Revoke())

    assert Ask() in peers.effects[Role.AGENT]
    peers.say(Role.AGENT, RevokeReceipt("done"))
    assert peers.states == {State.REVOKED}


def test_a_mandate_given_back_is_noted_at_once() -> None:
    peers = active()

    peers.say(Role.AGENT, Resign())

    assert peers.states == {State.REVOKED}


def test_it_is_never_confirmed_for_longer_than_was_offered_nor_under_another_duty() -> None:
    peers = Peers(mandate)
    peers.say(Role.PERSON, APPOINT)
    with pytest.raises(Misuse):
        peers.say(Role.AGENT, Accept("uEiAxhGqvBEYXZ8ybrDBhE6Yj6GHL6TL0ZtTxRht_1F8nfw"))
    peers.say(Role.AGENT, Accept(DUTY))

    with pytest.raises(Misuse):
        peers.say(Role.PERSON, Confirm("2027-01-31T00:00:01Z"))

    assert peers.states == {State.ACCEPTED}


def test_an_orgs_own_systems_hear_who_acts_for_whom_and_who_no_longer() -> None:
    shown, over = Peers(introduction), Peers(strike)
    shown.say(Introducing.AGENT, Introduce(DUTY, attachments=(TEXT,)))
    shown.say(Introducing.ORG, IntroduceReceipt("done", actions=("intent/1.0/cast",), until=UNTIL))
    over.say(Striking.PERSON, Strike(DUTY))
    over.say(Striking.ORG, StrikeReceipt("done"))

    assert Publish("recognised") in shown.effects[Introducing.ORG]
    assert Publish("struck") in over.effects[Striking.ORG]
    assert (shown.states, over.states) == ({State.RECOGNISED}, {State.STRUCK})


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("appoint", {}),
        ("report", {"acts": [{"at": "now", "type": VRM, "digest": DUTY}]}),
        ("accept", {"duty": "anything"}),
    ],
)
def test_a_body_that_is_not_as_specified_is_refused(name: str, body: dict[str, object]) -> None:
    with pytest.raises(InvalidMessage, match=f"The body of {name} is not as specified"):
        mandate.read(name, body)
