import pytest

from wallet.dids import jwk, key, peer, resolve
from wallet.keys import Curve, create
from wallet.needs import offline

SIGNING, AGREEMENT = create(Curve.ED25519).public, create(Curve.X25519).public


@pytest.mark.parametrize(
    "did",
    [key.create(SIGNING), jwk.create(SIGNING), peer.create2(SIGNING, AGREEMENT), peer.create4(SIGNING, AGREEMENT)],
    ids=lambda did: did[:10],
)
def test_a_did_that_carries_its_document_is_read_once(did: str) -> None:
    first = offline(resolve(did))

    assert first.id == did
    assert offline(resolve(did)) is first


def test_a_did_on_the_web_is_asked_for_each_time() -> None:
    assert next(resolve("did:web:shop.example")).url == next(resolve("did:web:shop.example")).url
