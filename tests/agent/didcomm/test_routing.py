"""Messages on their way through mediators."""

import json
from collections.abc import Callable

import pytest

from agent.didcomm import routing
from agent.didcomm.attachments import content_of
from agent.didcomm.envelopes import Opened
from tests.agent.didcomm.people import Person, authcrypt, resolve
from wallet import keys
from wallet.dids import document, web
from wallet.dids.document import Document
from wallet.dids.services import Endpoint, at
from wallet.errors import Unsupported
from wallet.keys import Curve
from wallet.needs import Lookup, offline


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


def leading(*uris: str) -> tuple[Callable[[str], Lookup[Document]], list[str]]:
    """DIDs with these addresses. Returns how to resolve them, and their names."""
    signing, agreement = keys.create(Curve.ED25519).public, keys.create(Curve.X25519).public
    names = [f"did:web:m{number}.example" for number in range(len(uris))]
    raw = {name: web.create_document(name, signing, agreement, [at(uri)]) for name, uri in zip(names, uris)}

    def resolve(did: str) -> Lookup[Document]:
        yield from ()
        return document.read(raw[did], did)

    return resolve, names


def test_a_did_for_an_address_is_looked_up_and_becomes_a_mediator_on_the_way() -> None:
    resolve, (mediator,) = leading("https://mediator.example/in")

    endpoint = offline(routing.reached_at(Endpoint(mediator, routing_keys=("did:example:mine",)), resolve))

    assert endpoint.uri == "https://mediator.example/in"
    assert endpoint.routing_keys == (f"{mediator}#key-2", "did:example:mine")
    assert offline(routing.reached_at(endpoint, resolve)) == endpoint


def test_two_dids_behind_each_other_are_followed_and_no_more() -> None:
    resolve, (first, second) = leading("did:web:m1.example", "https://m1.example")
    assert offline(routing.reached_at(Endpoint(first), resolve)).routing_keys == (f"{second}#key-2", f"{first}#key-2")

    resolve, (first, *_) = leading("did:web:m1.example", "did:web:m0.example")
    with pytest.raises(Unsupported, match="more than 2 times"):
        offline(routing.reached_at(Endpoint(first), resolve))
