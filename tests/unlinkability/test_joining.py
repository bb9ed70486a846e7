"""The search for shared values finds one of each kind, however deep it lies, and nothing where there is none."""

import base64
import json
import secrets

import pytest

from tests.unlinkability.joining import joined, orders, values

TIME = "2026-11-22T09:31:17Z"


def b64(thing: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(thing).encode()).decode().rstrip("=")


def at_an_org(**planted: object) -> object:
    """Something an org might hold of somebody, with nothing in it that another org holds."""
    return {
        "kind": "message",
        "id": secrets.token_hex(16),
        "at": secrets.randbelow(1 << 32) * 60,
        "content": {"from": f"did:peer:4{secrets.token_hex(16)}", "created_time": 1_800_000_000, **planted},
    }


PLANTS: dict[str, object] = {
    "a DID": f"did:peer:4zQm{secrets.token_hex(16)}",
    "a key": {"kty": "OKP", "x": secrets.token_urlsafe(32)},
    "a key inside a protected header": {"protected": b64({"epk": {"x": secrets.token_urlsafe(32)}})},
    "an endpoint": "https://private-host.example:8443/inbox",
    "a routing key": {"uri": "https://mediator.example", "routing_keys": ["did:key:z6Mkq1w2e3r4t5y6u7i8o9p0"]},
    "an id": secrets.token_hex(16),
    "a time finer than a minute": TIME,
    "a time finer than a minute, in seconds": 1_800_000_001,
    "a number": 8_123_456_789,
    "a credential's id": f"urn:uuid:{secrets.token_hex(8)}",
    "a status list": {"status": {"status_list": {"uri": "https://issuer.example/status/4711", "idx": 7}}},
    "a nonce": secrets.token_urlsafe(16),
    "bytes of a signature": {"proofValue": f"z{secrets.token_hex(32)}"},
    "a claim inside a token": ".".join((b64({"alg": "EdDSA"}), b64({"sub": "member-4711"}), "c2ln")),
    "a claim inside a token that is an attachment": base64.urlsafe_b64encode(
        ".".join((b64({"alg": "EdDSA"}), b64({"sub": "member-4711"}), "c2ln")).encode()
    ).decode(),
    "JSON in JSON": json.dumps({"device": "phone-4711"}),
    "a user agent": {"headers": {"User-Agent": "wallet/7.1 (her phone)"}},
    "a file name": {"attachments": [{"filename": "IMG_20261122.jpg"}]},
    "a free text": "written by the very same hand",
}


@pytest.mark.parametrize("kind", PLANTS)
def test_a_planted_value_of_each_kind_is_found(kind: str) -> None:
    orgs = {name: values(at_an_org(planted=PLANTS[kind])) for name in ("one", "other")}

    constants = values(at_an_org(planted=""))
    assert joined(orgs, [constants])


def test_nothing_is_found_where_nothing_is_shared() -> None:
    orgs = {name: values(at_an_org(planted=secrets.token_hex(16))) for name in ("one", "other")}

    assert joined(orgs, [values(at_an_org(planted=""))]) == {}


def test_a_habit_of_writing_is_found() -> None:
    as_all_do, as_she_does = {"typ": 1, "alg": 2}, {"alg": 2, "typ": 1}
    assert set(orders(as_all_do)) != set(orders(as_she_does))
    orgs = {name: set(orders(as_she_does)) for name in ("one", "other")}

    assert joined(orgs, [set(orders(as_all_do))])


def test_whole_minutes_and_small_numbers_link_nobody() -> None:
    assert values({"t": "2026-11-22T09:31:00Z", "n": 1_800_000_000, "m": 65_000}) == set()
