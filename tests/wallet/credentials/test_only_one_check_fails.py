"""For each named check there is a credential in which that one fails and nothing else does.

So every check is made, under its own name, and none hides behind another. The tables are complete: they are compared
with the lists of names that the formats publish.
"""

from typing import TypeAlias

import pytest

from tests.corpus.cred_world import BITSTRING, BUILDERS, NOW, TOKEN_LIST, V2, Object, World, child, judged, lists_of
from wallet.credentials import integrity, sd_jwt_verify, status
from wallet.strict_json import Json

Cases: TypeAlias = dict[str, Object]

ABSENT: Json = {"absent": True}
LISTED: Object = {"payload": {"status": {"status_list": {"idx": 1, "uri": TOKEN_LIST}}}}
REVOKED: Object = {"payload": {"status": {"status_list": {"idx": 7, "uri": TOKEN_LIST}}}}


def entry(index: str, purpose: str = "revocation") -> Object:
    """A credential whose status stands at `index` of the Bitstring Status List."""
    found: Object = {"type": "BitstringStatusListEntry", "statusPurpose": purpose, "statusListIndex": index}
    return {"document": {"credentialStatus": found | {"statusListCredential": BITSTRING}}}


SD_JWT: Cases = {
    "format": {"generator": {"text": {'"exp"': '"iss"'}}},
    "type": {"generator": {"header": {"typ": "kb+jwt"}}},
    "critical_headers": {"generator": {"header": {"crit": ["x"], "x": 1}}},
    "algorithm": {"generator": {"header": {"alg": "ES256"}}},
    "hash_algorithm": {"generator": {"payload": {"_sd_alg": "md5"}}},
    "limits": {"generator": {"hidden": [], "more_digests": {"count": 10_001, "of": "d"}}},
    "disclosures": {"generator": {"payload": {"age": 1}}},
    "missing_required": {"generator": {"payload": {"vct": ABSENT}}},
    "credential_type": {"verifier": {"accepts": {"vct": ["https://issuer.example/licence"]}}},
    "trusted_issuer": {"verifier": {"accepts": {"trusted": ["{stranger}"]}}},
    "issuer_key": {"generator": {"header": {"kid": "{issuer}#another"}}},
    "issuer_binding": {"generator": {"payload": {"iss": "{stranger}"}}},
    "signature": {"generator": {"signer": "stranger"}},
    "kb_required": {"generator": {"answer": None}},
    "kb_format": {"generator": {"answer": {"header": {"crit": ["x"]}}}},
    "kb_typ": {"generator": {"answer": {"header": {"typ": "JWT"}}}},
    "kb_key": {"generator": {"payload": {"cnf": {"jwk": {"kty": "RSA"}}}}},
    "kb_algorithm": {"generator": {"answer": {"header": {"alg": "ES256"}}}},
    "kb_signature": {"generator": {"answer": {"signer": "stranger"}}},
    "kb_nonce": {"generator": {"answer": {"claims": {"nonce": "other"}}}},
    "nonce_used": {"verifier": {"answer": {"used": True}}},
    "kb_audience": {"generator": {"answer": {"claims": {"aud": "https://other.example"}}}},
    "kb_sd_hash": {"generator": {"answer": {"over": "another~"}}},
    "kb_issued_at": {"generator": {"answer": {"claims": {"iat": NOW - 3600}}}},
    "validity_period": {"generator": {"payload": {"exp": NOW - 3600}}},
}

CREDENTIAL: Cases = {
    "format": {"input": "[]"},
    "data_model": {"generator": {"document": {"id": "not a URL"}}},
    "context_unknown": {"generator": {"document": {"@context": [V2, "https://a.example/v1"]}}},
    "context_order": {"verifier": {"accepts": {"approved": {"Card": [V2, "https://a.example/v1"]}}}},
    "credential_type": {"verifier": {"accepts": {"types": ["Licence"]}}},
    "trusted_issuer": {"verifier": {"accepts": {"trusted": ["{stranger}"]}}},
    "validity_period": {"generator": {"document": {"validUntil": "2025-02-01T00:00:00Z"}}},
    "proof_required": {"generator": {"proofs": None}},
    "cryptosuite": {"generator": {"proofs": [{"options": {"cryptosuite": "eddsa-rdfc-2022"}}]}},
    "purpose": {"generator": {"proofs": [{"options": {"proofPurpose": "authentication"}}]}},
    "proof_context": {"generator": {"after": {"@context": [V2, "https://www.w3.org/ns/credentials/examples/v2"]}}},
    "proof_period": {"generator": {"proofs": [{"options": {"created": "2030-01-01T00:00:00Z"}}]}},
    "issuer_key": {"generator": {"proofs": [{"options": {"verificationMethod": "{issuer}#another"}}]}},
    "signature": {"generator": {"after": {"id": "urn:uuid:58172aac-d8ba-41ed-83dd-0b3aef56cc34"}}},
    "issuer_binding": {"generator": {"document": {"issuer": "{stranger}"}}},
}

