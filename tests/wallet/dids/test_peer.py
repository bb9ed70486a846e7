import json
from pathlib import Path

import pytest

from tests.tally import Conformance
from wallet.dids import canonical, resolve, same
from wallet.dids.peer import create2, create2_silent, create4, encode4, resolve_short, short
from wallet.dids.services import Endpoint, at
from wallet.encoding import b64u, multihash, tagged, to_multibase
from wallet.errors import Malformed, Unresolved, Unsupported
from wallet.keys import Curve, create, to_multikey
from wallet.needs import offline
from wallet.strict_json import JsonObject

SIGNING, AGREEMENT = create(Curve.ED25519).public, create(Curve.X25519).public
KEYS = f"did:peer:2.V{to_multikey(SIGNING)}.E{to_multikey(AGREEMENT)}"


def with_service(service: object) -> str:
    return f"{KEYS}.S{b64u(json.dumps(service).encode())}"


def long_form(document: bytes, codec: str = "json", base: str = "z") -> str:
    encoded = to_multibase(tagged(codec, document), base)
    return f"did:peer:4{to_multibase(multihash(encoded.encode()))}:{encoded}"


# -- published examples


def test_the_published_method_2_did_has_its_published_document(vectors: Path, conformance: Conformance) -> None:
    case = json.loads((vectors / "did-peer" / "method2.json").read_text())

    document = offline(resolve(case["did"][0]))

    assert document.raw == case["json_blocks_in_order"][3]
    assert document.endpoint() == Endpoint(
        "http://example.com/didcomm", ("didcomm/v2",), ("did:example:123456789abcdefghi#key-1",)
    )
    conformance("did-peer", accepted=1)


def test_the_published_method_3_did_is_the_short_form_of_its_method_2_did(
    vectors: Path, conformance: Conformance
) -> None:
    blocks = json.loads((vectors / "did-peer" / "method3.json").read_text())["blocks_in_order"]

    assert short(blocks[1]) == blocks[4]
    with pytest.raises(Unresolved):
        offline(resolve(blocks[4]))
    conformance("did-peer", accepted=1)


def test_the_published_method_4_did_has_its_published_documents(vectors: Path, conformance: Conformance) -> None:
    case = json.loads((vectors / "did-peer" / "method4.json").read_text())
    long, brief = case["dids_long_short"]
    given, resolved, resolved_short = case["input_doc_then_resolved_long_then_resolved_short"]

    assert encode4(given) == long
    assert short(long) == canonical(long) == brief
    assert offline(resolve(long)).raw == resolved
    assert offline(resolve_short(long)).raw == resolved_short
    conformance("did-peer", accepted=1)


# -- method 4


def test_a_new_did_says_who_signs_who_agrees_and_where_messages_go() -> None:
    service = at("https://mediator.example", "did:web:mediator.example#key-2")

    did = create4(SIGNING, AGREEMENT, [service])

    document = offline(resolve(did))
    assert document.key(f"{did}#key-1", "authentication") == SIGNING
    assert document.key(f"{did}#key-1", "assertionMethod") == SIGNING
    assert document.agreement_keys() == [(f"{did}#key-2", AGREEMENT)]
    assert document.endpoint() == service.endpoints[0]
    assert document.also_known_as == (short(did),)


def test_either_form_of_a_kid_finds_the_key_in_either_document() -> None:
    did = create4(SIGNING, AGREEMENT)

    for document in (offline(resolve(did)), offline(resolve_short(did))):
        assert document.key(f"{did}#key-1", "authentication") == SIGNING
        assert document.key(f"{short(did)}#key-2", "keyAgreement") == AGREEMENT
        assert same(document.id, did)


def test_a_short_form_alone_stays_unresolved() -> None:
    with pytest.raises(Unresolved):
        offline(resolve(short(create4(SIGNING, AGREEMENT))))
    with pytest.raises(Malformed):
        offline(resolve_short(short(create4(SIGNING, AGREEMENT))))


def test_a_long_form_whose_hash_does_not_fit_is_refused() -> None:
    mine, other = create4(SIGNING, AGREEMENT), create4(create(Curve.ED25519).public, AGREEMENT)
    forged = f"{short(mine)}:{other.partition(':z')[2]}"

    for did in (forged, f"{short(mine)}:z{other.partition(':z')[2]}", mine[:-1], mine + "1", mine + ":z1"):
        with pytest.raises(Malformed):
            offline(resolve(did))


@pytest.mark.parametrize(
    "did",
    [
        long_form(b"{}", base="u"),
        long_form(b"{}", codec="identity"),
        long_form(b"[]"),
        long_form(b"{"),
        long_form(b'{"a":1,"a":2}'),
        long_form(b'{"id":"did:web:a.example"}'),
        long_form(b'{"alsoKnownAs":"x"}'),
        long_form(b'{"verificationMethod":{}}'),
        long_form(b'{"verificationMethod":[1]}'),
        long_form(b'{"verificationMethod":[{"id":"did:web:a.example#key-1","type":"Multikey"}]}'),
        "did:peer:4",
        "did:peer:4zQm:",
    ],
)
def test_a_long_form_without_a_proper_document_is_refused(did: str) -> None:
    with pytest.raises((Malformed, Unresolved)):
        offline(resolve(did))


