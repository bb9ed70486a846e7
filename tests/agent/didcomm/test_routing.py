"""Messages on their way through mediators."""

import json

import pytest

from agent.didcomm import routing
from agent.didcomm.attachments import content_of
from agent.didcomm.envelopes import Opened
from tests.agent.didcomm.people import Person, authcrypt, resolve
from wallet.errors import Unsupported
from wallet.needs import offline


def unwrapped(opened: Opened) -> bytes:
    """What a mediator hands on."""
    assert opened.plaintext.type == routing.FORWARD
    assert opened.sender is None
    (attachment,) = opened.plaintext.attachments
    return content_of(attachment)


def test_each_mediator_learns_the_next_hop_and_nothing_else() -> None:
    alice, bob, near, far = (Person() for _ in range(4))
    packed = authcrypt(alice, bob)

    wrapped = offline(routing.forward(packed, to=bob.did, routing_keys=[near.agreement_kid, far.did], resolve=resolve))

    first = near.open(wrapped)
    second = far.open(unwrapped(first))
    assert first.plaintext.body == {"next": far.did}
    assert first.plaintext.to == (near.did,)
    assert second.plaintext.body == {"next": bob.did}
    assert json.loads(unwrapped(second)) == json.loads(packed)
    assert bob.open(unwrapped(second)).sender == alice.did


def test_without_mediators_nothing_changes() -> None:
    assert offline(routing.forward(b"x", to="did:example:bob", routing_keys=[], resolve=resolve)) == b"x"


def test_a_forward_may_say_when_it_is_too_late() -> None:
    alice, bob, mediator = Person(), Person(), Person()

    wrapped = offline(
        routing.forward(
            authcrypt(alice, bob), to=bob.did, routing_keys=[mediator.did], resolve=resolve, expires_time=1700000000
        )
    )

    assert mediator.open(wrapped).plaintext.expires_time == 1700000000


def test_an_endless_row_of_mediators_is_refused() -> None:
    with pytest.raises(Unsupported, match="9 mediators"):
        offline(routing.forward(b"{}", to="did:example:bob", routing_keys=["did:example:m"] * 9, resolve=resolve))
