import pytest

from wallet.dids.document import Document, read, write
from wallet.dids.services import Endpoint, Service, at
from wallet.encoding import b58, b64u, tagged, to_multibase
from wallet.errors import Malformed, Unsupported, Untrusted
from wallet.keys import Curve, PublicKey, create, secret_of, to_jwk, to_multikey
from wallet.strict_json import Json, JsonObject

DID = "did:web:a.example"
SIGNING, AGREEMENT = create(Curve.ED25519), create(Curve.X25519)


def a_document(**changes: Json) -> JsonObject:
    keys = [
        ("#key-1", SIGNING.public, ("authentication", "assertionMethod")),
        ("#key-2", AGREEMENT.public, ("keyAgreement",)),
    ]
    return write(DID, keys, [at("https://a.example/didcomm")]) | changes


def a_method(at: str = "#key-1", /, **members: Json) -> JsonObject:
    return {"id": DID + at, "type": "Multikey", "controller": DID, **members}


def read_with(*methods: Json, **changes: Json) -> Document:
    return read({"id": DID, "verificationMethod": list(methods), **changes}, DID)


def the_key(**members: Json) -> PublicKey | None:
    (method,) = read_with(a_method(**members)).methods
    return method.key


# -- whose document it is


@pytest.mark.parametrize(
    "claimed", ["did:web:b.example", "did:web:A.example", f"{DID}#", f"{DID}/", "", None, [DID], 1]
)
def test_a_document_is_that_of_the_did_asked_for(claimed: Json) -> None:
    with pytest.raises(Malformed):
        read(a_document(id=claimed), DID)


def test_a_document_without_id_is_nobodys() -> None:
    raw = a_document()
    del raw["id"]

    with pytest.raises(Malformed):
        read(raw, DID)


# -- which key may do what


def test_a_key_serves_the_purposes_that_list_it_and_no_others() -> None:
    document = read(a_document(), DID)

    assert document.key(f"{DID}#key-1", "authentication") == SIGNING.public
    assert document.key(f"{DID}#key-1", "assertionMethod") == SIGNING.public
    assert document.key(f"{DID}#key-2", "keyAgreement") == AGREEMENT.public
    for kid, purpose in ((f"{DID}#key-1", "keyAgreement"), (f"{DID}#key-2", "authentication")):
        with pytest.raises(Untrusted):
            document.key(kid, purpose)  # type: ignore[arg-type]  # the loop widens the literal


def test_a_key_that_no_relationship_lists_serves_nothing() -> None:
    document = read_with(a_method(publicKeyMultibase=to_multikey(SIGNING.public)))

    assert document.methods[0].key == SIGNING.public
    with pytest.raises(Untrusted):
        document.key(f"{DID}#key-1", "authentication")


@pytest.mark.parametrize("kid", [f"{DID}#key-9", "#key-1", "key-1", "", DID, "did:web:b.example#key-1"])
def test_a_kid_that_is_not_in_the_document_is_not_trusted(kid: str) -> None:
    with pytest.raises(Untrusted):
        read(a_document(), DID).key(kid, "authentication")


def test_a_reference_to_the_key_of_another_did_makes_it_no_key_of_this_one() -> None:
    document = read(a_document(authentication=["did:web:b.example#key-1"]), DID)

    with pytest.raises(Untrusted):
        document.key("did:web:b.example#key-1", "authentication")


def test_ids_may_be_relative_and_methods_embedded() -> None:
    document = read_with(
        {"id": "#key-1", "type": "Multikey", "publicKeyMultibase": to_multikey(SIGNING.public)},
        authentication=["#key-1"],
        keyAgreement=[a_method("#key-2", publicKeyMultibase=to_multikey(AGREEMENT.public))],
    )

    assert document.key(f"{DID}#key-1", "authentication") == SIGNING.public
    assert document.agreement_keys() == [(f"{DID}#key-2", AGREEMENT.public)]


