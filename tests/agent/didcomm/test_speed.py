"""What an envelope costs, counted in signature checks, so that the machine does not matter."""

from collections.abc import Callable
from time import perf_counter

import pytest
from nacl.signing import SigningKey

from agent.didcomm import envelopes, plaintext
from tests.agent.didcomm.people import TYPE, Person
from wallet.dids import peer
from wallet.dids.document import Document
from wallet.needs import Lookup, offline

LIMIT = 2.4  # measured: 1.6 to write, 1.8 to read; the goal is 2.0, the rest is for machines with something else to do


def cheapest(works: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The least time each takes, in seconds; taken in turns, so that a busy moment hits all alike."""
    least = dict.fromkeys(works, 1.0)
    for _ in range(60):
        for name, work in works.items():
            start = perf_counter()
            for _ in range(20):
                work()
            least[name] = min(least[name], (perf_counter() - start) / 20)
    return least


@pytest.mark.parametrize("known", [True, False], ids=["authcrypt", "anoncrypt"])
def test_a_message_of_a_kibibyte_costs_about_two_signature_checks(known: bool) -> None:
    """Between people who know each other, and so use the short forms of their DIDs."""
    alice, bob = Person(), Person()
    documents = {peer.short(one.did): offline(peer.resolve_short(one.did)) for one in (alice, bob)}
    (sender_kid, _), to = (documents[peer.short(one.did)].agreement_keys()[0] for one in (alice, bob))
    head = {"id": "1", "type": TYPE, "from_": peer.short(alice.did), "to": (peer.short(bob.did),)}
    bare = len(plaintext.write(plaintext.Plaintext(**head, body={"content": ""})))  # type: ignore[arg-type]  # mixed
    text = plaintext.Plaintext(**head, body={"content": "x" * (1024 - bare)})  # type: ignore[arg-type]  # mixed
    checker = SigningKey.generate()
    signed, verify_key = checker.sign(bytes(256)), checker.verify_key

    def resolve(did: str) -> Lookup[Document]:
        yield from ()
        return documents[did]

    def seal() -> bytes:
        sender = sender_kid if known else None
        return envelopes.seal(plaintext.write(text), keys=alice.ring, sender_kid=sender, recipients=[to])

    packed = seal()
    cost = cheapest(
        {
            "check": lambda: verify_key.verify(signed.message, signed.signature),
            "seal": seal,
            "open": lambda: offline(envelopes.open(packed, keys=bob.ring, resolve=resolve)),
        }
    )

    assert cost["seal"] <= LIMIT * cost["check"]
    assert cost["open"] <= LIMIT * cost["check"]