PRESENTATION: Cases = {
    "format": {"input": "{"},
    "data_model": {"generator": {"document": {"id": "not a URL"}}},
    "context_unknown": CREDENTIAL["context_unknown"],
    "context_order": {"verifier": {"accepts": {"approved": {"VerifiablePresentation": [V2, "https://a.example/v1"]}}}},
    "proof_required": CREDENTIAL["proof_required"],
    "cryptosuite": CREDENTIAL["cryptosuite"],
    "purpose": {"generator": {"proofs": [{"options": {"proofPurpose": "assertionMethod"}}]}},
    "proof_context": CREDENTIAL["proof_context"],
    "proof_period": CREDENTIAL["proof_period"],
    "challenge": {"generator": {"proofs": [{"options": {"challenge": "other"}}]}},
    "nonce_used": {"verifier": {"answer": {"used": True}}},
    "domain": {"generator": {"proofs": [{"options": {"domain": "https://other.example"}}]}},
    "issuer_key": {"generator": {"proofs": [{"options": {"verificationMethod": "{holder}#another"}}]}},
    "signature": {"generator": {"after": {"id": "urn:uuid:58172aac-d8ba-41ed-83dd-0b3aef56cc34"}}},
    "issuer_binding": {"generator": {"proofs": [{"signer": "stranger"}]}},
    "credentials": {"generator": {"credentials": [{"after": {"validFrom": "2025-01-02T00:00:00Z"}}]}},
    "subject_binding": {"generator": {"credentials": [{"document": {"credentialSubject": {"id": "{stranger}"}}}]}},
}

TOKEN_STATUS: Cases = {
    "status_reference": {"generator": {"payload": {"status": {"status_list": {"idx": -1, "uri": TOKEN_LIST}}}}},
    "status_available": {"generator": LISTED, "lists": {TOKEN_LIST: "down"}},
    "status_format": {"generator": LISTED, "lists": {TOKEN_LIST: {"list": {"bits": 3}}}},
    "status_signature": {"generator": LISTED, "lists": {TOKEN_LIST: {"signer": "stranger"}}},
    "status_subject": {"generator": LISTED, "lists": {TOKEN_LIST: {"claims": {"sub": "https://issuer.example/9"}}}},
    "status_issuer": {
        "generator": LISTED,
        "lists": {
            TOKEN_LIST: {"signer": "stranger", "header": {"kid": "{stranger.kid}"}, "claims": {"iss": "{stranger}"}}
        },
    },
    "status_stale": {"generator": LISTED, "lists": {TOKEN_LIST: {"claims": {"exp": NOW - 3600}}}},
    "status_index": {"generator": LISTED, "lists": {TOKEN_LIST: {"zeros": 0}}},
    "status_valid": {"generator": REVOKED, "lists": {TOKEN_LIST: {}}},
}

BITSTRING_STATUS: Cases = {
    "status_reference": {"generator": entry("-1")},
    "status_available": {"generator": entry("1"), "lists": {BITSTRING: "down"}},
    "status_format": {"generator": entry("1"), "lists": {BITSTRING: {"zeros": 9}}},
    "status_signature": {"generator": entry("1"), "lists": {BITSTRING: {"after": {"name": "another"}}}},
    "status_subject": {"generator": entry("1"), "lists": {BITSTRING: {"document": {"id": "https://issuer.example/9"}}}},
    "status_issuer": {
        "generator": entry("1"),
        "lists": {BITSTRING: {"document": {"issuer": "{stranger}"}, "proofs": [{"signer": "stranger"}]}},
    },
    "status_stale": {
        "generator": entry("1"),
        "lists": {BITSTRING: {"document": {"validUntil": "2025-10-09T08:30:00Z"}}},
    },
    "status_purpose": {"generator": entry("1", "suspension"), "lists": {BITSTRING: {}}},
    "status_index": {"generator": entry("131072"), "lists": {BITSTRING: {}}},
    "status_valid": {"generator": entry("7"), "lists": {BITSTRING: {}}},
}

TABLES: tuple[tuple[str, str, Cases], ...] = (
    ("sd_jwt", "SD-JWT VC", SD_JWT),
    ("credential", "credential", CREDENTIAL),
    ("presentation", "presentation", PRESENTATION),
    ("sd_jwt", "token status list", TOKEN_STATUS),
    ("credential", "bitstring status list", BITSTRING_STATUS),
)


@pytest.mark.parametrize(
    ("kind", "check", "case"),
    [
        pytest.param(kind, check, case, id=f"{name}: {check}")
        for kind, name, cases in TABLES
        for check, case in cases.items()
    ],
)
def test_one_check_fails_and_no_other(kind: str, check: str, case: Object) -> None:
    world = World(lists_of(case))
    raw = str(case["input"]) if "input" in case else BUILDERS[kind](child(case, "generator"))

    verdict = judged(kind, raw, child(case, "verifier"), world)

    assert verdict.failed == (check,), verdict.why()
    assert not verdict.verified
    assert verdict.why()


def test_the_tables_name_every_check() -> None:
    assert set(SD_JWT) == set(sd_jwt_verify.CHECKS)
    assert set(CREDENTIAL) == set(integrity.CHECKS)
    assert set(PRESENTATION) == set(integrity.PRESENTATION_CHECKS)
    assert set(TOKEN_STATUS) == set(status.CHECKS) - {"status_purpose"}
    assert set(BITSTRING_STATUS) == set(status.CHECKS)


@pytest.mark.parametrize(
    ("kind", "generator", "lists", "names"),
    [
        ("sd_jwt", LISTED, {TOKEN_LIST: {}}, (*sd_jwt_verify.CHECKS, *status.CHECKS)),
        ("credential", entry("1"), {BITSTRING: {}}, (*integrity.CHECKS, *status.CHECKS)),
        ("presentation", {}, {}, integrity.PRESENTATION_CHECKS),
    ],
)
def test_a_good_one_passes_every_check_in_order(
    kind: str, generator: Object, lists: Object, names: tuple[str, ...]
) -> None:
    world = World(lists_of({"lists": lists}))

    verdict = judged(kind, BUILDERS[kind](generator), {}, world)

    assert verdict.verified, verdict.why()
    assert tuple(check.name for check in verdict.checks) == names
    assert all(check.detail for check in verdict.checks)
