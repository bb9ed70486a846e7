"""The data-model cases of the W3C suite: what a credential and a presentation have to look like before signing.

The suite posts its inputs to an issuer, which fills in who it is; so does this test.
Source: the W3C suite vc-data-model-2.0-test-suite.
"""

import json
from pathlib import Path

import pytest

from tests.tally import Conformance
from wallet import dids
from wallet.credentials import integrity
from wallet.credentials.proof import add_proof
from wallet.credentials.vcdm import PROTECTED, validate_credential, validate_presentation
from wallet.dids import key as did_key
from wallet.keys import Curve, Keyring, create
from wallet.needs import offline
from wallet.strict_json import Json, JsonObject

ISSUER = "did:example:issuer"
PLACEHOLDERS = {'"FUTURE DATE"': '"2040-01-01T00:00:00Z"', '"PAST DATE"': '"2020-01-01T00:00:00Z"'}


def cases(folder: Path) -> list[tuple[str, JsonObject]]:
    """Every input of the suite, its placeholders filled in."""
    found: list[tuple[str, JsonObject]] = []
    for path in sorted((folder / "vcdm2").rglob("*.json")):
        text = path.read_text()
        for old, new in PLACEHOLDERS.items():
            text = text.replace(old, new)
        found.append((path.stem, json.loads(text)))
    return found


def with_issuer(document: JsonObject) -> JsonObject:
    """The document with its issuer filled in where the input leaves that to whoever issues."""
    issuer: Json = document.get("issuer", ISSUER)
    if isinstance(issuer, dict):
        named: JsonObject = {"id": ISSUER}
        issuer = named | issuer
    return document | {"issuer": issuer}


def test_what_the_suite_accepts_is_accepted_and_the_rest_refused(vectors: Path, conformance: Conformance) -> None:
    wrong = []
    counts = {True: 0, False: 0}
    for name, document in cases(vectors):
        presented = name.startswith("presentation")
        faults = validate_presentation(document) if presented else validate_credential(with_issuer(document))
        must_pass = name.endswith("-ok")
        if "mismatch" in name:
            continue  # the shape is right; what is wrong is who vouches for whom: see below
        counts[must_pass] += 1
        if must_pass == bool(faults):
            wrong.append((name, faults))

    assert not wrong
    assert counts[True] > 30
    assert counts[False] > 20
    conformance("vcdm2", accepted=counts[True], rejected=counts[False])


def test_a_holder_vouches_for_itself_only(vectors: Path, conformance: Conformance) -> None:
    keys, key = Keyring(), create(Curve.ED25519)
    did = did_key.create(key.public)
    kid = f"{did}#{did.removeprefix('did:key:')}"
    keys.add(kid, key)
    found = dict(cases(vectors))
    verdicts = {}
    for name in ("presentation-self-asserted-vc-ok", "presentation-self-asserted-vc-issuer-mismatch"):
        text = json.dumps(found[name]).replace("did:key:z6MkpJySvETLnxhQG9DzEdmKJtysBDjuuTeDfUj1uNNCUqcj", did)
        signed = add_proof(json.loads(text), keys=keys, kid=kid, purpose="authentication")
        policy = integrity.Policy(subject_is_holder=False)
        verdicts[name] = offline(
            integrity.verify_presentation(signed, now=0, resolve=dids.resolve, binding=None, policy=policy)
        )

    assert verdicts["presentation-self-asserted-vc-ok"].verified
    assert verdicts["presentation-self-asserted-vc-issuer-mismatch"].failed == ("credentials",)
    conformance("vcdm2", rejected=1)


def test_the_protected_terms_are_those_of_the_base_context(vectors: Path) -> None:
    base = json.loads((vectors / "contexts" / "www.w3.org-ns-credentials-v2.jsonld").read_text())["@context"]

    assert base["@protected"] is True
    assert set(base) - {"@protected"} == PROTECTED


@pytest.mark.parametrize("nothing", [None, 1, "text", [], {}])
def test_anything_else_is_told_what_is_wrong_with_it(nothing: Json) -> None:
    assert validate_credential(nothing)
    assert validate_presentation(nothing)
