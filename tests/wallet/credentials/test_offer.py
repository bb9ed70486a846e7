"""What was offered is what has to come."""

import json

import pytest

from tests.corpus.cred_world import DIDS, KEYS, V2, VCT, credential, sd_jwt
from wallet.credentials.offer import Offer, same_offer
from wallet.keys import to_jwk
from wallet.strict_json import JsonObject

TOKEN = Offer(issuer=DIDS["issuer"], type=VCT, claims={"given_name": "Mina", "age": 36}, holder=KEYS["holder"].public)
OTHER_KEY = to_jwk(KEYS["stranger"].public)
DOCUMENT = Offer(issuer=DIDS["issuer"], type="Card", claims={"name": "Mina"}, subject=DIDS["holder"])


def test_what_was_offered_came() -> None:
    assert same_offer(TOKEN, sd_jwt({"answer": None})) == ()
    assert same_offer(DOCUMENT, credential({})) == ()
    assert same_offer(DOCUMENT, json.dumps(credential({}))) == ()


@pytest.mark.parametrize(
    ("case", "differs"),
    [
        ({"payload": {"iss": "{stranger}"}}, ("issuer",)),
        ({"payload": {"vct": "https://issuer.example/other"}}, ("type",)),
        ({"hidden": [["s", "given_name", "Lucy"], ["t", "age", 36]]}, ("claims",)),
        ({"hidden": [["s", "given_name", "Mina"]]}, ("claims",)),
        ({"payload": {"email": "m@example.org"}}, ("claims",)),
        ({"hidden": [["s", "given_name", "Mina"], ["t", "age", "36"]]}, ("claims",)),
        ({"payload": {"cnf": {"absent": True}}}, ("subject",)),
        ({"payload": {"cnf": {"jwk": {**OTHER_KEY}}}}, ("subject",)),
        ({"payload": {"iss": "{stranger}", "vct": "x"}, "hidden": []}, ("issuer", "type", "claims")),
    ],
)  # fmt: skip
def test_what_differs_is_named(case: JsonObject, differs: tuple[str, ...]) -> None:
    assert same_offer(TOKEN, sd_jwt({"answer": None} | case)) == differs


@pytest.mark.parametrize(
    ("document", "differs"),
    [
        ({"issuer": "{stranger}"}, ("issuer",)),
        ({"type": ["VerifiableCredential", "Licence"]}, ("type",)),
        ({"type": ["VerifiableCredential", "Card", "Licence"]}, ("type",)),
        ({"credentialSubject": {"id": "{stranger}", "name": "Mina"}}, ("subject",)),
        ({"credentialSubject": {"id": "{holder}", "name": "Lucy"}}, ("claims",)),
        ({"credentialSubject": [{"id": "{holder}"}, {"id": "{holder}"}]}, ("claims", "subject")),
    ],
)
def test_what_differs_in_a_document_is_named(document: JsonObject, differs: tuple[str, ...]) -> None:
    assert same_offer(DOCUMENT, credential({"document": document})) == differs


@pytest.mark.parametrize("text", ["", "~", "{", "[]", b"\xff~"])
def test_what_cannot_be_read_was_not_offered(text: str | bytes) -> None:
    assert same_offer(TOKEN, text) == ("format",)


def test_one_context_is_as_good_as_another_for_the_comparison() -> None:
    assert same_offer(DOCUMENT, credential({"document": {"@context": [V2, "https://w3id.org/vdl/v1"]}})) == ()
