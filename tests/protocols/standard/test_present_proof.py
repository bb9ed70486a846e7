"""Present Proof 3.0."""

import msgspec

from protocols.machine import Ask, Attachment, Content
from protocols.messages import encode
from protocols.standard.present_proof import (
    Ack,
    Presentation,
    ProposePresentation,
    Request,
    RequestPresentation,
    Role,
    State,
    present_proof,
)
from protocols.standard.report_problem import ProblemReport
from tests.protocols.peers import Peers

QUERY = Request(dcql_query={"credentials": []}, nonce="n", audience="did:web:library.example", purpose="To lend a book")
PAPER = (Attachment(data=Content(json=msgspec.to_builtins(QUERY)), id="1", format="dcql"),)
SAMPLES = (
    ProposePresentation(comment="I could show a library card"),
    RequestPresentation(goal="To lend you a book", will_confirm=True, attachments=PAPER),
    Presentation(attachments=PAPER),
    Ack(),
)
PROPOSE, REQUEST, PRESENTATION, ACK = SAMPLES


def presented() -> Peers:
    peers = Peers(present_proof)
    peers.say(Role.VERIFIER, REQUEST)
    peers.say(Role.PROVER, PRESENTATION)
    return peers


def test_nothing_is_shown_before_somebody_decided() -> None:
    peers = Peers(present_proof)

    peers.say(Role.VERIFIER, REQUEST)

    assert peers.effects[Role.PROVER] == (Ask(),)
    assert peers.states == {State.REQUESTED}


def test_the_prover_can_tell_what_for_it_is_asked() -> None:
    body, attachments = encode(REQUEST)

    assert body == {"goal": "To lend you a book", "will_confirm": True}
    assert msgspec.convert(attachments[0], Attachment).data.json == msgspec.to_builtins(QUERY)


def test_the_verifier_judges_and_is_content() -> None:
    peers = presented()
    assert peers.effects[Role.VERIFIER] == (Ask(),)

    peers.say(Role.VERIFIER, ACK)

    assert peers.states == {State.DONE}


def test_the_verifier_judges_and_is_not() -> None:
    peers = presented()

    peers.say(Role.VERIFIER, ProblemReport("e.p.trust.crypto.proof"))

    assert peers.states == {State.ABANDONED}


def test_the_prover_may_say_no() -> None:
    peers = Peers(present_proof)
    peers.say(Role.VERIFIER, REQUEST)

    peers.say(Role.PROVER, ProblemReport("e.p.req.declined"))

    assert peers.states == {State.ABANDONED}
