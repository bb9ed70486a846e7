"""Keys by their ids: used, loaded, remembered and forgotten."""

import pytest

from wallet.errors import NotFound
from wallet.keys import (
    Curve,
    Keyring,
    PrivateKey,
    create,
    verify,
)

LONG, SHORT = "did:peer:4zQmHash:zDocument#key-1", "did:peer:4zQmHash#key-1"


def test_a_keyring_uses_keys_by_id() -> None:
    signing, agreement, peer = create(Curve.ED25519), create(Curve.X25519), create(Curve.X25519)
    ring = Keyring()

    ring.add("did:web:a.example#key-1", signing)
    ring.add("did:web:a.example#key-2", agreement)

    assert ring.holds("did:web:a.example#key-1")
    assert ring.public("did:web:a.example#key-1") == signing.public
    assert verify(signing.public, b"m", ring.sign("did:web:a.example#key-1", b"m"))
    assert ring.agree("did:web:a.example#key-2", peer.public) == peer.agree(agreement.public)


@pytest.mark.parametrize(("added", "asked"), [(LONG, SHORT), (SHORT, LONG)])
def test_a_keyring_knows_both_ids_of_a_peer_key(added: str, asked: str) -> None:
    ring = Keyring()
    ring.add(added, create(Curve.ED25519))

    assert ring.holds(asked)


def test_a_keyring_says_what_it_lacks() -> None:
    ring = Keyring()

    assert not ring.holds("did:web:a.example#key-1")
    with pytest.raises(NotFound):
        ring.sign("did:web:a.example#key-1", b"m")
    with pytest.raises(NotFound):
        ring.agree("did:web:a.example#key-1", create(Curve.X25519).public)


def test_a_keyring_loads_by_canonical_id_and_keeps_the_latest() -> None:
    asked: list[str] = []

    def load(kid: str) -> PrivateKey | None:
        asked.append(kid)
        return None if kid == "did:web:nobody.example#1" else create(Curve.ED25519)

    ring = Keyring(load, bound=2)
    for kid in (LONG, SHORT, "did:web:a.example#1", LONG, "did:web:b.example#1", SHORT, "did:web:a.example#1"):
        assert ring.holds(kid)

    assert not ring.holds("did:web:nobody.example#1")
    assert asked == [
        SHORT,
        "did:web:a.example#1",
        "did:web:b.example#1",
        "did:web:a.example#1",
        "did:web:nobody.example#1",
    ]


def test_without_a_source_a_keyring_drops_nothing() -> None:
    ring = Keyring(bound=1)

    for number in range(5):
        ring.add(f"did:web:a.example#{number}", create(Curve.ED25519))

    assert all(ring.holds(f"did:web:a.example#{number}") for number in range(5))


def test_a_lasting_agreement_is_remembered_until_its_key_changes_or_the_ring_forgets() -> None:
    first, second, peer = create(Curve.X25519), create(Curve.X25519), create(Curve.X25519)
    ring = Keyring()
    ring.add(LONG, first)

    for kid in (LONG, SHORT, LONG):
        assert ring.agree(kid, peer.public, lasting=True) == peer.agree(first.public)
    ring.add(SHORT, second)
    assert ring.agree(LONG, peer.public, lasting=True) == peer.agree(second.public)
    ring.forget()
    with pytest.raises(NotFound):
        ring.agree(LONG, peer.public, lasting=True)


def test_a_keyring_shows_no_keys() -> None:
    ring = Keyring()
    ring.add(LONG, create(Curve.ED25519))

    assert repr(ring) == "Keyring(1 loaded)"
