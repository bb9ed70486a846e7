import pytest

from tests.cost import cost
from wallet.dids import resolve
from wallet.dids.syntax import MAX_DID, parted, specific_id
from wallet.errors import Malformed, Unsupported
from wallet.needs import offline


@pytest.mark.parametrize(
    ("did", "method", "rest"),
    [
        ("did:web:a.example%3A8443:x", "web", "a.example%3A8443:x"),
        ("did:key:z6Mk", "key", "z6Mk"),
        ("did:3:_-.", "3", "_-."),
        ("did:x:a::b", "x", "a::b"),
    ],
)
def test_a_did_has_a_method_and_an_id(did: str, method: str, rest: str) -> None:
    assert parted(did) == (method, rest)
    assert specific_id(method, did) == rest


@pytest.mark.parametrize(
    "did",
    [
        "",
        "did",
        "did:",
        "did:web",
        "did:web:",
        "did::a",
        "DID:web:a",
        "did:WEB:a.example",
        "did:Web:a.example",
        "did:web:a.example#",
        "did:web:a.example#key",
        "did:web:a.example/path",
        "did:web:a.example?query",
        "did:web:a.example:",
        "did:web:a b",
        "did:web:a.example\n",
        " did:web:a.example",
        "did:web:%",
        "did:web:%2",
        "did:web:%zz",
        "did:web:é.example",
        "did:web:a@b",
        "did:web:a\\b",
        "did:web:a\0",
        "did:web:\ud800",
        "did:key:" + "z" * MAX_DID,
    ],
    ids=lambda did: ascii(did[:30]),
)
def test_what_is_no_did_is_malformed_and_asks_for_nothing(did: str) -> None:
    with pytest.raises(Malformed):
        parted(did)
    with pytest.raises(Malformed):
        offline(resolve(did))


def test_percent_chaos_is_refused_at_once() -> None:
    def refused() -> None:
        for did in ("did:web:" + "a%" * 4000, "did:web:" + "%41" * 2700 + "%", "did:web:" + "a" * 8000 + "!"):
            with pytest.raises(Malformed):
                parted(did)

    assert cost(refused) < 0.05


@pytest.mark.parametrize(
    "did", ["did:example:123", "did:ion:abc", "did:indy:sovrin:abc", "did:peer:1zQm", "did:peer:x"]
)
def test_an_unknown_method_is_unsupported_and_asks_for_nothing(did: str) -> None:
    with pytest.raises(Unsupported):
        offline(resolve(did))


def test_a_did_of_another_method_is_not_this_ones() -> None:
    with pytest.raises(Malformed):
        specific_id("key", "did:web:a.example")