def test_only_keys_that_can_agree_are_offered_for_agreement() -> None:
    p384 = create(Curve.P384).public
    document = read_with(
        a_method("#1", publicKeyMultibase=to_multikey(SIGNING.public)),
        a_method("#2", publicKeyJwk={"kty": "EC", "crv": "P-192", "x": "AA", "y": "AA"}),
        a_method("#3", publicKeyMultibase=to_multikey(p384)),
        a_method("#4", publicKeyMultibase=to_multikey(AGREEMENT.public)),
        keyAgreement=["#1", "#2", "#4", "#3", "did:web:b.example#1"],
    )

    assert document.agreement_keys() == [(f"{DID}#4", AGREEMENT.public), (f"{DID}#3", p384)]


# -- ambiguity


@pytest.mark.parametrize(
    "kid", ["did:web:b.example#key-1", f"{DID}:sub#key-1", DID, f"{DID}#", "key-1", "#", "", None, 1]
)
def test_a_method_belongs_to_its_document_by_name(kid: Json) -> None:
    with pytest.raises(Malformed):
        read_with({"id": kid, "type": "Multikey", "publicKeyMultibase": to_multikey(SIGNING.public)})


def test_one_name_for_two_keys_makes_the_document_unacceptable() -> None:
    one, other = (a_method(publicKeyMultibase=to_multikey(create(Curve.ED25519).public)) for _ in range(2))

    assert len(read_with(one, one).methods) == 1
    with pytest.raises(Malformed):
        read_with(one, other)
    with pytest.raises(Malformed):
        read_with(one, authentication=[other])


def test_a_key_shown_twice_makes_the_document_unacceptable() -> None:
    with pytest.raises(Malformed):
        the_key(publicKeyMultibase=to_multikey(SIGNING.public), publicKeyJwk={**to_jwk(SIGNING.public)})


# -- how keys are written


@pytest.mark.parametrize("curve", Curve)
def test_a_key_may_be_multikey_or_jwk(curve: Curve) -> None:
    public = create(curve).public

    assert the_key(publicKeyMultibase=to_multikey(public)) == public
    assert the_key(publicKeyJwk={**to_jwk(public)}, type="JsonWebKey2020") == public
    assert the_key(publicKeyJwk={**to_jwk(public)}, type="JsonWebKey") == public


@pytest.mark.parametrize(
    ("kind", "curve"),
    [
        ("Ed25519VerificationKey2018", Curve.ED25519),
        ("Ed25519VerificationKey2020", Curve.ED25519),
        ("X25519KeyAgreementKey2019", Curve.X25519),
        ("X25519KeyAgreementKey2020", Curve.X25519),
        ("EcdsaSecp256k1VerificationKey2019", Curve.SECP256K1),
        ("P256Key2021", Curve.P256),
    ],
)
def test_the_older_types_are_read_in_all_their_forms(kind: str, curve: Curve) -> None:
    public = create(curve).public
    compressed = public.raw if len(public.raw) == 32 else bytes([2 + public.raw[-1] % 2]) + public.raw[1:33]

    assert the_key(type=kind, publicKeyBase58=b58(compressed)) == public
    assert the_key(type=kind, publicKeyMultibase=to_multikey(public)) == public
    assert the_key(type=kind, publicKeyJwk={**to_jwk(public)}) == public