# -- method 2


def test_a_new_method_2_did_says_the_same_as_a_method_4_did() -> None:
    service = at("https://mediator.example", "did:web:mediator.example#key-2")

    did = create2(SIGNING, AGREEMENT, [service, at("wss://mediator.example")])

    document = offline(resolve(did))
    assert document.key(f"{did}#key-1", "authentication") == SIGNING
    assert document.key(f"{did}#key-3", "assertionMethod") == SIGNING
    assert document.agreement_keys() == [(f"{did}#key-2", AGREEMENT)]
    assert document.endpoint() == service.endpoints[0]
    assert [one.id for one in document.services] == [f"{did}#service", f"{did}#service-1"]


FULL = {"uri": "https://a.example", "accept": ["didcomm/v2"], "routingKeys": ["did:key:z#z"]}


@pytest.mark.parametrize(
    "service",
    [
        {"t": "dm", "s": {"uri": "https://a.example", "a": ["didcomm/v2"], "r": ["did:key:z#z"]}},
        {"t": "dm", "s": [{"uri": "https://a.example", "a": ["didcomm/v2"], "r": ["did:key:z#z"]}]},
        {"t": "dm", "s": "https://a.example", "a": ["didcomm/v2"], "r": ["did:key:z#z"]},
        {"type": "DIDCommMessaging", "serviceEndpoint": FULL},
        {"t": "DIDCommMessaging", "s": FULL},
        [{"t": "dm", "s": FULL}],
    ],
)
def test_a_service_is_read_in_every_form_in_which_it_is_written(service: object) -> None:
    did = with_service(service)

    (found,) = offline(resolve(did)).services

    assert (found.id, found.type) == (f"{did}#service", "DIDCommMessaging")
    assert found.endpoints == (Endpoint("https://a.example", ("didcomm/v2",), ("did:key:z#z",)),)


def test_services_are_named_in_the_order_of_their_appearance() -> None:
    one: JsonObject = {"t": "dm", "s": "https://a.example"}
    did = with_service([one, {**one, "id": "#mine"}]) + ".S" + b64u(json.dumps(one).encode())

    names = [service.id.removeprefix(did) for service in offline(resolve(did)).services]

    assert names == ["#service", "#mine", "#service-1"]


@pytest.mark.parametrize(
    "did",
    [
        "did:peer:2",
        "did:peer:2.",
        "did:peer:2Vz6Mk",
        KEYS + ".",
        KEYS + ".X" + to_multikey(SIGNING),
        KEYS + ".v" + to_multikey(SIGNING),
        KEYS + ".V" + to_multikey(SIGNING)[1:],
        KEYS + ".V" + to_multibase(tagged("ed25519-pub", bytes(31))),
        KEYS + ".V",
        KEYS + ".S",
        KEYS + ".Se30",
        KEYS + ".SbnVsbA",
        KEYS + ".SW251bGxd",
        KEYS + ".S!",
        with_service({"t": "dm", "type": "dm", "s": "https://a.example"}),
        with_service({"t": "dm", "s": {"uri": "https://a.example", "a": [], "accept": []}}),
        with_service({"t": "dm", "s": [{"uri": "https://a.example"}] * 9}),
        with_service([{"t": "dm", "s": "https://a.example"}] * 17),
        with_service({"t": "dm", "s": "https://a.example/" + "x" * 1_000_000}),
        KEYS + ("." + "V" + to_multikey(SIGNING)) * 65,
    ],
    ids=lambda did: did[len(KEYS) :][:5],
)
def test_a_method_2_did_of_another_shape_or_size_is_refused(did: str) -> None:
    with pytest.raises(Malformed):
        offline(resolve(did))


# -- the others


def test_method_0_is_a_key() -> None:
    did = f"did:peer:0{to_multikey(SIGNING)}"

    assert offline(resolve(did)).key(f"{did}#{to_multikey(SIGNING)}", "authentication") == SIGNING


def test_method_1_is_unsupported() -> None:
    with pytest.raises(Unsupported):
        offline(resolve("did:peer:1zQmZMygzYqNwU6Uhmewx5Xepf2VLp5S4HLSwwgf2aiKZuwa"))


def test_the_short_form_of_any_other_did_is_itself() -> None:
    assert short("did:web:a.example") == "did:web:a.example"


def test_a_silent_did_takes_messages_at_its_place_and_can_sign_nothing() -> None:
    did = create2_silent(AGREEMENT, [at("https://mediator.example")])
    document = offline(resolve(did))

    assert document.agreement_keys() == [(f"{did}#key-1", AGREEMENT)]
    assert document.authentication == document.assertion_method == ()
    endpoint = document.endpoint()
    assert endpoint is not None
    assert endpoint.uri == "https://mediator.example"
