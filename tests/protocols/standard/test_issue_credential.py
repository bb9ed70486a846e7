"""Issue Credential 3.0."""

from protocols.machine import Ask, Attachment, Content
from protocols.standard.issue_credential import (
    Ack,
    IssueCredential,
    OfferCredential,
    ProposeCredential,
    RequestCredential,
    Role,
    State,
    issue_credential,
)
from protocols.standard.report_problem import ProblemReport
from tests.protocols.peers import Peers

PAPER = (Attachment(data=Content(json={"a": 1}), id="1", format="freerange/credential-offer@v1"),)
SAMPLES = (
    ProposeCredential(comment="A library card, please"),
    OfferCredential(attachments=PAPER),
    RequestCredential(attachments=PAPER),
    IssueCredential(attachments=PAPER),
    Ack(),
)
PROPOSE, OFFER, REQUEST, ISSUE, ACK = SAMPLES


def test_an_offer_ends_with_a_credential_kept_and_acknowledged() -> None:
    peers = Peers(issue_credential)
    peers.say(Role.ISSUER, OFFER)
    peers.say(Role.HOLDER, REQUEST)

    peers.say(Role.ISSUER, ISSUE)

    assert peers.states == {State.DONE}
    assert peers.kept == [(Role.HOLDER, ISSUE)]


def test_the_person_decides_on_an_offer_and_the_issuer_on_a_request() -> None:
    peers = Peers(issue_credential)

    peers.say(Role.ISSUER, OFFER)
    assert peers.effects[Role.HOLDER] == (Ask(),)
    peers.say(Role.HOLDER, REQUEST)
    assert peers.effects[Role.ISSUER] == (Ask(),)


def test_the_holder_may_begin_and_both_may_bargain() -> None:
    peers = Peers(issue_credential)

    for role, message in ((Role.HOLDER, PROPOSE), (Role.ISSUER, OFFER), (Role.HOLDER, PROPOSE), (Role.ISSUER, OFFER)):
        peers.say(role, message)

    assert peers.states == {State.OFFERED}


def test_no_is_a_problem_report_and_ends_it_on_both_sides() -> None:
    peers = Peers(issue_credential)
    peers.say(Role.ISSUER, OFFER)

    peers.say(Role.HOLDER, ProblemReport("e.p.req.declined"))

    assert peers.states == {State.ABANDONED}
    assert issue_credential.type_of(ProblemReport) == "https://didcomm.org/report-problem/2.0/problem-report"


def test_an_acknowledgement_says_ok_on_the_wire() -> None:
    assert issue_credential.read("ack", {"status": "OK"}) == ACK
