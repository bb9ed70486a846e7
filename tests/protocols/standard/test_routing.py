"""Routing 2.0."""

from protocols.machine import Attachment, Content
from protocols.standard.routing import Forward, Role, State, routing
from tests.protocols.peers import Peers

SAMPLES = (Forward("did:example:next", (Attachment(data=Content(json={"ciphertext": "..."})),)),)


def test_a_forward_carries_what_it_forwards_as_attachments() -> None:
    sent = {"id": "1", "media_type": "application/didcomm-encrypted+json", "data": {"json": {"ciphertext": "..."}}}

    message = routing.read("forward", {"next": "did:example:next"}, [sent])

    assert isinstance(message, Forward)
    assert message.attachments[0].data.json == {"ciphertext": "..."}


def test_a_forward_is_all_there_is() -> None:
    peers = Peers(routing)

    peers.say(Role.SENDER, SAMPLES[0])

    assert peers.states == {State.FORWARDED}
