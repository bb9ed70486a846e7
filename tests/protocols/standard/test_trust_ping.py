"""Trust Ping 2.0."""

from protocols.standard.trust_ping import Ping, PingResponse, Role, State, trust_ping
from tests.protocols.peers import Peers

SAMPLES = (Ping(), Ping(response_requested=False), PingResponse())


def test_a_ping_is_answered_at_once() -> None:
    peers = Peers(trust_ping)

    peers.say(Role.SENDER, Ping())

    assert peers.states == {State.DONE}
    assert peers.threads[Role.SENDER].latest(PingResponse) == PingResponse()


def test_a_ping_that_wants_no_answer_gets_none() -> None:
    peers = Peers(trust_ping)

    peers.say(Role.SENDER, Ping(response_requested=False))

    assert peers.states == {State.DONE}
    assert [entry.name for entry in peers.threads[Role.SENDER].said] == ["ping"]


def test_a_ping_asks_for_an_answer_unless_it_says_otherwise() -> None:
    assert trust_ping.read("ping", {}) == Ping(response_requested=True)
