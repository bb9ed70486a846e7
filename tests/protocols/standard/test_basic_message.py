"""Basic Message 2.0."""

from protocols.standard.basic_message import BasicMessage, Role, State, basic_message
from tests.protocols.peers import Peers

SAMPLES = (BasicMessage("Good morning"),)


def test_in_a_chat_either_side_may_write_at_any_time() -> None:
    peers = Peers(basic_message)

    for role in (Role.SENDER, Role.SENDER, Role.RECEIVER, Role.SENDER):
        peers.say(role, BasicMessage("Good morning"))

    assert peers.states == {State.TALKING}


def test_a_message_that_cannot_be_taken_does_not_end_the_chat() -> None:
    """The split finder found it: a late complaint of the first message used to end a chat that had gone on."""
    peers = Peers(basic_message)
    first = peers.say(Role.SENDER, BasicMessage("Good morning"))

    assert peers.threads[Role.SENDER].entered != first
