import pytest

from wallet.names import canonical, canonical_kid, did_of, same

LONG, SHORT = "did:peer:4zQmHash:zDocument", "did:peer:4zQmHash"


@pytest.mark.parametrize(
    ("did_url", "did"),
    [
        ("did:web:a.example#key-1", "did:web:a.example"),
        ("did:web:a.example", "did:web:a.example"),
        ("did:web:a.example/path?query#fragment", "did:web:a.example"),
        ("did:web:a.example?versionId=1", "did:web:a.example"),
        (f"{LONG}#key-1", LONG),
        ("", ""),
    ],
)
def test_a_did_url_begins_with_its_did(did_url: str, did: str) -> None:
    assert did_of(did_url) == did


@pytest.mark.parametrize("did", ["did:web:a.example:path", "did:peer:2.Vz6Mk.Ez6LS", "did:key:z6Mk", SHORT])
def test_other_dids_have_one_spelling(did: str) -> None:
    assert canonical(did) == did
    assert canonical_kid(f"{did}#key-1") == f"{did}#key-1"


def test_both_forms_of_a_did_peer_4_name_one_subject() -> None:
    assert canonical(LONG) == SHORT
    assert canonical_kid(f"{LONG}#key-1") == f"{SHORT}#key-1"
    assert same(LONG, SHORT)
    assert not same(LONG, "did:peer:4zQmOther")
