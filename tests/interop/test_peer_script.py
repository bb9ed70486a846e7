"""`scripts/peer`, as a driver runs it: one JSON object in, one out."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scripts._peer import credentials, identities
from wallet.strict_json import JsonObject

SCRIPT = Path(__file__).parents[2] / "scripts" / "peer"
NOW = 1_790_000_000


def run(call: object) -> tuple[int, JsonObject]:
    """Exit code and answer, from another folder."""
    done = subprocess.run(
        (sys.executable, str(SCRIPT)), input=json.dumps(call), capture_output=True, text=True, cwd="/", check=False
    )
    answer: JsonObject = json.loads(done.stdout)
    return done.returncode, answer


def test_a_message_goes_from_one_call_to_the_next() -> None:
    alice, bob = (identities.create_did({"method": method}) for method in (2, 4))
    message = {
        "id": "m1",
        "type": "https://didcomm.org/basicmessage/2.0/message",
        "from": alice["did"],
        "to": [bob["did"]],
        "body": {"content": "hello"},
    }

    code, packed = run({"op": "pack", "identity": alice, "message": message, "packing": "anoncrypt+authcrypt+jws"})
    assert code == 0
    code, opened = run({"op": "unpack", "identity": bob, "message": packed["message"]})

    assert code == 0
    assert identities.member(opened, "message")["body"] == {"content": "hello"}
    assert identities.member(opened, "metaData")["wrapping"] == ["anoncrypt", "authcrypt", "signed"]


@pytest.mark.parametrize(
    "call", [{"op": "fly"}, {}, {"op": "resolve", "did": "did:web:example.com"}, {"op": "pack"}, []]
)
def test_what_cannot_be_done_is_said(call: object) -> None:
    code, answer = run(call)

    assert code == 1
    assert answer["error"]


def test_an_sd_jwt_is_issued_presented_and_verified() -> None:
    issuer, holder = identities.create_did({}), identities.create_did({})
    issued = credentials.issue_sd_jwt(
        {
            "identity": issuer,
            "claims": {"vct": "urn:example:card", "given_name": "Ada", "family_name": "L"},
            "disclosable": ["given_name", "family_name"],
            "holder": holder["did"],
        }
    )
    shown = credentials.present_sd_jwt(
        {"identity": holder, **issued, "reveal": ["given_name"], "audience": "v", "nonce": "n", "now": NOW}
    )

    good = credentials.verify_sd_jwt({**shown, "audience": "v", "nonce": "n", "now": NOW})
    bad = credentials.verify_sd_jwt({**shown, "audience": "v", "nonce": "other", "now": NOW})

    assert good["verified"], good["failed"]
    assert identities.member(good, "claims")["given_name"] == "Ada"
    assert "family_name" not in identities.member(good, "claims")
    assert bad["failed"] == ["kb_nonce"]


def test_a_credential_is_issued_presented_and_verified() -> None:
    issuer, holder = identities.create_did({}), identities.create_did({})
    unsigned: JsonObject = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential"],
        "credentialSubject": {"id": holder["did"]},
    }
    issued = credentials.issue_vc({"identity": issuer, "credential": unsigned, "now": NOW})
    asked: JsonObject = {"challenge": "c", "domain": "d", "now": NOW}
    shown = credentials.present_vc({"identity": holder, "credentials": [issued["credential"]], **asked})

    assert credentials.verify_vc({**issued, "now": NOW})["verified"]
    assert credentials.verify_vp({**shown, **asked})["verified"]
    assert not credentials.verify_vp({**shown, **asked, "challenge": "other"})["verified"]