@pytest.mark.parametrize(
    "members",
    [
        {"publicKeyJwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}},
        {"publicKeyJwk": {"kty": "EC", "crv": "BP-256", "x": "AA", "y": "AA"}},
        {"publicKeyJwk": {"kty": "OKP", "crv": "P-256", "x": "AA", "y": "AA"}},
        {"publicKeyMultibase": to_multibase(tagged("bls12_381-g2-pub", bytes(96)))},
        {"publicKeyMultibase": "k2k4r8"},
        {"publicKeyHex": "00"},
        {"publicKeyPem": "x"},
        {"type": "Bls12381G2Key2020", "publicKeyBase58": b58(bytes(96))},
        {"type": "Ed25519VerificationKey2020", "publicKeyMultibase": to_multikey(AGREEMENT.public)},
        {},
    ],
)
def test_a_key_of_an_unknown_kind_is_there_but_unusable(members: JsonObject) -> None:
    document = read_with(a_method(**members), authentication=["#key-1"])

    assert document.methods[0].key is None
    with pytest.raises(Unsupported):
        document.key(f"{DID}#key-1", "authentication")


@pytest.mark.parametrize(
    "members",
    [
        {"publicKeyJwk": {**to_jwk(SIGNING.public), "d": b64u(secret_of(SIGNING))}},
        {"publicKeyJwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB", "d": "AQAB"}},
        {"publicKeyMultibase": to_multikey(SIGNING.public), "privateKeyMultibase": "z1"},
        {"publicKeyMultibase": to_multikey(SIGNING.public), "secretKeyMultibase": "z1"},
        {"publicKeyMultibase": to_multikey(SIGNING.public), "privateKeyBase58": "1"},
        {"publicKeyMultibase": to_multibase(tagged("ed25519-pub", b"\x01" + bytes(31)))},
        {"publicKeyMultibase": to_multibase(tagged("x25519-pub", bytes(32)))},
        {"publicKeyMultibase": to_multibase(tagged("p256-pub", b"\x02" + b"\xff" * 32))},
        {"publicKeyMultibase": 1},
        {"publicKeyJwk": "x"},
        {"publicKeyJwk": {"kty": "OKP", "crv": "Ed25519", "x": "AA"}},
        {"type": "Ed25519VerificationKey2018", "publicKeyBase58": "0OIl"},
        {"type": "Ed25519VerificationKey2018", "publicKeyBase58": 1},
        {"publicKeyMultibase": to_multikey(SIGNING.public), "controller": ["did:web:b.example"]},
    ],
)
def test_a_bad_or_betrayed_key_makes_the_document_unacceptable(members: JsonObject) -> None:
    with pytest.raises(Malformed):
        the_key(**members)


# -- size and shape


def test_a_document_has_at_most_64_keys() -> None:
    methods = [a_method(f"#{number}", publicKeyMultibase=to_multikey(SIGNING.public)) for number in range(65)]

    assert len(read_with(*methods[:64]).methods) == 64
    with pytest.raises(Malformed):
        read_with(*methods)
    with pytest.raises(Malformed):
        read_with(*methods[:40], authentication=list(methods[40:]))
    with pytest.raises(Malformed):
        read_with(authentication=["#1"] * 65)


def test_a_document_has_at_most_16_services() -> None:
    service: Json = {"id": "#s", "type": "X", "serviceEndpoint": "https://a.example"}

    assert len(read_with(service=[service] * 16).services) == 16
    with pytest.raises(Malformed):
        read_with(service=[service] * 17)


@pytest.mark.parametrize(
    "name", ["verificationMethod", "authentication", "assertionMethod", "keyAgreement", "service", "alsoKnownAs"]
)
@pytest.mark.parametrize("value", [{}, "x", 1, None, [1], [None], [[]]])
def test_a_document_of_another_shape_is_malformed(name: str, value: Json) -> None:
    with pytest.raises(Malformed):
        read(a_document(**{name: value}), DID)


def test_other_names_are_kept() -> None:
    assert read_with(alsoKnownAs=["did:web:b.example"]).also_known_as == ("did:web:b.example",)


def test_what_we_write_we_read() -> None:
    service = Service(f"{DID}#service", "DIDCommMessaging", (Endpoint("https://a.example/didcomm"),))
    raw = a_document()

    document = read(raw, DID)

    assert document.raw == raw
    assert document.services == (service,)
    assert document.endpoint() == Endpoint("https://a.example/didcomm", ("didcomm/v2",), ())
