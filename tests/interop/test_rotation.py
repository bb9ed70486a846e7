"""What we sign when we move to another DID, judged by implementations of others."""

from pathlib import Path

import pytest

from scripts._peer import identities, messages
from scripts._peer.identities import Documents, Identity
from tests.interop.test_didcomm_matrix import FULL, call, content, documents, driven, opening, people
from wallet import prior
from wallet.strict_json import JsonObject

pytestmark = pytest.mark.interop
NOW = 1_700_000_000


def moving(method: int, new: str) -> tuple[str, JsonObject]:
    """The proof that a DID of ours moves to `new`, and the documents of both sides with the one it leaves."""
    made = identities.create_did({"method": method})
    given: JsonObject = documents(method) | {str(made["did"]): made["didDocument"]}
    old = Identity(made, Documents({str(made["did"]): made["didDocument"]}))  # type: ignore[dict-item]  # an object
    return prior.make(keys=old.ring, kid=old.signing_kid("authentication"), new=new, at=NOW), given


def asked(method: int, proof: str, given: JsonObject) -> JsonObject:
    """What is asked of whoever opens a message with this proof, packed by us."""
    question = call(method, "authcrypt", "")
    message = question["message"]
    assert isinstance(message, dict)
    question = question | {"didDocuments": given, "message": message | {"from_prior": proof}}
    return opening(method, messages.pack(question)) | {"didDocuments": given}


@pytest.mark.parametrize("method", [2, 4])
@pytest.mark.parametrize("peer", FULL)
def test_they_believe_our_proof_and_nothing_less(interop: Path, peer: str, method: int) -> None:
    sender, _ = people(method)
    proof, given = moving(method, str(sender["did"]))
    forged = proof[:-6] + "AAAAAA"

    assert content(driven(interop, peer, asked(method, proof, given))) == "hello"
    assert "error" in driven(interop, peer, asked(method, forged, given))
