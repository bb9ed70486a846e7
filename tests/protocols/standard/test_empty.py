"""Empty 1.0."""

from protocols.standard.empty import Empty, Role, State, empty
from tests.protocols.peers import Peers

SAMPLES = (Empty(),)


def test_an_empty_message_ends_its_own_thread() -> None:
    peers = Peers(empty)

    peers.say(Role.SENDER, Empty())

    assert peers.states == {State.DONE}
