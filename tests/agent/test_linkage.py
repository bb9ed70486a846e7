"""Domain linkage: a DID speaks for a domain only if the domain says so too."""

import pytest

from agent import linkage
from wallet import keys
from wallet.dids import web
from wallet.dids.document import Document, read
from wallet.keys import Curve, Keyring
from wallet.needs import Lookup, answered, offline

NOW = 1_800_000_000
SHOP = "https://shop.example"


def linked(did: str, origin: str = SHOP) -> Lookup[bool]:
    """Whether a DID that says it belongs to `origin` is taken to speak for shop.example."""
    signing, ring = keys.create(Curve.ED25519), Keyring()
    ring.add(f"{did}#key-1", signing)
    raw = web.create_document(did, signing.public, keys.create(Curve.X25519).public)

    def resolve(asked: str) -> Lookup[Document]:
        yield from ()
        return read(raw, asked)

    credential = linkage.make(did, f"{did}#key-1", origin=origin, keys=ring, now=NOW)
    return linkage.holds(credential, did=did, domain="shop.example", development=False, now=NOW, resolve=resolve)


def test_the_did_of_a_domain_speaks_for_it() -> None:
    assert offline(linked("did:web:shop.example"))


@pytest.mark.parametrize("origin", ["https://other.example", "http://shop.example", "https://shop.example/users"])
def test_another_origin_is_another_domain(origin: str) -> None:
    assert not offline(linked("did:web:shop.example", origin))


def test_one_of_many_under_a_domain_does_not_speak_for_it() -> None:
    """Whoever may put a file somewhere on a host could else be taken for the host."""
    assert not answered(linked("did:web:shop.example:users:mallory"), {SHOP + linkage.PATH: b'{"linked_dids":[]}'})
