import json

import pytest

from wallet.dids import resolve
from wallet.dids.services import Endpoint, at
from wallet.dids.web import create_document, location
from wallet.errors import Malformed, Unresolved
from wallet.keys import Curve, create
from wallet.needs import answered, offline

DID, URL = "did:web:shop.example", "https://shop.example/.well-known/did.json"
SIGNING, AGREEMENT = create(Curve.ED25519).public, create(Curve.X25519).public


@pytest.mark.parametrize(
    ("did", "url"),
    [
        (DID, URL),
        ("did:web:shop.example%3A8443", "https://shop.example:8443/.well-known/did.json"),
        ("did:web:shop.example:user:alice", "https://shop.example/user/alice/did.json"),
        ("did:web:shop.example%3A8443:user", "https://shop.example:8443/user/did.json"),
        ("did:web:xn--bcher-kva.example:a.b_c-D", "https://xn--bcher-kva.example/a.b_c-D/did.json"),
        ("did:web:1.a-b.example", "https://1.a-b.example/.well-known/did.json"),
    ],
)
def test_a_did_is_a_place(did: str, url: str) -> None:
    assert location(did) == location(did, development=True) == url


@pytest.mark.parametrize(
    "rest",
    [
        "127.0.0.1",
        "127.0.0.1%3A6379",
        "10.0.0.1",
        "169.254.169.254",
        "2130706433",
        "017700000001",
        "0177.0.0.1",
        "0x7f000001",
        "0x7f.0.0.1",
        "0x7f.1",
        "127.1",
        "1.2.3.0x4",
        "%5B%3A%3A1%5D",
        "[::1]",
        "::1",
        "localhost",
        "localhost.",
        "localhost%3A8000",
        "a.localhost",
        "shop.example.",
        "shop..example",
        ".example",
        "example",
        "-shop.example",
        "shop-.example",
        "shop_.example",
        "Shop.example",
        "SHOP.EXAMPLE",
        "b\u00fccher.example",
        "a" * 64 + ".example",
        "a." * 130 + "example",
        "user@shop.example",
        "user%40shop.example",
        "user%3Apass%40shop.example",
        "shop.example%2Fetc",
        "shop.example%2fetc",
        "shop.example%5Cetc",
        "shop.example%00",
        "shop.example%0d%0a",
        "shop.example%20",
        "shop.example%23x",
        "shop.example%3Fx",
        "shop.example%3A",
        "shop.example%3A0",
        "shop.example%3A080",
        "shop.example%3A65536",
        "shop.example%3A80x",
        "shop.example%3a8080",
        "shop.example%253A80",
        "shop.example%3A80%3A80",
        "shop.example:..",
        "shop.example:.",
        "shop.example:a:..:b",
        "shop.example:%2e%2e",
        "shop.example:%2E%2E%2F",
        "shop.example:a%2Fb",
        "shop.example:a%5Cb",
        "shop.example:a%00",
        "shop.example:.well-known",
        "shop.example::a",
        "shop.example:",
        ":a",
        "",
        "shop.example/a",
        "shop.example?a",
        "shop.example#a",
        "shop.example\\a",
        "shop.example\n",
    ],
    ids=ascii,
)
def test_a_place_that_is_not_plainly_public_is_refused_before_anything_is_fetched(rest: str) -> None:
    with pytest.raises(Malformed):
        location(f"did:web:{rest}")
    with pytest.raises(Malformed):
        next(resolve(f"did:web:{rest}"))


@pytest.mark.parametrize(
    ("rest", "url"),
    [
        ("localhost%3A8000", "http://localhost:8000/.well-known/did.json"),
        ("127.0.0.1%3A8000:alice", "http://127.0.0.1:8000/alice/did.json"),
    ],
)
def test_in_development_this_machine_is_a_place(rest: str, url: str) -> None:
    assert location(f"did:web:{rest}", development=True) == url
    assert next(resolve(f"did:web:{rest}", development=True)).url == url


@pytest.mark.parametrize(
    "rest",
    [
        "localhost",
        "127.0.0.1",
        "127.0.0.2%3A8000",
        "0.0.0.0%3A8000",
        "10.0.0.1%3A8000",
        "localhost.%3A8000",
        "LOCALHOST%3A8000",
        "a.localhost%3A8000",
        "localhost%3A0",
        "localhost%3A8000:..",
        "2130706433%3A8000",
    ],
)
def test_in_development_nothing_else_is(rest: str) -> None:
    with pytest.raises(Malformed):
        location(f"did:web:{rest}", development=True)


def test_a_published_document_is_found() -> None:
    raw = create_document(DID, SIGNING, AGREEMENT, [at("https://shop.example/didcomm")])

    document = answered(resolve(DID), {URL: json.dumps(raw).encode()})

    assert document.key(f"{DID}#key-1", "authentication") == SIGNING
    assert document.key(f"{DID}#key-1", "assertionMethod") == SIGNING
    assert document.agreement_keys() == [(f"{DID}#key-2", AGREEMENT)]
    assert document.endpoint() == Endpoint("https://shop.example/didcomm")


def test_the_document_of_another_is_refused() -> None:
    raw = create_document("did:web:other.example", SIGNING, AGREEMENT)

    with pytest.raises(Malformed):
        answered(resolve(DID), {URL: json.dumps(raw).encode()})


@pytest.mark.parametrize(
    "answer", [b"", b"<html>", b"[]", b'{"id":"did:web:shop.example","id":"did:web:shop.example"}']
)
def test_an_answer_that_is_no_document_is_refused(answer: bytes) -> None:
    with pytest.raises(Malformed):
        answered(resolve(DID), {URL: answer})


def test_without_an_answer_it_stays_unresolved() -> None:
    with pytest.raises(Unresolved):
        offline(resolve(DID))


def test_a_document_is_limited_to_256_kib() -> None:
    need = next(resolve(DID))

    assert need.limit == 256 * 1024
